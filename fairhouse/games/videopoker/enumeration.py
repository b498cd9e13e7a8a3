"""Every hand that can be dealt, every way to hold, every draw: best play counted exactly.

2,598,960 hands are dealt; up to the names of suits they are 134,459, each weighed by how many it
stands for. For each of its 32 holds the draws are not gone through one by one: the sum over all
hands that contain the held cards and avoid the others follows, by inclusion and exclusion, from the
sums over all hands that contain a subset of the five. Those depend on the ranks of the subset, and
on whether it is of one suit, only.

A sum counts ten things at once, in fields of one integer: units paid per unit staked, and how often
each of the nine hands comes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations, combinations_with_replacement, permutations, product
from math import comb, lcm
from typing import Final

from fairhouse.games.videopoker.hands import HANDS, NOTHING, of_ranks

RANKS: Final = 13
SUITS: Final = 4
DEALT: Final = comb(52, 5)
CLASSES: Final = 134_459
"""How many hands there are up to the names of suits."""
DRAWS: Final = [comb(47, drawn) for drawn in range(6)]
"""How many ways so many cards can be drawn."""
COMMON: Final = lcm(*DRAWS)
"""In whose parts every hold's expectation is a whole number."""

_FIELD: Final = 64
_MASK: Final = (1 << _FIELD) - 1
_HELD: Final = [mask.bit_count() for mask in range(32)]
_SCALE: Final = [COMMON // DRAWS[5 - held] for held in _HELD]

Ranks = tuple[int, ...]


def best_play(pays: Mapping[str, int]) -> dict[str, int]:
    """How often each hand ends a round of best play, in parts of `DEALT * COMMON` rounds.

    Where two holds are worth the same, the one with the later cards kept is played.
    """
    sums = _Sums(pays)
    found = [0] * 6
    classes = 0
    for ranks, suits, weight in _dealt():
        classes += 1
        held, total = _best(sums, ranks, suits)
        found[held] += weight * total
    assert classes == CLASSES, "every hand is dealt once"
    return {
        name: sum(
            _field(total, index) * (COMMON // DRAWS[5 - held]) for held, total in enumerate(found)
        )
        for index, name in enumerate(HANDS, start=1)
    }


def dealt_hands(pays: Mapping[str, int]) -> dict[str, int]:
    """How many of all hands are each hand as dealt."""
    total = _Sums(pays).of((), suited=True)
    return {name: _field(total, index) for index, name in enumerate(HANDS, start=1)}


def worth_of_holds(pays: Mapping[str, int], five: Sequence[tuple[int, int]]) -> list[int]:
    """What each of 32 holds of (rank, suit) cards pays over all draws; bit 0 holds the first."""
    ranks, suits = tuple(rank for rank, _ in five), tuple(suit for _, suit in five)
    assert list(ranks) == sorted(ranks), "cards in ascending order of rank"
    return [_field(total, 0) for total in _holds(_Sums(pays), ranks, suits)]


class _Sums:
    """Over all hands of five that contain some cards: what they pay, and what they are."""

    def __init__(self, pays: Mapping[str, int]) -> None:
        self._units = {
            name: pays[name] + (1 << _FIELD * index) for index, name in enumerate(HANDS, start=1)
        }
        self._units[NOTHING] = 0
        self._plain = self._summed(suited=False)
        self._extra = self._summed(suited=True)

    def of(self, ranks: Ranks, *, suited: bool) -> int:
        """Of hands that contain these cards, of ranks in ascending order."""
        if not suited:
            return self._plain[ranks]
        return self._plain[ranks] + self._extra[ranks] * (1 if ranks else SUITS)

    def _summed(self, *, suited: bool) -> dict[Ranks, int]:
        """By ranks of the cards contained: plain as if no suits were, or what one suit adds."""
        choose = combinations if suited else combinations_with_replacement
        found: dict[Ranks, int] = {}
        for ranks in choose(range(RANKS), 5):
            if max(Counter(ranks).values()) <= SUITS:
                plain = self._units[of_ranks(ranks, suited=False)]
                found[ranks] = (
                    self._units[of_ranks(ranks, suited=True)] - plain if suited else plain
                )
        for size in (4, 3, 2, 1, 0):
            for ranks in choose(range(RANKS), size):
                more = (
                    (1 if suited else SUITS - ranks.count(rank))
                    * found.get(tuple(sorted((*ranks, rank))), 0)
                    for rank in range(RANKS)
                )
                found[ranks] = sum(more) // (5 - size)
        return found


def _field(total: int, index: int) -> int:
    return total >> _FIELD * index & _MASK


def _best(sums: _Sums, ranks: Ranks, suits: Ranks) -> tuple[int, int]:
    """How many cards the best hold keeps, and its sum over all draws."""
    holds = _holds(sums, ranks, suits)
    best, most = 0, -1
    for mask in range(32):
        worth = (holds[mask] & _MASK) * _SCALE[mask]
        if worth >= most:
            best, most = mask, worth
    return _HELD[best], holds[best]


def _holds(sums: _Sums, ranks: Ranks, suits: Ranks) -> list[int]:
    """By hold: the sum over hands with the held cards and without the others."""
    found = [
        sums.of(
            tuple(ranks[place] for place in places),
            suited=len({suits[place] for place in places}) <= 1,
        )
        for places in _PLACES
    ]
    for bit in (1, 2, 4, 8, 16):
        for mask in range(32):
            if not mask & bit:
                found[mask] -= found[mask | bit]
    return found


_PLACES: Final = [tuple(place for place in range(5) if mask >> place & 1) for mask in range(32)]


def _dealt() -> Iterator[tuple[Ranks, Ranks, int]]:
    """Every hand up to the names of suits: ranks ascending, suits, how many hands it stands for."""
    for ranks in combinations_with_replacement(range(RANKS), 5):
        counts = tuple(Counter(ranks).values())
        if max(counts) <= SUITS:
            for suits, weight in _suits(counts):
                yield ranks, suits, weight


@lru_cache(maxsize=16)
def _suits(counts: tuple[int, ...]) -> list[tuple[Ranks, int]]:
    """Suits for so many cards of each rank, one of each kind up to their names, with its weight."""
    kinds: Counter[Ranks] = Counter()
    for chosen in product(*(combinations(range(SUITS), count) for count in counts)):
        named = min(
            tuple(suit for some in chosen for suit in sorted(names[suit] for suit in some))
            for names in permutations(range(SUITS))
        )
        kinds[named] += 1
    return list(kinds.items())
