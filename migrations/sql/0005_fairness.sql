-- Seed pairs: committed before use, sealed at rest, revealed by rotation and never before.
create schema fairness;
grant usage on schema fairness to fairhouse_app, fairhouse_worker;

-- `next` waits with its commitment shown; `active` makes outcomes; `revealed` is history.
create table fairness.seed_pair (
    id uuid primary key,
    brand_id integer not null check (brand_id > 0),
    player_id uuid not null,
    server_seed_sealed bytea not null,
    server_seed_hash text not null unique check (server_seed_hash ~ '^[0-9a-f]{64}$'),
    state text not null check (state in ('next', 'active', 'revealed')),
    client_seed text check (length(client_seed) between 1 and 64),
    nonces bigint check (nonces >= 0),
    created_at timestamptz not null,
    activated_at timestamptz,
    rotated_at timestamptz,
    check ((state = 'next') = (client_seed is null)),
    check ((state = 'next') = (activated_at is null)),
    check ((state = 'revealed') = (rotated_at is not null)),
    check ((state = 'revealed') = (nonces is not null))
);
comment on column fairness.seed_pair.nonces is
    'Bets made with the pair, written when it is revealed; until then betting.player_hot counts.';
create unique index seed_pair_active on fairness.seed_pair (player_id) where state = 'active';
create unique index seed_pair_next on fairness.seed_pair (player_id) where state = 'next';
create index seed_pair_history on fairness.seed_pair (player_id, rotated_at desc)
    where state = 'revealed';

-- A commitment is never swapped: the application has no right to change seed or hash, and this
-- trigger holds the client seed and the one direction of the states.
create function fairness.check_seed_pair() returns trigger
language plpgsql set search_path = fairness, pg_temp as $$
begin
    if old.client_seed is not null and new.client_seed is distinct from old.client_seed then
        raise exception 'the client seed of a pair in use never changes'
            using errcode = 'check_violation';
    end if;
    if (old.state, new.state) not in (('next', 'active'), ('active', 'revealed')) then
        raise exception 'a seed pair goes from next to active to revealed'
            using errcode = 'check_violation';
    end if;
    return new;
end
$$;
create trigger check_seed_pair before update on fairness.seed_pair
    for each row execute function fairness.check_seed_pair();
create trigger keep before delete or truncate on fairness.seed_pair
    for each statement execute function platform.refuse_change();

grant select, insert on fairness.seed_pair to fairhouse_app;
grant update (state, client_seed, nonces, activated_at, rotated_at)
    on fairness.seed_pair to fairhouse_app;
