"""Bars: thirty bars, each the first row of `table.json` with f >= min.

Source: the field's published scheme and tables. A bet is spread over 1 to 5 bars; each pays its
multiplier on its part, which is why the return is that of one bar.
"""

from decimal import Decimal
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games import maths
from fairhouse.games import params as reading
from fairhouse.games.original import Json, Setting
from fairhouse.games.tables import table_of
from fairhouse.games.thresholds import rows

BARS: Final = 30
DIFFICULTIES: Final = ("easy", "medium", "hard", "expert")

TABLE: Final[dict[str, list[dict[str, str]]]] = table_of(__package__ or "")
"""Rows of minimum and multiplier by difficulty, the best first."""

ROWS: Final = {difficulty: rows(table) for difficulty, table in TABLE.items()}


class Bars:
    """Facts only."""

    slug = "bars"
    name = "Bars"

    def facts(self, stream: Stream, params: Json) -> Json:
        """`multipliers` of all thirty bars. Refuses with InvalidGameParams."""
        reading.only(params, "difficulty")
        table = ROWS[reading.among(params, "difficulty", DIFFICULTIES)]
        paid = [table.pays[table.place(number)] for number in stream.u32s(BARS)]
        return {"multipliers": [Decimal(reading.plain_hundredths(one)) for one in paid]}

    def maths(self) -> list[Setting]:
        """Every difficulty, for one bar."""
        return [
            maths.setting(difficulty, table.odds(), maths.ENUMERATION)
            for difficulty, table in ROWS.items()
        ]
