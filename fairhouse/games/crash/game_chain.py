"""The hash chain behind a game's rounds: which game comes next, and its hash."""

import asyncio
from typing import Final
from uuid import UUID

import structlog

from fairhouse.fairness import api as fairness
from fairhouse.fairness.api import Chain, ChainSecret
from fairhouse.games.crash import store
from fairhouse.games.crash.types import Round
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx

AHEAD: Final = 10_000
"""With fewer games than this left, the next chain is committed."""

_log = structlog.get_logger("crash")


class GameChain:
    """The chains of one game, for whoever runs it."""

    def __init__(self, db: Database, game: str, sealer: Sealer, length: int | None) -> None:
        """`length` of a new chain; None: as usual."""
        self._db = db
        self._game = game
        self._sealer = sealer
        self._length = length
        self._secrets: dict[UUID, ChainSecret] = {}

    async def next_game(self, epoch: int) -> tuple[UUID, int]:
        """The next chain and number; a chain that runs out has its successor committed before."""
        async with self._db.tx() as tx:
            chains = await fairness.chains(tx, purpose=self._game)
            left = [(chain, await store.last_of_chain(tx, chain.id) + 1) for chain in chains[-2:]]
        usable = [(chain, number) for chain, number in left if number <= chain.length]
        games = sum(chain.length - number + 1 for chain, number in usable)
        if games < min(AHEAD, self._length or AHEAD):
            usable.append((await self._commit(epoch), 1))
        chain, number = usable[0]
        return chain.id, number

    async def hash_of(self, tx: Tx, found: Round) -> bytes:
        """The round's hash: secret until the round is over."""
        if found.chain_id not in self._secrets:
            opened = await fairness.open_chain(tx, sealer=self._sealer, chain_id=found.chain_id)
            self._secrets = {found.chain_id: opened}
        return self._secrets[found.chain_id].hash_of(found.chain_number)

    async def _commit(self, epoch: int) -> Chain:
        length = () if self._length is None else (self._length,)
        made = await asyncio.to_thread(
            fairness.new_chain, *length, entropy=self._sealer.entropy.draw
        )
        async with self._db.tx() as tx:
            await store.fence(tx, self._game, epoch)
            chain = await fairness.commit_chain(
                tx, sealer=self._sealer, purpose=self._game, made=made
            )
        _log.info("hash chain committed", game=self._game, end_hash=chain.end_hash)
        return chain
