"""Every release of every game, one line each; the order is that of the lobby.

To add a game: import its class, add its line, run `make publish-games`. A release that was ever
public stays here for good: its open rounds are finished, and its bets verified, by its own rules.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from fairhouse.games.dice.rules import Dice
from fairhouse.games.mines.rules import Mines
from fairhouse.games.original import Original

STANDARD: Final = "standard"
"""The variant of a game with one table only."""

RETURNS_BP: Final = (9_900, 9_800, 9_700, 9_600)
"""Returns to choose from where the payout is a formula, in basis points; the first is usual."""


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """One version of a game's rules with one of its tables."""

    original: Original
    version: str
    variant: str


def one_table(original: Original, version: str) -> Iterable[Release]:
    """A game with one table."""
    return (Release(original, version, STANDARD),)


def by_return(
    make: Callable[[int], Original], version: str, returns_bp: Iterable[int] = RETURNS_BP
) -> Iterable[Release]:
    """A game whose return can be chosen, in basis points; the first is usual."""
    return [Release(make(bp), version, shown_return(bp)) for bp in returns_bp]


def shown_return(return_bp: int) -> str:
    """9900 is "99", 9850 is "98.5"."""
    whole, rest = divmod(return_bp, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


RELEASES: Final[tuple[Release, ...]] = (
    *by_return(Dice, "1"),
    *by_return(Mines, "1"),
)
