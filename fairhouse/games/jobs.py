"""Rounds that nobody came back to."""

from typing import Final

import structlog

from fairhouse.betting import api as betting
from fairhouse.betting.types import LaneElsewhere
from fairhouse.games.api import Games
from fairhouse.games.crash.types import LIVE
from fairhouse.platform.database import Database

_log = structlog.get_logger("games")

BATCH: Final = 100


async def settle_abandoned(db: Database, games: Games) -> int:
    """Settle open rounds whose time is over, by the published policy; returns how many.

    Runs beside the road of every process; rounds of lanes elsewhere are left to their owner.
    """
    async with db.read() as tx:
        expired = await betting.expired_rounds(tx, limit=BATCH)
    settled = 0
    for found in expired:
        if found.game in LIVE:
            continue
        try:
            await games.settle_abandoned(found)
        except LaneElsewhere:
            continue
        settled += 1
        _log.info("abandoned round settled", round_id=str(found.id), game=found.game)
    return settled
