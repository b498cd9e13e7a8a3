"""LookBack: finds coins that had arrived before their address was watched."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from fairhouse.chains import store
from fairhouse.chains.ports import ChainNode
from fairhouse.chains.types import Address, ChainSpec, Cursor
from fairhouse.kernel.currencies import AssetId
from fairhouse.platform.database import Database

ADDRESSES_AT_ONCE: Final = 50

_log = structlog.get_logger("chains")


class LookBack:
    """Compares the balance of a newly watched address with what was observed of it."""

    def __init__(self, db: Database, spec: ChainSpec, node: ChainNode) -> None:
        self._db = db
        self._spec = spec
        self._node = node

    async def look(self, cursor: Cursor) -> bool:
        """Look at some new addresses; order a rescan when one holds more than was observed.

        Returns whether there was anything to look at.
        """
        async with self._db.read() as tx:
            addresses = await store.newly_watched(tx, cursor.chain, ADDRESSES_AT_ONCE)
        if not addresses:
            return False
        balances = await self._balances(addresses)
        async with self._db.tx() as tx:
            await store.lock_cursor(tx, cursor.chain)
            observed = await store.observed_sums(tx, cursor.chain, addresses)
            unexplained = [key for key, held in balances.items() if held > observed.get(key, 0)]
            if unexplained:
                first = max(0, cursor.height - self._spec.rescan_window_blocks)
                await store.order_rescan(tx, cursor.chain, first)
                _log.info("coins came before the watch", address=unexplained[0][0], first=first)
            await store.mark_looked_back(tx, cursor.chain, addresses)
        return True

    async def _balances(self, addresses: Sequence[Address]) -> dict[tuple[Address, AssetId], int]:
        contracts = [(self._spec.native, None)]
        contracts += [(item.asset, item.contract) for item in self._spec.tokens]
        keys = [
            (address, asset, contract) for address in addresses for asset, contract in contracts
        ]
        held = await asyncio.gather(
            *(self._node.balance(address, contract) for address, _, contract in keys)
        )
        return {
            (address, asset): units for (address, asset, _), units in zip(keys, held, strict=True)
        }
