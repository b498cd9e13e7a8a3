"""Does the chain still stand behind the database? Asked before anything follows it."""

import json
from typing import Final

from devnet.demo.places import Places
from devnet.evm import EvmDevnet
from fairhouse.chains.api import head
from fairhouse.chains.types import UnknownChain
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.platform.database import Database, PoolSettings

BLOCKS_LOST_MAX: Final = 32
"""A kill loses a second or two of blocks: followers see that as a small reorg."""


class ChainBehind(Exception):
    """The chain is another one than the database has read, or lost more than a moment."""


async def check_agreement(places: Places, database_url: str, chain_url: str) -> None:
    """Raises ChainBehind, naming the way out."""
    devnet = EvmDevnet(chain_url, mines_itself=True)
    try:
        height = await devnet.height()
        first = (await devnet.rpc("eth_getBlockByNumber", "0x0", False))["hash"]
    finally:
        await devnet.close()
    known = places.data / "first-block.json"
    read = await _height_read(database_url)
    if read is None:
        known.write_text(json.dumps({"hash": first}))
        return
    same = known.exists() and json.loads(known.read_text())["hash"] == first
    if not same or read - height > BLOCKS_LOST_MAX:
        what = f"is at block {height}" if same else "is a new one"
        raise ChainBehind(
            f"The local chain {what}, but the database has read it up to block {read}: the chain's "
            f"file {places.chain_state} was lost or is old. Bring it back, or run "
            "`make demo-reset` to begin anew."
        )


async def _height_read(database_url: str) -> int | None:
    """How far the platform has read; None before its first block."""
    db = await Database.connect(database_url, PoolSettings(size_max=1))
    try:
        async with db.read() as tx:
            return (await head(tx, chain=ETHEREUM)).height
    except UnknownChain:
        return None
    finally:
        await db.close()
