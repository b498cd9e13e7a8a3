"""What cards are worth at blackjack, and the hands of a round."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from fairhouse.games import cards

TARGET: Final = 21
DEALER_STANDS: Final = 17
ACE: Final = 1
TEN: Final = 10
_SOFT: Final = 10
"""What an ace counts more while that does not bust the hand."""


class State(StrEnum):
    """Of one hand of the player."""

    WAITING = "waiting"
    """Its turn is still to come."""
    PLAYING = "playing"
    STOOD = "stood"
    BUST = "bust"
    BLACKJACK = "blackjack"
    WON = "won"
    PUSH = "push"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Total:
    """What a hand counts."""

    points: int
    soft: bool
    """An ace in it counts 11."""


@dataclass(slots=True)
class Hand:
    """One hand of the player while the round is replayed."""

    cards: list[int]
    stake: int
    state: State = State.WAITING
    payout: int = field(default=0)

    def total(self) -> Total:
        """What it counts now."""
        return total([value(card) for card in self.cards])


def value(card: int) -> int:
    """1 for an ace, 2 to 10, and 10 for jack, queen and king."""
    rank = cards.rank(card)
    return ACE if rank == len(cards.RANKS) - 1 else min(rank + 2, TEN)


def total(values: Sequence[int]) -> Total:
    """The best count of cards: one ace counts 11 while that stays within 21."""
    hard = sum(values)
    if ACE in values and hard + _SOFT <= TARGET:
        return Total(hard + _SOFT, soft=True)
    return Total(hard, soft=False)


def is_natural(two: Sequence[int]) -> bool:
    """Whether two cards are an ace and a ten."""
    return len(two) == 2 and total([value(card) for card in two]).points == TARGET
