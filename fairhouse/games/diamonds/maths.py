"""The mathematics of diamonds: all 7^5 draws, by the partition of five they make."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import product

from fairhouse.games import maths
from fairhouse.games.original import Setting


def settings(patterns: Mapping[tuple[int, ...], tuple[str, int]], gems: int) -> list[Setting]:
    """The one line."""
    drawn = sum(next(iter(patterns)))
    odds: Counter[int] = Counter()
    chances = [maths.chance_of(gem, gems).numerator for gem in range(gems)]
    whole = [maths.chance_of(gem, gems).denominator for gem in range(gems)]
    common = max(whole)
    weights = [chance * (common // of) for chance, of in zip(chances, whole, strict=True)]
    for draw in product(range(gems), repeat=drawn):
        alike = tuple(sorted(Counter(draw).values(), reverse=True))
        ways = 1
        for gem in draw:
            ways *= weights[gem]
        odds[patterns[alike][1]] += ways
    total = common**drawn
    pairs = [(maths.cents(paid), Fraction(ways, total)) for paid, ways in odds.items()]
    return [maths.setting("five gems", pairs, maths.ENUMERATION)]
