"""The account index that follows the road, and the partitions laid out before it."""

from datetime import date, timedelta
from typing import Final

from fairhouse.platform.database import Tx

_LATEST_ID_AGE: Final = timedelta(hours=25)
"""The road takes no id older than 24 hours."""


async def lanes_behind(tx: Tx) -> list[int]:
    """Lanes with entries that are not indexed yet."""
    rows = await tx.fetch(
        """
        select c.lane from betting.index_cursor c
        where exists (
            select from betting.entry e
            where e.lane = c.lane and e.lane_seq > c.lane_seq and e.id >= c.id_floor)
        order by c.lane
        """
    )
    return [row["lane"] for row in rows]


async def index_lane(tx: Tx, lane: int, limit: int) -> int:
    """Index the lane's next entries under every account they touch; returns how many entries."""
    cursor = await tx.fetchrow(
        "select lane_seq, id_floor from betting.index_cursor where lane = $1"
        " for update skip locked",
        lane,
    )
    if cursor is None:
        return 0
    row = await tx.fetchrow(
        """
        with next as materialized (
            select e.id, e.kind, e.stake, e.payout, e.lane_seq, e.cash_account, e.locked_account,
                   e.house_account
            from betting.entry e
            where e.lane = $1 and e.lane_seq > $2 and e.id >= $3
            order by e.lane_seq limit $4
        ), indexed as (
            insert into betting.account_entry (account_id, id)
            select distinct leg.account_id, next.id
            from next cross join lateral (values
                (next.cash_account), (next.locked_account),
                (case when next.kind in ('instant', 'settle') then next.house_account end)
            ) as leg (account_id)
            where leg.account_id is not null
            order by 1, 2
            on conflict do nothing
        )
        select count(*) as entries, max(lane_seq) as newest from next
        """,
        lane,
        cursor["lane_seq"],
        cursor["id_floor"],
        limit,
    )
    assert row is not None
    if row["entries"]:
        await tx.execute(
            "update betting.index_cursor set lane_seq = $2,"
            " id_floor = greatest(id_floor, betting.id_floor($3)) where lane = $1",
            lane,
            row["newest"],
            tx.now - _LATEST_ID_AGE,
        )
    return row["entries"]


async def make_partitions(tx: Tx, first: date, last: date) -> int:
    """One partition per day; returns how many were made."""
    return await tx.fetchval("select betting.make_partitions($1, $2)", first, last)


async def entries_outside(tx: Tx) -> int:
    """Entries that no partition was ready for, counted up to a thousand: an alarm."""
    return await tx.fetchval(
        "select count(*) from (select from betting.entry_default limit 1000) as outside"
    )
