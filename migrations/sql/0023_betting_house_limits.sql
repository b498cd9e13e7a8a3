-- What the house takes and pays per game and currency, and how it came to be: nobody changes a
-- limit alone. A wish and the decision about it are journals; in force is only what was decided.
create table betting.house_limit_change (
    id uuid primary key,
    brand_id integer not null,
    game text not null check (game ~ '^([a-z][a-z0-9_-]{0,39}|\*)$'),
    currency text not null,
    stake_min bigint check (stake_min > 0),
    stake_max bigint check (stake_max > 0),
    profit_share_bp integer check (profit_share_bp between 1 and 1000),
    replaces uuid references betting.house_limit_change,
    proposed_by uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null,
    check (stake_min <= stake_max)
);
comment on table betting.house_limit_change is
    'The whole wished row; a null means that the next wider rule holds. Units of the ledger.';
comment on column betting.house_limit_change.game is 'Slug, or * for every game of the brand.';
comment on column betting.house_limit_change.replaces is
    'The change in force when this was wished: an approval of something outdated is refused.';
create index house_limit_change_newest on betting.house_limit_change (brand_id, id desc);

create table betting.house_limit_decision (
    change_id uuid primary key references betting.house_limit_change,
    is_approved boolean not null,
    staff_id uuid not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);

-- Four eyes, whatever a process believes: a wish is approved by somebody else.
create function betting.guard_limit_decision() returns trigger
language plpgsql set search_path = betting, pg_temp as $$
begin
    if new.is_approved and new.staff_id = (
        select c.proposed_by from betting.house_limit_change c where c.id = new.change_id
    ) then
        raise exception 'change % is approved by the one who wished it', new.change_id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger four_eyes before insert on betting.house_limit_decision
    for each row execute function betting.guard_limit_decision();
create trigger append_only before update or delete or truncate on betting.house_limit_change
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on betting.house_limit_decision
    for each statement execute function platform.refuse_change();

create table betting.house_limit (
    brand_id integer not null,
    game text not null,
    currency text not null,
    stake_min bigint,
    stake_max bigint,
    profit_share_bp integer,
    change_id uuid not null unique references betting.house_limit_change,
    primary key (brand_id, game, currency)
);

-- In force is what was approved, to the letter, and it follows what it was wished to replace.
create function betting.guard_limit() returns trigger
language plpgsql set search_path = betting, pg_temp as $$
declare
    before uuid := case when tg_op = 'UPDATE' then old.change_id end;
begin
    if not exists (
        select from betting.house_limit_change c
        join betting.house_limit_decision d on d.change_id = c.id and d.is_approved
        where c.id = new.change_id
          and (c.brand_id, c.game, c.currency) = (new.brand_id, new.game, new.currency)
          and (c.stake_min, c.stake_max, c.profit_share_bp, c.replaces)
              is not distinct from (new.stake_min, new.stake_max, new.profit_share_bp, before)
    ) then
        raise exception 'limit of % in % is not what was approved', new.game, new.currency
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger approved_only before insert or update on betting.house_limit
    for each row execute function betting.guard_limit();

grant select on betting.house_limit_change, betting.house_limit_decision, betting.house_limit
    to fairhouse_app;
grant insert on betting.house_limit_change, betting.house_limit_decision to fairhouse_app;
grant insert, update on betting.house_limit to fairhouse_app;
