"""What blackjack returns to somebody who always plays best: exact dynamic programming.

With an endless deck every card is drawn alike (ace to nine with 1/13 each, ten with 4/13), so a
hand is worth what its own count and the dealer's open card make it worth, and the best way to play
follows backwards from 21. Insurance is never worth it: it returns 3 * 4/13 of what it costs.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Final

from fairhouse.games.blackjack.hands import ACE, DEALER_STANDS, TARGET, TEN, total
from fairhouse.games.original import Setting

CARDS: Final = {card: Fraction(4 if card == TEN else 1, 13) for card in range(ACE, TEN + 1)}
"""The chance of every value."""
BUST: Final = 0
"""Stands for the points of a hand that is bust."""
INSURANCE_RETURN: Final = 3 * CARDS[TEN]

_METHOD: Final = (
    "dynamic programming over the endless deck; neglects that 52 does not divide 2^32, less than "
    "2^-25 of any chance; per opening stake: what is added later is taken off the payout"
)

Points = dict[int, Fraction]
"""A chance, or a worth, of every count that a hand may end with."""


@dataclass(frozen=True, slots=True, order=True)
class Count:
    """A hand as far as drawing matters: its aces as one each, and whether it has one."""

    hard: int
    ace: bool

    def points(self) -> int:
        """The best count, or BUST."""
        if self.hard > TARGET:
            return BUST
        return total([ACE, self.hard - 1] if self.ace and self.hard > 1 else [self.hard]).points

    def drawn(self, card: int) -> "Count":
        """With one card more."""
        return Count(self.hard + card, self.ace or card == ACE)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to play on: what it is worth, and where it may lead."""

    name: str
    worth: Fraction
    """Net, in opening stakes."""
    ends: Mapping[tuple[int, int], Fraction]
    """The chance of (opening stakes on the hand, points)."""


class Against:
    """All that is best against one open card of the dealer, who has no blackjack."""

    def __init__(self, up: int) -> None:
        self.up = up
        self._played: dict[Count, Way] = {}

    @cached_property
    def dealer(self) -> Points:
        """How the dealer ends, given that the second card makes no blackjack."""
        hole = {
            card: chance
            for card, chance in CARDS.items()
            if Count(self.up, self.up == ACE).drawn(card).points() != TARGET
        }
        seen = sum(hole.values(), Fraction(0))
        found: Points = defaultdict(Fraction)
        for card, chance in hole.items():
            for points, share in _dealt_out(Count(self.up, self.up == ACE).drawn(card)).items():
                found[points] += chance * share * Fraction(1, seen)
        return dict(found)

    @cached_property
    def stood(self) -> Points:
        """The net worth of standing, by points and per stake on the hand."""
        return {points: self._stood(points) for points in (BUST, *range(2, TARGET + 1))}

    def _stood(self, points: int) -> Fraction:
        nets = [
            chance * ((points > against) - (points < against))
            for against, chance in self.dealer.items()
        ]
        return Fraction(-1) if points == BUST else sum(nets, Fraction(0))

    def best(self, count: Count) -> Way:
        """Hitting and standing only, as long as it takes."""
        known = self._played.get(count)
        if known is None:
            known = self._played[count] = self._best(count)
        return known

    def _best(self, count: Count) -> Way:
        points = count.points()
        stand = Way("stand", self.stood[points], {(1, points): Fraction(1)})
        if points in {BUST, TARGET}:
            return stand
        hit = _mixed("hit", ((self.best(count.drawn(card)), c) for card, c in CARDS.items()))
        return max(stand, hit, key=_worth)

    def doubled(self, count: Count) -> Way:
        """One card more, twice the stake."""
        return _mixed(
            "double", ((self._last(count.drawn(card), 2), c) for card, c in CARDS.items())
        )

    def two_cards(self, count: Count) -> Way:
        """The best of hitting, standing and doubling on the first two cards."""
        if count.points() == TARGET:
            return self._last(count, 1)
        return max(self.best(count), self.doubled(count), key=_worth)

    def half(self, card: int) -> Way:
        """One half of a split pair, from its first card on."""
        start = Count(card, card == ACE)
        if card == ACE:
            return _mixed("split", ((self._last(start.drawn(c), 1), p) for c, p in CARDS.items()))
        return _mixed("split", ((self.two_cards(start.drawn(c)), p) for c, p in CARDS.items()))

    def _last(self, count: Count, stakes: int) -> Way:
        points = count.points()
        return Way("last", stakes * self.stood[points], {(stakes, points): Fraction(1)})


def strategy() -> dict[tuple[int, int, int], str]:
    """The best choice for (lower first card, other first card, dealer's card), no naturals."""
    return {
        (one, other, up): way.name
        for up, against in _all_against().items()
        for one, other, _ in _pairs()
        if (way := _opening(against, one, other)) is not None
    }


