"""The worker's loops about players' money and about people who are to be forgotten."""

from collections.abc import Sequence
from typing import Final

from fairhouse.brands.api import all_brands
from fairhouse.ledger.types import Reserve
from fairhouse.platform.database import Database, Tx
from fairhouse.reports import api as reports

RESERVES_EVERY_S: Final = 30.0
FORGET_EVERY_S: Final = 3600.0
PAUSED_AFTER: Final = 3
"""Checks in a row: what is on its way between two books is no shortfall."""


class ReserveWatch:
    """What is kept for players against what is owed to them, brand by brand (LED-06)."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._seen: dict[int, int] = {}
        """Checks in a row that found money missing."""

    async def step(self) -> int:
        """One look; a shortfall that lasts is an event and leaves withdrawals alone open."""
        for brand in all_brands():
            async with self._db.tx() as tx:
                short = await reports.short_reserves(tx, brand_id=brand.id)
                await self._judge(tx, brand.id, short)
        return 0

    async def _judge(self, tx: Tx, brand_id: int, short: Sequence[Reserve]) -> None:
        seen = self._seen.get(brand_id, 0)
        self._seen[brand_id] = seen + 1 if short else 0
        if not short and seen >= PAUSED_AFTER:
            await reports.note_reserves(tx, brand_id=brand_id, short=(), was_short=True)
        if short and seen + 1 == PAUSED_AFTER:
            await reports.note_reserves(tx, brand_id=brand_id, short=short, was_short=False)
            codes = ", ".join(one.currency for one in short)
            reason = f"Less {codes} is kept than is owed to players."
            await reports.only_withdrawals(tx, brand_id=brand_id, reason=reason)


async def remind_and_forget(db: Database) -> int:
    """Reminders of unprotected funds, and people whose time is over; returns how many of both."""
    done = 0
    for brand in all_brands():
        async with db.tx() as tx:
            done += await reports.remind_of_funds(tx, brand=brand)
        async with db.tx() as tx:
            done += await reports.forget_people(tx, brand=brand)
    return done
