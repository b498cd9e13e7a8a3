"""What flip returns, in closed form."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from fairhouse.fairness.types import U32_RANGE
from fairhouse.games.ladder import setting
from fairhouse.games.original import Setting
from fairhouse.games.types import Multiplier

TAILS: Final = Fraction(U32_RANGE // 2 + 1, U32_RANGE)
"""The field counts exactly one half as tails: one number in 2**32 more than heads."""


def settings(rungs: Sequence[Multiplier]) -> list[Setting]:
    """One line per streak that somebody stops at, calling the likelier side every time."""
    return [
        setting(
            f"tails {count} {'time' if count == 1 else 'times'}, then cash out",
            rungs[count - 1],
            TAILS**count,
            "closed form, exact; heads differs by less than 2^-26",
        )
        for count in range(1, len(rungs) + 1)
    ]
