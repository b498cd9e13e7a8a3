"""Steps for the worker's loops: watch the books, and end holds whose time is over."""

from typing import Final

from prometheus_client import Gauge

from fairhouse.ledger import api
from fairhouse.ledger.events import BooksFoundImbalanced
from fairhouse.ledger.types import Imbalance
from fairhouse.platform.database import Database
from fairhouse.platform.outbox import announce

EXPIRE_BATCH: Final = 100

_imbalances = Gauge(
    "fairhouse_ledger_imbalances", "Findings of the last check of the books; 0 means exact"
)


class BooksWatch:
    """Checks every invariant; announces each finding once for as long as it stands."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._announced: frozenset[Imbalance] = frozenset()

    async def step(self) -> list[Imbalance]:
        """All findings of this moment; empty means exact."""
        async with self._db.read() as tx:
            found = await api.imbalances(tx)
        _imbalances.set(len(found))
        fresh = [item for item in found if item not in self._announced]
        if fresh:
            async with self._db.tx() as tx:
                for item in fresh:
                    await announce(tx, _event(item))
        self._announced = frozenset(found)
        return found


async def expire_holds(db: Database) -> int:
    """Void a batch of expired holds; returns how many, so that a loop comes again at once."""
    async with db.tx() as tx:
        return await api.expire_holds(tx, limit=EXPIRE_BATCH)


def _event(item: Imbalance) -> BooksFoundImbalanced:
    """The subject begins with the brand, where the finding has one."""
    head = item.subject.partition("/")[0]
    return BooksFoundImbalanced(
        brand_id=int(head) if head.isdigit() else 0,
        invariant=item.invariant,
        subject=item.subject,
        expected=str(item.expected),
        actual=str(item.actual),
    )
