"""What five cards are at video poker, from their ranks and whether they share a suit."""

from collections.abc import Sequence
from typing import Final

from fairhouse.games import cards

NOTHING: Final = "none"
HANDS: Final = (
    "royal_flush",
    "straight_flush",
    "four_of_a_kind",
    "full_house",
    "flush",
    "straight",
    "three_of_a_kind",
    "two_pair",
    "jacks_or_better",
)
"""From the best to the least that pays."""

_JACK: Final = cards.RANKS.index("J")
_ROYAL: Final = [8, 9, 10, 11, 12]
_WHEEL: Final = [0, 1, 2, 3, 12]
"""Ace to five: the ace counts low."""
_BY_COUNTS: Final[dict[tuple[int, ...], str]] = {
    (4, 1): "four_of_a_kind",
    (3, 2): "full_house",
    (3, 1, 1): "three_of_a_kind",
    (2, 2, 1): "two_pair",
}


def hand(five: Sequence[int]) -> str:
    """The best name of five cards."""
    suited = len({cards.suit(card) for card in five}) == 1
    return of_ranks(sorted(cards.rank(card) for card in five), suited=suited)


def of_ranks(ranks: Sequence[int], *, suited: bool) -> str:
    """The best name of five ranks in ascending order."""
    counts = {rank: ranks.count(rank) for rank in ranks}
    if len(counts) < len(ranks):
        by_counts = _BY_COUNTS.get(tuple(sorted(counts.values(), reverse=True)))
        high = any(count == 2 and rank >= _JACK for rank, count in counts.items())
        return by_counts or ("jacks_or_better" if high else NOTHING)
    straight = ranks[4] - ranks[0] == 4 or list(ranks) == _WHEEL
    if straight and suited:
        return "royal_flush" if list(ranks) == _ROYAL else "straight_flush"
    if suited:
        return "flush"
    return "straight" if straight else NOTHING
