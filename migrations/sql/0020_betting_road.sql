-- The road without a hot row per bet: the lane owner keeps nonces and counters in memory, and
-- `betting.player_hot` is a fold of the journal up to `betting.index_cursor.lane_seq`, lane by lane
-- (docs/decisions/0022).

-- Whatever the cursor has not seen was counted by the batch that wrote it: catch up, once.
insert into betting.account_entry (account_id, id)
select distinct leg.account_id, e.id
from betting.index_cursor c
join betting.entry e on e.lane = c.lane and e.lane_seq > c.lane_seq and e.id >= c.id_floor
cross join lateral (values
    (e.cash_account), (e.locked_account),
    (case when e.kind in ('instant', 'settle') then e.house_account end)
) as leg (account_id)
where leg.account_id is not null
on conflict do nothing;
update betting.index_cursor c
set lane_seq = newest.lane_seq
from (select lane, max(lane_seq) as lane_seq from betting.entry group by lane) as newest
where newest.lane = c.lane and newest.lane_seq > c.lane_seq;

comment on table betting.index_cursor is
    'Entries of the lane up to lane_seq are indexed by account and folded into player_hot.';
comment on table betting.player_hot is
    'What a player''s entries up to the cursor of their lane add up to; the owner holds the rest.';

-- What of an entry's value came back to the player, in micro-units of the reference currency.
create function betting.returned_value(
    kind text, stake bigint, payout bigint, stake_value bigint
) returns bigint
language sql immutable parallel safe as $$
    select case
        when stake_value is null or stake = 0 then 0
        when kind = 'void' then stake_value
        else div(stake_value::numeric * payout, stake)::bigint
    end
$$;

alter table betting.player_hot
    add column counted_day date not null default '0001-01-01',
    add column wagered_day bigint not null default 0 check (wagered_day >= 0),
    add column wagered_week bigint not null default 0 check (wagered_week >= 0),
    add column wagered_month bigint not null default 0 check (wagered_month >= 0),
    add column returned_day bigint not null default 0 check (returned_day >= 0),
    add column returned_week bigint not null default 0 check (returned_week >= 0),
    add column returned_month bigint not null default 0 check (returned_month >= 0);
comment on column betting.player_hot.counted_day is
    'UTC day of the newest folded entry: the counters belong to its day, ISO week and month.';

-- The counters of the periods that run now, from the journal of the last 32 days.
with recent as (
    select e.player_id, (e.at at time zone 'UTC')::date as day,
        case when e.kind in ('instant', 'open') then coalesce(e.stake_value, 0) else 0 end
            as wagered,
        betting.returned_value(e.kind, e.stake, e.payout, e.stake_value) as returned
    from betting.entry e
    where e.id >= betting.id_floor(now() - interval '33 days')
), newest as (
    select player_id, max(day) as day from recent group by player_id
), sums as (
    select n.player_id, n.day,
        coalesce(sum(r.wagered) filter (where r.day = n.day), 0)::bigint as wagered_day,
        coalesce(sum(r.wagered) filter (
            where date_trunc('week', r.day) = date_trunc('week', n.day)), 0)::bigint
            as wagered_week,
        coalesce(sum(r.wagered) filter (
            where date_trunc('month', r.day) = date_trunc('month', n.day)), 0)::bigint
            as wagered_month,
        coalesce(sum(r.returned) filter (where r.day = n.day), 0)::bigint as returned_day,
        coalesce(sum(r.returned) filter (
            where date_trunc('week', r.day) = date_trunc('week', n.day)), 0)::bigint
            as returned_week,
        coalesce(sum(r.returned) filter (
            where date_trunc('month', r.day) = date_trunc('month', n.day)), 0)::bigint
            as returned_month
    from newest n join recent r on r.player_id = n.player_id
    group by n.player_id, n.day
)
update betting.player_hot p
set counted_day = s.day, wagered_day = s.wagered_day, wagered_week = s.wagered_week,
    wagered_month = s.wagered_month, returned_day = s.returned_day,
    returned_week = s.returned_week, returned_month = s.returned_month
from sums s where s.player_id = p.player_id;

grant update (
    counted_day, wagered_day, wagered_week, wagered_month, returned_day, returned_week,
    returned_month
) on betting.player_hot to fairhouse_app;

-- One line of a batch as the lane owner sends it. `what` points into the arrays that hold what many
-- lines share; `delta` is the change of the player's balance from the batch's beginning to after
-- this line.
create type betting.line as (
    id uuid,
    round_id uuid,
    kind smallint,
    what smallint,
    lane smallint,
    lane_seq bigint,
    player_id uuid,
    seed_pair_id uuid,
    nonce bigint,
    cash_account bigint,
    locked_account bigint,
    stake bigint,
    payout bigint,
    delta bigint,
    stake_value bigint,
    step integer,
    params jsonb,
    outcome jsonb,
    fingerprint bytea
);
create type betting.round_move as (
    id uuid,
    cash_account bigint,
    step_before integer,
    step integer,
    state text,
    payout bigint,
    progress jsonb,
    expires_at timestamptz,
    closed_at timestamptz,
    delta bigint
);
