-- Brands: their ids as something to refer to, and the pause switches. All else is code.
create schema brands;
grant usage on schema brands to fairhouse_app, fairhouse_worker;

-- One row per brand of fairhouse/brands/tables.py; a test holds the two equal.
create table brands.brand (
    id integer primary key check (id > 0),
    slug text not null unique check (slug ~ '^[a-z][a-z0-9-]*$')
);
insert into brands.brand (id, slug) values (1, 'fairhouse'), (2, 'nightowl');

-- A row is a switch that was ever used; it pauses while resumed_at is null.
create table brands.pause_switch (
    brand_id integer not null references brands.brand (id),
    switch text not null check (switch ~ '^(deposits|withdrawals|betting|game:[a-z0-9_-]{1,40})$'),
    reason text not null check (length(reason) between 3 and 500),
    actor text not null check (actor <> ''),
    paused_at timestamptz not null,
    resumed_at timestamptz,
    primary key (brand_id, switch)
);

grant select on brands.brand to fairhouse_app;
grant select, insert on brands.pause_switch to fairhouse_app;
grant update (reason, actor, paused_at, resumed_at) on brands.pause_switch to fairhouse_app;
