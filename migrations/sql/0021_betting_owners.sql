-- Who may own lanes: every API process, for as long as its lease runs. Lanes are shared fairly by
-- the owners that are alive and not leaving, and `address` is where a request for a lane is
-- forwarded to (docs/decisions/0021).
create table betting.owner (
    name text primary key,
    address text,
    lanes smallint[] not null,
    is_leaving boolean not null default false,
    lease_until timestamptz not null,
    since timestamptz not null default clock_timestamp()
) with (fillfactor = 50);
comment on column betting.owner.address is
    'Of its internal listener: unix:PATH or tcp:HOST:PORT; null when nothing can be forwarded.';
comment on column betting.owner.lanes is
    'Those it would own; the sets of two owners are equal or disjoint.';
comment on column betting.owner.is_leaving is
    'It hands its lanes over and takes none: it is about to stop.';
comment on column betting.lane.backend_pid is
    'Of the connection that keeps the lease; the owner''s other backends carry its name as theirs.';

grant select, insert, delete on betting.owner to fairhouse_app;
grant update (address, lanes, is_leaving, lease_until) on betting.owner to fairhouse_app;
