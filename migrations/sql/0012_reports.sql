-- Reports: what staff read. Views over other modules' tables are the one place where a schema looks
-- into another; nothing here writes. Test accounts and play money are told apart in every row.
create schema reports;
grant usage on schema reports to fairhouse_app, fairhouse_worker;

create view reports.player as
    select p.id, p.brand_id, p.kind, p.status, p.username, p.language, p.is_test, p.created_at,
           p.registered_at, p.last_login_at, p.withdrawals_held_until, p.locked_until, p.erased_at,
           coalesce(h.wagered_value, 0) as wagered_value,
           coalesce(h.returned_value, 0) as returned_value
    from identity.player p left join betting.player_hot h on h.player_id = p.id;

create view reports.session as
    select id, player_id, brand_id from identity.session;

create view reports.deposit as
    select d.id, d.brand_id, d.player_id, p.username, p.is_test, d.chain, d.tx_hash, d.idx,
           d.asset, d.address, d.from_address, d.base_units, d.units, d.state, d.confirmations,
           d.required, d.value, d.seen_at, d.credited_at
    from cashier.deposit d left join identity.player p on p.id = d.player_id;

create view reports.withdrawal as
    select w.id, w.brand_id, w.player_id, p.username, p.is_test, w.chain, w.asset, w.currency,
           w.units, w.fee_units, w.destination, w.state, w.checks, w.value, w.tx_hash, w.note,
           w.requested_at, w.updated_at
    from cashier.withdrawal w left join identity.player p on p.id = w.player_id;

create view reports.withdrawal_step as
    select withdrawal_id, seq, state, at, actor, staff_id, note from cashier.withdrawal_event;

-- One row per bet: an instant one, or a round by its opening.
create view reports.bet as
    select e.id, e.brand_id, e.player_id, p.username, p.is_test, e.game, e.currency, e.nonce,
           e.seed_pair_id, coalesce(r.stake, e.stake) as stake,
           coalesce(r.payout, e.payout) as payout, coalesce(r.state, 'settled') as state,
           e.stake_value, e.at
    from betting.entry e
    left join betting.round r on e.kind = 'open' and r.id = e.round_id
    left join identity.player p on p.id = e.player_id
    where e.kind in ('instant', 'open');

-- What play brought: a stake counts when its round is over, at the rate of its bet.
create view reports.play as
    select e.id, e.brand_id, e.player_id, p.is_test, e.currency, e.game, e.stake, e.payout, e.at,
           coalesce(e.stake_value, 0) as stake_value,
           case when e.stake = 0 then 0
                else div(coalesce(e.stake_value, 0)::numeric * e.payout, e.stake::numeric)
           end as payout_value,
           case when e.stake = 0 then 0
                else div(coalesce(e.stake_value, 0)::numeric * (e.bonus_stake + e.free_stake),
                         e.stake::numeric)
           end as bonus_value
    from betting.entry e left join identity.player p on p.id = e.player_id
    where e.kind in ('instant', 'settle');

create view reports.seed_pair as
    select id, player_id, brand_id, state from fairness.seed_pair;

create view reports.family as
    select f.id, f.brand_id, f.kind, f.chain, f.asset, f.source, f.destination, f.base_units,
           f.ref, f.state, f.nonce, f.failure, f.fee_base_units, f.block_height, f.created_at,
           f.updated_at
    from custody.family f;

create view reports.family_step as
    select id, family_id, state, note, at from custody.family_step;

create view reports.member as
    select family_id, order_id, tx_hash from custody.member;

create view reports.own_address as
    select chain, address, brand_id, player_id, 'deposit' as place from custody.deposit_address
    union all
    select chain, hot_address, brand_id, null, 'hot' from custody.vault
    union all
    select chain, gas_address, brand_id, null, 'gas_tank' from custody.vault;

create view reports.transfer as
    select t.id, t.kind, t.amount, t.reason, t.ref, t.at, d.brand_id, d.unit,
           d.name as debit_name, c.name as credit_name, t.pending_id
    from ledger.transfer t
    join ledger.account d on d.id = t.debit_account
    join ledger.account c on c.id = t.credit_account;

-- Network fees as the books have them, in base units of the coin that paid.
create view reports.network_fee as
    select a.brand_id, a.unit as asset, t.at,
           case when t.debit_account = a.id then t.amount else -t.amount end as base_units
    from ledger.account a
    join ledger.transfer t on t.debit_account = a.id or t.credit_account = a.id
    where a.code = 'network_fee' and t.kind in ('single', 'post');

create view reports.staff as
    select id, handle, name from identity.staff;

-- What the lists and sums above are found by; a test holds their plans.
create index deposit_newest on cashier.deposit (brand_id, id);
create index deposit_credited on cashier.deposit (credited_at) where state = 'CREDITED';
create index withdrawal_newest on cashier.withdrawal (brand_id, id);
create index withdrawal_paid on cashier.withdrawal (updated_at) where state = 'CONFIRMED';
create index player_newest on identity.player (brand_id, id) where kind = 'registered';
create index family_newest on custody.family (brand_id, id);

grant select on all tables in schema reports to fairhouse_app;
