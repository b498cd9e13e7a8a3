-- What a brand offers of each game. Which table is two people's decision; stopping a version is one
-- person's deed (or the platform's own), and taking the stop back is two people's again.
create schema if not exists games;
grant usage on schema games to fairhouse_app, fairhouse_worker;

create table games.stop (
    id uuid primary key,
    brand_id integer not null,
    game text not null check (game ~ '^[a-z][a-z0-9_-]{0,39}$'),
    version text not null check (length(version) between 1 and 16),
    stopped_by uuid,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);
comment on table games.stop is
    'No new bets on this version of a game; its open rounds finish on their own table.';
comment on column games.stop.stopped_by is 'Null: the platform itself, as when returns drift.';
create index stop_of_version on games.stop (brand_id, game, version);

create table games.wish (
    id uuid primary key,
    brand_id integer not null,
    game text not null check (game ~ '^[a-z][a-z0-9_-]{0,39}$'),
    version text not null,
    variant text,
    replaces uuid references games.wish,
    stop_id uuid references games.stop,
    proposed_by uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null,
    check ((variant is null) = (stop_id is not null)),
    check (stop_id is null or replaces is null)
);
comment on table games.wish is
    'Either another table for new bets (version and variant), or the end of a stop (stop_id).';
comment on column games.wish.replaces is
    'The wish in force when this was made: an approval of something outdated is refused.';
create index wish_newest on games.wish (brand_id, id desc);

create table games.wish_decision (
    wish_id uuid primary key references games.wish,
    is_approved boolean not null,
    staff_id uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);

-- Four eyes, whatever a process believes: a wish is approved by somebody else.
create function games.guard_wish_decision() returns trigger
language plpgsql set search_path = games, pg_temp as $$
begin
    if new.is_approved and new.staff_id = (
        select w.proposed_by from games.wish w where w.id = new.wish_id
    ) then
        raise exception 'wish % is approved by the one who made it', new.wish_id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger four_eyes before insert on games.wish_decision
    for each row execute function games.guard_wish_decision();
create trigger append_only before update or delete or truncate on games.stop
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on games.wish
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on games.wish_decision
    for each statement execute function platform.refuse_change();

create table games.offer (
    brand_id integer not null,
    game text not null,
    version text not null,
    variant text not null,
    wish_id uuid not null unique references games.wish,
    primary key (brand_id, game)
);

-- In force is what was approved, to the letter, and it follows what it was wished to replace.
create function games.guard_offer() returns trigger
language plpgsql set search_path = games, pg_temp as $$
declare
    before uuid := case when tg_op = 'UPDATE' then old.wish_id end;
begin
    if not exists (
        select from games.wish w
        join games.wish_decision d on d.wish_id = w.id and d.is_approved
        where w.id = new.wish_id
          and (w.brand_id, w.game, w.version) = (new.brand_id, new.game, new.version)
          and (w.variant, w.replaces) is not distinct from (new.variant, before)
    ) then
        raise exception 'offer of % is not what was approved', new.game
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger approved_only before insert or update on games.offer
    for each row execute function games.guard_offer();

grant select on games.stop, games.wish, games.wish_decision, games.offer
    to fairhouse_app, fairhouse_worker;
grant insert on games.stop, games.wish, games.wish_decision to fairhouse_app;
grant insert on games.stop to fairhouse_worker;
grant insert, update on games.offer to fairhouse_app;
