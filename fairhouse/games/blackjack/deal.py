"""A round of blackjack dealt: cards, hands and stakes after the choices so far."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games import cards
from fairhouse.games.blackjack.hands import (
    ACE,
    DEALER_STANDS,
    TARGET,
    Hand,
    State,
    is_natural,
    total,
    value,
)
from fairhouse.games.ladder import COMPLETE
from fairhouse.games.types import ChoiceNotOpen

HIT: Final = "hit"
STAND: Final = "stand"
DOUBLE: Final = "double"
SPLIT: Final = "split"
INSURANCE: Final = "insurance"
NO_INSURANCE: Final = "no_insurance"

DEALER_BLACKJACK: Final = "dealer_blackjack"

_SHOE: Final = (16, 64)
"""Cards looked at first, and at most: two hands of aces and a dealer's need fewer."""
_REASONS: Final = {
    HIT: "Nothing can be hit now.",
    STAND: "There is no hand to stand on now.",
    DOUBLE: "Only the first two cards of a hand can be doubled.",
    SPLIT: "Only two first cards of the same rank can be split, and only once.",
    INSURANCE: "Insurance is open only once, when the dealer shows an ace.",
    NO_INSURANCE: "No insurance is on offer now.",
}


@dataclass(slots=True)
class Deal:
    """A round while it is replayed; it changes with every choice."""

    stake: int
    dealer: list[int]
    """Both cards from the start; the second is secret until the round is over."""
    hands: list[Hand]
    shoe: Iterator[int]
    seen: int = 4
    """Cards taken from the shoe."""
    insured: int = 0
    asking: bool = False
    """The dealer shows an ace, and insurance is not answered yet."""
    ended: str | None = None
    actions: list[str] = field(default_factory=list[str])
    """What can be chosen now."""

    @property
    def staked(self) -> int:
        """Units on all hands, and on insurance."""
        return sum(hand.stake for hand in self.hands) + self.insured

    @property
    def payout(self) -> int:
        """Units paid when the round is over."""
        insurance = 3 * self.insured if self.ended == DEALER_BLACKJACK else 0
        return sum(hand.payout for hand in self.hands) + insurance

    def active(self) -> int | None:
        """The number of the hand whose turn it is."""
        playing = [n for n, hand in enumerate(self.hands) if hand.state is State.PLAYING]
        return playing[0] if playing and not self.asking else None


def opened(stream: Stream, stake: int) -> Deal:
    """Two cards for the player, two for the dealer, the first of them open."""
    shoe = _shoe(stream)
    first, second, up, hole = (next(shoe) for _ in range(4))
    deal = Deal(stake, [up, hole], [Hand([first, second], stake)], shoe)
    if is_natural([first, second]):
        deal.hands[0].state = State.BLACKJACK
    if value(up) == ACE:
        deal.asking = True
        _offer(deal)
    else:
        _peek(deal)
    return deal


def choose(deal: Deal, do: str) -> None:
    """One choice more. Refuses with ChoiceNotOpen."""
    if do not in deal.actions:
        raise ChoiceNotOpen(_REASONS[do], param="do")
    if deal.asking:
        deal.asking = False
        deal.insured = deal.stake // 2 if do == INSURANCE else 0
        _peek(deal)
        return
    number = deal.active()
    assert number is not None, "only a hand whose turn it is has actions"
    hand = deal.hands[number]
    if do == STAND:
        hand.state = State.STOOD
    elif do == SPLIT:
        _split(deal, hand)
    else:
        hand.cards.append(_card(deal))
        hand.stake += deal.stake if do == DOUBLE else 0
        _settle_total(hand, last=do == DOUBLE)
    _go_on(deal)


def _shoe(stream: Stream) -> Iterator[int]:
    """The cards of a round in order, each from a full deck."""
    few, all_ = _SHOE
    yield from stream.choices(few, cards.DECK)
    yield from stream.choices(all_, cards.DECK)[few:]


def _card(deal: Deal) -> int:
    deal.seen += 1
    return next(deal.shoe)


def _peek(deal: Deal) -> None:
    """The dealer looks for a blackjack; the round is over if either side has one."""
    if is_natural(deal.dealer):
        deal.ended = DEALER_BLACKJACK
        _pay(deal)
    elif deal.hands[0].state is State.BLACKJACK:
        deal.ended = State.BLACKJACK.value
        _pay(deal)
    else:
        _go_on(deal)


def _go_on(deal: Deal) -> None:
    """The next hand's turn, or the dealer's and the end."""
    waiting = [hand for hand in deal.hands if hand.state in {State.WAITING, State.PLAYING}]
    if waiting:
        waiting[0].state = State.PLAYING
        _offer(deal)
        return
    if all(hand.state is State.BUST for hand in deal.hands):
        deal.ended = State.BUST.value
    else:
        deal.ended = COMPLETE
        while total([value(card) for card in deal.dealer]).points < DEALER_STANDS:
            deal.dealer.append(_card(deal))
    _pay(deal)


def _offer(deal: Deal) -> None:
    """What can be chosen now."""
    if deal.asking:
        can_insure = deal.stake >= 2
        deal.actions = [INSURANCE, NO_INSURANCE] if can_insure else [NO_INSURANCE]
        return
    number = deal.active()
    assert number is not None, "a hand's turn was found"
    hand = deal.hands[number]
    deal.actions = [HIT, STAND]
    if len(hand.cards) == 2:
        deal.actions.append(DOUBLE)
        same = cards.rank(hand.cards[0]) == cards.rank(hand.cards[1])
        if same and len(deal.hands) == 1:
            deal.actions.append(SPLIT)


def _split(deal: Deal, hand: Hand) -> None:
    """Two hands of one card each get their second at once; split aces get no more."""
    first, second = hand.cards
    deal.hands = [Hand([one, _card(deal)], deal.stake) for one in (first, second)]
    for half in deal.hands:
        _settle_total(half, last=value(first) == ACE)


def _settle_total(hand: Hand, *, last: bool) -> None:
    """After a card: bust above 21, and nothing more to ask at 21 or after the last card."""
    points = hand.total().points
    if points > TARGET:
        hand.state = State.BUST
    elif points == TARGET or last:
        hand.state = State.STOOD


def _pay(deal: Deal) -> None:
    """Every hand against the dealer's."""
    deal.actions = []
    natural = is_natural(deal.dealer)
    against = total([value(card) for card in deal.dealer]).points
    for hand in deal.hands:
        points = hand.total().points
        if hand.state is State.BLACKJACK and not natural:
            hand.payout = hand.stake + hand.stake * 3 // 2
        elif hand.state is State.BUST:
            hand.payout = 0
        elif natural:
            push = hand.state is State.BLACKJACK
            hand.state = State.PUSH if push else State.LOST
            hand.payout = hand.stake if push else 0
        elif against > TARGET or points > against:
            hand.state, hand.payout = State.WON, 2 * hand.stake
        elif points == against:
            hand.state, hand.payout = State.PUSH, hand.stake
        else:
            hand.state = State.LOST
