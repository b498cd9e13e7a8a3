-- Prices as they were signed: whoever stored a rate id can show what it was.
create schema rates;
grant usage on schema rates to fairhouse_app, fairhouse_worker;

create table rates.snapshot (
    id uuid primary key,
    at timestamptz not null,
    source text not null,
    quote text not null,
    payload bytea not null,
    signature bytea not null check (length(signature) = 64),
    key_id text not null,
    recorded_at timestamptz not null
);
create index snapshot_newest on rates.snapshot (at desc);

-- Quote micro-units per ledger unit of the base currency, as an exact ratio. A held rate jumped
-- too far from the last good one and is not used before a person confirms its snapshot.
create table rates.rate (
    snapshot_id uuid not null references rates.snapshot (id),
    base text not null,
    quote text not null,
    numerator numeric(40, 0) not null check (numerator > 0),
    denominator numeric(40, 0) not null check (denominator > 0),
    held boolean not null,
    at timestamptz not null,
    primary key (snapshot_id, base)
);
create index rate_newest on rates.rate (base, quote, at desc);

create table rates.confirmation (
    snapshot_id uuid primary key references rates.snapshot (id),
    actor text not null check (actor <> ''),
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);

create trigger append_only before update or delete or truncate on rates.snapshot
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on rates.rate
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on rates.confirmation
    for each statement execute function platform.refuse_change();

-- The worker records prices; a person confirms them in the back office, which has the app's role.
grant select on all tables in schema rates to fairhouse_app;
grant insert on rates.snapshot, rates.rate to fairhouse_worker;
grant insert on rates.confirmation to fairhouse_app;
