"""Upkeep beside the road: what follows behind it, and the partitions before it."""

from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Gauge

from fairhouse.betting.store import upkeep
from fairhouse.platform.database import Database

_log = structlog.get_logger("betting")

DAYS_AHEAD: Final = 8

_outside = Gauge(
    "fairhouse_bet_entries_outside_partitions", "Entries that no partition was ready for"
)


async def fold_lanes(db: Database) -> int:
    """Fold what the lanes committed into their players' hot rows.

    Returns how many entries, 0 when all is done.
    """
    async with db.read() as tx:
        behind = await upkeep.lanes_behind(tx)
    done = 0
    for lane in behind:
        async with db.tx() as tx:
            done += await upkeep.fold_lane(tx, lane, upkeep.FOLD_MAX)
    return done


async def keep_partitions(worker_db: Database) -> int:
    """Make the partitions of the coming week, and sound the alarm when one was missing.

    Returns how many entries lie outside of all partitions, counted up to a thousand.

    Hourly, with the worker's role: it alone may make partitions.
    """
    async with worker_db.tx() as tx:
        today = tx.now.date()
        made = await upkeep.make_partitions(tx, today, today + timedelta(days=DAYS_AHEAD))
        outside = await upkeep.entries_outside(tx)
    if made:
        _log.info("partitions made", count=made)
    _outside.set(outside)
    if outside:
        _log.error("bets lie outside of all partitions", at_least=outside)
    return outside
