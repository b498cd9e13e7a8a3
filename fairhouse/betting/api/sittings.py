"""A player's running sitting: since when, and what it came to."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from fairhouse.betting.rules import NO_SITTING, SITTING_MOST, SITTING_PAUSE, is_running
from fairhouse.betting.store import sittings as store
from fairhouse.betting.types import Sitting
from fairhouse.platform.database import Tx

_EVERYTHING: Final = 2**63 - 1


async def sitting(tx: Tx, *, player_id: UUID, upto: int = _EVERYTHING) -> Sitting:
    """The sitting that a bet now would belong to, by the journal up to a lane_seq."""
    found = await store.sitting(
        tx, player_id=player_id, upto=upto, pause=SITTING_PAUSE, most=SITTING_MOST
    )
    return found if is_running(found, tx.now) else NO_SITTING


async def moved(
    tx: Tx, *, ranges: Mapping[int, tuple[int, int]], players: Sequence[UUID]
) -> dict[UUID, Sitting]:
    """What happened to players in lanes, beyond the first and up to the second lane_seq.

    Those to whom nothing happened are left out.
    """
    return await store.moved(tx, ranges=ranges, players=players)


async def lanes_of(tx: Tx, *, player_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The lanes of those who have bet before."""
    return await store.lanes_of(tx, player_ids)
