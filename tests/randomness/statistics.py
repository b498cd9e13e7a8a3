"""Tests of hypotheses, small enough to be read: each returns a p-value.

Sources: Numerical Recipes §6.2 (incomplete gamma function, series and continued fraction); Knuth,
TAOCP 2 §3.3.2 (serial, coupon collector and permutation tests); Wald and Wolfowitz 1940 (runs);
Holm 1979 (many tests at once).
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

EXPECTED_MIN = 5
"""Rarer categories are pooled: below, the chi-square distribution is not a good approximation."""


def gamma_q(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x)."""
    if x <= 0:
        return 1.0
    head = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        number = a
        while abs(term) > abs(total) * 1e-16:
            number += 1
            term *= x / number
            total += term
        return max(0.0, 1 - total * head)
    tiny = 1e-300
    b, c = x + 1 - a, 1 / tiny
    d = 1 / b
    h = d
    for step in range(1, 10_000):
        factor = -step * (step - a)
        b += 2
        d = 1 / (factor * d + b or tiny)
        c = b + factor / c or tiny
        h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return head * h


def chi_square_tail(statistic: float, freedom: int) -> float:
    """How often chance exceeds the statistic."""
    return gamma_q(freedom / 2, statistic / 2)


def fits(counts: Mapping[Any, int], chances: Mapping[Any, float]) -> float:
    """Chi-square of counts against exact chances; a category that cannot be gives 0."""
    total = sum(counts.values())
    if any(count and not chances.get(key) for key, count in counts.items()):
        return 0.0
    assert math.isclose(1, sum(chances.values()), rel_tol=1e-9), "chances must sum to one"
    bins = pooled(
        [(counts.get(key, 0), chance * total) for key, chance in chances.items() if chance]
    )
    statistic = sum((seen - expected) ** 2 / expected for seen, expected in bins)
    return chi_square_tail(statistic, len(bins) - 1) if len(bins) > 1 else 1.0


def pooled(bins: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """The rarest together until every bin is expected often enough."""
    bins = sorted(bins, key=lambda one: -one[1])
    seen, expected = 0, 0.0
    while bins and (bins[-1][1] < EXPECTED_MIN or 0 < expected < EXPECTED_MIN):
        more, also = bins.pop()
        seen, expected = seen + more, expected + also
    return [*bins, (seen, expected)] if expected else bins


def independent(pairs: Iterable[tuple[Hashable, Hashable]]) -> float:
    """Chi-square of a table of two traits: whether one tells anything of the other."""
    cells = Counter(pairs)
    rows, columns = _margins(cells)
    total = cells.total()
    rows = {a: n for a, n in rows.items() if n * min(columns.values()) / total >= EXPECTED_MIN}
    if len(rows) < 2 or len(columns) < 2:
        return 1.0
    inside = sum(rows.values())
    _, columns = _margins({cell: n for cell, n in cells.items() if cell[0] in rows})
    statistic = sum(
        (cells[a, b] - n * m / inside) ** 2 / (n * m / inside)
        for a, n in rows.items()
        for b, m in columns.items()
    )
    return chi_square_tail(statistic, (len(rows) - 1) * (len(columns) - 1))


def _margins(cells: Mapping[tuple[Any, Any], int]) -> tuple[Counter[Any], Counter[Any]]:
    rows: Counter[Any] = Counter()
    columns: Counter[Any] = Counter()
    for (row, column), n in cells.items():
        rows[row] += n
        columns[column] += n
    return rows, columns


def serial_correlation(values: Sequence[float]) -> float:
    """Whether each value follows the one before, linearly: lag 1, normal approximation."""
    n = len(values)
    mean = sum(values) / n
    spread = sum((value - mean) ** 2 for value in values)
    if spread == 0:
        return 0.0
    lagged = sum((one - mean) * (other - mean) for one, other in pairwise(values))
    return two_sided((lagged / spread + 1 / n) * math.sqrt(n))


def runs(values: Sequence[float]) -> float:
    """Whether values above and below the mean alternate as chance would have it."""
    middle = sum(values) / len(values)
    sides = [value > middle for value in values]
    above = sum(sides)
    below = len(sides) - above
    if not above or not below:
        return 0.0
    n = above + below
    seen = 1 + sum(one != other for one, other in pairwise(sides))
    expected = 1 + 2 * above * below / n
    variance = (expected - 1) * (expected - 2) / (n - 1)
    return two_sided((seen - expected) / math.sqrt(variance))


def coupons(values: Sequence[int], of: int) -> float:
    """How long it takes to see every one of `of` equally likely values, again and again."""
    lengths: Counter[int] = Counter()
    seen: set[int] = set()
    length, longest = 0, 8 * of
    for value in values:
        length += 1
        seen.add(value)
        if len(seen) == of:
            lengths[min(length, longest)] += 1
            seen.clear()
            length = 0
    chances = {length: _coupon_chance(length, of) for length in range(of, longest)}
    chances[longest] = 1 - sum(chances.values())
    return fits(lengths, chances)


def _coupon_chance(length: int, of: int) -> float:
    """of! / of^length * Stirling2(length - 1, of - 1), by inclusion and exclusion."""
    return sum(
        (-1) ** left * math.comb(of - 1, left) * ((of - 1 - left) / of) ** (length - 1)
        for left in range(of)
    )


def permutations(values: Sequence[Sequence[int]]) -> float:
    """Whether all orders are equally likely."""
    size = len(values[0])
    orders = Counter(tuple(order) for order in values)
    seen = [*orders.values()] + [0] * (math.factorial(size) - len(orders))
    return fits(dict(enumerate(seen)), dict.fromkeys(range(len(seen)), 1 / len(seen)))


def two_sided(deviations: float) -> float:
    """How often a normal variable is farther from 0."""
    return math.erfc(abs(deviations) / math.sqrt(2))


def holm(p_values: Mapping[str, float], level: float = 0.01) -> list[str]:
    """The tests that fail at a collective level, whatever their number and dependence."""
    rest = len(p_values)
    failed: list[str] = []
    for name, p in sorted(p_values.items(), key=lambda one: one[1]):
        if p > level / rest:
            break
        failed.append(name)
        rest -= 1
    return failed
