-- Betting: lanes and their owners, the bet journal, open rounds, and what the road keeps hot.
create schema betting;
grant usage on schema betting to fairhouse_app, fairhouse_worker;

-- Sixteen lanes; each player belongs to one. A process writes a lane's bets while it owns it: the
-- epoch fences an owner who lost the lane and does not know it yet.
create table betting.lane (
    lane smallint primary key check (lane between 0 and 15),
    owner text,
    epoch bigint not null default 0,
    lease_until timestamptz not null default '-infinity',
    backend_pid integer,
    backend_start timestamptz
) with (fillfactor = 50);
insert into betting.lane (lane) select generate_series(0, 15);

-- The bet row is the journal line of play. Range-partitioned by its uuid7 id, that is by time.
create table betting.entry (
    id uuid primary key,
    kind text not null check (kind in ('instant', 'open', 'step', 'settle', 'void')),
    round_id uuid not null,
    brand_id integer not null,
    lane smallint not null,
    lane_seq bigint not null,
    player_id uuid not null,
    currency text not null,
    cash_account bigint not null,
    house_account bigint not null,
    locked_account bigint,
    stake bigint not null check (stake >= 0),
    payout bigint not null check (payout >= 0),
    balance_after bigint not null check (balance_after >= 0),
    bonus_stake bigint not null default 0 check (bonus_stake >= 0),
    free_stake bigint not null default 0 check (free_stake >= 0),
    game text not null,
    game_version text not null,
    table_hash text not null,
    seed_pair_id uuid not null,
    nonce bigint not null check (nonce >= 0),
    step integer not null check (step >= 0),
    params jsonb not null,
    outcome jsonb not null,
    rate_id uuid,
    stake_value bigint,
    fingerprint bytea not null,
    at timestamptz not null,
    check (bonus_stake + free_stake <= stake),
    check ((kind = 'instant') = (locked_account is null)),
    check (kind in ('instant', 'settle') or payout = 0)
) partition by range (id);
comment on column betting.entry.stake is
    'instant, open, step: taken from the player. settle, void: released from the locked wager.';
comment on column betting.entry.bonus_stake is
    'Funding: these parts of the stake are not cash; the rest is.';
comment on column betting.entry.lane_seq is
    'Rises in the order of commits within a lane; numbers may be left out, never reused.';
comment on column betting.entry.stake_value is
    'Micro-units of the reference currency, rounded down, at the rate of rate_id.';
create index entry_in_lane on betting.entry (lane, lane_seq);
create table betting.entry_default partition of betting.entry default;

create trigger append_only before update or delete or truncate on betting.entry
    for each statement execute function platform.refuse_change();

-- The smallest uuid7 of a time: where a partition begins.
create function betting.id_floor(at timestamptz) returns uuid
language sql immutable strict as $$
    select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
            || '00000000000000000000')::uuid
$$;

-- Daily partitions, a week ahead. Attaching does not stop the road; what fell into the default
-- partition meanwhile makes it fail loudly, and `entry_default` is watched.
create function betting.make_partitions(first_day date, last_day date) returns integer
language plpgsql security definer set search_path = betting, pg_temp as $$
declare
    day date;
    name text;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('betting.make_partitions'));
    for day in select generate_series(first_day, last_day, '1 day')::date loop
        name := 'entry_' || to_char(day, 'YYYYMMDD');
        if to_regclass('betting.' || name) is null then
            execute format(
                'create table betting.%I (like betting.entry including defaults '
                'including constraints)', name);
            execute format(
                'alter table betting.entry attach partition betting.%I '
                'for values from (%L) to (%L)',
                name, betting.id_floor(day::timestamp at time zone 'UTC'),
                betting.id_floor((day + 1)::timestamp at time zone 'UTC'));
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;
revoke all on function betting.make_partitions(date, date) from public;
grant execute on function betting.make_partitions(date, date) to fairhouse_worker;
select betting.make_partitions(
    (now() at time zone 'UTC')::date - 2, (now() at time zone 'UTC')::date + 8);

-- One row per player who ever bet; written in every batch, by the lane's owner only.
create table betting.player_hot (
    player_id uuid primary key,
    brand_id integer not null,
    lane smallint not null,
    seed_pair_id uuid not null,
    nonce bigint not null check (nonce >= 0),
    wagered_value bigint not null default 0 check (wagered_value >= 0),
    returned_value bigint not null default 0 check (returned_value >= 0)
) with (fillfactor = 80);
comment on column betting.player_hot.wagered_value is
    'Life-time sum of real-money stakes in micro-units of the reference currency; never falls.';

-- A player's ledger accounts, once they have bet in a currency.
create table betting.player_account (
    player_id uuid not null,
    currency text not null,
    cash_account bigint not null,
    locked_account bigint not null,
    primary key (player_id, currency)
);

