-- What lane owners tell about themselves every second, for the live view; a crash may empty it.
create unlogged table betting.pulse (
    owner text not null,
    at timestamptz not null,
    span_ms integer not null,
    waits bigint[] not null,
    commits bigint[] not null,
    sizes bigint[] not null,
    commands bigint not null,
    outcomes jsonb not null,
    refusals jsonb not null,
    slow bigint not null,
    queued integer not null,
    oldest_wait_us bigint not null,
    in_flight integer not null,
    lags jsonb not null
);
create index pulse_newest on betting.pulse (at);
comment on table betting.pulse is
    'Counts cover the last span_ms; buckets as in betting/store/pulse.py. Kept for six minutes.';
grant select, insert, delete on betting.pulse to fairhouse_app;
