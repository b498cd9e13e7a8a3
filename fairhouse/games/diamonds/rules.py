"""Diamonds, exactly as the field plays it.

Source: the field's published scheme for the gems: floor(f * 7) each. What a pattern pays is not in
the vectors: 50, 5, 4, 3, 2 and 0.1 are proven by enumerating all 7^5 draws, which return the
98.29 % that the field states (see `maths` and the sheet).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.types import Stream, choose
from fairhouse.games import params as reading
from fairhouse.games.diamonds import maths
from fairhouse.games.instant import Instant, least_win, published
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.types import Multiplier

GEMS: Final = ("green", "purple", "yellow", "red", "cyan", "pink", "blue")
DRAWN: Final = 5

PATTERNS: Final[dict[tuple[int, ...], tuple[str, int]]] = {
    (5,): ("five", 5_000),
    (4, 1): ("four", 500),
    (3, 2): ("full_house", 400),
    (3, 1, 1): ("three", 300),
    (2, 2, 1): ("two_pair", 200),
    (2, 1, 1, 1): ("pair", 10),
    (1, 1, 1, 1, 1): ("nothing", 0),
}
"""Name and hundredths paid by how many gems are alike, most first."""

_PAYS: Final = [paid for _, paid in PATTERNS.values()]


@dataclass(frozen=True, slots=True)
class DiamondsParams:
    """Nothing to choose."""


class Diamonds(Instant[DiamondsParams]):
    """The one version of diamonds."""

    slug = "diamonds"
    name = "Diamonds"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "five gems, each = floor(u32 * 7 / 2^32)",
            gems=list(GEMS),
            multipliers={name: reading.plain_hundredths(paid) for name, paid in PATTERNS.values()},
            payout="floor(stake_units * multiplier)",
        )

    def read(self, params: Json, stake: Stake) -> DiamondsParams:
        """Refuses with InvalidGameParams."""
        reading.only(params)
        return DiamondsParams()

    def written(self, params: DiamondsParams) -> Json:
        """See `original.Original`."""
        return {}

    def gems(self, stream: Stream) -> list[str]:
        """Five names in the order drawn."""
        return [GEMS[gem] for gem in stream.choices(DRAWN, len(GEMS))]

    def decide(
        self, stream: Stream, params: DiamondsParams
    ) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`."""
        gems = self.gems(stream)
        alike = tuple(sorted(Counter(gems).values(), reverse=True))
        pattern, paid = PATTERNS[alike]
        return Multiplier(paid, 100), {"gems": gems, "pattern": pattern}

    def win(self, params: DiamondsParams) -> Multiplier:
        """See `original.Original`."""
        return least_win(_PAYS)

    def top(self, params: DiamondsParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(max(_PAYS), 100)

    def draws(
        self, stream: Stream, params: DiamondsParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """Five numbers."""
        return [
            Draw(one, len(GEMS), choose(one, len(GEMS)), GEMS[choose(one, len(GEMS))])
            for one in stream.u32s(DRAWN)
        ]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`gems`."""
        reading.only(params)
        return {"gems": self.gems(stream)}

    def maths(self) -> list[Setting]:
        """The one setting."""
        return maths.settings(PATTERNS, len(GEMS))
