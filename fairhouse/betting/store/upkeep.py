"""What follows the road, the players' hot rows, and the partitions laid out before it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from fairhouse.platform.database import Database, Tx

FOLD_MAX: Final = 5_000
"""Entries that one transaction folds."""

_LATEST_ID_AGE: Final = timedelta(hours=25)
"""The road takes no id older than 24 hours."""


async def lanes_behind(tx: Tx) -> list[int]:
    """Lanes with entries that are not folded yet."""
    rows = await tx.fetch(
        """
        select c.lane from betting.fold_cursor c
        where (
            -- With a limit it stays a look into an index; as `exists` it reads the whole journal.
            select e.lane_seq from betting.entry e
            where e.lane = c.lane and e.lane_seq > c.lane_seq and e.id >= c.id_floor
            order by e.lane_seq limit 1) is not null
        order by c.lane
        """
    )
    return [row["lane"] for row in rows]


_FOLD: Final = """
with next as materialized (
    select e.kind, e.lane_seq, e.player_id, e.seed_pair_id, e.nonce,
           (e.at at time zone 'UTC')::date as day,
           betting.wagered_value(e.kind, e.stake, e.stake_value) as wagered,
           betting.returned_value(e.kind, e.stake, e.payout, e.stake_value) as returned
    from betting.entry e
    where e.lane = $1 and e.lane_seq > $2 and e.id >= $3
    order by e.lane_seq limit $4
), daily as (
    select player_id, day, sum(wagered) as wagered, sum(returned) as returned,
        max(lane_seq) filter (where kind in ('instant', 'open')) as placed
    from next group by player_id, day
), newest as (
    select player_id, max(day) as day, max(placed) as placed from daily group by player_id
), sums as (
    select t.player_id, d.day, w.placed,
        sum(t.wagered)::bigint as wagered,
        sum(t.returned)::bigint as returned,
        coalesce(sum(t.wagered) filter (where t.day = d.day), 0)::bigint as wagered_day,
        coalesce(sum(t.returned) filter (where t.day = d.day), 0)::bigint as returned_day,
        coalesce(sum(t.wagered) filter (where
            date_trunc('week', t.day) = date_trunc('week', d.day)), 0)::bigint as wagered_week,
        coalesce(sum(t.returned) filter (where
            date_trunc('week', t.day) = date_trunc('week', d.day)), 0)::bigint as returned_week,
        coalesce(sum(t.wagered) filter (where
            date_trunc('month', t.day) = date_trunc('month', d.day)), 0)::bigint as wagered_month,
        coalesce(sum(t.returned) filter (where
            date_trunc('month', t.day) = date_trunc('month', d.day)), 0)::bigint as returned_month
    from daily t
    join newest w on w.player_id = t.player_id
    join betting.player_hot h on h.player_id = t.player_id
    cross join lateral (select greatest(w.day, h.counted_day) as day) as d
    group by t.player_id, d.day, w.placed
), folded as (
    update betting.player_hot p
    set nonce = case when n.seed_pair_id = p.seed_pair_id then greatest(p.nonce, n.nonce + 1)
                     else p.nonce end,
        wagered_value = p.wagered_value + s.wagered,
        returned_value = p.returned_value + s.returned,
        counted_day = s.day,
        wagered_day = s.wagered_day
            + case when p.counted_day = s.day then p.wagered_day else 0 end,
        returned_day = s.returned_day
            + case when p.counted_day = s.day then p.returned_day else 0 end,
        wagered_week = s.wagered_week + case when date_trunc('week', p.counted_day)
            = date_trunc('week', s.day) then p.wagered_week else 0 end,
        returned_week = s.returned_week + case when date_trunc('week', p.counted_day)
            = date_trunc('week', s.day) then p.returned_week else 0 end,
        wagered_month = s.wagered_month + case when date_trunc('month', p.counted_day)
            = date_trunc('month', s.day) then p.wagered_month else 0 end,
        returned_month = s.returned_month + case when date_trunc('month', p.counted_day)
            = date_trunc('month', s.day) then p.returned_month else 0 end
    from sums s left join next n on n.lane_seq = s.placed
    where p.player_id = s.player_id
)
select count(*) as entries, max(lane_seq) as newest from next
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a lane's entries are folded."""

    lane_seq: int
    id_floor: UUID
    """No entry beyond lane_seq has a smaller id."""


async def lock_cursor(tx: Tx, lane: int, *, wait: bool) -> Cursor | None:
    """Whoever holds the cursor of a lane alone writes its players' hot rows.

    None when another one holds it and `wait` is false.
    """
    row = await tx.fetchrow(
        "select lane_seq, id_floor from betting.fold_cursor where lane = $1 for update"
        + ("" if wait else " skip locked"),
        lane,
    )
    return None if row is None else Cursor(row["lane_seq"], row["id_floor"])


async def fold_lane(tx: Tx, lane: int, limit: int, *, wait: bool = False) -> int:
    """Fold the lane's next entries into their players' hot rows; returns how many entries."""
    cursor = await lock_cursor(tx, lane, wait=wait)
    if cursor is None:
        return 0
    # A plan made while the tables were empty would be kept as they grow, and join row by row.
    await tx.execute("set local plan_cache_mode = force_custom_plan")
    await tx.execute("set local enable_seqscan = off")
    row = await tx.fetchrow(_FOLD, lane, cursor.lane_seq, cursor.id_floor, limit)
    assert row is not None
    if row["entries"]:
        await tx.execute(
            "update betting.fold_cursor set lane_seq = $2,"
            " id_floor = greatest(id_floor, betting.id_floor($3)) where lane = $1",
            lane,
            row["newest"],
            tx.now - _LATEST_ID_AGE,
        )
    return row["entries"]


async def fold_to_end(db: Database, lane: int) -> int:
    """Fold all that the lane has; returns the lane_seq up to which all is folded.

    Only for the lane's owner with nothing under way: nobody else adds to it meanwhile.
    """
    taken = FOLD_MAX
    while taken == FOLD_MAX:
        async with db.tx() as tx:
            taken = await fold_lane(tx, lane, FOLD_MAX, wait=True)
    async with db.read() as tx:
        return (await cursors(tx))[lane]


async def cursors(tx: Tx) -> dict[int, int]:
    """By lane the lane_seq up to which everything is folded."""
    rows = await tx.fetch("select lane, lane_seq from betting.fold_cursor")
    return {row["lane"]: row["lane_seq"] for row in rows}


async def make_partitions(tx: Tx, first: date, last: date) -> int:
    """One partition per day; returns how many were made."""
    return await tx.fetchval("select betting.make_partitions($1, $2)", first, last)


async def entries_outside(tx: Tx) -> int:
    """Entries that no partition was ready for, counted up to a thousand: an alarm."""
    return await tx.fetchval(
        "select count(*) from (select from betting.entry_default limit 1000) as outside"
    )
