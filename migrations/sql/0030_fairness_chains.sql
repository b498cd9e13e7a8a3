-- Hash chains of multiplayer games: the end is published before the first game, the rest is sealed.
create table fairness.chain (
    id uuid primary key,
    purpose text not null,
    length integer not null check (length > 0),
    end_hash text not null unique check (end_hash ~ '^[0-9a-f]{64}$'),
    committed_at timestamptz not null,
    sealed bytea not null
);
comment on column fairness.chain.sealed is 'The seed and every 1,000th hash, under the master key.';
create index chain_purpose on fairness.chain (purpose, committed_at);

-- A commitment is never swapped.
create trigger keep before update or delete or truncate on fairness.chain
    for each statement execute function platform.refuse_change();
grant select, insert on fairness.chain to fairhouse_app;
grant select (id, purpose, length, end_hash, committed_at) on fairness.chain to fairhouse_worker;
