"""Cash-outs of a running round: judged when they arrive, written before they are answered."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from fairhouse.betting.types import UnknownBet
from fairhouse.games.crash import rules, store
from fairhouse.games.crash.types import (
    CashedOut,
    CashOut,
    Crashed,
    Entrant,
    NothingToTake,
    NotRunning,
    Round,
)
from fairhouse.platform.database import Database, DatabaseUnavailable

CASH_OUTS_MAX: Final = 512
"""Written in one transaction."""

_log = structlog.get_logger("crash")
_outs = Counter("fairhouse_crash_cash_outs_total", "Cash-outs asked for", ["game", "result"])


class NotIn(Exception):
    """The bet is not in the round that runs here now: the books say what it is."""


@dataclass(slots=True)
class Run:
    """A running round in its runner's memory."""

    round: Round
    epoch: int
    """Under which it is written."""
    entrants: Mapping[UUID, Entrant]
    point: int
    """Secret until the crash."""
    hash: bytes
    ends_ms: int
    taken: dict[UUID, CashOut] = field(default_factory=dict[UUID, CashOut])
    """Written cash-outs."""
    waiting: dict[UUID, tuple[CashOut, "asyncio.Future[CashOut]"]] = field(
        default_factory=dict[UUID, tuple[CashOut, "asyncio.Future[CashOut]"]]
    )
    """Judged, not written yet; in the order of their arrival."""


class CashDesk:
    """Where the players of one game's running round leave."""

    def __init__(self, db: Database, game: str, on_unsure: Callable[[], None]) -> None:
        """`on_unsure` is called when it is not known what was written."""
        self._db = db
        self._game = game
        self._on_unsure = on_unsure
        self._writing = asyncio.Lock()
        self._writers: set[asyncio.Future[None]] = set()
        self.run: Run | None = None

    def close(self, error: Exception) -> None:
        """The run is over, or not ours any more; who still waits is told `error`."""
        run, self.run = self.run, None
        if run is not None:
            for _, answer in run.waiting.values():
                _fail(answer, error)

    async def cash_out(self, bet_id: UUID, player_id: UUID) -> CashOut:
        """See `Runner.cash_out`."""
        run = self.run
        if run is None or bet_id not in run.entrants:
            raise NotIn
        entrant = run.entrants[bet_id]
        if entrant.player_id != player_id:
            raise UnknownBet("There is no such bet.", param="id")
        taken = run.taken.get(bet_id)
        if taken is None:
            waiting = run.waiting.get(bet_id)
            answer = self._judge(run, entrant) if waiting is None else waiting[1]
            if waiting is None:
                self._write_soon()
            taken = await asyncio.shield(answer)
        return taken

    def _judge(self, run: Run, entrant: Entrant) -> "asyncio.Future[CashOut]":
        """By the time of the arrival, in one go: nothing comes between looking and queueing."""
        assert run.round.started_at is not None
        at_ms = (self._db.now() - run.round.started_at) // timedelta(milliseconds=1)
        try:
            multiplier = _multiplier_for(entrant, run, at_ms)
        except Exception as refusal:
            _outs.labels(self._game, getattr(refusal, "code", "failed")).inc()
            raise
        answer: asyncio.Future[CashOut] = asyncio.get_running_loop().create_future()
        run.waiting[entrant.bet_id] = CashOut(entrant.bet_id, at_ms, multiplier), answer
        return answer

    def _write_soon(self) -> None:
        """In a task of its own: who asked may hang up while it is written for others too."""
        writing = asyncio.ensure_future(self.write_all())
        self._writers.add(writing)
        writing.add_done_callback(self._written)

    def _written(self, writing: "asyncio.Future[None]") -> None:
        self._writers.discard(writing)
        if not writing.cancelled() and (error := writing.exception()) is not None:
            _log.warning("cash-outs were not written", game=self._game, error=repr(error))

    async def write_all(self) -> None:
        """All that wait, together: whoever comes while others are written is in the next batch."""
        async with self._writing:
            run = self.run
            while run is not None and run.waiting:
                batch = dict(list(run.waiting.items())[:CASH_OUTS_MAX])
                stands = await self._write(run, batch)
                for bet_id, (_, answer) in batch.items():
                    run.waiting.pop(bet_id, None)
                    self._answer(run, answer, stands.get(bet_id))

    def _answer(self, run: Run, answer: "asyncio.Future[CashOut]", stands: CashOut | None) -> None:
        if stands is None:
            _fail(answer, crashed(run.point))
            return
        run.taken[stands.bet_id] = stands
        if not answer.done():
            answer.set_result(stands)
        _outs.labels(self._game, "taken").inc()

    async def _write(
        self, run: Run, batch: Mapping[UUID, tuple[CashOut, "asyncio.Future[CashOut]"]]
    ) -> Mapping[UUID, CashOut]:
        """What stands afterwards: of one bet the first that was ever written."""
        judged = [one for one, _ in batch.values()]
        try:
            async with self._db.tx() as tx:
                await store.fence(tx, self._game, run.epoch)
                await store.add_cash_outs(tx, run.round.id, judged)
                stands = await store.cash_outs(tx, list(batch))
                await store.tell(tx, self._game)
        except BaseException as error:
            self._on_unsure()
            known = error if isinstance(error, store.RunnerElsewhere) else DatabaseUnavailable()
            for bet_id, (_, answer) in batch.items():
                run.waiting.pop(bet_id, None)
                _fail(answer, known)
            raise
        return stands


def crashed(point: int) -> Crashed:
    """The refusal of a cash-out that came too late."""
    text = rules.shown(point)
    return Crashed(
        f"The round crashed at {text}x before the cash-out arrived.",
        param="choice",
        multiplier=text,
    )


def _multiplier_for(entrant: Entrant, run: Run, at_ms: int) -> int:
    """What a cash-out that arrives now is worth. Refuses as `Runner.cash_out`."""
    if at_ms < 0:
        raise NotRunning("The round has not begun; there is nothing to cash out.", param="choice")
    multiplier = rules.multiplier_at(at_ms)
    if min(multiplier, run.point) >= entrant.ends_at:
        left = rules.shown(entrant.ends_at)
        raise CashedOut(
            f"The bet was cashed out at {left}x by itself.", param="choice", multiplier=left
        )
    if at_ms >= run.ends_ms:
        raise crashed(run.point)
    if multiplier < rules.LEAST:
        raise NothingToTake(
            f"The multiplier still stands at 1.00: cash out from {rules.shown(rules.LEAST)}x on.",
            param="choice",
        )
    return multiplier


def _fail(answer: "asyncio.Future[CashOut]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
        # Whoever waited may be gone; that is no accident.
        answer.exception()
