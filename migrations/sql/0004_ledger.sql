-- The ledger: accounts, immutable transfers, holds resolved once, balances that cannot overdraw.
-- What an attacker with the application's role could do is the measure of every line below.
create schema ledger;
grant usage on schema ledger to fairhouse_app, fairhouse_worker;

-- How each account code behaves; equal to CHART in fairhouse/ledger/types.py, held by a test.
create table ledger.chart (
    code text primary key,
    side text not null check (side in ('debit', 'credit')),
    floored boolean not null,
    book text not null check (book in ('currency', 'asset', 'either')),
    check (not floored or (side = 'credit' and book = 'currency'))
);
insert into ledger.chart (code, side, floored, book) values
    ('player_cash', 'credit', true, 'currency'),
    ('player_bonus', 'credit', true, 'currency'),
    ('locked_wager', 'credit', true, 'currency'),
    ('withdrawal_hold', 'credit', true, 'currency'),
    ('frozen', 'credit', true, 'currency'),
    ('house_bankroll', 'credit', false, 'currency'),
    ('jackpot_pool', 'credit', false, 'currency'),
    ('affiliate_payable', 'credit', false, 'currency'),
    ('fee_revenue', 'credit', false, 'currency'),
    ('network_fee_recharge', 'credit', false, 'currency'),
    ('fx_gain_loss', 'credit', false, 'currency'),
    ('rounding', 'credit', false, 'currency'),
    ('bonus_expense', 'debit', false, 'currency'),
    ('play_issuance', 'debit', false, 'currency'),
    ('clearing', 'debit', false, 'currency'),
    ('deposit_addresses', 'debit', false, 'asset'),
    ('hot', 'debit', false, 'asset'),
    ('warm', 'debit', false, 'asset'),
    ('cold', 'debit', false, 'asset'),
    ('gas_tank', 'debit', false, 'asset'),
    ('exchange', 'debit', false, 'asset'),
    ('in_transit', 'debit', false, 'asset'),
    ('withdrawal_in_flight', 'debit', false, 'asset'),
    ('network_fee', 'debit', false, 'asset'),
    ('clearing_base', 'credit', false, 'asset'),
    ('dust', 'credit', false, 'asset'),
    ('external', 'credit', false, 'asset'),
    ('suspense_unidentified', 'credit', false, 'asset'),
    ('suspense_wrong_token', 'credit', false, 'asset'),
    ('suspense_below_minimum', 'credit', false, 'asset'),
    ('compliance_hold', 'credit', false, 'either'),
    ('reorg_receivable', 'debit', false, 'either');

-- An asset id is `<currency>.<chain>`, a currency code has no dot: the unit tells the book.
create table ledger.account (
    id bigint generated always as identity primary key,
    brand_id integer not null check (brand_id > 0),
    code text not null references ledger.chart (code),
    unit text not null,
    owner uuid,
    lane smallint check (lane >= 0),
    name text not null unique generated always as (
        brand_id::text || '/' || code || '/' || unit || '/'
        || coalesce(owner::text, '') || '/' || coalesce(lane::text, '')
    ) stored,
    unique nulls not distinct (brand_id, code, unit, owner, lane)
);
create index account_of_owner on ledger.account (owner) where owner is not null;
create index account_of_code on ledger.account (code, unit);

-- Counters only ever grow, but for pending ones. The constraint is the last word on overdrafts.
create table ledger.balance (
    account_id bigint primary key references ledger.account (id),
    floored boolean not null,
    debits_pending bigint not null default 0 check (debits_pending >= 0),
    debits_posted bigint not null default 0 check (debits_posted >= 0),
    credits_pending bigint not null default 0 check (credits_pending >= 0),
    credits_posted bigint not null default 0 check (credits_posted >= 0),
    constraint balance_no_overdraw
        check (not floored or debits_posted + debits_pending <= credits_posted)
) with (fillfactor = 90);

create table ledger.asset_balance (
    account_id bigint primary key references ledger.account (id),
    debits_pending numeric(78, 0) not null default 0 check (debits_pending >= 0),
    debits_posted numeric(78, 0) not null default 0 check (debits_posted >= 0),
    credits_pending numeric(78, 0) not null default 0 check (credits_pending >= 0),
    credits_posted numeric(78, 0) not null default 0 check (credits_posted >= 0)
) with (fillfactor = 90);

-- The balance row comes with the account, by the owner's right: nobody else may insert one, so
-- nobody can open a player's account without its floor.
create function ledger.open_balance() returns trigger
language plpgsql security definer set search_path = ledger, pg_temp as $$
declare
    rule ledger.chart;
    is_asset boolean := position('.' in new.unit) > 0;
