"""Watcher: one bounded step at a time along one chain.

All questions to the node are asked outside of transactions. What a step writes, cursor and
observations together, it writes in one transaction under the cursor's lock, and only if the cursor
still stands where it stood when the questions were asked.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from fairhouse.chains import store
from fairhouse.chains.engine.follow import Follower
from fairhouse.chains.engine.lookback import LookBack
from fairhouse.chains.engine.mempool import MempoolReader
from fairhouse.chains.ports import ChainNode
from fairhouse.chains.types import (
    AnotherChain,
    BlockRef,
    ChainBehindDatabase,
    ChainSpec,
    ChainTrouble,
    Cursor,
    NodeBehind,
    NodesDisagree,
    NodeUnavailable,
    ReorgTooDeep,
    WrongToken,
)
from fairhouse.kernel.currencies import asset
from fairhouse.platform.database import Database

_HALTING: Final = (AnotherChain, ChainBehindDatabase, ReorgTooDeep, WrongToken)
"""Trouble that does not pass by itself: a person must look."""

_log = structlog.get_logger("chains")
_height = Gauge("fairhouse_chain_height", "Last block read", ["chain"])
_node_height = Gauge("fairhouse_chain_node_height", "Head of the chain's node", ["chain"])
_halted = Gauge("fairhouse_chain_halted", "1 when a person must look", ["chain"])
_troubles = Counter("fairhouse_chain_troubles_total", "Steps without progress", ["chain", "code"])


class Watcher:
    """Follows one chain by one node; `witnesses` are further nodes that must agree with it."""

    def __init__(
        self,
        db: Database,
        spec: ChainSpec,
        node: ChainNode,
        *,
        witnesses: Sequence[ChainNode] = (),
    ) -> None:
        self._db = db
        self._spec = spec
        self._node = node
        self._witnesses = witnesses
        self._follower = Follower(db, spec, node)
        self._mempool = MempoolReader(db, spec, node)
        self._lookback = LookBack(db, spec, node)
        self._is_identified = False
        self._last_code: str | None = None

    async def step(self) -> int:
        """Read on; returns more than 0 when there may be more to do at once.

        Trouble with the node is written down, shows in `head`, and leaves everything where it was.
        """
        try:
            done = await self._step()
        except ChainTrouble as trouble:
            await self._note(trouble)
            return 0
        if self._last_code is not None:
            _log.info("chain followed again", chain=self._spec.chain)
            self._last_code = None
        _halted.labels(self._spec.chain).set(0)
        return done

    async def _step(self) -> int:
        cursor = await self._identified()
        head = await self._node.head()
        self._check_reaches(cursor, head)
        target = await self._agreed(head)
        self._check_reaches(cursor, target)
        done = await self._follower.follow(cursor, target)
        async with self._db.tx() as tx:
            cursor = await store.lock_cursor(tx, self._spec.chain)
            await store.note_reached(tx, self._spec.chain, head.height)
        _height.labels(self._spec.chain).set(cursor.height)
        _node_height.labels(self._spec.chain).set(head.height)
        if cursor.height == target.height:
            await self._mempool.read(cursor)
            if await self._lookback.look(cursor):
                return done + 1  # there may be a rescan to do now
        return done + await self._follower.rescan(cursor)

    async def _identified(self) -> Cursor:
        """Our cursor, after the node has shown that it serves the chain the cursor is on.

        The genesis is pinned on first contact. It is asked for again after any trouble.
        """
        async with self._db.read() as tx:
            cursor = await store.cursor(tx, self._spec.chain)
        if cursor is not None and self._is_identified:
            return cursor
        identity = await self._node.identity()
        if cursor is None:
            start = await self._start()
            async with self._db.tx() as tx:
                await store.open_cursor(tx, self._spec.chain, identity, start)
                cursor = await store.lock_cursor(tx, self._spec.chain)
        if (identity.number, identity.genesis_hash) != (cursor.number, cursor.genesis_hash):
            raise AnotherChain(
                f"The node of {self._spec.chain} serves another chain than this database has "
                f"followed (genesis {identity.genesis_hash[:18]}…, expected "
                f"{cursor.genesis_hash[:18]}…). Connect the former node, or begin anew: "
                "`make demo-reset`.",
                found=identity.genesis_hash,
                expected=cursor.genesis_hash,
            )
        await self._check_tokens()
        self._is_identified = True
        return cursor

    async def _check_tokens(self) -> None:
        """A contract pinned for the wrong asset would credit a million times too much."""
        for token in self._spec.tokens:
            expected = asset(token.asset).decimals
            found = await self._node.token_decimals(token.contract)
            if found != expected:
                raise WrongToken(
                    f"The contract {token.contract} has {found} decimals, but {token.asset} has "
                    f"{expected}. Correct the contract in the settings.",
                    found=found,
                    expected=expected,
                )

    async def _start(self) -> BlockRef:
        """The block before the first one to read."""
        if self._spec.start_height is None:
            return await self._node.head()
        found = await self._node.block(max(self._spec.start_height - 1, 0))
        if found is None:
            raise NodeUnavailable("The node does not have the first block to read yet.")
        return found

    def _check_reaches(self, cursor: Cursor, head: BlockRef) -> None:
        """A head below ours is no news of the chain: the node lags, or was set back."""
        missing = cursor.height - head.height
        if missing > self._spec.reorg_depth_max:
            raise ChainBehindDatabase(
                f"The node of {self._spec.chain} ends at block {head.height}, but this database "
                f"has read up to {cursor.height}. Wait if the node is still synchronising; if its "
                "data is lost, restore it or begin anew: `make demo-reset`.",
                node_height=head.height,
                height=cursor.height,
            )
        if missing > 0:
            raise NodeBehind(
                f"The node's head {head.height} is below block {cursor.height}, which was read "
                "already. Waiting for the node.",
            )

    async def _agreed(self, head: BlockRef) -> BlockRef:
        """The highest block that all nodes show alike. Raises NodesDisagree."""
        target = head
        for witness in self._witnesses:
            other = await witness.head()
            height = min(target.height, other.height)
            ours = await self._node.block(height)
            theirs = await witness.block(height)
            if ours is None or theirs is None or ours.hash != theirs.hash:
                raise NodesDisagree(f"Two nodes disagree about block {height}. Waiting for them.")
            target = ours
        return target

    async def _note(self, trouble: ChainTrouble) -> None:
        """Write trouble down where `head` and the metrics show it; log it when it is new."""
        self._is_identified = False
        halted = isinstance(trouble, _HALTING)
        _halted.labels(self._spec.chain).set(int(halted))
        _troubles.labels(self._spec.chain, trouble.code).inc()
        if self._last_code != trouble.code:
            self._last_code = trouble.code
            level = _log.error if halted else _log.warning
            level(
                "chain not followed",
                chain=self._spec.chain,
                code=trouble.code,
                reason=trouble.message,
            )
        async with self._db.tx() as tx:
            await store.note_trouble(tx, self._spec.chain, trouble.message, halted=halted)
