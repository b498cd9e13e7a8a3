"""Wheel, exactly as the field plays it.

Source: the field's published scheme: segment = floor(f * segments), which `table.json` pays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fairhouse.fairness.types import Stream, choose
from fairhouse.games import params as reading
from fairhouse.games.instant import Instant, least_win, published
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.tables import in_hundredths, table_of
from fairhouse.games.types import InvalidGameParams, Multiplier
from fairhouse.games.wheel import maths

SEGMENTS: Final = (10, 20, 30, 40, 50)
RISKS: Final = ("low", "medium", "high")

TABLE: Final[dict[str, dict[str, list[str]]]] = table_of(__package__ or "")
"""Multipliers by segments, risk and place on the wheel."""

PAYS: Final = {
    (int(segments), risk): tuple(in_hundredths(one) for one in places)
    for segments, risks in TABLE.items()
    for risk, places in risks.items()
}
"""The same in hundredths."""


@dataclass(frozen=True, slots=True)
class WheelParams:
    """What the player chose."""

    segments: int
    risk: str


class Wheel(Instant[WheelParams]):
    """The one version of the wheel."""

    slug = "wheel"
    name = "Wheel"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "segment = floor(u32 * segments / 2^32)",
            multipliers=TABLE,
            payout="floor(stake_units * multiplier)",
        )

    def read(self, params: Json, stake: Stake) -> WheelParams:
        """Refuses with InvalidGameParams."""
        reading.only(params, "segments", "risk")
        segments = reading.whole(params, "segments", SEGMENTS[0], SEGMENTS[-1])
        if segments not in SEGMENTS:
            raise InvalidGameParams("segments must be 10, 20, 30, 40 or 50.", param="segments")
        return WheelParams(segments, reading.among(params, "risk", RISKS))

    def written(self, params: WheelParams) -> Json:
        """See `original.Original`."""
        return {"segments": params.segments, "risk": params.risk}

    def decide(self, stream: Stream, params: WheelParams) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`."""
        segment = stream.choices(1, params.segments)[0]
        paid = PAYS[params.segments, params.risk][segment]
        return Multiplier(paid, 100), {"segment": segment}

    def win(self, params: WheelParams) -> Multiplier:
        """See `original.Original`."""
        return least_win(PAYS[params.segments, params.risk])

    def top(self, params: WheelParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(max(PAYS[params.segments, params.risk]), 100)

    def draws(
        self, stream: Stream, params: WheelParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """The one number; without parameters, what it means on a wheel of 10."""
        number = stream.u32s(1)[0]
        segments = params.segments if params else SEGMENTS[0]
        segment = choose(number, segments)
        return [Draw(number, segments, segment, f"segment {segment}")]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`multiplier`."""
        paid, _ = self.decide(stream, self.read(params, Stake(0, 0)))
        return {"multiplier": Decimal(reading.plain_hundredths(paid.numerator))}

    def maths(self) -> list[Setting]:
        """Every wheel at every risk."""
        return maths.settings(PAYS)
