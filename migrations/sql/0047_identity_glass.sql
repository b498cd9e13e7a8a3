-- identity: every right of the house for half an hour, for when whoever should act cannot. Seen by
-- all, never undone, never deleted.
create table identity.glass (
    id uuid primary key,
    staff_id uuid not null references identity.staff (id),
    reason text not null check (length(reason) between 10 and 500),
    broken_at timestamptz not null,
    expires_at timestamptz not null check (
        expires_at > broken_at and expires_at <= broken_at + interval '1 hour'
    )
);
create index glass_of_staff on identity.glass (staff_id, expires_at);
create trigger append_only before update or delete or truncate on identity.glass
    for each statement execute function platform.refuse_change();
grant select, insert on identity.glass to fairhouse_app;
