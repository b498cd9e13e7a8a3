"""MempoolReader: what is on its way, and what is not coming any more."""

from typing import Final

from fairhouse.chains import rules, store
from fairhouse.chains.ports import ChainNode
from fairhouse.chains.types import Absent, ChainSpec, Cursor
from fairhouse.platform.database import Database

ASKED_MAX: Final = 200
"""Open transactions asked about one by one in a step; the longest unseen come first."""


class MempoolReader:
    """Writes sightings down, and drops those that neither mempool nor chain know any more."""

    def __init__(self, db: Database, spec: ChainSpec, node: ChainNode) -> None:
        self._db = db
        self._spec = spec
        self._node = node

    async def read(self, cursor: Cursor) -> None:
        """One look at the mempool, at the cursor's height."""
        movements = await self._node.mempool()
        async with self._db.read() as tx:
            watched = await store.watched_among(
                tx, cursor.chain, {item.to_address for item in movements}
            )
            still_open = await store.open_observations(tx, cursor.chain)
        found = rules.waiting(self._spec, movements, watched)
        if not found and not still_open:
            return
        listed = {item.movement.tx_hash for item in found}
        unlisted = list(dict.fromkeys(key[0] for key in still_open if key[0] not in listed))
        asked = unlisted[:ASKED_MAX]
        states = dict(zip(asked, await self._node.transactions(asked), strict=True))
        # One that was mined meanwhile is not absent: its block is read next and decides.
        absent = {tx_hash for tx_hash, state in states.items() if isinstance(state, Absent)}
        oldest = cursor.height - self._spec.drop_after_blocks
        dropped = [
            key for key, seen_at in still_open.items() if key[0] in absent and seen_at <= oldest
        ]
        async with self._db.tx() as tx:
            now = await store.lock_cursor(tx, cursor.chain)
            if (now.height, now.hash) != (cursor.height, cursor.hash):
                return  # blocks came meanwhile, and they know better
            known = await store.known(tx, cursor.chain, listed)
            apart = rules.told_apart(found, known)
            await store.record_waiting(tx, cursor.chain, apart, cursor.height)
            await store.touch(tx, cursor.chain, states.keys() - absent, cursor.height)
            await store.drop(tx, cursor.chain, dropped)
