-- Deposits and withdrawals: where each one stands, and how it came there.
create schema cashier;
grant usage on schema cashier to fairhouse_app, fairhouse_worker;

-- How far the changes of a chain's observations were taken in.
create table cashier.cursor (
    chain text primary key,
    after_seq bigint not null default 0,
    height bigint not null default 0
);
comment on column cashier.cursor.height is
    'The chain head that the deposits'' sightings are known to be as new as.';

create table cashier.deposit (
    id uuid primary key,
    brand_id smallint not null,
    player_id uuid not null,
    chain text not null,
    tx_hash text not null,
    idx text not null,
    asset text,
    contract text,
    address text not null,
    from_address text not null,
    base_units numeric(78, 0) not null check (base_units > 0),
    seen_base_units numeric(78, 0) not null check (seen_base_units > 0),
    units bigint not null check (units >= 0),
    state text not null check (state in (
        'SEEN', 'CONFIRMING', 'CREDITED', 'BELOW_MINIMUM', 'ORPHANED', 'REVERSED', 'UNRECOGNISED'
    )),
    sighting text not null check (sighting in ('mempool', 'included', 'gone')),
    block_height bigint,
    block_hash text,
    confirmations integer not null default 0,
    required integer not null check (required > 0),
    rounds integer not null default 0,
    rate_id uuid,
    value bigint,
    balance_after bigint,
    due boolean not null default true,
    judged_height bigint not null default 0,
    seen_at timestamptz not null,
    credited_at timestamptz,
    updated_at timestamptz not null,
    -- One movement of the chain is one deposit, whoever saw it however often.
    constraint deposit_once unique (chain, tx_hash, idx),
    check (state <> 'CREDITED' or (rate_id is not null and value is not null and rounds > 0)),
    check (asset is not null or state = 'UNRECOGNISED')
);
comment on column cashier.deposit.due is 'The sighting changed and was not judged yet.';
create index deposit_due on cashier.deposit (chain, id) where due;
create index deposit_active on cashier.deposit (chain, judged_height)
    where state in ('SEEN', 'CONFIRMING', 'ORPHANED', 'REVERSED') and sighting = 'included';
create index deposit_of_player on cashier.deposit (player_id, id);
create index deposit_by_hash on cashier.deposit (tx_hash);
create index deposit_by_address on cashier.deposit (address);

create table cashier.deposit_event (
    deposit_id uuid not null references cashier.deposit,
    seq integer not null,
    state text not null,
    at timestamptz not null,
    primary key (deposit_id, seq)
);

-- Owed by a player whose credited deposit left the chain after it was spent.
create table cashier.receivable (
    deposit_id uuid not null references cashier.deposit,
    round integer not null,
    brand_id smallint not null,
    player_id uuid not null,
    asset text not null,
    owed_units bigint not null check (owed_units > 0),
    repaid_units bigint not null default 0 check (repaid_units between 0 and owed_units),
    since timestamptz not null,
    settled_at timestamptz,
    primary key (deposit_id, round)
);
comment on column cashier.receivable.repaid_units is
    'Given back by the balance, or by the deposit''s return.';
create index receivable_open on cashier.receivable (player_id) where settled_at is null;

create table cashier.withdrawal (
    id uuid primary key,
    brand_id smallint not null,
    player_id uuid not null,
    asset text not null,
    currency text not null,
    chain text not null,
    units bigint not null check (units > 0),
    fee_units bigint not null check (fee_units >= 0 and fee_units < units),
    base_units numeric(78, 0) not null check (base_units > 0),
    destination text not null,
    lookalike_accepted boolean not null default false,
    state text not null check (state in (
        'REQUESTED', 'CHECKING', 'WAITING', 'APPROVED', 'ORDERED', 'SIGNED', 'BROADCAST',
        'CONFIRMED', 'CANCELLED', 'REJECTED', 'FAILED'
    )),
    checks jsonb not null,
    rate_id uuid not null,
    value bigint not null check (value >= 0),
    attempt integer not null default 0 check (attempt >= 0),
    tx_hash text,
    note text,
    requested_at timestamptz not null,
    updated_at timestamptz not null,
    judged_at timestamptz not null,
    request_key text not null check (length(request_key) between 1 and 200),
    unique (player_id, request_key)
);
comment on column cashier.withdrawal.value is 'Millionths of a US dollar, at the request.';
create index withdrawal_active on cashier.withdrawal (judged_at)
    where state in ('REQUESTED', 'CHECKING', 'WAITING', 'APPROVED');
create index withdrawal_in_flight on cashier.withdrawal (asset, id)
    where state in ('ORDERED', 'SIGNED', 'BROADCAST');
create index withdrawal_of_player on cashier.withdrawal (player_id, id);
create index withdrawal_by_hash on cashier.withdrawal (tx_hash);
create index withdrawal_by_destination on cashier.withdrawal (destination);

create table cashier.withdrawal_event (
    withdrawal_id uuid not null references cashier.withdrawal,
    seq integer not null,
    state text not null,
    at timestamptz not null,
    actor text not null check (actor in ('player', 'staff', 'system')),
    staff_id uuid,
    note text,
    primary key (withdrawal_id, seq),
    check ((actor = 'staff') = (staff_id is not null))
);

-- One member of staff approves a withdrawal once: the second approval is another person's.
create table cashier.approval (
    withdrawal_id uuid not null references cashier.withdrawal,
    staff_id uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null,
    primary key (withdrawal_id, staff_id)
);

-- What is over stays over, and what was asked for stays what it was, whatever a process believes.
create function cashier.guard_withdrawal() returns trigger language plpgsql as $$
begin
    if old.state in ('CONFIRMED', 'CANCELLED', 'REJECTED', 'FAILED') then
        raise exception 'withdrawal % is %', old.id, old.state using errcode = 'restrict_violation';
    end if;
    if new.state in ('CANCELLED', 'REJECTED')
        and old.state not in ('REQUESTED', 'CHECKING', 'WAITING', 'APPROVED') then
        raise exception 'withdrawal % is already %', old.id, old.state
            using errcode = 'restrict_violation';
    end if;
    if (new.id, new.player_id, new.asset, new.units, new.fee_units, new.base_units, new.destination)
        is distinct from
        (old.id, old.player_id, old.asset, old.units, old.fee_units, old.base_units,
         old.destination) then
        raise exception 'withdrawal % cannot be altered', old.id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger guard before update on cashier.withdrawal
    for each row execute function cashier.guard_withdrawal();

create trigger append_only before update or delete or truncate on cashier.deposit_event
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on cashier.withdrawal_event
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on cashier.approval
    for each statement execute function platform.refuse_change();

grant select on all tables in schema cashier to fairhouse_app;
grant insert, update on cashier.withdrawal to fairhouse_app;
grant insert on cashier.withdrawal_event, cashier.approval to fairhouse_app;
grant insert, update on cashier.cursor, cashier.deposit, cashier.receivable to fairhouse_worker;
grant insert on cashier.deposit_event to fairhouse_worker;
