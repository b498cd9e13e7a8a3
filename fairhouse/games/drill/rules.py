"""Drill, exactly as the field plays it.

Source: the field's published scheme: per drill 1 when u < 0.02, else 0.98 / (1 - u), at most
2000000; three drills, one number each. In hundredths and 32-bit numbers that is one integer
division: floor(0.98 * 100 * 2^32 / (2^32 - u32)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fairhouse.fairness.types import U32_RANGE, Stream
from fairhouse.games import params as reading
from fairhouse.games.drill import maths
from fairhouse.games.instant import NOTHING, Instant, published
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.types import Multiplier

DRILLS: Final = 3
LEAST: Final = 100
TARGET_MIN: Final = 101
MOST: Final = 200_000_000
"""In hundredths: 2000000.00, the largest result and target."""


@dataclass(frozen=True, slots=True)
class DrillParams:
    """What the player chose."""

    drill: int
    target: int
    """In hundredths."""


class Drill(Instant[DrillParams]):
    """One version of drill, returning `return_bp` of 10000."""

    slug = "drill"
    name = "Drill"

    def __init__(self, return_bp: int = 9_800) -> None:
        self.return_bp = return_bp

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "drill i of 3: floor(return_bp * 2^32 / (100 * (2^32 - u32[i]))) in hundredths, "
            "at least 100, at most 200000000",
            return_bp=self.return_bp,
            target_min=TARGET_MIN,
            target_max=MOST,
            win="result of the chosen drill >= target",
            payout="floor(stake_units * target / 100)",
        )

    def read(self, params: Json, stake: Stake) -> DrillParams:
        """Refuses with InvalidGameParams."""
        reading.only(params, "drill", "target")
        drill = reading.whole(params, "drill", 0, DRILLS - 1)
        return DrillParams(drill, reading.hundredths(params, "target", TARGET_MIN, MOST))

    def written(self, params: DrillParams) -> Json:
        """See `original.Original`."""
        return {"drill": params.drill, "target": reading.shown_hundredths(params.target)}

    def results(self, stream: Stream) -> list[int]:
        """What each drill reaches, in hundredths."""
        return [self._result_of(number) for number in stream.u32s(DRILLS)]

    def winning(self, target: int) -> int:
        """How many of the 2^32 numbers reach a target in hundredths."""
        return self.return_bp * U32_RANGE // (100 * target)

    def decide(self, stream: Stream, params: DrillParams) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`."""
        results = self.results(stream)
        won = results[params.drill] >= params.target
        shown: dict[str, object] = {
            "results": [reading.shown_hundredths(one) for one in results],
            "won": won,
        }
        return Multiplier(params.target, 100) if won else NOTHING, shown

    def win(self, params: DrillParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(params.target, 100)

    def top(self, params: DrillParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(params.target, 100)

    def draws(
        self, stream: Stream, params: DrillParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """Three numbers, one a drill, whichever was chosen."""
        return [
            Draw(
                number,
                0,
                number,
                f"drill {drill} reaches {reading.shown_hundredths(self._result_of(number))}",
            )
            for drill, number in enumerate(stream.u32s(DRILLS))
        ]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`multipliersFloor2`, one a drill."""
        reading.only(params, "drill", "target")
        results = self.results(stream)
        return {"multipliersFloor2": [Decimal(reading.plain_hundredths(one)) for one in results]}

    def maths(self) -> list[Setting]:
        """A spread of targets."""
        return maths.settings(self.winning, MOST)

    def _result_of(self, number: int) -> int:
        reached = self.return_bp * U32_RANGE // (100 * (U32_RANGE - number))
        return min(max(reached, LEAST), MOST)
