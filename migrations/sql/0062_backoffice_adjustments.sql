-- Balances corrected by hand (LED-05): small ones by one person and reviewed by another, large ones
-- by two people from the start.
create table backoffice.adjustment (
    id uuid primary key,
    brand_id integer not null,
    player_id uuid not null,
    currency text not null,
    units bigint not null check (units <> 0),
    value bigint,
    made_by uuid not null,
    approved_by uuid check (approved_by <> made_by),
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null,
    check (approved_by is not null or abs(value) <= 500000000)
);
comment on table backoffice.adjustment is
    'Ledger units, negative: taken from the player. Above 500 of the reference currency, or '
    'without a known worth, a second person is needed, whatever a process believes.';
create index adjustment_newest on backoffice.adjustment (at, id);
create table backoffice.adjustment_review (
    brand_id integer not null,
    day date not null,
    staff_id uuid not null,
    note text not null check (length(note) between 3 and 500),
    at timestamptz not null,
    primary key (brand_id, day, staff_id)
);
create trigger append_only before update or delete or truncate on backoffice.adjustment
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on backoffice.adjustment_review
    for each statement execute function platform.refuse_change();
grant select, insert on backoffice.adjustment, backoffice.adjustment_review to fairhouse_app;
