"""The mathematics of drill: the numbers that reach a target, counted."""

from collections.abc import Callable
from typing import Final

from fairhouse.fairness.types import U32_RANGE
from fairhouse.games import maths
from fairhouse.games.original import Setting
from fairhouse.games.params import shown_hundredths
from fairhouse.games.types import Multiplier

SPREAD: Final = (101, 110, 150, 200, 300, 500, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)


def settings(winning: Callable[[int], int], most: int) -> list[Setting]:
    """A spread of targets up to the largest; the drill chosen makes no difference."""
    return [
        maths.win_or_lose(
            f"target {shown_hundredths(target)}",
            Multiplier(target, 100),
            winning(target),
            U32_RANGE,
            maths.ENUMERATION,
        )
        for target in (*SPREAD, most)
    ]
