-- Custody: what the platform knows of keys, and every transaction family it makes with them.
-- API processes may hand out deposit addresses; families, members and lanes are the worker's alone.
create schema custody;
grant usage on schema custody to fairhouse_app, fairhouse_worker;

-- Public keys of a brand on a chain, signed by the signer's identity key (verified at import).
create table custody.vault (
    brand_id smallint not null,
    chain text not null,
    deposit_xpub text not null,
    hot_address text not null,
    gas_address text not null,
    identity_key text not null,
    signature text not null,
    imported_at timestamptz not null,
    primary key (brand_id, chain),
    unique (chain, hot_address),
    unique (chain, gas_address),
    check (hot_address <> gas_address)
);

create table custody.address_sequence (
    brand_id smallint not null,
    chain text not null,
    next_index integer not null default 0 check (next_index >= 0),
    primary key (brand_id, chain),
    foreign key (brand_id, chain) references custody.vault (brand_id, chain)
);

create table custody.deposit_address (
    chain text not null,
    address text not null,
    brand_id smallint not null,
    player_id uuid not null,
    index integer not null check (index >= 0),
    created_at timestamptz not null,
    primary key (chain, address),
    unique (brand_id, chain, player_id),
    unique (brand_id, chain, index),
    foreign key (brand_id, chain) references custody.vault (brand_id, chain)
);
create trigger append_only before update or delete or truncate on custody.deposit_address
    for each statement execute function platform.refuse_change();

-- Addresses that something has arrived at; dirty ones are looked at by the sweeper.
create table custody.touched (
    chain text not null,
    address text not null,
    is_dirty boolean not null default true,
    height bigint not null,
    primary key (chain, address)
);
create index touched_dirty on custody.touched (chain, height) where is_dirty;

-- The nonces of a sending address. The row's lock is the lane.
create table custody.lane (
    chain text not null,
    address text not null,
    brand_id smallint not null,
    next_nonce bigint not null check (next_nonce >= 0),
    halted text,
    primary key (chain, address)
);

create table custody.family (
    id uuid primary key,
    brand_id smallint not null,
    kind text not null check (kind in ('withdrawal', 'sweep', 'gas')),
    chain text not null,
    asset text not null,
    source text not null,
    source_path text not null,
    destination text not null,
    destination_path text,
    base_units numeric(78, 0) not null check (base_units >= 0),
    ref text not null,
    state text not null check (state in (
        'planned', 'ordered', 'signed', 'broadcast', 'confirmed', 'failed_on_chain',
        'cancelled_unsigned', 'stranded')),
    nonce bigint check (nonce >= 0),
    failure text,
    cancel_requested boolean not null default false,
    approvals jsonb not null default '[]',
    winner_seq integer,
    block_height bigint,
    fee_base_units numeric(78, 0),
    retry_at timestamptz,
    nonce_gone_since timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((state in ('planned', 'cancelled_unsigned')) = (nonce is null)),
    check ((state in ('confirmed', 'failed_on_chain')) = (winner_seq is not null)),
    check ((winner_seq is null) = (fee_base_units is null)),
    check ((winner_seq is null) = (block_height is null))
);
-- One nonce is one payment.
create unique index family_nonce on custody.family (chain, source, nonce) where nonce is not null;
-- One sweep of an address, and one filling of its gas, at a time.
create unique index family_sweep on custody.family (chain, source)
    where kind = 'sweep' and state in ('planned', 'ordered', 'signed', 'broadcast', 'stranded');
create unique index family_gas on custody.family (chain, destination)
    where kind = 'gas' and state in ('planned', 'ordered', 'signed', 'broadcast', 'stranded');
create index family_live on custody.family (chain, source, created_at)
    where state in ('planned', 'ordered', 'signed', 'broadcast', 'stranded');
create index family_settled on custody.family (chain, block_height) where block_height is not null;
create index family_ref on custody.family (ref);

create table custody.member (
    family_id uuid not null references custody.family (id),
    seq integer not null check (seq > 0),
    purpose text not null check (purpose in ('pay', 'bump', 'cancel')),
    state text not null check (state in ('ordered', 'signed', 'refused')),
    base_units numeric(78, 0) not null check (base_units >= 0),
    gas_limit bigint not null,
    max_fee_wei numeric(78, 0) not null,
    priority_fee_wei numeric(78, 0) not null,
    raw_unsigned bytea not null,
    order_id uuid not null unique,
    order_bytes bytea not null,
    order_signature bytea not null,
    raw_signed bytea,
    tx_hash text unique,
    refusal text,
    created_at timestamptz not null,
    broadcast_at timestamptz,
    primary key (family_id, seq),
    check ((state = 'signed') = (raw_signed is not null)),
    check ((raw_signed is null) = (tx_hash is null)),
    check ((state = 'refused') = (refusal is not null))
);
-- One order of a family is with the signer at a time.
create unique index member_ordered on custody.member (family_id) where state = 'ordered';

-- Signed bytes and orders are written once.
create function custody.keep_member() returns trigger
language plpgsql set search_path = custody, pg_temp as $$
begin
    if old.raw_signed is not null and (new.raw_signed, new.tx_hash)
            is distinct from (old.raw_signed, old.tx_hash)
        or (new.family_id, new.seq, new.raw_unsigned, new.order_id, new.order_bytes,
            new.base_units)
            is distinct from (old.family_id, old.seq, old.raw_unsigned, old.order_id,
            old.order_bytes, old.base_units) then
        raise exception 'a member of a family is written once' using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger keep_member before update on custody.member
    for each row execute function custody.keep_member();

-- Every change of a family's state, and why.
create table custody.family_step (
    id bigint generated always as identity primary key,
    family_id uuid not null references custody.family (id),
    state text not null,
    note text not null,
    at timestamptz not null
);
create index family_step_of on custody.family_step (family_id, id);
create trigger append_only before update or delete or truncate on custody.family_step
    for each statement execute function platform.refuse_change();

-- Coins that reached a vault from outside.
create table custody.funding (
    chain text not null,
    tx_hash text not null,
    idx text not null,
    brand_id smallint not null,
    place text not null,
    asset text not null,
    base_units numeric(78, 0) not null check (base_units > 0),
    block_height bigint,
    is_booked boolean not null default false,
    round integer not null default 0,
    primary key (chain, tx_hash, idx)
);
create index funding_open on custody.funding (chain) where not is_booked;

create table custody.cursor (
    chain text primary key,
    after_seq bigint not null default 0
);

grant select on all tables in schema custody to fairhouse_app;
grant insert on custody.deposit_address to fairhouse_app;
grant update (next_index) on custody.address_sequence to fairhouse_app;
grant insert on custody.vault, custody.address_sequence, custody.touched, custody.lane,
    custody.family, custody.member, custody.family_step, custody.funding, custody.cursor
    to fairhouse_worker;
grant update (is_dirty, height) on custody.touched to fairhouse_worker;
grant update (next_nonce, halted) on custody.lane to fairhouse_worker;
grant update (base_units, state, nonce, failure, cancel_requested, winner_seq, block_height,
    fee_base_units, retry_at, nonce_gone_since, updated_at) on custody.family to fairhouse_worker;
grant update (state, raw_signed, tx_hash, refusal, broadcast_at) on custody.member
    to fairhouse_worker;
grant update (block_height, is_booked, round) on custody.funding to fairhouse_worker;
grant update (after_seq) on custody.cursor to fairhouse_worker;
