"""The schema `chains` as its roles see it."""

import asyncpg
import pytest

from fairhouse.chains import api, store
from fairhouse.chains.types import BlockRef, ChainIdentity, UnknownChain
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.watching import ALICE


async def contact(worker_db: Database) -> None:
    """A watcher has reached its node once."""
    async with worker_db.tx() as tx:
        block = BlockRef(7, "0xb7", "0xb6", tx.now)
        await store.open_cursor(tx, ETHEREUM, ChainIdentity(31337, "0xb0"), block)


@pytest.mark.parametrize(
    "statement",
    [
        "update chains.cursor set height = 9",
        "delete from chains.block",
        "insert into chains.block values ('ethereum', 8, 'a', 'b', now())",
        "update chains.watched set looked_back = true",
        "delete from chains.watched",
        "update chains.observation set base_units = 1",
        (
            "insert into chains.observation (chain, tx_hash, idx, from_address, to_address,"
            " base_units, state, first_seen_at, last_seen_height, change_seq)"
            " values ('ethereum', '0x1', 'n', 'a', 'b', 5, 'seen', now(), 0, 1)"
        ),
    ],
)
async def test_the_api_cannot_make_up_what_happened(
    db: Database, worker_db: Database, statement: str
):
    await contact(worker_db)
    async with db.tx() as tx:
        await api.watch_address(tx, chain=ETHEREUM, address=ALICE)
        await api.watch_address(tx, chain=ETHEREUM, address=ALICE)
        await api.rescan(tx, chain=ETHEREUM, from_height=2)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.tx() as tx:
            await tx.execute(statement)


async def test_the_head_before_contact_and_after_silence(
    db: Database, worker_db: Database, clock: SettableClock
):
    async with db.read() as tx:
        with pytest.raises(UnknownChain):
            await api.head(tx, chain=ETHEREUM)
    async with db.tx() as tx:
        with pytest.raises(UnknownChain):
            await api.rescan(tx, chain=ETHEREUM, from_height=0)

    await contact(worker_db)
    async with db.read() as tx:
        head = await api.head(tx, chain=ETHEREUM)
    assert (head.height, head.hash, head.healthy, head.lag) == (7, "0xb7", True, 0)

    clock.advance(minutes=1)
    async with db.read() as tx:
        assert not (await api.head(tx, chain=ETHEREUM)).healthy
