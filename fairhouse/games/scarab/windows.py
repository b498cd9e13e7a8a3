"""The best window of scarab, by branch and bound over the reels."""

from collections.abc import Sequence
from functools import cache

from fairhouse.games.scarab import machine
from fairhouse.games.scarab.machine import LINES, REELS

Column = tuple[str, ...]


@cache
def best_window(lines: int) -> tuple[int, int]:
    """The most that so many lines pay in one round, in line bets, and the ways it happens."""
    search = _Search(lines)
    search.extend([])
    return search.best, search.ways


class _Search:
    """Reels are filled from the left; a branch ends when it cannot reach the best any more."""

    def __init__(self, lines: int) -> None:
        self._lines = LINES[:lines]
        self.best = 0
        self.ways = 0

    def extend(self, seen: list[Column]) -> None:
        """Try every column of the next reel."""
        if len(seen) == len(REELS):
            self._finish(seen)
            return
        branches = sorted(
            ((self._bound([*seen, column]), column, many) for column, many in _columns(len(seen))),
            reverse=True,
        )
        for bound, column, _ in branches:
            if bound >= self.best and bound:
                self.extend([*seen, column])

    def _finish(self, seen: Sequence[Column]) -> None:
        total = self._bound(seen)
        if total > self.best:
            self.best, self.ways = total, 0
        if total == self.best:
            ways = 1
            for reel, column in enumerate(seen):
                ways *= dict(_columns(reel))[column]
            self.ways += ways

    def _bound(self, seen: Sequence[Column]) -> int:
        """What the lines can still pay; exact when all reels are filled."""
        return sum(
            _most(tuple(column[row] for column, row in zip(seen, rows, strict=False)))
            for rows in self._lines
        )


@cache
def _columns(reel: int) -> list[tuple[Column, int]]:
    """The different columns of a reel, and how many stops show each."""
    strip = REELS[reel]
    found: dict[Column, int] = {}
    for stop in range(len(strip)):
        column = (strip[stop - 1], strip[stop], strip[(stop + 1) % len(strip)])
        found[column] = found.get(column, 0) + 1
    return [*found.items()]


@cache
def _most(symbols: tuple[str, ...]) -> int:
    """The most that a line beginning with these can pay: the best of continuing with any symbol."""
    missing = len(REELS) - len(symbols)
    ends = [symbols + (symbol,) * missing for symbol in machine.PAYS]
    wins = [machine.line_win(end) for end in ends]
    return max((win.pays for win in wins if win), default=0)
