"""Playing cards in the order of the field: ♦2 ♥2 ♠2 ♣2 ♦3 … ♣A, written "2d" … "Ac"."""

from typing import Final

DECK: Final = 52
RANKS: Final = ("2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K", "A")
SUITS: Final = ("d", "h", "s", "c")


def rank(card: int) -> int:
    """0 for a two to 12 for an ace, of a card from 0 to 51."""
    return card // len(SUITS)


def suit(card: int) -> int:
    """0 diamonds, 1 hearts, 2 spades, 3 clubs."""
    return card % len(SUITS)


def text(card: int) -> str:
    """ "10h", "Ad"."""
    return RANKS[rank(card)] + SUITS[suit(card)]
