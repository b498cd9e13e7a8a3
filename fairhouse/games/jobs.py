"""Rounds that nobody came back to, and rounds that two people have voided."""

from typing import Final

import structlog

from fairhouse.betting import api as betting
from fairhouse.betting.types import BetId, Bettor, LaneElsewhere
from fairhouse.games import store
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


async def do_voids(db: Database, road: betting.Road) -> int:
    """Undo what was approved, in the lanes of this process; returns how many.

    A round that ended meanwhile stays as it ended. A crash before `done` only asks again.
    """
    async with db.read() as tx:
        waiting = await store.voids_to_do(tx, BATCH)
    count = 0
    for wish in waiting:
        if not road.owns(wish.lane):
            continue
        bettor = Bettor(wish.player_id, wish.brand_id, wish.lane)
        try:
            await road.void(round_id=BetId(wish.bet_id), bettor=bettor, reason=wish.reason)
        except LaneElsewhere:
            continue
        async with db.tx() as tx:
            await store.void_done(tx, wish.id)
        count += 1
    return count
