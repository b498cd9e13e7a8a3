"""The newest of lanes that another process writes: what its commits are told from elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from fairhouse.betting.types import Told
from fairhouse.kernel.ids import uuid7
from fairhouse.platform.database import Tx

_LATEST_ID_AGE: Final = timedelta(hours=25)
"""The road takes no id older than 24 hours: older partitions are not looked at."""

NEWEST: Final = """
select l.lane, e.lane_seq
from unnest($1::smallint[]) as l (lane)
cross join lateral (
    select e.lane_seq from betting.entry e
    where e.lane = l.lane and e.id >= $2::uuid
    order by e.lane_seq desc limit 1) as e
"""
TOLD: Final = """
select e.lane, e.brand_id, e.player_id, e.currency, e.round_id as id, e.balance_after
from unnest($1::smallint[], $2::bigint[], $3::bigint[]) as l (lane, after, upto)
cross join lateral (
    select * from betting.entry e
    where e.lane = l.lane and e.lane_seq > l.after and e.lane_seq <= l.upto
      and e.id >= $4::uuid
    order by e.lane_seq desc limit $5::int) as e
order by e.lane, e.lane_seq
"""


async def newest_seqs(tx: Tx, lanes: Sequence[int]) -> dict[int, int]:
    """Each lane's newest sequence number; lanes without an entry lately are left out."""
    rows = await tx.fetch(NEWEST, lanes, floor_of(tx))
    return {row["lane"]: row["lane_seq"] for row in rows}


async def told(tx: Tx, ranges: Mapping[int, tuple[int, int]], limit: int) -> list[Told]:
    """Lines beyond the first and up to the second number of each lane, in the order of the lanes
    and their numbers; of more than `limit` in a lane the newest.
    """
    rows = await tx.fetch(
        TOLD,
        list(ranges),
        [after for after, _ in ranges.values()],
        [upto for _, upto in ranges.values()],
        floor_of(tx),
        limit,
    )
    return [Told(**dict(row.items())) for row in rows]


def floor_of(tx: Tx, age: timedelta = timedelta(0)) -> UUID:
    """No entry from `age` ago on has a smaller id."""
    since = tx.now - _LATEST_ID_AGE - age
    return uuid7(int(since.timestamp() * 1000), bytes(10))
