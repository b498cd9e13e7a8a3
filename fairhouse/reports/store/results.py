"""What tables returned, hour by hour: folded behind the journal, and read."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from fairhouse.games.api.live import LIVE
from fairhouse.platform.database import Record, Tx
from fairhouse.reports.drift import Moments
from fairhouse.reports.types import Marks, NotableBet, ResultKey, Results

FOLD_MAX: Final = 5_000
_LATEST_ID_AGE: Final = timedelta(hours=25)
"""The road takes no id older than 24 hours."""

_FOLD: Final = """
with next as materialized (
    select *, case when game = any($7::text[]) then shared_round end as round
    from reports.lane_entry e
    where e.lane = $1 and e.lane_seq > $2 and e.id >= $3
    order by e.lane_seq limit $4
), added as (
    select brand_id, game, game_version, table_hash, round,
           date_trunc('hour', min(at), 'UTC') as hour, count(*) as bets, sum(staked) as staked,
           sum(returned) as returned
    from next where is_result and round is not null group by 1, 2, 3, 4, 5
), round_now as (
    insert into reports.result_round as r
    -- Lanes are folded side by side: in one order, so that they never wait for each other.
    select * from added order by 1, 2, 3, 4, 5
    on conflict (brand_id, game, game_version, table_hash, round) do update set
        bets = r.bets + excluded.bets,
        staked = r.staked + excluded.staked,
        returned = r.returned + excluded.returned
    returning r.*
), results as (
    select brand_id, game, game_version, table_hash, date_trunc('hour', at, 'UTC') as hour,
           1 as bets, 1 as outcomes, staked, returned, staked * staked as staked_squared,
           staked * returned as crossed, returned * returned as returned_squared
    from next where is_result and round is null
    union all
    -- A round's squares as they are now, less as they were before these bets of it.
    select brand_id, game, game_version, table_hash, n.hour, a.bets, (n.bets = a.bets)::int,
           a.staked, a.returned,
           n.staked * n.staked - (n.staked - a.staked) * (n.staked - a.staked),
           n.staked * n.returned - (n.staked - a.staked) * (n.returned - a.returned),
           n.returned * n.returned - (n.returned - a.returned) * (n.returned - a.returned)
    from round_now n join added a using (brand_id, game, game_version, table_hash, round)
), folded as (
    insert into reports.result_hour as h
        (brand_id, game, game_version, table_hash, hour, bets, outcomes, staked, returned,
         staked_squared, crossed, returned_squared)
    select brand_id, game, game_version, table_hash, hour, sum(bets), sum(outcomes), sum(staked),
           sum(returned), sum(staked_squared), sum(crossed), sum(returned_squared)
    from results group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
    on conflict (brand_id, game, game_version, table_hash, hour) do update set
        bets = h.bets + excluded.bets,
        outcomes = h.outcomes + excluded.outcomes,
        staked = h.staked + excluded.staked,
        returned = h.returned + excluded.returned,
        staked_squared = h.staked_squared + excluded.staked_squared,
        crossed = h.crossed + excluded.crossed,
        returned_squared = h.returned_squared + excluded.returned_squared
)
select count(*) as entries, max(lane_seq) as newest,
    array_agg(row(
        brand_id, player_id, round_id, game, kind, currency, stake, payout,
        staked::bigint, returned::bigint
    ) order by lane_seq) filter (
        where kind = 'void' or is_result and (staked >= $5 or returned >= $6)
    ) as notable
from next
"""
_SUMS: Final = (
    "sum(h.bets)::bigint as bets, sum(h.outcomes)::bigint as outcomes, sum(h.staked) as staked,"
    " sum(h.returned) as returned,"
    " sum(h.staked_squared) as staked_squared, sum(h.crossed) as crossed,"
    " sum(h.returned_squared) as returned_squared"
)
_KEY: Final = "h.brand_id, h.game, h.game_version, h.table_hash"


async def lanes(tx: Tx) -> list[int]:
    """All of them."""
    return [row["lane"] for row in await tx.fetch("select lane from reports.result_cursor")]


async def fold_lane(tx: Tx, lane: int, marks: Marks) -> tuple[int, list[NotableBet]]:
    """Add the lane's next entries to their hours; how many were read, and which are notable."""
    cursor = await tx.fetchrow(
        "select lane_seq, id_floor from reports.result_cursor where lane = $1"
        " for update skip locked",
        lane,
    )
    if cursor is None:
        return 0, []
    # As betting's own fold: a plan made while the tables were empty would be kept as they grow.
    await tx.execute("set local plan_cache_mode = force_custom_plan")
    await tx.execute("set local enable_seqscan = off")
    place = (lane, cursor["lane_seq"], cursor["id_floor"])
    row = await tx.fetchrow(_FOLD, *place, FOLD_MAX, marks.wager, marks.win, list(LIVE))
    assert row is not None
    if row["entries"]:
        await tx.execute(
            "update reports.result_cursor set lane_seq = $2,"
            " id_floor = greatest(id_floor, reports.id_floor($3)) where lane = $1",
            lane,
            row["newest"],
            tx.now - _LATEST_ID_AGE,
        )
    return row["entries"], [NotableBet(*one) for one in row["notable"] or ()]


async def results(
    tx: Tx, since: datetime, begun: Mapping[tuple[int, str, str], datetime]
) -> list[Results]:
    """Sums per table since an hour, or since what `begun` names for a brand's game and version."""
    rows = await tx.fetch(
        f"select {_KEY}, {_SUMS} from reports.result_hour h"
        " left join unnest($2::integer[], $3::text[], $4::text[], $5::timestamptz[])"
        " as b (brand_id, game, game_version, at)"
        " on (b.brand_id, b.game, b.game_version) = (h.brand_id, h.game, h.game_version)"
        f" where h.hour >= $1 and (b.at is null or h.hour >= b.at) group by {_KEY}",
        since,
        [key[0] for key in begun],
        [key[1] for key in begun],
        [key[2] for key in begun],
        [*begun.values()],
    )
    return [Results(_key(row), None, _moments(row)) for row in rows]


async def daily(tx: Tx, brands: Sequence[int], since: datetime) -> list[Results]:
    """Sums per table and UTC day, the oldest first."""
    rows = await tx.fetch(
        f"select {_KEY}, date_trunc('day', h.hour, 'UTC') as at, {_SUMS}"
        " from reports.result_hour h where h.brand_id = any($1::integer[]) and h.hour >= $2"
        f" group by {_KEY}, date_trunc('day', h.hour, 'UTC') order by at",
        list(brands),
        since,
    )
    return [Results(_key(row), row["at"], _moments(row)) for row in rows]


async def open_rounds(tx: Tx, brands: Sequence[int]) -> dict[tuple[int, str, str], int]:
    """By brand, game and version."""
    rows = await tx.fetch(
        "select brand_id, game, game_version, rounds from reports.open_round"
        " where brand_id = any($1::integer[])",
        list(brands),
    )
    return {(row["brand_id"], row["game"], row["game_version"]): row["rounds"] for row in rows}


def _key(row: Record) -> ResultKey:
    return ResultKey(row["brand_id"], row["game"], row["game_version"], row["table_hash"])


def _moments(row: Record) -> Moments:
    return Moments(
        row["bets"],
        int(row["staked"]),
        int(row["returned"]),
        int(row["staked_squared"]),
        int(row["crossed"]),
        int(row["returned_squared"]),
        row["outcomes"],
    )
