"""Cases, exactly as the field plays it.

Source: the field's published scheme and tables: the first row of `table.json` with f >= min.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games import params as reading
from fairhouse.games.cases import maths
from fairhouse.games.instant import Instant, least_win, published
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.tables import table_of
from fairhouse.games.thresholds import rows
from fairhouse.games.types import Multiplier

DIFFICULTIES: Final = ("easy", "medium", "hard", "expert")

TABLE: Final[dict[str, list[dict[str, str]]]] = table_of(__package__ or "")
"""Rows of minimum and multiplier by difficulty, the best first."""

ROWS: Final = {difficulty: rows(table) for difficulty, table in TABLE.items()}


@dataclass(frozen=True, slots=True)
class CasesParams:
    """What the player chose."""

    difficulty: str


class Cases(Instant[CasesParams]):
    """The one version of cases."""

    slug = "cases"
    name = "Cases"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "place = the first row with u32 >= min * 2^32",
            rows=TABLE,
            payout="floor(stake_units * multiplier)",
        )

    def read(self, params: Json, stake: Stake) -> CasesParams:
        """Refuses with InvalidGameParams."""
        reading.only(params, "difficulty")
        return CasesParams(reading.among(params, "difficulty", DIFFICULTIES))

    def written(self, params: CasesParams) -> Json:
        """See `original.Original`."""
        return {"difficulty": params.difficulty}

    def decide(self, stream: Stream, params: CasesParams) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`; `place` is the row of the table, 0 the best."""
        table = ROWS[params.difficulty]
        place = table.place(stream.u32s(1)[0])
        return Multiplier(table.pays[place], 100), {"place": place}

    def win(self, params: CasesParams) -> Multiplier:
        """See `original.Original`."""
        return least_win(ROWS[params.difficulty].pays)

    def top(self, params: CasesParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(max(ROWS[params.difficulty].pays), 100)

    def draws(
        self, stream: Stream, params: CasesParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """The one number, compared with minima."""
        number = stream.u32s(1)[0]
        table = ROWS[params.difficulty if params else DIFFICULTIES[0]]
        place = table.place(number)
        paid = reading.plain_hundredths(table.pays[place])
        return [Draw(number, 0, number, f"row {place}, pays {paid}")]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`multiplier`."""
        paid, _ = self.decide(stream, self.read(params, Stake(0, 0)))
        return {"multiplier": Decimal(reading.plain_hundredths(paid.numerator))}

    def maths(self) -> list[Setting]:
        """Every difficulty."""
        return maths.settings(ROWS)
