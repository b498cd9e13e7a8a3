"""Ladders: games whose every step won raises what the round is worth, until cashed out or lost.

The rungs are what a round is worth after one step, two steps …, as exact ratios. A round ends by
itself at the last rung, and where the next one could pay more than the house can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fairhouse.games import maths
from fairhouse.games.original import CASH_OUT, Ended, Json, Setting, Standing
from fairhouse.games.types import ChoiceNotOpen, Multiplier

NOTHING: Final = "0.0000"
"""The multiplier of a round that is lost, or has nothing to take yet."""

COMPLETE: Final = "complete"
"""How a round ended that nothing could be added to."""


@dataclass(frozen=True, slots=True)
class Climb:
    """How far a round has come."""

    rungs: Sequence[Multiplier]
    won: int
    """How many rungs it stands on."""
    cashed: bool = False
    fell: str | None = None
    """The word for how it was lost."""

    def now(self) -> Multiplier | None:
        """What the round is worth per stake; none before the first rung."""
        return self.rungs[self.won - 1] if self.won else None

    def next(self) -> Multiplier | None:
        """What one more step would make it worth; none at the top."""
        return self.rungs[self.won] if self.won < len(self.rungs) else None


def check_something_won(won: int) -> None:
    """Refuses a cash-out before the first rung with ChoiceNotOpen."""
    if not won:
        raise ChoiceNotOpen("Nothing is won yet that could be cashed out.", param="do")


def outcome(climb: Climb, stake: int, most: int, shown: Json, at_end: Json) -> Standing | Ended:
    """What the road is told. `at_end` is secret until the round is over."""
    now, following = climb.now(), climb.next()
    closed = {**shown, **at_end}
    if climb.fell:
        return over(0, stake, NOTHING, climb.fell, closed)
    if now and climb.cashed:
        return over(now.payout_units(stake), stake, now.shown(), CASH_OUT, closed)
    if now and (following is None or following.payout_units(stake) > most):
        return over(now.payout_units(stake), stake, now.shown(), COMPLETE, closed)
    assert following is not None, "a ladder has a first rung"
    standing = {
        **shown,
        "multiplier": now.shown() if now else NOTHING,
        "next_multiplier": following.shown(),
    }
    return Standing(standing, stake, now.payout_units(stake) if now else 0)


def over(payout: int, stake: int, multiplier: str, how: str, shown: Json) -> Ended:
    """A round that is over."""
    closed = {**shown, "multiplier": multiplier, "next_multiplier": None, "ended": how}
    return Ended(payout, stake, closed)


def setting(label: str, rung: Multiplier, chance: Fraction, method: str) -> Setting:
    """The mathematics of climbing to one rung and cashing out: it pays, or nothing does."""
    odds = [(maths.ratio(rung), chance), (Fraction(0), 1 - chance)]
    return maths.setting(label, odds, method)


def listed(rungs: Mapping[str, Sequence[Multiplier]]) -> dict[str, list[list[int]]]:
    """Rungs by setting as plain data, for tables that are hashed."""
    return {
        name: [[one.numerator, one.denominator] for one in found] for name, found in rungs.items()
    }
