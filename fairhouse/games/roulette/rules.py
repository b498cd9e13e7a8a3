"""European roulette: pocket = floor(f * 37), and the whole layout to bet on.

Source: the field's published scheme for the pocket; the layout and what it pays are those of every
European table: a place that covers k pockets returns 36 / k, the chip included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.types import Stream, choose
from fairhouse.games import params as reading
from fairhouse.games.instant import Instant, published
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.params import Chip
from fairhouse.games.roulette import maths
from fairhouse.games.roulette.layout import PLACES, POCKETS, color, pays
from fairhouse.games.types import InvalidGameParams, Multiplier
from fairhouse.kernel.money import format_units

BETS_MAX: Final = len(PLACES)
_WORTH_IT: Final = Multiplier(2, 1)


@dataclass(frozen=True, slots=True)
class RouletteParams:
    """The chips on the layout."""

    chips: tuple[Chip, ...]
    scale: int
    """Decimals of the amounts."""

    @property
    def staked(self) -> int:
        """Units of all chips together."""
        return sum(chip.units for chip in self.chips)


class Roulette(Instant[RouletteParams]):
    """The one version of European roulette."""

    slug = "roulette"
    name = "Roulette"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "pocket = floor(u32 * 37 / 2^32)",
            places={
                place: {"pockets": sorted(covered), "returns": pays(place)}
                for place, covered in PLACES.items()
            },
            payout="sum of amount * returns over the places that cover the pocket",
        )

    def read(self, params: Json, stake: Stake) -> RouletteParams:
        """Refuses with InvalidGameParams, also when the amounts do not add up to the stake."""
        reading.only(params, "bets")
        chips: list[Chip] = []
        for index, item in enumerate(reading.items(params, "bets", BETS_MAX)):
            path = f"bets[{index}]"
            bet = reading.fields(item, path)
            reading.only(bet, "place", "amount", path=path)
            chips.append(reading.chip(_place(bet, path), bet, path, stake))
        _each_place_once(chips)
        reading.adds_up(chips, stake, "bets")
        return RouletteParams(tuple(chips), stake.scale)

    def written(self, params: RouletteParams) -> Json:
        """See `original.Original`."""
        return {
            "bets": [
                {"place": chip.place, "amount": chip.amount(params.scale)} for chip in params.chips
            ]
        }

    def pocket(self, stream: Stream) -> int:
        """0 to 36."""
        return stream.choices(1, POCKETS)[0]

    def decide(
        self, stream: Stream, params: RouletteParams
    ) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`."""
        pocket = self.pocket(stream)
        wins = [chip for chip in params.chips if pocket in PLACES[chip.place]]
        shown: dict[str, object] = {
            "pocket": pocket,
            "color": color(pocket),
            "wins": [
                {
                    "place": chip.place,
                    "amount": chip.amount(params.scale),
                    "payout": format_units(chip.units * pays(chip.place), params.scale),
                }
                for chip in wins
            ],
        }
        return Multiplier(returned(params, pocket), params.staked), shown

    def win(self, params: RouletteParams) -> Multiplier:
        """The least profit of any pocket; whole units in, whole units out, so none is dust."""
        staked = params.staked
        profits = [paid for paid in _every_return(params) if paid > staked]
        return Multiplier(min(profits), staked) if profits else _WORTH_IT

    def top(self, params: RouletteParams) -> Multiplier:
        """The best pocket for these chips."""
        return Multiplier(max(_every_return(params)), params.staked)

    def draws(
        self, stream: Stream, params: RouletteParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """The one number."""
        number = stream.u32s(1)[0]
        pocket = choose(number, POCKETS)
        return [Draw(number, POCKETS, pocket, f"{pocket} {color(pocket)}")]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`pocket`."""
        reading.only(params, "bets")
        return {"pocket": self.pocket(stream)}

    def maths(self) -> list[Setting]:
        """One place of each kind."""
        return maths.settings({place: (PLACES[place], pays(place)) for place in maths.KINDS})


def returned(params: RouletteParams, pocket: int) -> int:
    """Units that all chips together return at a pocket."""
    return sum(
        chip.units * pays(chip.place) for chip in params.chips if pocket in PLACES[chip.place]
    )


def _every_return(params: RouletteParams) -> list[int]:
    return [returned(params, pocket) for pocket in range(POCKETS)]


def _place(bet: Json, path: str) -> str:
    place = bet.get("place")
    if not isinstance(place, str) or place not in PLACES:
        raise InvalidGameParams(
            f"{path}.place is no place on the layout; examples: straight:17, split:1-2, street:1, "
            "corner:1-2-4-5, line:1, trio:0-1-2, basket:0, column:1, dozen:1, red, odd, low.",
            param=f"{path}.place",
        )
    return place


def _each_place_once(chips: Sequence[Chip]) -> None:
    seen: set[str] = set()
    for index, chip in enumerate(chips):
        if chip.place in seen:
            raise InvalidGameParams(
                f"bets[{index}].place {chip.place} is bet on twice; put the amounts together.",
                param=f"bets[{index}].place",
            )
        seen.add(chip.place)
