"""The mathematics of scarab, exactly for equally likely stops.

Return: what a line pays per round does not depend on how many rounds came before, so a bet returns
E(line pay) times E(rounds), whatever the number of lines. The first is a sum over the symbols of
five independent reels; the second a dynamic programme over rounds played and rounds to come.
Variance: the same programme on second moments, with the joint second moment of every pair of lines.
Hits: only the first three reels decide whether a round pays anything; all their stops are tried.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from math import prod
from typing import Final

from fairhouse.games.original import Setting
from fairhouse.games.scarab import machine
from fairhouse.games.scarab.machine import LINES, REELS, ROUNDS_MAX, STOPS
from fairhouse.games.scarab.windows import best_window
from fairhouse.games.types import shown_multiplier

LINES_SHOWN: Final = (1, 5, 10, 20)
_ALL: Final = prod(STOPS)

METHOD: Final = (
    "enumeration per line and pair of lines, dynamic programming over free rounds; stops equally "
    "likely (neglects the grain of 2^-32). The maximum is the limit on a bet, its chance an upper "
    "bound; one round pays at most "
)


def settings() -> list[Setting]:
    """A few numbers of lines; the return is the same for all."""
    return [_setting(lines) for lines in LINES_SHOWN]


def _setting(lines: int) -> Setting:
    moments = round_moments(lines)
    mean, square, nothing = bet_moments(moments)
    best, ways = best_window(lines)
    once = f"{shown_multiplier(best, lines)} times the stake, {ways} in {_ALL:,}"
    return Setting(
        label=f"{lines} line" + "s" * (lines > 1),
        rtp=mean,
        hit_rate=1 - nothing,
        variance=square - mean * mean,
        top=Fraction(machine.WIN_MAX),
        top_chance=limit_chance_at_most(),
        method=METHOD + once,
    )


@dataclass(frozen=True, slots=True)
class RoundMoments:
    """One round, per stake; "free" means that it gives free rounds."""

    free: Fraction
    """Chance of free rounds."""
    mean: Fraction
    mean_free: Fraction
    """E(pay, free): over the rounds that give free rounds."""
    square: Fraction
    nothing: Fraction
    """Chance of no pay and no free rounds."""
    nothing_free: Fraction
    """Chance of no pay but free rounds."""


@cache
def round_moments(lines: int) -> RoundMoments:
    """Exactly, for so many lines."""
    chosen = LINES[:lines]
    single = [_line_sums(rows) for rows in chosen]
    pairs = sum(
        (1 if first == second else 2) * _pair_square(chosen[first], chosen[second])
        for first in range(lines)
        for second in range(first, lines)
    )
    nothing, nothing_free = _nothing(lines)
    return RoundMoments(
        free=Fraction(sum(_scatter_ways()[machine.SCATTERS_FOR_FREE :]), _ALL),
        mean=Fraction(sum(both for both, _ in single), lines * _ALL),
        mean_free=Fraction(sum(free for _, free in single), lines * _ALL),
        square=Fraction(pairs, lines * lines * _ALL),
        nothing=Fraction(nothing, _ALL),
        nothing_free=Fraction(nothing_free, _ALL),
    )


def bet_moments(one: RoundMoments) -> tuple[Fraction, Fraction, Fraction]:
    """E(pay), E(pay^2) and the chance of no pay over all rounds of a bet."""

    @cache
    def after(left: int, coming: int) -> tuple[Fraction, Fraction, Fraction]:
        """With `coming` rounds still due, of which at most `left` can be played."""
        due = min(left, coming)
        if coming >= left:
            mean = due * one.mean
            square = due * one.square + due * (due - 1) * one.mean**2
            return mean, square, (one.nothing + one.nothing_free) ** due
        if not coming:
            return Fraction(0), Fraction(0), Fraction(1)
        mean, square, nothing = after(left - 1, coming - 1)
        more_mean, more_square, more_nothing = after(left - 1, coming - 1 + machine.FREE_ROUNDS)
        return (
            one.mean + (1 - one.free) * mean + one.free * more_mean,
            one.square
            + 2 * ((one.mean - one.mean_free) * mean + one.mean_free * more_mean)
            + (1 - one.free) * square
            + one.free * more_square,
            one.nothing * nothing + one.nothing_free * more_nothing,
        )

    return after(ROUNDS_MAX, 1)


def expected_rounds() -> Fraction:
    """Of one bet: the mean number of rounds."""
    one = round_moments(1)
    counted = RoundMoments(one.free, Fraction(1), one.free, Fraction(1), Fraction(0), Fraction(0))
    return bet_moments(counted)[0]


def _scatters_at(reel: int, stop: int) -> int:
    strip = REELS[reel]
    rows = (strip[stop - 1], strip[stop], strip[(stop + 1) % len(strip)])
    return rows.count(machine.SCATTER)


@cache
def _scatter_ways(first: int = 0) -> list[int]:
    """Ways of the reels from `first` on to show 0, 1, 2 … scatters."""
    ways = [1]
    for reel in range(first, len(REELS)):
        more = Counter(_scatters_at(reel, stop) for stop in range(STOPS[reel]))
        ways = [
            sum(
                ways[shown - own] * many
                for own, many in more.items()
                if 0 <= shown - own < len(ways)
            )
            for shown in range(len(ways) + max(more))
        ]
    return ways


@cache
def _row(reel: int, row: int) -> Mapping[tuple[str, int], int]:
    """How often a row of a reel shows a symbol together with so many scatters on the reel."""
    strip = REELS[reel]
    return Counter(
        (strip[(stop + row - 1) % len(strip)], _scatters_at(reel, stop))
        for stop in range(len(strip))
    )


@cache
def _rows(reel: int, first: int, second: int) -> Mapping[tuple[str, str], int]:
    """How often two rows of a reel show two symbols."""
    strip = REELS[reel]
    return Counter(
        (strip[(stop + first - 1) % len(strip)], strip[(stop + second - 1) % len(strip)])
        for stop in range(len(strip))
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A line read from the left so far; `ended` once it cannot go on."""

    symbol: str
    """Empty while only wilds came."""
    wilds: int
    count: int
    ended: bool

    def read(self, symbol: str) -> "_Line":
        if self.ended:
            return self
        if symbol == machine.WILD:
            wilds = self.wilds if self.symbol else self.wilds + 1
            return _Line(self.symbol, wilds, self.count + 1, False)
        if symbol != machine.SCATTER and self.symbol in {"", symbol}:
            return _Line(symbol, self.wilds, self.count + 1, False)
        if self.count < machine.LEAST_ALIKE:
            return _LOST
        return _Line(self.symbol, self.wilds, self.count, True)

    def pays(self) -> int:
        wild = machine.PAYS[machine.WILD].get(self.wilds, 0)
        return max(wild, machine.PAYS[self.symbol].get(self.count, 0) if self.symbol else 0)


