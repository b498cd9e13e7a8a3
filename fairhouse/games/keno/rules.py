"""Keno, exactly as the field plays it.

Source: the field's published scheme: ten numbers of 1 to 40 by a shuffle (Fisher-Yates by splice);
`table.json` pays by risk, count of chosen numbers, and hits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.types import Stream, choose
from fairhouse.games import params as reading
from fairhouse.games.instant import Instant, least_win, published
from fairhouse.games.keno import maths
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.tables import in_hundredths, table_of
from fairhouse.games.types import InvalidGameParams, Multiplier

NUMBERS: Final = 40
DRAWN: Final = 10
CHOSEN_MAX: Final = 10
RISKS: Final = ("classic", "low", "medium", "high")

TABLE: Final[dict[str, list[list[str]]]] = table_of(__package__ or "")
"""Multipliers by risk, count of chosen numbers less one, and hits."""

PAYS: Final = {
    (risk, count): tuple(in_hundredths(one) for one in hits)
    for risk, counts in TABLE.items()
    for count, hits in enumerate(counts, 1)
}
"""The same in hundredths, by risk and count of chosen numbers."""


@dataclass(frozen=True, slots=True)
class KenoParams:
    """What the player chose."""

    risk: str
    numbers: tuple[int, ...]
    """Ascending, 1 to 40."""


class Keno(Instant[KenoParams]):
    """The one version of keno."""

    slug = "keno"
    name = "Keno"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "drawn = first 10 of a Fisher-Yates shuffle by splice of 1..40; "
            "each place = floor(u32 * left / 2^32)",
            multipliers=TABLE,
            payout="floor(stake_units * multiplier)",
        )

    def read(self, params: Json, stake: Stake) -> KenoParams:
        """Refuses with InvalidGameParams."""
        reading.only(params, "risk", "numbers")
        risk = reading.among(params, "risk", RISKS)
        return KenoParams(risk, _numbers(params))

    def written(self, params: KenoParams) -> Json:
        """See `original.Original`."""
        return {"risk": params.risk, "numbers": list(params.numbers)}

    def drawn(self, stream: Stream) -> list[int]:
        """The ten numbers in the order drawn."""
        return [place + 1 for place in stream.drawn(DRAWN, NUMBERS)]

    def decide(self, stream: Stream, params: KenoParams) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`."""
        drawn = self.drawn(stream)
        hits = [number for number in params.numbers if number in drawn]
        paid = PAYS[params.risk, len(params.numbers)][len(hits)]
        return Multiplier(paid, 100), {"drawn": drawn, "hits": hits}

    def win(self, params: KenoParams) -> Multiplier:
        """See `original.Original`."""
        return least_win(PAYS[params.risk, len(params.numbers)])

    def top(self, params: KenoParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(max(PAYS[params.risk, len(params.numbers)]), 100)

    def draws(
        self, stream: Stream, params: KenoParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """Ten numbers, each a place among those left."""
        numbers = stream.u32s(DRAWN)
        return [
            Draw(number, NUMBERS - index, choose(number, NUMBERS - index), f"number {drawn}")
            for index, (number, drawn) in enumerate(zip(numbers, self.drawn(stream), strict=True))
        ]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`numbers`, ascending, and `drawOrder`: what was drawn, whatever was chosen."""
        reading.only(params, "risk", "numbers")
        drawn = self.drawn(stream)
        return {"numbers": sorted(drawn), "drawOrder": drawn}

    def maths(self) -> list[Setting]:
        """Every risk with every count of chosen numbers."""
        return maths.settings(PAYS, DRAWN, NUMBERS)


def _numbers(params: Json) -> tuple[int, ...]:
    found: list[int] = []
    for index, value in enumerate(reading.items(params, "numbers", CHOSEN_MAX)):
        param = f"numbers[{index}]"
        number = reading.whole({param: value}, param, 1, NUMBERS)
        if number in found:
            raise InvalidGameParams(f"{param}: {number} is chosen twice.", param=param)
        found.append(number)
    return tuple(sorted(found))
