"""What tables returned: kept behind the journal, read by the watch over drift and by pages."""

from fairhouse.platform.database import Database
from fairhouse.reports.store import results as store
from fairhouse.reports.store.results import daily as daily_results
from fairhouse.reports.store.results import open_rounds, results

__all__ = ["daily_results", "fold_results", "open_rounds", "results"]


async def fold_results(db: Database) -> int:
    """Add what the lanes committed since; returns how many entries were read, 0 at the end.

    Each lane in a transaction of its own with its cursor: a crash repeats nothing and leaves
    nothing out.
    """
    async with db.read() as tx:
        lanes = await store.lanes(tx)
    done = 0
    for lane in lanes:
        async with db.tx() as tx:
            done += await store.fold_lane(tx, lane)
    return done
