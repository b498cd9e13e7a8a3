"""What the tower returns, by enumeration of every way a row is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from fairhouse.fairness.types import U32_RANGE, weight
from fairhouse.games.ladder import setting
from fairhouse.games.original import Setting
from fairhouse.games.types import Multiplier


@dataclass(frozen=True, slots=True)
class Row:
    """Every row of a difficulty has this many tiles, so many of them with an egg."""

    tiles: int
    eggs: int


def settings(rows: Mapping[str, Row], rungs: Mapping[str, Sequence[Multiplier]]) -> list[Setting]:
    """One line per difficulty and row that somebody stops at."""
    found: list[Setting] = []
    for name, row in rows.items():
        safe = best_tile(row)
        found += [
            setting(
                f"{name}, {count} {'row' if count == 1 else 'rows'}, then cash out",
                rung,
                safe**count,
                "enumeration, exact for the likeliest tile; the others differ by less than 2^-26",
            )
            for count, rung in enumerate(rungs[name], start=1)
        ]
    return found


def best_tile(row: Row) -> Fraction:
    """The chance that the tile which the numbers favour holds an egg."""
    chances = [Fraction(0)] * row.tiles
    for drawn in permutations(range(row.tiles), row.eggs):
        left = list(range(row.tiles))
        chance = Fraction(1)
        for tile in drawn:
            chance *= Fraction(weight(left.index(tile), len(left)), U32_RANGE)
            left.remove(tile)
        for tile in drawn:
            chances[tile] += chance
    return max(chances)
