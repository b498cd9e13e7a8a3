-- What verdicts about outgoing money rest on: known destinations, recent outflow, freezes.
create schema risk;
grant usage on schema risk to fairhouse_app, fairhouse_worker;

-- Where a player asked to be paid, and how often it happened.
create table risk.destination (
    player_id uuid not null,
    chain text not null,
    address text not null,
    first_seen_at timestamptz not null,
    paid_count integer not null default 0 check (paid_count >= 0),
    last_paid_at timestamptz,
    primary key (player_id, chain, address)
);

-- What was asked for and has not been given back: the measure of velocity.
create table risk.outflow (
    id uuid primary key,
    brand_id smallint not null,
    player_id uuid not null,
    value bigint not null check (value >= 0),
    at timestamptz not null,
    released_at timestamptz
);
comment on column risk.outflow.value is 'Millionths of a US dollar.';
create index outflow_of_player on risk.outflow (player_id, at) where released_at is null;
create index outflow_of_brand on risk.outflow (brand_id, at) where released_at is null;

-- Reasons to let nothing out. A freeze is lifted, never deleted.
create table risk.freeze (
    id uuid primary key,
    player_id uuid not null,
    kind text not null check (kind in ('reorg_receivable', 'compliance', 'account')),
    ref text not null,
    since timestamptz not null,
    lifted_at timestamptz
);
create unique index freeze_in_force on risk.freeze (player_id, kind, ref)
    where lifted_at is null;

grant select, insert, update on risk.destination, risk.outflow, risk.freeze to fairhouse_app;
