"""From the exact distribution of a payout to one line of a maths sheet."""

from collections.abc import Iterable
from fractions import Fraction
from math import comb
from typing import Final

from fairhouse.fairness.types import U32_RANGE, weight
from fairhouse.games.original import Setting
from fairhouse.games.types import Multiplier

ENUMERATION: Final = "enumeration of all outcomes, each weighed among the 2^32 numbers"
UNIFORM: Final = (
    "closed form over equally likely outcomes; neglects the grain of 2^-32 per number drawn"
)

Odds = Iterable[tuple[Fraction, Fraction]]
"""(payout per stake, chance) pairs; the chances add up to 1."""


def setting(label: str, odds: Odds, method: str) -> Setting:
    """Return, hit rate, variance and top of a distribution, exactly."""
    chances: dict[Fraction, Fraction] = {}
    for paid, chance in odds:
        chances[paid] = chances.get(paid, Fraction(0)) + chance
    assert sum(chances.values()) == 1, f"{label}: the chances do not add up to 1"
    rtp = sum((paid * chance for paid, chance in chances.items()), Fraction(0))
    square = sum((paid * paid * chance for paid, chance in chances.items()), Fraction(0))
    top = max(paid for paid, chance in chances.items() if chance)
    return Setting(
        label=label,
        rtp=rtp,
        hit_rate=1 - chances.get(Fraction(0), Fraction(0)),
        variance=square - rtp * rtp,
        top=top,
        top_chance=chances[top],
        method=method,
    )


def win_or_lose(label: str, paid: Multiplier, winning: int, of: int, method: str) -> Setting:
    """A setting that pays one multiplier on `winning` of `of` numbers, else nothing."""
    chance = Fraction(winning, of)
    return setting(label, [(ratio(paid), chance), (Fraction(0), 1 - chance)], method)


def chance_of(choice: int, of: int) -> Fraction:
    """The exact chance that multiply-and-floor chooses `choice` among `of`."""
    return Fraction(weight(choice, of), U32_RANGE)


def hypergeometric(hits: int, chosen: int, drawn: int, size: int) -> Fraction:
    """The chance that `hits` of `chosen` numbers are among `drawn` of `size`."""
    ways = comb(chosen, hits) * comb(size - chosen, drawn - hits)
    return Fraction(ways, comb(size, drawn))


def ratio(paid: Multiplier) -> Fraction:
    """A multiplier as an exact fraction."""
    return Fraction(paid.numerator, paid.denominator)


def cents(hundredths: int) -> Fraction:
    """Hundredths as an exact fraction."""
    return Fraction(hundredths, 100)
