"""What rock, paper, scissors returns, by exact dynamic programming over wins and throws."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from fairhouse.fairness.types import U32_RANGE, weight
from fairhouse.games import maths
from fairhouse.games.original import Setting
from fairhouse.games.types import Multiplier

THROWS: Final = 20
ROCK: Final = 0
SCISSORS: Final = 2

_METHOD: Final = (
    "dynamic programming over wins and throws, exact for paper, which the numbers favour by 2^-32"
)


def settings(rungs: Sequence[Multiplier]) -> list[Setting]:
    """One line per number of wins that somebody stops at, throwing paper every time."""
    return [_stopping_at(wins, rungs) for wins in range(1, len(rungs) + 1)]


def _stopping_at(wins: int, rungs: Sequence[Multiplier]) -> Setting:
    """Throws until `wins` wins; twenty throws end the round with what was won, or the stake."""
    beaten_rock = Fraction(weight(ROCK, 3), U32_RANGE)
    lost = Fraction(weight(SCISSORS, 3), U32_RANGE)
    tie = 1 - beaten_rock - lost
    standing = {0: Fraction(1)}
    reached = Fraction(0)
    for _ in range(THROWS):
        after: dict[int, Fraction] = {}
        for won, chance in standing.items():
            after[won] = after.get(won, Fraction(0)) + chance * tie
            after[won + 1] = after.get(won + 1, Fraction(0)) + chance * beaten_rock
        reached += after.pop(wins, Fraction(0))
        standing = after
    odds = [(_paid(rungs, won), chance) for won, chance in {**standing, wins: reached}.items()]
    won_any = sum((chance for _, chance in odds), Fraction(0))
    label = f"paper until {wins} won, then cash out"
    return maths.setting(label, [*odds, (Fraction(0), 1 - won_any)], _METHOD)


def _paid(rungs: Sequence[Multiplier], won: int) -> Fraction:
    """Twenty ties give the stake back."""
    return maths.ratio(rungs[won - 1]) if won else Fraction(1)
