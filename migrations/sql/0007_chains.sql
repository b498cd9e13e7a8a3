-- Chains: how far each was read, its recent blocks, and what moved to watched addresses.
create schema chains;
grant usage on schema chains to fairhouse_app, fairhouse_worker;

-- One row per chain; its lock is what makes one watcher at a time write.
create table chains.cursor (
    chain text primary key,
    number bigint not null,
    genesis_hash text not null,
    height bigint not null check (height >= 0),
    hash text not null,
    node_height bigint not null,
    halted_reason text,
    last_error text,
    reached_at timestamptz not null,
    updated_at timestamptz not null,
    rescan_next bigint,
    rescan_last bigint,
    change_seq bigint not null default 0,
    check ((rescan_next is null) = (rescan_last is null))
);
comment on column chains.cursor.reached_at is 'When the node last gave a trustworthy answer.';
comment on column chains.cursor.change_seq is
    'Last number given to a change of an observation; rises under the row lock, so that numbers '
    'become visible in their order.';

-- The recent part of the chain that was followed: enough to find where a reorg left it.
create table chains.block (
    chain text not null references chains.cursor (chain),
    height bigint not null,
    hash text not null,
    parent_hash text not null,
    mined_at timestamptz not null,
    primary key (chain, height)
);

create table chains.watched (
    chain text not null,
    address text not null,
    since timestamptz not null,
    looked_back boolean not null default false,
    primary key (chain, address)
);
create index watched_new on chains.watched (chain) where not looked_back;
comment on column chains.watched.looked_back is
    'Whether coins that arrived before the address was watched were looked for.';

create table chains.observation (
    chain text not null references chains.cursor (chain),
    tx_hash text not null,
    idx text not null,
    asset text,
    contract text,
    from_address text not null,
    to_address text not null,
    base_units numeric(78, 0) not null check (base_units > 0),
    state text not null check (state in ('seen', 'included', 'orphaned', 'dropped')),
    block_height bigint,
    block_hash text,
    first_seen_at timestamptz not null,
    last_seen_height bigint not null,
    version integer not null default 1,
    change_seq bigint not null,
    primary key (chain, tx_hash, idx),
    check ((state = 'included') = (block_height is not null)),
    check ((block_height is null) = (block_hash is null))
);
create unique index observation_changes on chains.observation (chain, change_seq);
create index observation_by_height on chains.observation (chain, block_height)
    where state = 'included';
create index observation_open on chains.observation (chain) where state in ('seen', 'orphaned');
create index observation_by_address on chains.observation (chain, to_address);
comment on column chains.observation.last_seen_height is
    'The cursor''s height when the transaction was last seen in the mempool or in a block.';

grant select on chains.cursor, chains.block, chains.watched, chains.observation to fairhouse_app;
grant insert on chains.watched to fairhouse_app;
grant update (rescan_next, rescan_last) on chains.cursor to fairhouse_app;
grant insert, update on chains.cursor, chains.observation, chains.watched to fairhouse_worker;
grant insert, delete on chains.block to fairhouse_worker;
