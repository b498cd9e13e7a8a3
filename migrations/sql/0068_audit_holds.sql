-- Legal holds: what somebody has asked to be kept is not erased before the hold is lifted.
create table audit.hold (
    id uuid primary key,
    subject text not null check (subject <> ''),
    brand_id integer not null,
    reason text not null check (length(reason) between 3 and 500),
    placed_by text not null,
    at timestamptz not null
);
create index hold_of_subject on audit.hold (subject);
create table audit.hold_lifted (
    hold_id uuid primary key references audit.hold,
    reason text not null check (length(reason) between 3 and 500),
    lifted_by text not null,
    at timestamptz not null
);
create trigger append_only before update or delete or truncate on audit.hold
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on audit.hold_lifted
    for each statement execute function platform.refuse_change();
grant select on audit.hold, audit.hold_lifted to fairhouse_app, fairhouse_worker;
grant insert on audit.hold, audit.hold_lifted to fairhouse_app;
