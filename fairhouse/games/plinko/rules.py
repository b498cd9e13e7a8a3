"""Plinko, exactly as the field plays it.

Source: the field's published scheme: one number per row, floor(f * 2) is 0 for left and 1 for
right, and the bucket is the number of rights. The payouts are `table.json`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fairhouse.fairness.types import Stream
from fairhouse.games import params as reading
from fairhouse.games.instant import Instant, least_win, published
from fairhouse.games.original import Draw, Json, Setting, Stake
from fairhouse.games.plinko import maths
from fairhouse.games.tables import in_hundredths, table_of
from fairhouse.games.types import Multiplier

ROWS_MIN: Final = 8
ROWS_MAX: Final = 16
RISKS: Final = ("low", "medium", "high", "expert")

TABLE: Final[dict[str, dict[str, list[str]]]] = table_of(__package__ or "")
"""Multipliers by rows, risk and bucket."""

PAYS: Final = {
    (int(rows), risk): tuple(in_hundredths(one) for one in buckets)
    for rows, risks in TABLE.items()
    for risk, buckets in risks.items()
}
"""The same in hundredths."""


@dataclass(frozen=True, slots=True)
class PlinkoParams:
    """What the player chose."""

    rows: int
    risk: str


class Plinko(Instant[PlinkoParams]):
    """The one version of plinko."""

    slug = "plinko"
    name = "Plinko"

    def table(self) -> Json:
        """See `original.Original`."""
        return published(
            self,
            "per row: right when u32 >= 2^31, else left; bucket = number of rights",
            multipliers=TABLE,
            payout="floor(stake_units * multiplier)",
        )

    def read(self, params: Json, stake: Stake) -> PlinkoParams:
        """Refuses with InvalidGameParams."""
        reading.only(params, "rows", "risk")
        rows = reading.whole(params, "rows", ROWS_MIN, ROWS_MAX)
        return PlinkoParams(rows, reading.among(params, "risk", RISKS))

    def written(self, params: PlinkoParams) -> Json:
        """See `original.Original`."""
        return {"rows": params.rows, "risk": params.risk}

    def path(self, stream: Stream, rows: int) -> str:
        """ "LRRL…", one letter a row."""
        return "".join("LR"[side] for side in stream.choices(rows, 2))

    def decide(self, stream: Stream, params: PlinkoParams) -> tuple[Multiplier, dict[str, object]]:
        """See `Instant`."""
        path = self.path(stream, params.rows)
        bucket = path.count("R")
        paid = PAYS[params.rows, params.risk][bucket]
        return Multiplier(paid, 100), {"path": path, "bucket": bucket}

    def win(self, params: PlinkoParams) -> Multiplier:
        """See `original.Original`."""
        return least_win(PAYS[params.rows, params.risk])

    def top(self, params: PlinkoParams) -> Multiplier:
        """See `original.Original`."""
        return Multiplier(max(PAYS[params.rows, params.risk]), 100)

    def draws(
        self, stream: Stream, params: PlinkoParams | None, choices: Sequence[Json]
    ) -> list[Draw]:
        """One number a row; all sixteen while the rows are unknown."""
        rows = params.rows if params else ROWS_MAX
        numbers = stream.u32s(rows)
        return [Draw(one, 2, one >> 31, ("left", "right")[one >> 31]) for one in numbers]

    def facts(self, stream: Stream, params: Json) -> Json:
        """`path`, `bucket`, `multiplier`."""
        chosen = self.read(params, Stake(0, 0))
        paid, outcome = self.decide(stream, chosen)
        return {**outcome, "multiplier": Decimal(reading.plain_hundredths(paid.numerator))}

    def maths(self) -> list[Setting]:
        """Every count of rows at every risk."""
        return maths.settings(PAYS)
