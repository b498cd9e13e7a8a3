"""`betting.player_hot` is what the journal adds up to, lane by lane up to the cursor.

Computed from scratch here, not step by step as the fold does it.
"""

from fairhouse.platform.database import Database, Tx

_SUMS = """
    coalesce(sum(e.wagered){of}, 0)::bigint as wagered_{name},
    coalesce(sum(e.returned){of}, 0)::bigint as returned_{name}"""
_PERIODS = {
    "value": "",
    "day": " filter (where e.day = n.day)",
    "week": " filter (where date_trunc('week', e.day) = date_trunc('week', n.day))",
    "month": " filter (where date_trunc('month', e.day) = date_trunc('month', n.day))",
}
_COUNTERS = [f"{what}_{name}" for name in _PERIODS for what in ("wagered", "returned")]

_EXPECTED = f"""
with entry as (
    select e.player_id, e.kind, e.seed_pair_id, e.nonce,
        (e.at at time zone 'UTC')::date as day,
        case when e.kind in ('instant', 'open') or e.kind = 'step' and e.stake > 0
             then coalesce(e.stake_value, 0) else 0 end as wagered,
        case when e.stake_value is null or e.stake = 0 then 0
             when e.kind = 'void' then e.stake_value
             else div(e.stake_value::numeric * e.payout, e.stake)::bigint end as returned
    from betting.entry e join betting.fold_cursor c on c.lane = e.lane
    where e.lane_seq <= c.lane_seq
), newest as (
    select player_id, max(day) as day from entry group by player_id
)
select n.player_id, n.day as counted_day,
    count(*) filter (where e.kind in ('instant', 'open') and e.seed_pair_id = h.seed_pair_id)
        as nonce,
    {",".join(_SUMS.format(of=of, name=name) for name, of in _PERIODS.items())}
from newest n
join entry e on e.player_id = n.player_id
join betting.player_hot h on h.player_id = n.player_id
group by n.player_id, n.day
order by n.player_id
"""
_KEPT = f"""
select h.player_id, h.counted_day, h.nonce, {", ".join(f"h.{name}" for name in _COUNTERS)}
from betting.player_hot h
where exists (
    select from betting.entry e join betting.fold_cursor c on c.lane = e.lane
    where e.player_id = h.player_id and e.lane_seq <= c.lane_seq)
order by h.player_id
"""
_UNTOUCHED = """
select h.player_id from betting.player_hot h
where (h.nonce > 0 or h.wagered_value > 0 or h.returned_value > 0)
  and not exists (select from betting.entry e where e.player_id = h.player_id)
"""


async def check_fold(db: Database) -> None:
    """Every hot row is the fold of its player's entries up to the cursor."""
    async with db.read() as tx:
        await check_fold_in(tx)


async def check_fold_in(tx: Tx) -> None:
    """The same within a snapshot."""
    expected = [dict(row) for row in await tx.fetch(_EXPECTED)]
    kept = [dict(row) for row in await tx.fetch(_KEPT)]
    assert expected == kept
    assert [] == await tx.fetch(_UNTOUCHED)
