-- identity: accounts that close, sleep, carry a phrase and refer others; sessions by device and by
-- the jurisdiction's patience; the player's own list of addresses.

alter table identity.player
    add column closed_at timestamptz,
    -- Closed to play and deposits; what is in the account can be taken out.
    add column closure text check (closure in ('player', 'minor')),
    add column dormant_noticed_at timestamptz,
    add column dormant_at timestamptz,
    add column sealed_phrase bytea,
    add column referral_code text check (referral_code ~ '^[a-z2-9]{8}$'),
    add column referred_by uuid references identity.player (id),
    add column whitelist_on boolean not null default false,
    -- Switching it off takes a day: set, it is off from then on.
    add column whitelist_off_at timestamptz,
    add constraint closed_for_a_reason check ((closed_at is null) = (closure is null));
create unique index player_referral on identity.player (brand_id, referral_code);
create index player_asleep on identity.player (last_login_at)
    where kind = 'registered' and dormant_at is null;

alter table identity.registration add column referral text;

alter table identity.session
    add column idle_s integer check (idle_s > 0),
    add column device_hash bytea check (octet_length(device_hash) = 32),
    add column signals_hash bytea check (octet_length(signals_hash) = 32);

create table identity.address (
    id uuid primary key,
    brand_id integer not null,
    player_id uuid not null references identity.player (id),
    chain text not null check (chain ~ '^[a-z0-9_-]{1,32}$'),
    address text not null check (length(address) between 8 and 128),
    sealed_label bytea not null,
    created_at timestamptz not null,
    usable_at timestamptz not null,
    constraint address_once unique (player_id, chain, address)
);
grant select, insert, delete on identity.address to fairhouse_app;
