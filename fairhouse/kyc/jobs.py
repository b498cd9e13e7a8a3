"""Kyc's part of the worker: verifications that end, people looked for again."""

from typing import Final

from fairhouse.kyc.engine.deciding import expire
from fairhouse.kyc.engine.people import KycTools, rescan
from fairhouse.platform.database import Database

EXPIRE_EVERY_S: Final = 60.0
RESCAN_EVERY_S: Final = 5.0
WORDS_EVERY_S: Final = 1.0
POLL_EVERY_S: Final = 60.0
BATCH: Final = 100


async def expire_due(db: Database) -> int:
    """Ask again for what is no longer believed."""
    async with db.tx() as tx:
        return await expire(tx, limit=BATCH)


async def rescan_due(db: Database, tools: KycTools) -> int:
    """Look for people again after a list changed, and once a month."""
    return await rescan(db, tools)
