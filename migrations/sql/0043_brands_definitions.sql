-- Brands and jurisdictions as versioned data. Append-only: the highest version is in force.
create table brands.definition (
    brand_id integer not null references brands.brand (id),
    version integer not null check (version > 0),
    definition jsonb not null,
    actor text not null check (actor <> ''),
    reason text not null check (length(reason) between 3 and 500),
    made_at timestamptz not null,
    primary key (brand_id, version)
);

create table brands.jurisdiction (
    code text not null check (code ~ '^[a-z][a-z0-9_-]{1,30}$'),
    version integer not null check (version > 0),
    definition jsonb not null,
    actor text not null check (actor <> ''),
    reason text not null check (length(reason) between 3 and 500),
    made_at timestamptz not null,
    primary key (code, version),
    check (definition ->> 'code' = code and (definition ->> 'version')::integer = version)
);

grant select on brands.brand to fairhouse_worker;
grant insert on brands.brand to fairhouse_app;
grant select on brands.definition, brands.jurisdiction to fairhouse_app, fairhouse_worker;
grant insert on brands.definition, brands.jurisdiction to fairhouse_app;
