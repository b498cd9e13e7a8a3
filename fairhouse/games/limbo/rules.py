"""Limbo, exactly as the field plays it.

Source: the field's published scheme: n = floor(f * 2^24) + 1, result = floor(2^24 / n * 0.99 * 100)
/ 100. Here f is a 32-bit number, so n is its upper 24 bits plus one, and the result is one integer
division in hundredths.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games import params as reading
from fairhouse.games.instant import NOTHING, Instant, published
from fairhouse.games.limbo import maths
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.types import Multiplier, shown_share

GRAIN_BITS: Final = 24
GRAIN: Final = 1 << GRAIN_BITS
"""How many results there are, all equally likely."""

TARGET_MIN: Final = 101
TARGET_MAX: Final = 100_000_000
"""In hundredths: 1.01 to 1000000.00."""

_PERCENT_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class LimboParams:
    """What the player chose."""

    target: int
    """In hundredths."""


@lru_cache(maxsize=4_096)
def _params(target: str) -> LimboParams:
    """Parameters from their text, remembered: most players play a few targets."""
    return LimboParams(reading.hundredths({"target": target}, "target", TARGET_MIN, TARGET_MAX))


class Limbo(Instant[LimboParams]):
    """One version of limbo, returning `return_bp` of 10000."""

    slug = "limbo"
    name = "Limbo"

    def __init__(self, return_bp: int = 9_900) -> None:
        self.return_bp = return_bp

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "n = (u32 >> 8) + 1; result = floor(2^24 * return_bp / (100 * n)), in hundredths",
            return_bp=self.return_bp,
            target_min=TARGET_MIN,
            target_max=TARGET_MAX,
            win="result >= target",
            payout="floor(stake_units * target / 100)",
        )

    def read(self, params: Json, stake: Stake) -> LimboParams:
        """Refuses with InvalidGameParams."""
        reading.only(params, "target")
        target = params.get("target")
        if isinstance(target, str):
            return _params(target)
        return LimboParams(reading.hundredths(params, "target", TARGET_MIN, TARGET_MAX))

    def written(self, params: LimboParams) -> Json:
        """See `original.Original`."""
        return {"target": reading.shown_hundredths(params.target)}

    def result(self, stream: Stream) -> int:
        """In hundredths; 99 at the least, which shows as 0.99 and never wins."""
        return self._result_of(stream.u32s(1)[0])

    def winning(self, target: int) -> int:
        """How many of the 2^24 equally likely results reach a target in hundredths."""
        return min(GRAIN * self.return_bp // (100 * target), GRAIN)

    def decide(self, stream: Stream, params: LimboParams) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`."""
        found = self.result(stream)
        won = found >= params.target
        shown: dict[str, object] = {
            "result": reading.shown_hundredths(found),
            "won": won,
            "chance": shown_share(100 * self.winning(params.target), GRAIN, _PERCENT_DECIMALS),
        }
        return Multiplier(params.target, 100) if won else NOTHING, shown

    def win(self, params: LimboParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(params.target, 100)

    def top(self, params: LimboParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(params.target, 100)

    def draws(
        self, stream: Stream, params: LimboParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """The one number, of which the upper 24 bits count."""
        number = stream.u32s(1)[0]
        result = reading.shown_hundredths(self._result_of(number))
        return [Draw(number, GRAIN, number * GRAIN >> 32, f"result {result}")]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`result`, as the independent verifiers have it."""
        reading.only(params, "target")
        return {"result": Decimal(reading.plain_hundredths(self.result(stream)))}

    def maths(self) -> list[Setting]:
        """A spread of targets, and the one that returns least."""
        return maths.settings(self.winning, GRAIN, TARGET_MIN, TARGET_MAX)

    def _result_of(self, number: int) -> int:
        return GRAIN * self.return_bp // (100 * ((number >> (32 - GRAIN_BITS)) + 1))
