-- Bets of one round of a live game share its outcome, so that the watch over returns may stop such
-- a game only by what whole rounds returned: each brand's bets of a round count as one.

create or replace view reports.lane_entry as
    select e.id, e.lane, e.lane_seq, e.brand_id, e.game, e.game_version, e.table_hash, e.at,
           e.kind in ('instant', 'settle') and e.stake_value - coalesce(r.added_value, 0) > 0
               as is_result,
           (e.stake_value - coalesce(r.added_value, 0))::numeric as staked,
           (betting.returned_value(e.kind, e.stake, e.payout, e.stake_value)
               - coalesce(r.added_value, 0))::numeric as returned,
           e.kind, e.round_id, e.player_id, e.currency, e.stake, e.payout,
           e.params ->> 'round' as shared_round
    from betting.entry e
    left join betting.round r on e.kind = 'settle' and r.id = e.round_id;

create table reports.result_round (
    brand_id integer not null,
    game text not null,
    game_version text not null,
    table_hash text not null,
    round text not null,
    hour timestamptz not null,
    bets bigint not null,
    staked numeric not null,
    returned numeric not null,
    primary key (brand_id, game, game_version, table_hash, round)
);
comment on table reports.result_round is
    'Rounds of live games as far as their bets were folded; they count in the hour of the first.';

alter table reports.result_hour add column outcomes bigint not null default 0;
comment on column reports.result_hour.outcomes is
    'Independent ones: bets, but rounds of live games; the squares are of these.';
update reports.result_hour set outcomes = bets;
-- What was summed bet by bet counts as one round: nothing is stopped by it.
update reports.result_hour
set outcomes = 1, staked_squared = staked * staked, crossed = staked * returned,
    returned_squared = returned * returned
where game in ('crash', 'slide');
alter table reports.result_hour alter column outcomes drop default;

grant select on reports.result_round to fairhouse_app, fairhouse_worker;
grant insert, update on reports.result_round to fairhouse_worker;