-- Rounds of several steps: each step is a compare-and-set on `step`.
create table betting.round (
    id uuid primary key,
    brand_id integer not null,
    lane smallint not null,
    player_id uuid not null,
    currency text not null,
    game text not null,
    game_version text not null,
    table_hash text not null,
    seed_pair_id uuid not null,
    nonce bigint not null,
    params jsonb not null,
    stake bigint not null check (stake > 0),
    payout bigint not null default 0 check (payout >= 0),
    state text not null check (state in ('open', 'settled', 'void')),
    step integer not null check (step >= 0),
    progress jsonb not null,
    rate_id uuid,
    stake_value bigint,
    opened_at timestamptz not null,
    expires_at timestamptz not null,
    closed_at timestamptz,
    balance_after bigint not null,
    check ((state = 'open') = (closed_at is null))
) with (fillfactor = 70);
create unique index round_open on betting.round (player_id, game) where state = 'open';
create index round_expiring on betting.round (expires_at) where state = 'open';

-- Histories are a read model: which entries touched an account. Filled behind the road; what is
-- newer than `index_cursor` is read from the lanes themselves, so that nothing is ever missing.
create table betting.account_entry (
    account_id bigint not null,
    id uuid not null,
    primary key (account_id, id)
);
create table betting.index_cursor (
    lane smallint primary key references betting.lane (lane),
    lane_seq bigint not null default 0,
    id_floor uuid not null default '00000000-0000-0000-0000-000000000000'
);
insert into betting.index_cursor (lane) select generate_series(0, 15);
comment on column betting.index_cursor.id_floor is
    'No entry of the lane beyond lane_seq has a smaller id: lets old partitions be skipped.';

create function betting.fail(what text) returns bigint
language plpgsql as $$
begin
    raise exception 'betting: %', what using errcode = 'FH001';
end
$$;
comment on function betting.fail(text) is
    'Undoes a whole batch when the database does not stand where the lane owner believed.';

-- The legs of one entry: every stake and payout as debit and credit.
create function betting.legs(
    kind text, stake bigint, payout bigint, cash bigint, locked bigint, house bigint
) returns table (account_id bigint, debit bigint, credit bigint, reason text)
language sql immutable as $$
    select * from (values
        (case when kind in ('settle', 'void') then locked else cash end, stake, 0::bigint,
         case when kind = 'void' then 'void' else 'stake' end),
        (case kind when 'void' then cash when 'open' then locked when 'step' then locked
              else house end, 0::bigint, stake,
         case when kind = 'void' then 'void' else 'stake' end),
        (house, payout, 0::bigint, 'payout'),
        (cash, 0::bigint, payout, 'payout')
    ) as leg (account_id, debit, credit, reason)
    where debit > 0 or credit > 0
$$;

-- By account: what is indexed through the index, and the newest straight from the lanes.
create view betting.leg as
    select leg.account_id, e.at, e.id, e.round_id, leg.debit, leg.credit, leg.reason
    from betting.account_entry i
    join betting.entry e on e.id = i.id
    cross join lateral betting.legs(
        e.kind, e.stake, e.payout, e.cash_account, e.locked_account, e.house_account) as leg
    where leg.account_id = i.account_id
    union all
    select leg.account_id, e.at, e.id, e.round_id, leg.debit, leg.credit, leg.reason
    from betting.index_cursor c
    join betting.entry e on e.lane = c.lane and e.lane_seq > c.lane_seq and e.id >= c.id_floor
    cross join lateral betting.legs(
        e.kind, e.stake, e.payout, e.cash_account, e.locked_account, e.house_account) as leg;

-- The bet's wire id, as the kernel writes it: `bet_` and 26 characters of Crockford base32.
create function betting.wire_id(id uuid) returns text
language sql immutable strict parallel safe as $$
    select 'bet_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz',
               ('0b' || substr(bits, at, 5))::integer + 1, 1), '' order by at)
    from (select '00' || (('x' || replace(id::text, '-', ''))::bit(128))::text as bits) b,
         generate_series(1, 126, 5) as at
$$;

-- Every posted movement: the transfers, and the legs of play.
create or replace view ledger.journal as
    select debit_account as account_id, at, id,
           amount::numeric as debit, 0::numeric as credit, reason, ref
    from ledger.transfer where kind in ('single', 'post')
    union all
    select credit_account, at, id, 0::numeric, amount::numeric, reason, ref
    from ledger.transfer where kind in ('single', 'post')
    union all
    select account_id, at, id, debit::numeric, credit::numeric, reason, betting.wire_id(round_id)
    from betting.leg;

-- What the house can lose, summed over the lanes: limits are shares of it.
create view betting.bankroll as
    select a.brand_id, a.unit as currency,
           sum(b.credits_posted - b.debits_posted - b.debits_pending)::numeric as units
    from ledger.account a join ledger.balance b on b.account_id = a.id
    where a.code = 'house_bankroll'
    group by a.brand_id, a.unit;

grant select on all tables in schema betting to fairhouse_app;
grant update (owner, epoch, lease_until, backend_pid, backend_start)
    on betting.lane to fairhouse_app;
grant insert on betting.entry, betting.player_hot, betting.player_account, betting.round,
    betting.account_entry to fairhouse_app;
grant update (seed_pair_id, nonce, wagered_value, returned_value)
    on betting.player_hot to fairhouse_app;
grant update (payout, state, step, progress, closed_at, balance_after)
    on betting.round to fairhouse_app;
grant update (lane_seq, id_floor) on betting.index_cursor to fairhouse_app;
