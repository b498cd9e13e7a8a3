-- Four eyes: a wish of one person, a decision of another, for every kind of change.
create schema approvals;
grant usage on schema approvals to fairhouse_app, fairhouse_worker;

create table approvals.wish (
    id uuid primary key,
    kind text not null check (kind ~ '^[a-z_]+(\.[a-z_]+)*$'),
    brand_id integer,
    subject text not null check (subject <> ''),
    before jsonb not null,
    after jsonb not null,
    wished_by uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);
comment on column approvals.wish.brand_id is 'Null: the whole house.';
comment on column approvals.wish.before is
    'What held when it was wished: an approval of something outdated is refused.';
create index wish_of_subject on approvals.wish (subject, id desc);

create table approvals.decision (
    wish_id uuid primary key references approvals.wish,
    is_approved boolean not null,
    staff_id uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);

-- Whatever a process believes: a wish is approved by somebody else.
create function approvals.guard_decision() returns trigger
language plpgsql set search_path = approvals, pg_temp as $$
begin
    if new.is_approved and new.staff_id = (
        select w.wished_by from approvals.wish w where w.id = new.wish_id
    ) then
        raise exception 'wish % is approved by the one who wished it', new.wish_id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger four_eyes before insert on approvals.decision
    for each row execute function approvals.guard_decision();
create trigger append_only before update or delete or truncate on approvals.wish
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on approvals.decision
    for each statement execute function platform.refuse_change();

grant select on approvals.wish, approvals.decision to fairhouse_app, fairhouse_worker;
grant insert on approvals.wish, approvals.decision to fairhouse_app;
