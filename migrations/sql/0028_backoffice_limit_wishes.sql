-- The operator's limit of a player is tightened by one person at once; to loosen or remove it is a
-- wish that somebody else approves.
create table backoffice.limit_wish (
    id uuid primary key,
    brand_id integer not null,
    player_id uuid not null,
    kind text not null,
    period text not null,
    from_amount bigint not null check (from_amount >= 0),
    to_amount bigint check (to_amount > from_amount),
    staff_id uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);
comment on column backoffice.limit_wish.to_amount is
    'Millionths of the reference currency, or minutes. Null: the limit is to be removed.';
create index limit_wish_of_player on backoffice.limit_wish (player_id, id);

create table backoffice.limit_wish_decision (
    wish_id uuid primary key references backoffice.limit_wish,
    is_approved boolean not null,
    staff_id uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);

create function backoffice.guard_wish_decision() returns trigger
language plpgsql set search_path = backoffice, pg_temp as $$
begin
    if new.is_approved and new.staff_id = (
        select w.staff_id from backoffice.limit_wish w where w.id = new.wish_id
    ) then
        raise exception 'wish % is approved by the one who wished it', new.wish_id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger four_eyes before insert on backoffice.limit_wish_decision
    for each row execute function backoffice.guard_wish_decision();
create trigger append_only before update or delete or truncate on backoffice.limit_wish
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on backoffice.limit_wish_decision
    for each statement execute function platform.refuse_change();

grant select, insert on backoffice.limit_wish, backoffice.limit_wish_decision to fairhouse_app;
