"""Baccarat, exactly as the field plays it.

Source: the field's published scheme: cards floor(f * 52), player, player, banker, banker, then
third cards; punto banco's drawing rules as in every casino. Banker pays 1.95 (5 % commission), tie
9, and a tie returns player and banker bets: the enumeration in `maths` gives the field's returns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.types import Stream, choose
from fairhouse.games import cards
from fairhouse.games import params as reading
from fairhouse.games.baccarat import maths
from fairhouse.games.baccarat.drawing import BANKER_DRAWS, Coup, coup
from fairhouse.games.instant import Instant, published
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.params import Chip
from fairhouse.games.types import Multiplier

SPOTS: Final = ("player", "banker", "tie")
CARDS: Final = 6
"""The most a coup can need."""

PAYS: Final = {
    "player": {"player": 200},
    "banker": {"banker": 195},
    "tie": {"tie": 900, "player": 100, "banker": 100},
}
"""Hundredths returned by winner and spot, the bet included."""

_WORTH_IT: Final = Multiplier(2, 1)


@dataclass(frozen=True, slots=True)
class BaccaratParams:
    """The chips on the spots."""

    chips: tuple[Chip, ...]
    scale: int
    """Decimals of the amounts."""

    @property
    def staked(self) -> int:
        """Units of all chips together."""
        return sum(chip.units for chip in self.chips)


class Baccarat(Instant[BaccaratParams]):
    """The one version of baccarat."""

    slug = "baccarat"
    name = "Baccarat"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "cards = floor(u32 * 52 / 2^32), endless shoe; player 2, banker 2, then the next "
            "card to whoever draws a third, the player first",
            returns={
                winner: {spot: reading.plain_hundredths(paid) for spot, paid in spots.items()}
                for winner, spots in PAYS.items()
            },
            player_draws="on 0 to 5, unless either has 8 or 9",
            banker_draws={
                "player_stood": "on 0 to 5",
                "by_third_card_of_player": {str(total): list(on) for total, on in BANKER_DRAWS},
            },
            payout="floor of the sum of amount * returns",
        )

    def read(self, params: Json, stake: Stake) -> BaccaratParams:
        """Refuses with InvalidGameParams, also when the amounts do not add up to the stake."""
        reading.only(params, "bets")
        bets = reading.fields(params.get("bets"), "bets")
        reading.only(bets, *SPOTS, path="bets")
        chips = [
            reading.chip(spot, bets, "bets", stake, name=spot) for spot in SPOTS if spot in bets
        ]
        reading.adds_up(chips, stake, "bets")
        return BaccaratParams(tuple(chips), stake.scale)

    def written(self, params: BaccaratParams) -> Json:
        """See `original.Original`."""
        return {"bets": {chip.place: chip.amount(params.scale) for chip in params.chips}}

    def decide(
        self, stream: Stream, params: BaccaratParams
    ) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`."""
        dealt = coup(stream.choices(CARDS, cards.DECK))
        shown: dict[str, object] = {
            "player": [cards.text(card) for card in dealt.player],
            "banker": [cards.text(card) for card in dealt.banker],
            "player_total": dealt.player_total,
            "banker_total": dealt.banker_total,
            "winner": dealt.winner,
        }
        return returned(params, dealt.winner), shown

    def win(self, params: BaccaratParams) -> Multiplier:
        """The least profit of any winner; 2 when these bets can make none."""
        outcomes = [returned(params, winner) for winner in SPOTS]
        profits = [one for one in outcomes if one.numerator > one.denominator]
        return min(profits, key=lambda one: one.numerator) if profits else _WORTH_IT

    def top(self, params: BaccaratParams) -> Multiplier:
        """The best winner for these bets."""
        outcomes = [returned(params, winner) for winner in SPOTS]
        return max(outcomes, key=lambda one: one.numerator)

    def draws(
        self, stream: Stream, params: BaccaratParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """Six numbers: the two that may go unused are told, too."""
        numbers = stream.u32s(CARDS)
        dealt = coup(stream.choices(CARDS, cards.DECK))
        return [
            Draw(
                number,
                cards.DECK,
                choose(number, cards.DECK),
                f"{cards.text(choose(number, cards.DECK))}, {_taker(dealt, index)}",
            )
            for index, number in enumerate(numbers)
        ]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`player`, `banker`, and `third`: the fifth and sixth card, used or not."""
        reading.only(params, "bets")
        dealt = [cards.text(card) for card in stream.choices(CARDS, cards.DECK)]
        return {"player": dealt[:2], "banker": dealt[2:4], "third": dealt[4:]}

    def maths(self) -> list[Setting]:
        """Every spot."""
        return maths.settings(PAYS, SPOTS)


def returned(params: BaccaratParams, winner: str) -> Multiplier:
    """What all chips together return, exactly; the payout is rounded once."""
    pays = PAYS[winner]
    total = sum(chip.units * pays.get(chip.place, 0) for chip in params.chips)
    return Multiplier(total, 100 * params.staked)


def _taker(dealt: Coup, index: int) -> str:
    if index < 4:
        return "player" if index < 2 else "banker"
    used = len(dealt.player) + len(dealt.banker)
    if index >= used:
        return "not dealt"
    return "player" if index == 4 and len(dealt.player) == 3 else "banker"
