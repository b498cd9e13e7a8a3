"""Every release of every game, one line each; the order is that of the lobby.

To add a game: import its class, add its line, run `make publish-games`. A release that was ever
public stays here for good: its open rounds are finished, and its bets verified, by its own rules.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from fairhouse.games.baccarat.rules import Baccarat
from fairhouse.games.blackjack.rules import Blackjack
from fairhouse.games.cases.rules import Cases
from fairhouse.games.chicken.rules import Chicken
from fairhouse.games.diamonds.rules import Diamonds
from fairhouse.games.dice.rules import Dice
from fairhouse.games.dragontower.rules import DragonTower
from fairhouse.games.drill.rules import Drill
from fairhouse.games.flip.rules import Flip
from fairhouse.games.hilo.rules import Hilo
from fairhouse.games.keno.rules import Keno
from fairhouse.games.limbo.rules import Limbo
from fairhouse.games.mines.rules import Mines
from fairhouse.games.original import Original
from fairhouse.games.plinko.rules import Plinko
from fairhouse.games.pump.rules import Pump
from fairhouse.games.roulette.rules import Roulette
from fairhouse.games.rps.rules import RockPaperScissors
from fairhouse.games.scarab.rules import Scarab
from fairhouse.games.snakes.rules import Snakes
from fairhouse.games.videopoker.rules import VideoPoker
from fairhouse.games.wheel.rules import Wheel

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
    *by_return(Limbo, "1"),
    *one_table(Plinko(), "1"),
    *one_table(Keno(), "1"),
    *one_table(Roulette(), "1"),
    *one_table(Wheel(), "1"),
    *one_table(Baccarat(), "1"),
    *one_table(Scarab(), "1"),
    *one_table(Diamonds(), "1"),
    *one_table(Cases(), "1"),
    *by_return(Drill, "1", RETURNS_BP[1:]),
    *by_return(Hilo, "1"),
    *one_table(Blackjack(), "1"),
    *one_table(VideoPoker(), "1"),
    *by_return(Flip, "1", RETURNS_BP[1:]),
    *by_return(RockPaperScissors, "1", RETURNS_BP[1:]),
    *by_return(DragonTower, "1", RETURNS_BP[1:]),
    *one_table(Pump(), "1"),
    *one_table(Chicken(), "1"),
    *one_table(Snakes(), "1"),
)
