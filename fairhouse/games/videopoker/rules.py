"""Video poker as the field deals it: five cards, hold some, draw the rest, once.

Source of the cards: the published scheme of the field (see `fairness`): ten cards of 52 without
replacement, five dealt and five to come.
"""

from collections.abc import Sequence
from typing import Final, cast

from fairhouse.fairness.types import Stream, choose
from fairhouse.games import cards
from fairhouse.games.choices import what
from fairhouse.games.ladder import COMPLETE
from fairhouse.games.original import Draw, Ended, Json, Setting, Stake, Standing
from fairhouse.games.params import NoParams, only
from fairhouse.games.tables import table_of
from fairhouse.games.types import InvalidChoice, Multiplier
from fairhouse.games.videopoker import maths
from fairhouse.games.videopoker.hands import HANDS, NOTHING, hand

DRAW: Final = "draw"
HELD: Final = 5
DEALT: Final = 2 * HELD

_CHOICES: Final[dict[str, tuple[str, ...]]] = {DRAW: ("hold",)}


class VideoPoker:
    """Jacks or better."""

    slug = "videopoker"
    name = "Video Poker"
    has_steps = True

    def __init__(self) -> None:
        self._table: Final[dict[str, str]] = table_of(__package__ or "")
        self.pays: Final = {name: int(self._table[name]) for name in HANDS}
        """Per unit staked."""

    def table(self) -> Json:
        """See the contract."""
        return {
            "game": self.slug,
            "mapping": "ten cards, the first draws of a Fisher-Yates shuffle by splice of "
            "2d 2h 2s 2c 3d ... Ac; each place = floor(u32 * left / 2^32); five are dealt, the "
            "others replace cards not held, in order, from the first place on",
            "multipliers": self._table,
            "payout": "stake_units * multiplier",
        }

    def read(self, params: Json, stake: Stake) -> NoParams:
        """Takes no parameters. Refuses with InvalidGameParams."""
        only(params)
        return NoParams()

    def written(self, params: NoParams) -> Json:
        """See the contract."""
        return {}

    def read_choice(self, params: NoParams, choice: Json) -> Json:
        """`draw` with the places to `hold`, 0 to 4, sorted. Refuses with InvalidChoice."""
        what(choice, _CHOICES)
        hold = choice["hold"]
        if not isinstance(hold, list | tuple):
            raise InvalidChoice("hold must be a list of places from 0 to 4.", param="hold")
        places = cast(Sequence[object], hold)
        if not all(type(place) is int and 0 <= place < HELD for place in places):
            raise InvalidChoice("hold must be a list of places from 0 to 4.", param="hold")
        if len(set(places)) != len(places):
            raise InvalidChoice("hold has a place twice; name each place once.", param="hold")
        return {"do": DRAW, "hold": sorted(cast(Sequence[int], places))}

    def play(
        self, stream: Stream, params: NoParams, stake: int, choices: Sequence[Json], most: int
    ) -> Standing | Ended:
        """See the contract; `most` never binds, for `top` is all that a round can pay."""
        ten = stream.drawn(DEALT, cards.DECK)
        dealt = ten[:HELD]
        if not choices:
            return Standing(self._shown(dealt), stake, self._pays(dealt).payout_units(stake))
        assert len(choices) == 1, "one draw ends the round"
        held = cast(list[int], choices[0]["hold"])
        coming = iter(ten[HELD:])
        final = [card if place in held else next(coming) for place, card in enumerate(dealt)]
        shown = {
            **self._shown(final),
            "initial": [cards.text(card) for card in dealt],
            "held": held,
            "ended": COMPLETE,
        }
        return Ended(self._pays(final).payout_units(stake), stake, shown)

    def win(self, params: NoParams) -> Multiplier:
        """Two pairs; jacks or better only give the stake back."""
        return Multiplier(min(pays for pays in self.pays.values() if pays > 1), 1)

    def top(self, params: NoParams) -> Multiplier:
        """A royal flush."""
        return Multiplier(max(self.pays.values()), 1)

    def draws(self, stream: Stream, params: NoParams | None, choices: Sequence[Json]) -> list[Draw]:
        """Ten numbers, one per card."""
        found: list[Draw] = []
        drawn = zip(stream.u32s(DEALT), stream.drawn(DEALT, cards.DECK), strict=True)
        for taken, (number, card) in enumerate(drawn):
            of = cards.DECK - taken
            found.append(Draw(number, of, choose(number, of), cards.text(card)))
        return found

    def facts(self, stream: Stream, params: Json) -> Json:
        """See the contract."""
        only(params)
        ten = [cards.text(card) for card in stream.drawn(DEALT, cards.DECK)]
        return {"initial": ten[:HELD], "coming": ten[HELD:]}

    def maths(self) -> list[Setting]:
        """See the contract."""
        return maths.settings(self.pays)

    def _pays(self, five: Sequence[int]) -> Multiplier:
        found = hand(five)
        return Multiplier(0 if found == NOTHING else self.pays[found], 1)

    def _shown(self, five: Sequence[int]) -> dict[str, object]:
        return {
            "cards": [cards.text(card) for card in five],
            "hand": hand(five),
            "multiplier": self._pays(five).shown(),
        }
