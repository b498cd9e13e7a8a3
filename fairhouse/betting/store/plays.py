"""Finished bets of a lane by player and minute: how others follow play without a row each."""

from datetime import datetime, timedelta
from typing import Final

from fairhouse.betting.types import PlaySum
from fairhouse.kernel.ids import uuid7
from fairhouse.platform.database import Tx

_LATEST_ID_AGE: Final = timedelta(hours=25)
"""The road takes no id older than 24 hours: an entry's id is no older than that at its commit."""

SUMS: Final = """
with next as materialized (
    select e.lane_seq, e.player_id, e.brand_id, e.at, e.stake_value as staked,
           betting.returned_value(e.kind, e.stake, e.payout, e.stake_value) as returned,
           e.kind in ('instant', 'settle') and coalesce(e.stake_value, 0) > 0 as is_counted
    from betting.entry e
    where e.lane = $1 and e.lane_seq > $2 and e.id >= $3
    order by e.lane_seq limit $4
)
select player_id, brand_id, min(lane_seq) as first_seq, max(lane_seq) as last_seq, max(at) as at,
       count(*) filter (where is_counted) as bets,
       coalesce(sum(staked) filter (where is_counted), 0)::bigint as staked,
       coalesce(sum(returned) filter (where is_counted), 0)::bigint as returned,
       coalesce(sum(least(staked, abs(returned - staked))) filter (where is_counted), 0)::bigint
           as moved
from next group by player_id, brand_id, date_trunc('minute', at, 'UTC')
order by max(at), min(lane_seq)
"""


async def sums(tx: Tx, *, lane: int, after: int, since: datetime, limit: int) -> list[PlaySum]:
    """Of the next `limit` journal lines beyond `after`; none of them is older than `since`."""
    # A plan made while the tables were empty would be kept as they grow.
    await tx.execute("set local plan_cache_mode = force_custom_plan")
    floor_ms = max(int((since - _LATEST_ID_AGE).timestamp() * 1000), 0)
    rows = await tx.fetch(SUMS, lane, after, uuid7(floor_ms, bytes(10)), limit)
    return [PlaySum(**dict(row.items())) for row in rows]
