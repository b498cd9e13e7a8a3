"""What snakes returns, by enumeration of all rolls of two dice."""

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from fairhouse.fairness.types import U32_RANGE, weight
from fairhouse.games import maths
from fairhouse.games.original import Setting

SIDES: Final = 6
ROLLS: Final = 5

Multipliers = tuple[int, ...]
"""In hundredths, by the sum of two dice less two: 2 to 12."""


def sums() -> list[Fraction]:
    """The exact chance of every sum of two dice, 2 to 12, by weights."""
    found = [Fraction(0)] * (2 * SIDES - 1)
    for one in range(SIDES):
        for other in range(SIDES):
            found[one + other] += Fraction(weight(one, SIDES) * weight(other, SIDES), U32_RANGE**2)
    return found


def settings(first: Mapping[str, Multipliers], later: Mapping[str, Multipliers]) -> list[Setting]:
    """One line per difficulty and number of rolls that somebody stops after."""
    return [
        _after(rolls, name, [first[name], *([later[name]] * (rolls - 1))])
        for name in first
        for rolls in range(1, ROLLS + 1)
    ]


def _after(rolls: int, name: str, tables: list[Multipliers]) -> Setting:
    standing = {Fraction(1): Fraction(1)}
    for table in tables:
        standing = _rolled(standing, table)
    odds = list(standing.items())
    label = f"{name}, {rolls} {'roll' if rolls == 1 else 'rolls'}, then cash out"
    snakes = 1 - sum((chance for _, chance in odds), Fraction(0))
    return maths.setting(label, [*odds, (Fraction(0), snakes)], maths.ENUMERATION)


def _rolled(standing: Mapping[Fraction, Fraction], table: Multipliers) -> dict[Fraction, Fraction]:
    """What a round may be worth after one roll more, with its chance; snakes are left out."""
    places = [
        (Fraction(cents, 100), chance) for cents, chance in zip(table, sums(), strict=True) if cents
    ]
    after: dict[Fraction, Fraction] = defaultdict(Fraction)
    for worth, chance in standing.items():
        for times, share in places:
            after[worth * times] += chance * share
    return after
