"""Who bets next: evenly, or after Zipf (a few players place most of the bets). Pure but for `rng`.

Picks are drawn before the clock runs: a list of places in the population, gone through in a circle.
"""

import random
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, TypeVar

T = TypeVar("T")

EXPONENT: Final = 1.0
"""Zipf's s: the player of rank r bets 1/r as often as the first."""


def zipf_weights(count: int, exponent: float = EXPONENT) -> list[float]:
    """The weight of each rank, the busiest first."""
    return [1 / rank**exponent for rank in range(1, count + 1)]


def picks(
    players: Sequence[T], weights: Sequence[float] | None, count: int, rng: random.Random
) -> list[T]:
    """`count` draws with replacement; even without weights."""
    if weights is None:
        return rng.choices(players, k=count)
    return rng.choices(players, cum_weights=list(accumulate(weights)), k=count)
