-- What each table of each game has returned, by hour: sums that follow the journal, lane by lane,
-- never on the road itself. Out of them comes the watch over drifting returns.

-- Every line of the journal in the order of its lane. A result is measured per opening stake, as
-- the mathematics of the games is: what steps added is taken from both sides.
create view reports.lane_entry as
    select e.id, e.lane, e.lane_seq, e.brand_id, e.game, e.game_version, e.table_hash, e.at,
           e.kind in ('instant', 'settle') and e.stake_value - coalesce(r.added_value, 0) > 0
               as is_result,
           (e.stake_value - coalesce(r.added_value, 0))::numeric as staked,
           (betting.returned_value(e.kind, e.stake, e.payout, e.stake_value)
               - coalesce(r.added_value, 0))::numeric as returned
    from betting.entry e
    left join betting.round r on e.kind = 'settle' and r.id = e.round_id;

create view reports.open_round as
    select brand_id, game, game_version, count(*) as rounds
    from betting.round where state = 'open' group by brand_id, game, game_version;

create table reports.result_hour (
    brand_id integer not null,
    game text not null,
    game_version text not null,
    table_hash text not null,
    hour timestamptz not null,
    bets bigint not null,
    staked numeric not null,
    returned numeric not null,
    staked_squared numeric not null,
    crossed numeric not null,
    returned_squared numeric not null,
    primary key (brand_id, game, game_version, table_hash, hour)
);
comment on table reports.result_hour is
    'Finished real-money bets. Sums of stake s and payout p in micro-units of the reference '
    'currency, of s*s, s*p and p*p: the squared deviations from any return r follow from them.';
create index result_hour_newest on reports.result_hour (hour);

create table reports.result_cursor (
    lane smallint primary key,
    lane_seq bigint not null default 0,
    id_floor uuid not null default '00000000-0000-0000-0000-000000000000'
);
insert into reports.result_cursor (lane) select generate_series(0, 15);

create function reports.id_floor(at timestamptz) returns uuid
language sql immutable strict as $$ select betting.id_floor(at) $$;
comment on function reports.id_floor(timestamptz) is 'The smallest uuid7 of a time.';

grant select on reports.lane_entry, reports.result_hour, reports.result_cursor, reports.open_round
    to fairhouse_app, fairhouse_worker;
grant insert, update on reports.result_hour to fairhouse_worker;
grant update on reports.result_cursor to fairhouse_worker;

-- The watch stops a version by itself, and writes that into the audit log.
grant select, insert on backoffice.audit to fairhouse_worker;
