"""What every bet needs to know of the house, in memory: money, limits, prices."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from fairhouse.betting import rules
from fairhouse.betting.store import hot, limits
from fairhouse.betting.types import HouseLimit, Limits
from fairhouse.kernel.currencies import CURRENCIES, CurrencyCode, CurrencyKind
from fairhouse.kernel.money import Money
from fairhouse.platform.database import Database
from fairhouse.rates import api as rates
from fairhouse.rates.types import Rate, RateUnavailable

REFRESH_S: Final = 1.0


class House:
    """Bankrolls, limits and prices of the last second; `refresh` runs in a loop beside the road.

    The last good price stays in use when the feed stops: a bet stores which one it was, and the
    snapshot's own time says how old. With no price at all, real money is not taken.
    """

    def __init__(self) -> None:
        self._bankrolls: Mapping[tuple[int, CurrencyCode], int] = {}
        self._rows: Mapping[tuple[int, CurrencyCode], list[HouseLimit]] = {}
        self._limits: dict[tuple[int, str, CurrencyCode], Limits] = {}
        self._rates: dict[CurrencyCode, Rate] = {}

    async def refresh(self, db: Database) -> None:
        """Read bankrolls, limits and rates again."""
        async with db.read() as tx:
            rows = await hot.bankrolls(tx)
            house_limits = await limits.in_force(tx)
            for code, item in CURRENCIES.items():
                if item.kind is CurrencyKind.PLAY:
                    continue
                try:
                    self._rates[code] = await rates.latest(tx, base=code)
                except RateUnavailable:
                    continue
        self._bankrolls = {(row.brand_id, row.currency): row.units for row in rows}
        by_currency: dict[tuple[int, CurrencyCode], list[HouseLimit]] = {}
        for row in house_limits:
            by_currency.setdefault((row.brand_id, row.currency), []).append(row)
        self._rows = by_currency
        self._limits = {}

    def limits(self, brand_id: int, game: str, of: CurrencyCode) -> Limits:
        """What one bet on a game may stake and win now; decided once per refresh."""
        key = (brand_id, game, of)
        found = self._limits.get(key)
        if found is None:
            rows = rules.rows_for(game, of, self._rows.get((brand_id, of), ()))
            found = rules.limits(of, self._bankrolls.get((brand_id, of), 0), rows)
            self._limits[key] = found
        return found

    def value(self, of: CurrencyCode, units: int) -> tuple[UUID | None, int | None]:
        """Rate id and value in micro-units of the reference currency; none for play money.

        Refuses with RateUnavailable when no price was ever seen: a real bet stores its value.
        """
        if CURRENCIES[of].kind is CurrencyKind.PLAY:
            return None, None
        rate = self._rates.get(of)
        if rate is None:
            raise RateUnavailable(
                f"No price of {of} is known at the moment; try again in a minute.",
                param="currency",
            )
        return rate.id, rates.value_of(Money(units, of), rate)
