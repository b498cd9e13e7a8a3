"""Tables of the form "the first row whose minimum the number reaches", exactly.

The field compares a float f = u32 / 2^32 with minima of eight decimals. None of them but 0 falls on
a multiple of 2^-32, so comparing u32 with the minimum times 2^32, rounded up, is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from fairhouse.fairness.types import U32_RANGE
from fairhouse.games.tables import in_hundredths
from fairhouse.kernel.money import Rounding, divide, parse_units

_DECIMALS: Final = 8


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of minima, highest first, as integers."""

    minima: tuple[int, ...]
    """The least number of each row."""
    pays: tuple[int, ...]
    """In hundredths."""

    def place(self, number: int) -> int:
        """The first row that a number reaches."""
        return next(row for row, least in enumerate(self.minima) if number >= least)

    def odds(self) -> list[tuple[Fraction, Fraction]]:
        """(payout, chance) of every row, exactly."""
        ends = (U32_RANGE, *self.minima[:-1])
        return [
            (Fraction(paid, 100), Fraction(end - least, U32_RANGE))
            for paid, least, end in zip(self.pays, self.minima, ends, strict=True)
        ]


def rows(table: Sequence[dict[str, str]]) -> Rows:
    """From rows of `min` and `multiplier` as decimal texts."""
    minima = tuple(_least(row["min"]) for row in table)
    assert list(minima) == sorted(minima, reverse=True), "the highest minimum comes first"
    assert minima[-1] == 0, "the last row takes every number"
    return Rows(minima, tuple(in_hundredths(row["multiplier"]) for row in table))


def _least(minimum: str) -> int:
    units = parse_units(minimum, _DECIMALS, param="min")
    return divide(units * U32_RANGE, 10**_DECIMALS, Rounding.UP)
