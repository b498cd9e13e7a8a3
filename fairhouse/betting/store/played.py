"""What a player staked and got back lately, added up from the journal."""

from datetime import date
from typing import Final
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.protection.types import Play

# Found like a player's history: what the index knows, and the newest tail of the lane.
_PLAYED: Final = """
with own as (
    select distinct i.id
    from betting.player_account a
    join betting.account_entry i on i.account_id = a.cash_account
        and i.id >= betting.id_floor($2::timestamptz)
    where a.player_id = $1
    union
    select e.id
    from betting.index_cursor c
    join betting.entry e on e.lane = c.lane and e.lane_seq > c.lane_seq and e.id >= c.id_floor
    where c.lane = $6 and e.player_id = $1
), line as (
    select (e.at at time zone 'UTC')::date as day,
        case when e.kind in ('instant', 'open') then coalesce(e.stake_value, 0) else 0 end
            as wagered,
        betting.returned_value(e.kind, e.stake, e.payout, e.stake_value) as returned
    from own join betting.entry e on e.id = own.id
    where e.id >= betting.id_floor($2::timestamptz)
)
select coalesce(sum(wagered) filter (where day = $3), 0)::bigint as wagered_day,
    coalesce(sum(wagered) filter (where day >= $4), 0)::bigint as wagered_week,
    coalesce(sum(wagered) filter (where day >= $5), 0)::bigint as wagered_month,
    coalesce(sum(returned) filter (where day = $3), 0)::bigint as returned_day,
    coalesce(sum(returned) filter (where day >= $4), 0)::bigint as returned_week,
    coalesce(sum(returned) filter (where day >= $5), 0)::bigint as returned_month
from line
"""


async def played(
    tx: Tx, player_id: UUID, lane: int, *, today: date, week: date, month: date
) -> Play:
    """In micro-units of the reference currency, since the beginning of each period."""
    # An id is made up to a day before its bet is decided.
    since = min(week, month).toordinal() - 1
    row = await tx.fetchrow(_PLAYED, player_id, date.fromordinal(since), today, week, month, lane)
    assert row is not None
    return Play(day=today.toordinal(), **dict(row))
