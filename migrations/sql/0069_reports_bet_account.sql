-- A player's bets as staff look for them: by the journal's own index of the player's accounts.
create or replace view reports.bet as
    select e.id, e.brand_id, e.player_id, p.username, p.is_test, e.game, e.currency, e.nonce,
           e.seed_pair_id, coalesce(r.stake + r.added, e.stake) as stake,
           coalesce(r.payout, e.payout) as payout, coalesce(r.state, 'settled') as state,
           e.stake_value + coalesce(r.added_value, 0) as stake_value, e.at, e.cash_account
    from betting.entry e
    left join betting.round r on e.kind = 'open' and r.id = e.round_id
    left join identity.player p on p.id = e.player_id
    where e.kind in ('instant', 'open');
create view reports.cash_account as
    select id as account_id, owner as player_id, brand_id from ledger.account
    where code = 'player_cash' and owner is not null;
grant select on reports.bet, reports.cash_account to fairhouse_app, fairhouse_worker;
