"""A step for the worker: figures that nobody else has an eye on, as metrics for alarms."""

from typing import Final

from prometheus_client import Gauge

from fairhouse.platform.database import Database
from fairhouse.reports.store import waiting

EVERY_S: Final = 10.0
STATES: Final = {
    "deposit": ("SEEN", "CONFIRMING"),
    "withdrawal": (
        *("REQUESTED", "CHECKING", "WAITING", "APPROVED", "ORDERED", "SIGNED", "BROADCAST"),
    ),
}

_count = Gauge("fairhouse_payments_waiting", "Payments that are not over", ["kind", "state"])
_oldest = Gauge("fairhouse_payments_oldest_seconds", "Age of the oldest of them", ["kind", "state"])
_unowned = Gauge("fairhouse_bet_lanes_unowned", "Bet lanes that no process owns")


async def watch_house(db: Database) -> int:
    """Read what waits; a state that nothing is in reads 0."""
    async with db.read() as tx:
        found = {(one.kind, one.state): one for one in await waiting.payments(tx)}
        _unowned.set(await waiting.lanes_unowned(tx))
    for kind, states in STATES.items():
        for state in states:
            one = found.get((kind, state))
            _count.labels(kind, state).set(one.count if one else 0)
            _oldest.labels(kind, state).set(one.oldest_s if one else 0)
    return 0
