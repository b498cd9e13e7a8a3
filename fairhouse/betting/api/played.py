"""What a player's limits are counted against, as the journal says it."""

from uuid import UUID

from fairhouse.betting.store import played as store
from fairhouse.platform.database import Tx
from fairhouse.protection.api import period_start
from fairhouse.protection.types import Period, Play


async def played(tx: Tx, *, player_id: UUID, lane: int) -> Play:
    """Staked and returned in the running day, week and month: real money, committed bets.

    For pages and proofs; the road counts for itself, in memory.
    """
    today = tx.now.date()
    return await store.played(
        tx,
        player_id,
        lane,
        today=today,
        week=period_start(Period.WEEK, today),
        month=period_start(Period.MONTH, today),
    )
