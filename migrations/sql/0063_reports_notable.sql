-- Large wagers, large wins and voided bets are significant events (LOG-02): found as the journal is
-- folded, lane by lane, never on the road itself.
create or replace view reports.lane_entry as
    select e.id, e.lane, e.lane_seq, e.brand_id, e.game, e.game_version, e.table_hash, e.at,
           e.kind in ('instant', 'settle') and e.stake_value - coalesce(r.added_value, 0) > 0
               as is_result,
           (e.stake_value - coalesce(r.added_value, 0))::numeric as staked,
           (betting.returned_value(e.kind, e.stake, e.payout, e.stake_value)
               - coalesce(r.added_value, 0))::numeric as returned,
           e.kind, e.round_id, e.player_id, e.currency, e.stake, e.payout
    from betting.entry e
    left join betting.round r on e.kind = 'settle' and r.id = e.round_id;
grant select on reports.lane_entry to fairhouse_app, fairhouse_worker;
