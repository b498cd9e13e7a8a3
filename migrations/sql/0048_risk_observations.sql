-- What happened, once and for ever, as risk asks about it: windows by player, device, IP, network,
-- address and brand. Fed by the worker from the outbox and from the journal of bets.
create table risk.observation (
    seq bigint generated always as identity,
    key text not null check (length(key) between 1 and 200),
    kind text not null,
    at timestamptz not null,
    seen_at timestamptz not null,
    brand_id integer not null,
    player_id uuid not null,
    count bigint not null check (count >= 0),
    value bigint not null,
    moved bigint not null,
    returned bigint not null,
    device bytea,
    ip bytea,
    network bytea,
    address bytea,
    country text,
    asset text,
    ref text,
    unique (key, at)
) partition by range (at);
comment on table risk.observation is
    'seq is the order of commits: writers hold one lock. A key has one time at its source.';
comment on column risk.observation.value is
    'Millionths of a US dollar; of links and anomalies a plain number.';
comment on column risk.observation.moved is
    'Of bets: the part of the stakes that was at risk, min(stake, |payout - stake|) each.';
comment on column risk.observation.device is
    'A keyed hash, as are ip, network and address.';

create index observation_of_player on risk.observation (player_id, kind, at);
create index observation_of_device on risk.observation (device, kind, at)
    where device is not null;
create index observation_of_ip on risk.observation (ip, kind, at) where ip is not null;
create index observation_of_network on risk.observation (network, kind, at)
    where network is not null;
create index observation_of_address on risk.observation (address, kind, at)
    where address is not null;
create index observation_of_brand on risk.observation (brand_id, kind, at);
create index observation_in_order on risk.observation (seq);

create table risk.observation_default partition of risk.observation default;

create trigger append_only before update or delete or truncate on risk.observation
    for each statement execute function platform.refuse_change();

-- Monthly partitions, made ahead; months past their time are dropped whole.
create function risk.make_partitions(first_day date, last_day date) returns integer
language plpgsql security definer set search_path = risk, pg_temp as $$
declare
    first_month date;
    low timestamptz;
    high timestamptz;
    name text;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('risk.make_partitions'));
    for first_month in select generate_series(
        date_trunc('month', first_day::timestamp), last_day::timestamp, '1 month')::date
    loop
        name := 'observation_' || to_char(first_month, 'YYYYMM');
        low := first_month::timestamp at time zone 'UTC';
        high := (first_month + interval '1 month') at time zone 'UTC';
        continue when to_regclass('risk.' || name) is not null;
        continue when exists (
            select from risk.observation_default o where o.at >= low and o.at < high);
        execute format('create table risk.%I (like risk.observation including defaults '
            'including constraints)', name);
        execute format('alter table risk.observation attach partition risk.%I '
            'for values from (%L) to (%L)', name, low, high);
        made := made + 1;
    end loop;
    return made;
end
$$;

create function risk.drop_partitions(before date) returns integer
language plpgsql security definer set search_path = risk, pg_temp as $$
declare
    child record;
    dropped integer := 0;
begin
    if before > (now() at time zone 'UTC')::date - 400 then
        raise exception 'observations are kept for 400 days';
    end if;
    for child in
        select c.relname from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'risk.observation'::regclass and c.relname ~ '^observation_[0-9]{6}$'
    loop
        if to_date(right(child.relname, 6), 'YYYYMM') + interval '1 month' <= before then
            execute format('drop table risk.%I', child.relname);
            dropped := dropped + 1;
        end if;
    end loop;
    return dropped;
end
$$;
revoke all on function risk.make_partitions(date, date), risk.drop_partitions(date) from public;
grant execute on function risk.make_partitions(date, date), risk.drop_partitions(date)
    to fairhouse_worker;

-- How far the journal of bets was read, by lane.
create table risk.play_cursor (
    lane smallint primary key,
    lane_seq bigint not null default 0,
    read_at timestamptz not null default '1970-01-01 00:00Z'
);
comment on column risk.play_cursor.read_at is 'Time of the line at lane_seq.';
insert into risk.play_cursor (lane) select generate_series(0, 15);

grant select on risk.observation, risk.play_cursor to fairhouse_app, fairhouse_worker;
grant insert on risk.observation to fairhouse_worker;
grant update on risk.play_cursor to fairhouse_worker;
