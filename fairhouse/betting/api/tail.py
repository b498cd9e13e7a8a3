"""Following lanes that another process writes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fairhouse.betting.store import plays
from fairhouse.betting.store import tail as store
from fairhouse.betting.types import PlaySum, Told
from fairhouse.platform.database import Tx


async def newest_seqs(tx: Tx, *, lanes: Sequence[int]) -> dict[int, int]:
    """Each lane's newest lane_seq; lanes without a bet in the last day are left out."""
    return await store.newest_seqs(tx, lanes)


async def told(tx: Tx, *, ranges: Mapping[int, tuple[int, int]], limit: int) -> list[Told]:
    """Journal lines by lane, beyond the first and up to the second lane_seq, oldest first.

    Of more than `limit` in a lane only the newest: whoever follows must be able to keep up.
    """
    return await store.told(tx, ranges, limit)


async def play_sums(
    tx: Tx, *, lane: int, after: int, since: datetime, limit: int = 5_000
) -> list[PlaySum]:
    """Journal lines of a lane beyond `after`, summed by player and minute, in order.

    `since` is the time of the line at `after` or earlier: what is older is not looked at.
    """
    return await plays.sums(tx, lane=lane, after=after, since=since, limit=limit)
