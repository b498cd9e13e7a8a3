"""Follower: blocks in, observations out; goes back when the chain does."""

from collections.abc import Sequence

import structlog
from prometheus_client import Counter, Histogram

from fairhouse.chains import rules, store
from fairhouse.chains.ports import ChainNode
from fairhouse.chains.types import (
    BlockMovements,
    BlockRef,
    ChainSpec,
    Cursor,
    NodeContradiction,
    ReorgTooDeep,
    Sighting,
    StateUnavailable,
    TxHash,
)
from fairhouse.platform.database import Database, Tx

_log = structlog.get_logger("chains")
_blocks = Counter("fairhouse_chain_blocks_total", "Blocks read", ["chain"])
_changes = Counter("fairhouse_chain_observation_changes_total", "Observations changed", ["chain"])
_reorgs = Histogram(
    "fairhouse_chain_reorg_depth", "Blocks replaced", ["chain"], buckets=(1, 2, 3, 6, 12, 32, 64)
)
_untraced = Counter("fairhouse_chain_untraced_blocks_total", "Blocks without traces", ["chain"])


class Follower:
    """Brings the cursor of one chain towards a block of its node."""

    def __init__(self, db: Database, spec: ChainSpec, node: ChainNode) -> None:
        self._db = db
        self._spec = spec
        self._node = node

    async def follow(self, cursor: Cursor, target: BlockRef) -> int:
        """Read at most a batch of blocks up to `target`; returns how many.

        A reorg's rewind and the blocks that replace the old ones are one transaction: what is
        mined again in another block moves there without ever having been lost.
        """
        if (target.height, target.hash) == (cursor.height, cursor.hash):
            return 0
        base = cursor.height
        blocks = await self._next_blocks(base, base, target)
        if not blocks or not rules.joins(cursor, blocks):
            base = await self._fork(cursor)
            blocks = await self._next_blocks(base, cursor.height, target)
        if blocks and blocks[-1].height == target.height and blocks[-1].hash != target.hash:
            raise NodeContradiction("The node's chain changed while it was read.")
        if not blocks or blocks[-1].height < cursor.height:
            raise NodeContradiction("The node's new chain is shorter than the one it replaces.")
        contents = await self._node.movements(blocks)
        found = await self._matched(contents)
        async with self._db.tx() as tx:
            return await self._write(tx, cursor, base, contents, found)

    async def _next_blocks(self, base: int, at_least: int, target: BlockRef) -> Sequence[BlockRef]:
        """A batch above `base` that ends at `at_least` or higher, and at most at `target`."""
        last = min(target.height, max(base + self._spec.batch_blocks, at_least))
        return await self._node.blocks(base + 1, last) if last > base else ()

    async def _fork(self, cursor: Cursor) -> int:
        """The height of the last block that the node's chain shares with ours."""
        depth_max = self._spec.reorg_depth_max
        lowest = max(0, cursor.height - depth_max)
        async with self._db.read() as tx:
            ours = await store.block_hashes(tx, cursor.chain, lowest, cursor.height)
        common = rules.last_common(ours, await self._node.blocks(lowest, cursor.height))
        if common is None:
            raise ReorgTooDeep(
                f"The chain of {cursor.chain} was replaced more than {depth_max} blocks deep below "
                f"block {cursor.height}. Nothing is read until a person has looked: find out which "
                "chain is right, then connect a node of it, or raise reorg_depth_max once.",
                height=cursor.height,
                depth_max=depth_max,
            )
        return common

    async def _matched(self, contents: Sequence[BlockMovements]) -> list[Sighting]:
        """What reached watched addresses, tokens counted as they arrived."""
        async with self._db.read() as tx:
            watched = await store.watched_among(tx, self._spec.chain, rules.recipients(contents))
        found = rules.matched(self._spec, contents, watched)
        untraced = [item for item in contents if not item.has_internal]
        if self._spec.has_traces:
            _untraced.labels(self._spec.chain).inc(len(untraced))
        deltas: dict[rules.TokenBalance, int] = {}
        for question in rules.balances_to_check(self._spec, found):
            delta = await self._balance_delta(question)
            if delta is not None:
                deltas[question] = delta
        return rules.as_received(found, contents, deltas)

    async def _balance_delta(self, question: rules.TokenBalance) -> int | None:
        """How a balance changed over a block; None when the node has forgotten it.

        Then the log stands: contracts are pinned, and this check is their second line.
        """
        height = question.block.height
        try:
            before = await self._node.balance(question.owner, question.contract, height - 1)
            after = await self._node.balance(question.owner, question.contract, height)
        except StateUnavailable:
            _log.warning("balance of an old block is gone", height=height)
            return None
        return after - before

    async def _write(
        self,
        tx: Tx,
        cursor: Cursor,
        base: int,
        contents: Sequence[BlockMovements],
        found: Sequence[Sighting],
    ) -> int:
        now = await store.lock_cursor(tx, cursor.chain)
        if (now.height, now.hash) != (cursor.height, cursor.hash):
            return 0  # another watcher was quicker
        changed = 0
        if base < cursor.height:
            changed += await store.rewind(tx, cursor.chain, base, cursor.height)
            _reorgs.labels(cursor.chain).observe(cursor.height - base)
            _log.warning("chain reorganised", chain=cursor.chain, depth=cursor.height - base)
        changed += await self._record(tx, contents, found)
        await store.add_blocks(tx, cursor.chain, [item.block for item in contents])
        await store.move_cursor(tx, cursor.chain, contents[-1].block)
        _blocks.labels(cursor.chain).inc(len(contents))
        _changes.labels(cursor.chain).inc(changed)
        return len(contents)

    async def _record(
        self, tx: Tx, contents: Sequence[BlockMovements], found: Sequence[Sighting]
    ) -> int:
        chain = self._spec.chain
        known = await store.known(tx, chain, {item.movement.tx_hash for item in found})
        apart = rules.told_apart(found, known)
        changed = await store.record_included(tx, chain, apart)
        still_open = await store.open_observations(tx, chain)
        mined = frozenset[TxHash]().union(*(item.tx_hashes for item in contents))
        return changed + await store.drop(tx, chain, rules.gone(still_open, mined, apart))

    async def rescan(self, cursor: Cursor) -> int:
        """Read a batch of old blocks again where a rescan is ordered; returns how many.

        Old blocks must join each other and, where ours are still kept, be the same.
        """
        if cursor.rescan_next is None or cursor.rescan_last is None:
            return 0
        first = cursor.rescan_next
        last = min(first + self._spec.batch_blocks - 1, cursor.rescan_last, cursor.height)
        blocks = await self._node.blocks(first, last)
        if len(blocks) != last - first + 1:
            raise NodeContradiction("The node does not have all old blocks.")
        contents = await self._node.movements(blocks)
        found = await self._matched(contents)
        async with self._db.tx() as tx:
            now = await store.lock_cursor(tx, cursor.chain)
            ours = await store.block_hashes(tx, cursor.chain, first, last)
            if any(ours.get(block.height, block.hash) != block.hash for block in blocks):
                return 0  # the chain is about to be reorganised: read it again afterwards
            if now.rescan_next != cursor.rescan_next or now.rescan_last is None:
                return 0
            changed = await self._record(tx, contents, found)
            await store.advance_rescan(tx, cursor.chain, blocks[-1], now.rescan_last)
            _changes.labels(cursor.chain).inc(changed)
        return len(blocks)
