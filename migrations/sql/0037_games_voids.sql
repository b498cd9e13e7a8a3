-- Undoing an open round: one person wishes, another approves, the round's lane does it.
create table games.void_wish (
    id uuid primary key,
    bet_id uuid not null,
    brand_id integer not null,
    player_id uuid not null,
    lane smallint not null,
    proposed_by uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);
create index void_wish_of_bet on games.void_wish (bet_id);
create table games.void_decision (
    wish_id uuid primary key references games.void_wish,
    is_approved boolean not null,
    staff_id uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);
create table games.void_done (
    wish_id uuid primary key references games.void_wish,
    at timestamptz not null
);
comment on table games.void_done is 'The round is over: void, or ended by its player meanwhile.';

-- Four eyes, whatever a process believes.
create function games.guard_void() returns trigger
language plpgsql set search_path = games, pg_temp as $$
begin
    if new.is_approved and new.staff_id = (
        select w.proposed_by from games.void_wish w where w.id = new.wish_id
    ) then
        raise exception 'void % is approved by the one who wished it', new.wish_id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger four_eyes before insert on games.void_decision
    for each row execute function games.guard_void();
create trigger append_only before update or delete or truncate on games.void_wish
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on games.void_decision
    for each statement execute function platform.refuse_change();
grant select, insert on games.void_wish, games.void_decision, games.void_done to fairhouse_app;
