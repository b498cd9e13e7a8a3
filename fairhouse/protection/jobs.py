"""What the worker does for protection: tell players that a higher limit may be confirmed."""

from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.protection.api import limit_facts
from fairhouse.protection.engine.telling import Whom, tell
from fairhouse.protection.store import limits as store

BATCH = 50


async def announce_ready(db: Database, *, sealer: Sealer) -> int:
    """Changes whose wait is over; returns how many players were told, at most 50 a time."""
    async with db.tx() as tx:
        due = await store.take_ready(tx, limit=BATCH)
        for player_id, brand_id, change in due:
            facts = limit_facts(change.kind, change.period, change.amount)
            await tell(tx, sealer, Whom(player_id, brand_id), "limit_ready", facts)
    return len(due)
