"""The machine: reels, windows, lines and what they pay, from `table.json`.

The number of stops per reel, the stop of each reel's scatter, three or more scatters giving fifteen
free rounds, and 180 rounds at most are the field's (public verifiers); the other symbols, the lines
and what they pay are ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairhouse.games.tables import table_of

TABLE: Final[dict[str, Any]] = table_of(__package__ or "")

WILD: Final[str] = TABLE["wild"]
SCATTER: Final[str] = TABLE["scatter"]
REELS: Final[tuple[tuple[str, ...], ...]] = tuple(tuple(reel) for reel in TABLE["reels"])
STOPS: Final = tuple(len(reel) for reel in REELS)
"""30, 30, 30, 30, 41."""

LINES: Final[tuple[tuple[int, ...], ...]] = tuple(tuple(line) for line in TABLE["lines"])
"""Per line, the row on every reel: 0 above, 1 the middle, 2 below."""

PAYS: Final[dict[str, dict[int, int]]] = {
    symbol: {int(count): paid for count, paid in counts.items()}
    for symbol, counts in TABLE["pays"].items()
}
"""Times the line's bet, by symbol and how many of it from the left."""

LEAST_ALIKE: Final = 3
SCATTERS_FOR_FREE: Final = 3
FREE_ROUNDS: Final = 15
ROUNDS_MAX: Final = 180
WIN_MAX: Final = 2_500
"""Times the stake: no bet pays more."""


@dataclass(frozen=True, slots=True)
class LineWin:
    """What one line pays."""

    symbol: str
    count: int
    pays: int
    """Times the line's bet."""


def window(stops: Sequence[int]) -> list[list[str]]:
    """Per reel the three symbols seen, from the top; the stop is the middle one."""
    return [
        [reel[stop - 1], reel[stop], reel[(stop + 1) % len(reel)]]
        for reel, stop in zip(REELS, stops, strict=True)
    ]


def scatters(seen: Sequence[Sequence[str]]) -> int:
    """How many scatters a window shows."""
    return sum(column.count(SCATTER) for column in seen)


def line_win(symbols: Sequence[str]) -> LineWin | None:
    """The best of a line's five symbols, from the left; None when it pays nothing."""
    wilds = _run(symbols, (WILD,))
    found: list[LineWin] = []
    if wilds >= LEAST_ALIKE:
        found.append(LineWin(WILD, wilds, PAYS[WILD][wilds]))
    if wilds < len(symbols) and symbols[wilds] != SCATTER:
        symbol = symbols[wilds]
        count = _run(symbols, (WILD, symbol))
        if count >= LEAST_ALIKE:
            found.append(LineWin(symbol, count, PAYS[symbol][count]))
    return max(found, key=lambda win: win.pays, default=None)


def _run(symbols: Sequence[str], among: Sequence[str]) -> int:
    """How many symbols from the left are among some."""
    for index, symbol in enumerate(symbols):
        if symbol not in among:
            return index
    return len(symbols)


def least_profit(lines: int) -> int:
    """The least sum of line pays, in line bets, above a stake on so many lines."""
    pays = {paid for counts in PAYS.values() for paid in counts.values()}
    within = {0}
    for total in range(1, lines + 1):
        if any(total - paid in within for paid in pays):
            within.add(total)
    return min(done + paid for done in within for paid in pays if done + paid > lines)
