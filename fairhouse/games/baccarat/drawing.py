"""Punto banco's drawing rules: who takes a third card, and who wins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.games import cards

NATURAL: Final = 8
PLAYER_STANDS: Final = 6
"""From this total on; the banker too when the player stood."""

BANKER_DRAWS: Final[tuple[tuple[int, tuple[int, ...]], ...]] = (
    (0, tuple(range(10))),
    (1, tuple(range(10))),
    (2, tuple(range(10))),
    (3, (0, 1, 2, 3, 4, 5, 6, 7, 9)),
    (4, (2, 3, 4, 5, 6, 7)),
    (5, (4, 5, 6, 7)),
    (6, (6, 7)),
    (7, ()),
)
"""When the player drew: the banker's total, and the player's third cards it draws on."""

_DRAWS_ON: Final[dict[int, tuple[int, ...]]] = dict(BANKER_DRAWS)


@dataclass(frozen=True, slots=True)
class Coup:
    """One deal, complete."""

    player: tuple[int, ...]
    banker: tuple[int, ...]
    player_total: int
    banker_total: int

    @property
    def winner(self) -> str:
        """player, banker or tie."""
        return winner(self.player_total, self.banker_total)


def value(card: int) -> int:
    """Ace 1, two to nine their number, the rest 0."""
    rank = cards.rank(card)
    if cards.RANKS[rank] == "A":
        return 1
    return rank + 2 if rank + 2 < 10 else 0


def total(hand: Sequence[int]) -> int:
    """The last digit of the sum of a hand's values."""
    return sum(value(card) for card in hand) % 10


def player_draws(player: int, banker: int) -> bool:
    """By the totals of two cards each."""
    return max(player, banker) < NATURAL and player < PLAYER_STANDS


def banker_draws(player: int, banker: int, third: int | None) -> bool:
    """By the totals of two cards each and the value of the player's third card."""
    if max(player, banker) >= NATURAL:
        return False
    if third is None:
        return banker < PLAYER_STANDS
    return third in _DRAWS_ON[banker]


def winner(player_total: int, banker_total: int) -> str:
    """player, banker or tie."""
    if player_total == banker_total:
        return "tie"
    return "player" if player_total > banker_total else "banker"


def coup(dealt: Sequence[int]) -> Coup:
    """Deal from six cards: two each, then thirds from the next card on."""
    player, banker, coming = list(dealt[:2]), list(dealt[2:4]), list(dealt[4:6])
    first_player, first_banker = total(player), total(banker)
    third: int | None = None
    if player_draws(first_player, first_banker):
        player.append(coming.pop(0))
        third = value(player[-1])
    if banker_draws(first_player, first_banker, third):
        banker.append(coming.pop(0))
    return Coup(tuple(player), tuple(banker), total(player), total(banker))
