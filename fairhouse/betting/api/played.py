"""What a player's limits are counted against, as the journal says it."""

from uuid import UUID

from fairhouse.betting.store import hot
from fairhouse.platform.database import Tx
from fairhouse.protection.api import roll
from fairhouse.protection.types import Play


async def played(tx: Tx, *, player_id: UUID) -> Play:
    """Staked and returned in the running day, week and month: real money, committed bets.

    For pages and proofs; the road counts for itself, in memory.
    """
    play = (await hot.plays(tx, [player_id])).get(player_id, Play())
    roll(play, tx.now.toordinal())
    return play