_START: Final = _Line("", 0, 0, False)
_LOST: Final = _Line("", 0, 0, True)


def _line_states(rows: Sequence[int]) -> Mapping[tuple[_Line, int], int]:
    """Ways of a line to end, together with so many scatters in the window."""
    states: Counter[tuple[_Line, int]] = Counter({(_START, 0): 1})
    for reel, row in enumerate(rows):
        following: Counter[tuple[_Line, int]] = Counter()
        for (line, shown), ways in states.items():
            for (symbol, scatters), many in _row(reel, row).items():
                following[line.read(symbol), shown + scatters] += ways * many
        states = following
    return states


def _line_sums(rows: Sequence[int]) -> tuple[int, int]:
    """Pays of a line summed over all stops, and over those that give free rounds."""
    states = _line_states(rows)
    return (
        sum(line.pays() * ways for (line, _), ways in states.items()),
        sum(
            line.pays() * ways
            for (line, shown), ways in states.items()
            if shown >= machine.SCATTERS_FOR_FREE
        ),
    )


def _pair_square(first: Sequence[int], second: Sequence[int]) -> int:
    """The product of what two lines pay, summed over all stops."""
    states: Counter[tuple[_Line, _Line]] = Counter({(_START, _START): 1})
    for reel, (row, other) in enumerate(zip(first, second, strict=True)):
        following: Counter[tuple[_Line, _Line]] = Counter()
        for (line, beside), ways in states.items():
            if _LOST in {line, beside}:
                continue
            for (symbol, another), many in _rows(reel, row, other).items():
                following[line.read(symbol), beside.read(another)] += ways * many
        states = following
    return sum(line.pays() * beside.pays() * ways for (line, beside), ways in states.items())


