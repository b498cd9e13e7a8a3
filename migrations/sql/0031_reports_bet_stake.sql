-- A round's stake is what it was opened with and what its steps added.
create or replace view reports.bet as
    select e.id, e.brand_id, e.player_id, p.username, p.is_test, e.game, e.currency, e.nonce,
           e.seed_pair_id, coalesce(r.stake + r.added, e.stake) as stake,
           coalesce(r.payout, e.payout) as payout, coalesce(r.state, 'settled') as state,
           e.stake_value + coalesce(r.added_value, 0) as stake_value, e.at
    from betting.entry e
    left join betting.round r on e.kind = 'open' and r.id = e.round_id
    left join identity.player p on p.id = e.player_id
    where e.kind in ('instant', 'open');
