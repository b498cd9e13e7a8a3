"""What hilo returns, whatever the player does; and what some ways of playing it feel like.

The return is the same for every strategy, by a martingale: before any guess that is open, at any
card, the chance to win it times the factor that winning brings (13 / ways) is exactly 1. So what a
round is worth expects, at every guess and every skip, exactly what it is worth now; hence at every
way to stop too, for a round has at most 52 cards. The return is taken once, at the first guess.
"""

from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from fairhouse.games import maths
from fairhouse.games.original import Setting

RANKS: Final = 13
"""From 0, the ace, to 12, the king."""
ACE: Final = 0
KING: Final = RANKS - 1
PRODUCT_MAX: Final = RANKS**5
"""Five guesses of one way; one that would bring the factors together above this is not open."""

_Standing = dict[tuple[int, Fraction], Fraction]
"""The chance of every rank that may lie open, and what the round is worth with it."""

HIGHER: Final = "higher"
LOWER: Final = "lower"

_METHOD: Final = "enumeration; neglects that 52 does not divide 2^32, less than 2^-25 of any chance"


def wins(guess: str, before: int, after: int) -> bool:
    """Whether a guess is right: the same rank counts, but not where it would make it certain."""
    if after == before:
        return before != (ACE if guess == HIGHER else KING)
    return (after > before) == (guess == HIGHER)


def ways(guess: str, before: int) -> int:
    """How many of the 13 ranks win a guess: 1 to 12."""
    return sum(wins(guess, before, after) for after in range(RANKS))


def likelier(rank: int) -> str:
    """The guess that wins more often at a card."""
    return max((HIGHER, LOWER), key=lambda guess: ways(guess, rank))


def rarer(rank: int) -> str:
    """The guess that wins less often at a card."""
    return min((HIGHER, LOWER), key=lambda guess: ways(guess, rank))


def settings(share: Fraction) -> list[Setting]:
    """Some strategies; `share` is the return, which all of them have."""
    return [
        _strategy("any strategy; here: 1 guess, the likelier side", likelier, 1, share),
        _strategy("5 guesses, the likelier side", likelier, 5, share),
        _strategy("1 guess, the rarer side", rarer, 1, share),
        _strategy("5 guesses, the rarer side", rarer, 5, share),
    ]


def _strategy(label: str, guess: Callable[[int], str], guesses: int, share: Fraction) -> Setting:
    """Guesses so many times by one rule, then cashes out."""
    standing: _Standing = {(rank, share): Fraction(1, RANKS) for rank in range(RANKS)}
    for _ in range(guesses):
        standing = _guessed(standing, guess)
    odds: list[tuple[Fraction, Fraction]] = [
        (worth, chance) for (_, worth), chance in standing.items()
    ]
    lost = 1 - sum((chance for _, chance in odds), Fraction(0))
    return maths.setting(label, [*odds, (Fraction(0), lost)], _METHOD)


def _guessed(standing: _Standing, guess: Callable[[int], str]) -> _Standing:
    after: _Standing = defaultdict(Fraction)
    for (rank, worth), chance in standing.items():
        side = guess(rank)
        won = worth * Fraction(RANKS, ways(side, rank))
        for following in [one for one in range(RANKS) if wins(side, rank, one)]:
            after[following, won] += chance * Fraction(1, RANKS)
    return after
