"""The mathematics of limbo: every result is one of 2^24, so every return is exact."""

from collections.abc import Callable
from typing import Final

from fairhouse.games import maths
from fairhouse.games.original import Setting
from fairhouse.games.params import shown_hundredths
from fairhouse.games.types import Multiplier

SPREAD: Final = (101, 110, 150, 200, 300, 500, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)

METHOD: Final = "enumeration: count of the 2^24 equally likely results that reach the target"


def settings(
    winning: Callable[[int], int], grain: int, target_min: int, target_max: int
) -> list[Setting]:
    """A spread of targets up to the largest, then the least return among all of them."""
    worst = least_target(winning, target_min, target_max)
    targets = [(target, "") for target in (*SPREAD, target_max)]
    return [
        maths.win_or_lose(
            f"target {shown_hundredths(target)}{remark}",
            Multiplier(target, 100),
            winning(target),
            grain,
            METHOD,
        )
        for target, remark in [*targets, (worst, ", the least return of all targets")]
    ]


def least_target(winning: Callable[[int], int], target_min: int, target_max: int) -> int:
    """The target that returns least.

    All targets that the same number `k` of results reach form a run, and return least where the run
    begins: there `k` results are paid for what is worth almost `k + 1`. The share lost is 1 in
    `k + 1`, so the run of the fewest results holds the least of all.
    """
    return first_with(winning, winning(target_max), target_min)


def first_with(winning: Callable[[int], int], count: int, target_min: int) -> int:
    """The least target that at most `count` results reach, by bisection."""
    low, high = target_min, 1 << 40
    while low < high:
        middle = (low + high) // 2
        if winning(middle) <= count:
            high = middle
        else:
            low = middle + 1
    return low
