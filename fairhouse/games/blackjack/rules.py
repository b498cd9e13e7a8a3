"""Blackjack as the field deals it: every card from a full deck, the player's two first.

Source of the cards: the published scheme of the field (see `fairness`): floor(f * 52) each, cards 1
and 2 the player's, 3 and 4 the dealer's, the rest in the order they are needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games import cards
from fairhouse.games.blackjack import maths
from fairhouse.games.blackjack.deal import (
    DOUBLE,
    HIT,
    INSURANCE,
    NO_INSURANCE,
    SPLIT,
    STAND,
    Deal,
    choose,
    opened,
)
from fairhouse.games.blackjack.hands import Hand, total, value
from fairhouse.games.choices import what
from fairhouse.games.ladder import NOTHING
from fairhouse.games.original import Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.params import only
from fairhouse.games.types import Multiplier, shown_multiplier
from fairhouse.kernel.money import format_units

_WORDS: Final = (HIT, STAND, DOUBLE, SPLIT, INSURANCE, NO_INSURANCE)
_CHOICES: Final[dict[str, tuple[str, ...]]] = dict.fromkeys(_WORDS, ())
_ANY_STAKE: Final = 2
"""The least that every choice is open to."""
_LISTED: Final = 24
"""Cards told of a round of which no choice is known yet."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is needed to show amounts."""

    scale: int


class Blackjack:
    """Hit, stand, double, split once, insure against an ace."""

    slug = "blackjack"
    name = "Blackjack"
    has_steps = True

    def table(self) -> Json:
        """See the contract."""
        return {
            "game": self.slug,
            "mapping": "one u32 per card; floor(u32 * 52 / 2^32) of 2d 2h 2s 2c 3d ... Ac; "
            "cards 1 and 2 to the player, 3 (open) and 4 to the dealer, then as needed",
            "dealer": "stands on every 17, peeks under an ace and a ten",
            "insurance": "when the dealer shows an ace: floor(stake / 2), pays 2:1",
            "double": "on any first two cards, also after a split, by the opening stake",
            "split": "two cards of one rank, once; each half gets a card at once, the first half "
            "first; split aces get no other; 21 after a split is no blackjack",
            "stands_by_itself": "at 21",
            "pays": {
                "win": [2, 1],
                "push": [1, 1],
                "blackjack": "stake + floor(stake * 3 / 2)",
                "insurance": [3, 1],
            },
        }

    def read(self, params: Json, stake: Stake) -> Table:
        """Takes no parameters. Refuses with InvalidGameParams."""
        only(params)
        return Table(stake.scale)

    def written(self, params: Table) -> Json:
        """See the contract."""
        return {}

    def read_choice(self, params: Table, choice: Json) -> Json:
        """One of the six words. Refuses with InvalidChoice."""
        return {"do": what(choice, _CHOICES)}

    def play(
        self, stream: Stream, params: Table, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """See the contract; `most` never binds, for `top` is all that a round can pay."""
        deal = _dealt(stream, stake, choices)
        shown = {
            "hands": [_hand(hand, params.scale) for hand in deal.hands],
            **_dealer(deal.dealer if deal.ended else deal.dealer[:1]),
            "active": deal.active(),
            "actions": deal.actions,
            "insurance": format_units(deal.insured, params.scale) if deal.insured else None,
        }
        if not deal.ended:
            return Standing({**shown, "multiplier": NOTHING}, deal.staked, 0)
        closed = {
            **shown,
            "multiplier": shown_multiplier(deal.payout, deal.staked),
            "ended": deal.ended,
        }
        return Ended(deal.payout, deal.staked, closed)

    def win(self, params: Table) -> Multiplier:
        """A hand that wins."""
        return Multiplier(2, 1)

    def top(self, params: Table) -> Multiplier:
        """Two hands, both doubled and both won, pay twice four stakes."""
        return Multiplier(8, 1)

    def draws(self, stream: Stream, params: Table | None, choices: Sequence[Json]) -> list[Draw]:
        """One number per card dealt."""
        count = _dealt(stream, _ANY_STAKE, choices).seen if choices else _LISTED
        numbers = zip(stream.u32s(count), stream.choices(count, cards.DECK), strict=True)
        return [Draw(number, cards.DECK, card, cards.text(card)) for number, card in numbers]

    def facts(self, stream: Stream, params: Json) -> Json:
        """See the contract."""
        only(params)
        dealt = [cards.text(card) for card in stream.choices(_LISTED, cards.DECK)]
        return {"player": dealt[:2], "dealer": dealt[2:4], "next20": dealt[4:]}

    def maths(self) -> list[Setting]:
        """See the contract."""
        return maths.settings()


def _dealt(stream: Stream, stake: int, choices: Sequence[Json]) -> Deal:
    """Refuses with ChoiceNotOpen."""
    deal = opened(stream, stake)
    for choice in choices:
        choose(deal, str(choice["do"]))
    return deal


def _hand(hand: Hand, scale: int) -> Json:
    counted = hand.total()
    return {
        "cards": [cards.text(card) for card in hand.cards],
        "total": counted.points,
        "soft": counted.soft,
        "stake": format_units(hand.stake, scale),
        "state": hand.state.value,
    }


def _dealer(seen: Sequence[int]) -> Json:
    return {
        "dealer": [cards.text(card) for card in seen],
        "dealer_total": total([value(card) for card in seen]).points,
    }