def _nothing(lines: int) -> tuple[int, int]:
    """Ways of no pay without and with free rounds: a line pays when its first three are alike."""
    prefixes = {rows[: machine.LEAST_ALIKE] for rows in LINES[:lines]}
    shown: Counter[int] = Counter()
    columns = [
        [
            (
                (strip[stop - 1], strip[stop], strip[(stop + 1) % len(strip)]),
                _scatters_at(reel, stop),
            )
            for stop in range(len(strip))
        ]
        for reel, strip in enumerate(REELS[: machine.LEAST_ALIKE])
    ]
    for seen in product(*columns):
        if not any(
            _alike([seen[reel][0][row] for reel, row in enumerate(rows)]) for rows in prefixes
        ):
            shown[sum(scatters for _, scatters in seen)] += 1
    rest = _scatter_ways(machine.LEAST_ALIKE)
    free = sum(
        ways * many
        for scatters, ways in shown.items()
        for more, many in enumerate(rest)
        if scatters + more >= machine.SCATTERS_FOR_FREE
    )
    return sum(shown.values()) * sum(rest) - free, free


def _alike(symbols: Sequence[str]) -> bool:
    kinds = {*symbols} - {machine.WILD}
    return machine.SCATTER not in kinds and len(kinds) <= 1


@cache
def limit_chance_at_most() -> Fraction:
    """An upper bound of the chance that a bet reaches the limit on its win.

    Chernoff: P(T >= limit) <= E(z^T) / z^limit for every z > 1. For several lines T is the average
    of their totals and z^T is convex: the line with the largest bound bounds all. E(z^T) is
    computed in integers that are rounded up.
    """
    return max(_chernoff(rows) for rows in LINES)


def limit_takes_at_most() -> Fraction:
    """An upper bound of what the limit takes from the return.

    As above, with max(T - limit, 0) <= z^(T - limit) / (e * ln z), where e * ln(91/90) > 1/34.
    """
    return 34 * limit_chance_at_most()


_SCALE: Final = 1 << 128
_BASE: Final = Fraction(91, 90)


def _chernoff(rows: Sequence[int]) -> Fraction:
    plain, free = _powers(rows)

    @cache
    def after(left: int, coming: int) -> int:
        """E(z^pay) times the scale, rounded up."""
        if not left or not coming:
            return _SCALE
        if coming >= left:
            return -(-(plain + free) * after(left - 1, left - 1) // _SCALE)
        once = plain * after(left - 1, coming - 1)
        more = free * after(left - 1, coming - 1 + machine.FREE_ROUNDS)
        return -(-(once + more) // _SCALE)

    return Fraction(after(ROUNDS_MAX, 1), _SCALE) * _BASE**-machine.WIN_MAX


def _powers(rows: Sequence[int]) -> tuple[int, int]:
    """E(z^pay) over rounds without and with free rounds, times the scale, rounded up."""
    sums = [Fraction(0), Fraction(0)]
    for (line, shown), ways in _line_states(rows).items():
        sums[shown >= machine.SCATTERS_FOR_FREE] += _BASE ** line.pays() * ways
    plain, free = (-(-one.numerator * _SCALE // (one.denominator * _ALL)) for one in sums)
    return plain, free