begin
    select * into strict rule from ledger.chart where code = new.code;
    if rule.book <> 'either' and (rule.book = 'asset') <> is_asset then
        raise exception 'account % is not kept in %', new.code, new.unit
            using errcode = 'check_violation';
    end if;
    if is_asset then
        insert into ledger.asset_balance (account_id) values (new.id);
    else
        insert into ledger.balance (account_id, floored) values (new.id, rule.floored);
    end if;
    return null;
end
$$;
revoke all on function ledger.open_balance() from public;
create trigger open_balance after insert on ledger.account
    for each row execute function ledger.open_balance();

-- The journal. `request_hash` tells a repetition from another request under the same id.
create table ledger.transfer (
    id uuid primary key,
    kind text not null check (kind in ('single', 'pending', 'post', 'void')),
    debit_account bigint not null,
    credit_account bigint not null,
    amount numeric(78, 0) not null check (amount > 0),
    pending_id uuid,
    reason text not null check (reason <> ''),
    ref text not null,
    rate_id uuid,
    value_ref bigint,
    request_hash bytea not null check (length(request_hash) = 32),
    expires_at timestamptz,
    at timestamptz not null,
    check (debit_account <> credit_account),
    check ((kind in ('post', 'void')) = (pending_id is not null)),
    check (kind = 'pending' or expires_at is null)
);
create index transfer_debits on ledger.transfer (debit_account, at, id)
    where kind in ('single', 'post');
create index transfer_credits on ledger.transfer (credit_account, at, id)
    where kind in ('single', 'post');
create index transfer_ref on ledger.transfer (ref);
create index transfer_hold on ledger.transfer (id) where kind = 'pending';
create index transfer_expiry on ledger.transfer (expires_at) where expires_at is not null;

-- A hold is resolved once: the primary key is the referee between a post and a void.
create table ledger.resolution (
    pending_id uuid primary key references ledger.transfer (id),
    transfer_id uuid not null unique references ledger.transfer (id),
    at timestamptz not null
);

-- One set-based check per statement: units and brands never mix, a resolution stays in its hold.
create function ledger.check_transfers() returns trigger
language plpgsql set search_path = ledger, pg_temp as $$
begin
    if exists (
        select from added t
        left join ledger.account d on d.id = t.debit_account
        left join ledger.account c on c.id = t.credit_account
        where d.id is null or c.id is null or d.unit <> c.unit or d.brand_id <> c.brand_id
    ) then
        raise exception 'a transfer crosses units or brands, or names no account'
            using errcode = 'check_violation';
    end if;
    if exists (
        select from added t
        left join ledger.transfer p on p.id = t.pending_id and p.kind = 'pending'
        where t.pending_id is not null
          and (p.id is null or p.debit_account <> t.debit_account
               or p.credit_account <> t.credit_account or t.amount > p.amount
               or (t.kind = 'void' and t.amount <> p.amount))
    ) then
        raise exception 'a post or void does not fit its pending transfer'
            using errcode = 'check_violation';
    end if;
    return null;
end
$$;
create trigger check_transfers after insert on ledger.transfer
    referencing new table as added
    for each statement execute function ledger.check_transfers();

create trigger append_only before update or delete or truncate on ledger.transfer
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on ledger.resolution
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on ledger.account
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on ledger.chart
    for each statement execute function platform.refuse_change();

-- Every posted movement, one row per account touched. Betting replaces this view by one that adds
-- the legs of its entries, where the bet row is the journal line of play.
create view ledger.journal as
    select debit_account as account_id, at, id,
           amount::numeric as debit, 0::numeric as credit, reason, ref
    from ledger.transfer where kind in ('single', 'post')
    union all
    select credit_account, at, id, 0::numeric, amount::numeric, reason, ref
    from ledger.transfer where kind in ('single', 'post');

-- Every account with its four counters, whichever book it is in.
create view ledger.standing as
    select a.id as account_id, a.brand_id, a.code, a.unit, a.owner, a.lane, a.name, b.floored,
           b.debits_pending::numeric as debits_pending, b.debits_posted::numeric as debits_posted,
           b.credits_pending::numeric as credits_pending,
           b.credits_posted::numeric as credits_posted
    from ledger.account a join ledger.balance b on b.account_id = a.id
    union all
    select a.id, a.brand_id, a.code, a.unit, a.owner, a.lane, a.name, false,
           b.debits_pending::numeric, b.debits_posted::numeric,
           b.credits_pending::numeric, b.credits_posted::numeric
    from ledger.account a join ledger.asset_balance b on b.account_id = a.id;

grant select on all tables in schema ledger to fairhouse_app;
grant insert (brand_id, code, unit, owner, lane) on ledger.account to fairhouse_app;
grant insert on ledger.transfer, ledger.resolution to fairhouse_app;
grant update (debits_pending, debits_posted, credits_pending, credits_posted)
    on ledger.balance, ledger.asset_balance to fairhouse_app;