def hit_or_stand(up: int, hard: int, *, ace: bool) -> str:
    """The best choice for a hand of more than two cards."""
    return _all_against()[up].best(Count(hard, ace)).name


def settings() -> list[Setting]:
    """The one line: whoever plays best."""
    nets, won = _nets()
    back = sum((net * chance for net, chance in nets.items()), Fraction(0))
    squares = sum((net * net * chance for net, chance in nets.items()), Fraction(0))
    top = max(nets)
    return [
        Setting(
            label="best play, never insured",
            rtp=1 + back,
            hit_rate=won,
            variance=squares - back * back,
            top=1 + top,
            top_chance=nets[top],
            method=_METHOD,
        )
    ]


@lru_cache(maxsize=512)
def _dealt_out(count: Count) -> Points:
    """How a dealer ends from these cards on."""
    points = count.points()
    if points == BUST or points >= DEALER_STANDS:
        return {points: Fraction(1)}
    found: Points = defaultdict(Fraction)
    for card, chance in CARDS.items():
        for end, share in _dealt_out(count.drawn(card)).items():
            found[end] += chance * share
    return dict(found)


@lru_cache(maxsize=1)
def _all_against() -> dict[int, Against]:
    return {up: Against(up) for up in CARDS}


def _mixed(name: str, ways: Iterable[tuple[Way, Fraction]]) -> Way:
    """What follows from a card that is drawn by chance."""
    worth = Fraction(0)
    ends: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for way, chance in ways:
        worth += chance * way.worth
        for end, share in way.ends.items():
            ends[end] += chance * share
    return Way(name, worth, dict(ends))


def _worth(way: Way) -> Fraction:
    return way.worth


def _pairs() -> list[tuple[int, int, Fraction]]:
    """Every two first cards without regard to order, with their chance.

    Any two tens may be split here, of one rank or not: the best play never does.
    """
    return [
        (one, other, CARDS[one] * CARDS[other] * (1 if one == other else 2))
        for one in CARDS
        for other in range(one, TEN + 1)
    ]


def _opening(against: Against, one: int, other: int) -> Way | None:
    """The best choice on two first cards; none for a natural."""
    count = Count(one + other, ACE in {one, other})
    if count.points() == TARGET:
        return None
    plain = against.two_cards(count)
    if one != other:
        return plain
    half = against.half(one)
    return max(plain, Way("split", 2 * half.worth, half.ends), key=_worth)


def _nets() -> tuple[dict[Fraction, Fraction], Fraction]:
    """The chance of every net result per opening stake, and that anything is paid."""
    nets: dict[Fraction, Fraction] = defaultdict(Fraction)
    paid = Fraction(0)
    for up, against in _all_against().items():
        natural = CARDS[TEN] if up == ACE else CARDS[ACE] if up == TEN else Fraction(0)
        for one, other, pair in _pairs():
            chance = CARDS[up] * pair
            way = _opening(against, one, other)
            if way is None:
                nets[Fraction(0)] += chance * natural
                nets[Fraction(3, 2)] += chance * (1 - natural)
                paid += chance
                continue
            nets[Fraction(-1)] += chance * natural
            for net, back, share in _results(way, against.dealer):
                nets[Fraction(net)] += chance * (1 - natural) * share
                paid += chance * (1 - natural) * share * back
    assert sum(nets.values()) == 1, "every deal is counted once"
    return dict(nets), paid


def _results(way: Way, dealer: Points) -> list[tuple[int, bool, Fraction]]:
    """(net in opening stakes, whether anything is paid, chance) of a way to play."""
    found: list[tuple[int, bool, Fraction]] = []
    for against, dealt in dealer.items():
        hand = [(_net(end, against), chance) for end, chance in way.ends.items()]
        if way.name == "split":
            # Both halves are drawn alike, and apart, once the dealer's count is given.
            found += _both(hand, dealt)
            continue
        found += [(net, back, dealt * chance) for (net, back), chance in hand]
    return found


def _both(
    half: list[tuple[tuple[int, bool], Fraction]], dealt: Fraction
) -> list[tuple[int, bool, Fraction]]:
    return [
        (net + other_net, back or other_back, dealt * chance * other_chance)
        for (net, back), chance in half
        for (other_net, other_back), other_chance in half
    ]


def _net(end: tuple[int, int], against: int) -> tuple[int, bool]:
    """What a hand wins or loses against a dealer's points, and whether it pays anything."""
    stakes, points = end
    if points == BUST:
        return -stakes, False
    return stakes * ((points > against) - (points < against)), points >= against
