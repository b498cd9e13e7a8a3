"""The mathematics of roulette: every place returns 36 of 37 chips."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from fairhouse.games import maths
from fairhouse.games.original import Setting

_POCKETS: Final = 37

KINDS: Final = (
    *("straight:17", "straight:0", "split:17-20", "street:16", "trio:0-1-2", "corner:17-18-20-21"),
    *("basket:0", "line:16", "column:2", "dozen:2", "red", "black", "even", "odd", "low", "high"),
)
"""One place of each kind."""


def settings(places: Mapping[str, tuple[frozenset[int], int]]) -> list[Setting]:
    """One line per place, for one chip on it alone; chips together return their average."""
    return [
        maths.setting(
            place,
            [
                (Fraction(paid if pocket in covered else 0), maths.chance_of(pocket, _POCKETS))
                for pocket in range(_POCKETS)
            ],
            maths.ENUMERATION,
        )
        for place, (covered, paid) in places.items()
    ]
