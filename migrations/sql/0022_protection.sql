-- Player protection: limits, exclusions, time played, and what was ever changed about them.
create schema protection;
grant usage on schema protection to fairhouse_app, fairhouse_worker;

-- What binds now. The player's own limit and the operator's stand side by side: the lower binds.
create table protection.player_limit (
    player_id uuid not null,
    kind text not null check (kind in ('loss', 'wager', 'deposit', 'session')),
    period text not null check (period in ('day', 'week', 'month')),
    source text not null check (source in ('player', 'operator')),
    brand_id smallint not null,
    amount bigint not null check (amount >= 0),
    set_at timestamptz not null,
    primary key (player_id, kind, period, source)
);
comment on column protection.player_limit.amount is
    'Millionths of the reference currency; minutes when kind is session.';

-- An increase or removal that the player asked for and has not confirmed after its wait.
create table protection.pending_change (
    player_id uuid not null,
    kind text not null,
    period text not null,
    brand_id smallint not null,
    amount bigint check (amount >= 0),
    asked_at timestamptz not null,
    ready_at timestamptz not null,
    announced_at timestamptz,
    primary key (player_id, kind, period),
    check (ready_at > asked_at)
);
comment on column protection.pending_change.amount is 'Null: the limit is to be removed.';
create index pending_change_ready on protection.pending_change (ready_at)
    where announced_at is null;

-- Who changed what, when, from what to what. Never edited.
create table protection.change (
    id uuid primary key,
    player_id uuid not null,
    brand_id smallint not null,
    at timestamptz not null,
    actor text not null check (actor in ('player', 'staff', 'system')),
    staff_id uuid,
    action text not null,
    kind text,
    period text,
    from_amount bigint,
    to_amount bigint,
    reason text,
    check ((actor = 'staff') = (staff_id is not null)),
    check (actor <> 'staff' or length(reason) between 3 and 500)
);
create index change_of_player on protection.change (player_id, id);
create trigger append_only before update or delete or truncate on protection.change
    for each statement execute function platform.refuse_change();

-- Cool-offs end by themselves; a self-exclusion ends when staff re-admit, never before its term.
create table protection.exclusion (
    id uuid primary key,
    case_id uuid not null,
    player_id uuid not null,
    brand_id smallint not null,
    kind text not null check (kind in ('cool_off', 'self_exclusion')),
    scope text not null check (scope in ('brand', 'operator')),
    term text not null,
    since timestamptz not null,
    until timestamptz,
    person_index bytea,
    return_asked_at timestamptz,
    ended_at timestamptz,
    check (until is null or until > since),
    check (kind <> 'cool_off' or until is not null),
    check (ended_at is null or (until is not null and ended_at >= until))
);
comment on column protection.exclusion.case_id is
    'The same for all accounts of one person that one decision excluded.';
comment on column protection.exclusion.until is 'Null: permanent.';
comment on column protection.exclusion.person_index is
    'HMAC of the e-mail address over all brands: finds the person who comes back under another '
    'account.';
create index exclusion_of_player on protection.exclusion (player_id, since);
create index exclusion_of_case on protection.exclusion (case_id);
create index exclusion_of_person on protection.exclusion (person_index)
    where ended_at is null and person_index is not null;

create function protection.guard_exclusion() returns trigger language plpgsql as $$
begin
    if (new.id, new.case_id, new.player_id, new.kind, new.since) is distinct from
        (old.id, old.case_id, old.player_id, old.kind, old.since) then
        raise exception 'exclusion % cannot be altered', old.id
            using errcode = 'restrict_violation';
    end if;
    if old.until is null and new.until is not null or new.until < old.until then
        raise exception 'exclusion % cannot be shortened', old.id
            using errcode = 'restrict_violation';
    end if;
    if old.ended_at is not null and new.ended_at is distinct from old.ended_at then
        raise exception 'exclusion % has ended', old.id using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger guard before update on protection.exclusion
    for each row execute function protection.guard_exclusion();

-- Staff who vouch for a return after an ended term: two different people.
create table protection.readmission (
    case_id uuid not null,
    staff_id uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null,
    primary key (case_id, staff_id)
);
create trigger append_only before update or delete or truncate on protection.readmission
    for each statement execute function platform.refuse_change();

-- Minutes of a UTC day in which the player's session was in use.
create table protection.activity (
    player_id uuid not null,
    day date not null,
    minutes integer not null check (minutes between 1 and 1440),
    last_minute integer not null check (last_minute between 0 and 1439),
    primary key (player_id, day)
);
comment on column protection.activity.last_minute is
    'Minute of the day that was counted last: several processes count a minute once.';

-- Gross deposits as credited, and what of each came beyond a limit or during an exclusion.
create table protection.deposit (
    deposit_id uuid primary key,
    player_id uuid not null,
    brand_id smallint not null,
    value bigint not null check (value >= 0),
    beyond bigint not null check (beyond between 0 and value),
    cause text check (cause in ('limit', 'excluded')),
    at timestamptz not null,
    reversed_at timestamptz,
    check ((beyond > 0) <= (cause is not null))
);
comment on table protection.deposit is 'Amounts are millionths of the reference currency.';
create index deposit_of_player on protection.deposit (player_id, at) where reversed_at is null;
create index deposit_beyond on protection.deposit (at) where cause is not null;

create table protection.setting (
    player_id uuid primary key,
    brand_id smallint not null,
    reality_check_minutes smallint check (reality_check_minutes between 5 and 240),
    reviewed_at timestamptz,
    updated_at timestamptz not null
);

-- When what guards a player on the betting road changed last: owners of lanes read the newest.
create table protection.guard_version (
    player_id uuid primary key,
    brand_id smallint not null,
    changed_at timestamptz not null
);
create index guard_version_newest on protection.guard_version (changed_at);

grant select on all tables in schema protection to fairhouse_app;
grant insert on protection.change, protection.readmission to fairhouse_app;
grant insert, update on protection.exclusion, protection.activity, protection.setting,
    protection.guard_version to fairhouse_app;
grant insert, update, delete on protection.player_limit, protection.pending_change
    to fairhouse_app;
grant insert, update on protection.deposit to fairhouse_worker;
