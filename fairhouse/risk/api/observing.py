"""Telling risk what happened, and hearing what its rules say of it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.risk.engine import deciding, linking, scoring
from fairhouse.risk.store import decisions, observations
from fairhouse.risk.types.checks import RiskMark
from fairhouse.risk.types.observations import KEPT, Observation, Place, Recorded
from fairhouse.risk.types.rules import Action, Decision, Drift

_AHEAD: Final = timedelta(days=40)
_BLOCKING: Final = frozenset({Action.HOLD, Action.ASK})
ReadPlay = Callable[[Tx, int, Place], Awaitable[tuple[Place, Sequence[Observation]]]]
"""Of a lane beyond a place: the place of the last line that was read, and the summaries."""


async def observe(tx: Tx, *, facts: Sequence[Observation]) -> list[Decision]:
    """Remember what is new among these and judge it by the published rules, all at once."""
    # What it says of links is recorded before it, so that rules about it can see them.
    changed = await linking.link(tx, facts)
    new = await observations.append(tx, [*changed, *facts])
    made = await deciding.decide(tx, new)
    scored = await observations.append(tx, await scoring.scores(tx, new))
    return [*made, *await deciding.decide(tx, scored)]


async def observe_play(tx: Tx, *, lane: int, read: ReadPlay) -> int:
    """Read on in a lane of the journal; cursor and summaries are one transaction.

    Returns how many summaries were made; 0 also while another process reads this lane.
    """
    place = await observations.play_cursor(tx, lane)
    if place is None:
        return 0
    upto, facts = await read(tx, lane, place)
    if upto.lane_seq > place.lane_seq:
        await observations.advance_play(tx, lane, upto)
        await observe(tx, facts=facts)
    return len(facts)


async def marks(tx: Tx, *, player_id: UUID) -> tuple[RiskMark, ...]:
    """What rules hold or ask, and nobody has resolved yet."""
    found = await decisions.open_decisions(tx, player_id)
    return tuple(
        RiskMark(
            code=one.check,
            rule=one.rule,
            version=one.version,
            is_asking=one.action is Action.ASK,
            since=one.at,
            due_at=one.at + deciding.DUE_IN[one.action],
        )
        for one in found
        if one.action in _BLOCKING
    )


async def points(tx: Tx, *, player_id: UUID) -> int:
    """Points of scoring rules in 30 days that nobody has resolved yet, 0 to 100."""
    return min(await decisions.points(tx, player_id, tx.now - deciding.SCORE_WINDOW), 100)


async def drift(tx: Tx, *, brand_id: int) -> Drift:
    """How far the scores of seven days are from those of the training."""
    return await scoring.drift(tx, brand_id)


async def observed(tx: Tx, *, player_id: UUID, limit: int = 50) -> list[Recorded]:
    """What was observed of a player, the newest first."""
    return await observations.newest_of(tx, player_id=player_id, limit=limit)


async def keep_partitions(tx: Tx, *, now: datetime) -> int:
    """Make the next months' partitions and drop those past their time; worker only."""
    return await observations.keep_partitions(
        tx, until=(now + _AHEAD).date(), before=(now - KEPT).date()
    )
