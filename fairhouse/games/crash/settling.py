"""Bringing stakes home: every process settles what was decided, in the lanes that it writes.

Nothing has to be asked of the runner: the verdict follows from what is written (`rules.verdict`).
A step that was taken before answers with the bet as it stands, so that any number of processes may
come to the same bet, and one that dies is followed by whoever has its lanes next.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter

from fairhouse.betting import api as betting
from fairhouse.betting.api import Road
from fairhouse.betting.types import (
    BATCH_MAX,
    LANES,
    Bet,
    BetId,
    Bettor,
    Decision,
    RoundState,
    Settled,
    Step,
    Voided,
)
from fairhouse.betting.types import Round as OpenBet
from fairhouse.fairness.types import Stream
from fairhouse.games.crash import rules, store
from fairhouse.games.crash.types import (
    LIVE,
    ROUND_PREFIX,
    CashOut,
    Ended,
    Entrant,
    Round,
    State,
    Verdict,
)
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.refusals import Refusal, Unavailable
from fairhouse.platform.database import Database, Tx

LATE_EVERY_S: Final = 5.0
LATE_MAX: Final = 2_000

_log = structlog.get_logger("crash")
_settled = Counter("fairhouse_crash_bets_total", "Bets that were settled", ["game", "ended"])


@dataclass(frozen=True, slots=True)
class Due:
    """A bet whose end is known."""

    bet_id: UUID
    bettor: Bettor
    game: str
    verdict: Verdict | None
    """None: the stake goes back."""
    outcome: Mapping[str, object]


class Settler:
    """One process's share of the settling."""

    def __init__(self, db: Database, road: Road, *, late_every_s: float = LATE_EVERY_S) -> None:
        self._db = db
        self._road = road
        self._late_every_s = late_every_s
        self._late_due_s = time.monotonic() + late_every_s

    async def step(self) -> int:
        """Settle what is due in our lanes, at most a batch per round; how many it was."""
        lanes = [lane for lane in range(LANES) if self._road.owns(lane)]
        if not lanes:
            return 0
        settled = 0
        for game in LIVE:
            async with self._db.read() as tx:
                due = await self._ended(tx, game, lanes)
            settled += sum(await asyncio.gather(*(self._try(one) for one in due)))
        if time.monotonic() >= self._late_due_s:
            self._late_due_s = time.monotonic() + self._late_every_s
            settled += await self.step_late()
        return settled

    async def step_late(self) -> int:
        """Give back what came to the books only after its round had begun, or was forgotten."""
        lanes = [lane for lane in range(LANES) if self._road.owns(lane)]
        settled = 0
        for game in LIVE:
            async with self._db.read() as tx:
                bets = await betting.open_of_game(tx, game=game, lanes=lanes, limit=LATE_MAX)
                due = await _due(tx, bets)
            settled += sum(await asyncio.gather(*(self._try(one) for one in due)))
        return settled

    async def settle(self, due: Due) -> Bet:
        """Settle one bet. Refuses with LaneElsewhere, Busy, DatabaseUnavailable."""

        def decide(stream: Stream, found: OpenBet) -> Decision:
            if due.verdict is None:
                return Voided(due.outcome)
            return Settled(rules.payout_units(found.stake, due.verdict.multiplier), due.outcome)

        command = Step(BetId(due.bet_id), due.bettor, None, decide, _is_closed)
        return await self._road.step(command)

    async def _try(self, due: Due) -> bool:
        """Whether it is settled now; what is not comes again with the next step."""
        try:
            await self.settle(due)
        except Unavailable:
            return False
        except Refusal as refusal:
            _log.warning("a bet was not settled", bet=str(due.bet_id), why=refusal.code)
            return False
        ended = Ended.VOID if due.verdict is None else due.verdict.ended
        _settled.labels(due.game, ended.value).inc()
        return True

    async def _ended(self, tx: Tx, game: str, lanes: Sequence[int]) -> list[Due]:
        """Open bets of rounds that are over."""
        due: list[Due] = []
        for found in await store.unsettled_rounds(tx, game):
            having = {"round": to_wire(ROUND_PREFIX, found.id)}
            bets = await betting.open_of_game(
                tx, game=game, lanes=lanes, having=having, limit=BATCH_MAX
            )
            due += await _due(tx, bets)
        return due


async def _due(tx: Tx, bets: Sequence[OpenBet]) -> list[Due]:
    """Of these open bets those whose end is known."""
    rounds = await store.rounds_by_id(tx, list({rules.round_of(bet.params) for bet in bets}))
    entrants = await store.entrants_by_id(tx, [bet.id for bet in bets])
    taken = await store.cash_outs(tx, [bet.id for bet in bets])
    due: list[Due] = []
    for bet in bets:
        found = rounds[rules.round_of(bet.params)]
        if found.state in {State.BETTING, State.LOCKED}:
            continue
        entrant = entrants.get(bet.id)
        if found.state is State.VOID:
            due.append(_given_back(bet, found.reason or ""))
        elif entrant is None:
            due.append(_given_back(bet, "too_late"))
        elif found.state is not State.RUNNING:
            out = taken.get(bet.id)
            due.append(_due_of(entrant, rules.verdict(entrant, out, found), out, found))
    return due


def _due_of(entrant: Entrant, verdict: Verdict, taken: CashOut | None, found: Round) -> Due:
    asked = {
        "round": to_wire(ROUND_PREFIX, found.id),
        "auto_cash_out": None if entrant.auto is None else rules.shown(entrant.auto),
    }
    bettor = Bettor(entrant.player_id, entrant.brand_id, entrant.lane)
    outcome = rules.outcome(asked, verdict, found, taken)
    return Due(entrant.bet_id, bettor, found.game, verdict, outcome)


def _given_back(bet: OpenBet, reason: str) -> Due:
    outcome = {**bet.progress, "ended": Ended.VOID.value, "reason": reason}
    return Due(bet.id, Bettor(bet.player_id, bet.brand_id, bet.lane), bet.game, None, outcome)


def _is_closed(found: OpenBet) -> bool:
    return found.state is not RoundState.OPEN
