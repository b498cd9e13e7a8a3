"""Bets as their player takes them away: all of them, oldest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fairhouse.betting.api.road import bets_by_id
from fairhouse.betting.store import export, reads
from fairhouse.betting.types import Bet, UnknownBet
from fairhouse.platform.database import Tx

BEFORE_ALL: Final = UUID(int=0)
"""Pass as `after` for the first page."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A bet, and the stake that opened it: doubles and splits add to the bet's own."""

    bet: Bet
    opening_stake: int


async def bets_to_take(
    tx: Tx, *, player_id: UUID, after: UUID, until: UUID, limit: int
) -> list[Taken]:
    """The player's bets with ids beyond `after`, up to `until`, oldest first."""
    return await _taken(tx, await export.bet_ids(tx, player_id, after, until, limit))


async def bet_to_take(tx: Tx, *, bet_id: UUID) -> Taken:
    """One bet, whoever's. Refuses with UnknownBet."""
    found = await _taken(tx, [bet_id])
    if not found:
        raise UnknownBet("There is no such bet.", param="id")
    return found[0]


async def _taken(tx: Tx, ids: Sequence[UUID]) -> list[Taken]:
    stakes = {line.round_id: line.stake for line in await reads.entries(tx, ids)}
    bets = await bets_by_id(tx, ids=list(stakes))
    return sorted(
        (Taken(bet, stakes[bet.id]) for bet in bets), key=lambda taken: taken.bet.id.bytes
    )
