-- Crash and slide: who runs a game's rounds, the rounds, who was in, and who left when.
create schema if not exists games;
grant usage on schema games to fairhouse_app, fairhouse_worker;

-- One process runs a game's rounds: the epoch fences one that lost the lease and does not know yet.
create table games.crash_runner (
    game text primary key,
    owner text,
    address text,
    epoch bigint not null default 0,
    lease_until timestamptz not null default '-infinity'
) with (fillfactor = 50);
insert into games.crash_runner (game) values ('crash'), ('slide');
grant select, update on games.crash_runner to fairhouse_app;
grant select on games.crash_runner to fairhouse_worker;

create table games.crash_round (
    id uuid primary key,
    game text not null references games.crash_runner (game),
    number bigint not null check (number > 0),
    state text not null
        check (state in ('betting', 'locked', 'running', 'crashed', 'settled', 'void')),
    chain_id uuid not null,
    chain_number integer not null check (chain_number > 0),
    opened_at timestamptz not null,
    closes_at timestamptz not null check (closes_at > opened_at),
    beacon text not null,
    beacon_key bytea not null,
    beacon_round bigint not null check (beacon_round > 0),
    signature bytea,
    started_at timestamptz,
    caps jsonb not null default '{}',
    entrants integer not null default 0,
    seen_ms integer not null default 0 check (seen_ms >= 0),
    seen_epoch bigint not null default 0,
    point bigint check (point >= 100),
    hash bytea check (length(hash) = 32),
    made_good bigint check (made_good >= 100),
    ended_at timestamptz,
    reason text,
    settled_at timestamptz,
    unique (game, number),
    unique (chain_id, chain_number),
    check ((state in ('running', 'crashed', 'settled')) = (started_at is not null)),
    check ((signature is null) = (started_at is null)),
    check ((state in ('crashed', 'settled')) = (point is not null)),
    check ((state in ('crashed', 'settled', 'void')) = (ended_at is not null)),
    check (state in ('crashed', 'settled', 'void') or hash is null),
    check ((state = 'void') = (reason is not null)),
    check (state <> 'settled' or settled_at is not null)
) with (fillfactor = 70);
comment on column games.crash_round.hash is 'Told when the round is over, never before.';
create unique index crash_round_live on games.crash_round (game)
    where state in ('betting', 'locked', 'running');
create index crash_round_unsettled on games.crash_round (game)
    where state in ('crashed', 'void') and settled_at is null;

-- What players were told is never told otherwise: states go forward, facts stay.
create function games.check_crash_round() returns trigger
language plpgsql set search_path = games, pg_temp as $$
begin
    if (old.state, new.state) not in (
        ('betting', 'locked'), ('betting', 'void'), ('locked', 'running'), ('locked', 'void'),
        ('running', 'running'), ('running', 'crashed'), ('crashed', 'settled'), ('void', 'void')
    ) then
        raise exception 'a round does not go from % to %', old.state, new.state
            using errcode = 'check_violation';
    end if;
    if (new.id, new.game, new.number, new.chain_id, new.chain_number, new.opened_at,
        new.closes_at, new.beacon, new.beacon_key, new.beacon_round)
       is distinct from
       (old.id, old.game, old.number, old.chain_id, old.chain_number, old.opened_at,
        old.closes_at, old.beacon, old.beacon_key, old.beacon_round)
       or (old.started_at is not null and
           (new.signature, new.started_at, new.caps, new.entrants)
           is distinct from (old.signature, old.started_at, old.caps, old.entrants))
       or (old.ended_at is not null and
           (new.point, new.hash, new.made_good, new.ended_at, new.reason)
           is distinct from (old.point, old.hash, old.made_good, old.ended_at, old.reason))
       or new.seen_ms < old.seen_ms then
        raise exception 'what a round has told stays as it is' using errcode = 'check_violation';
    end if;
    return new;
end
$$;
create trigger check_crash_round before update on games.crash_round
    for each row execute function games.check_crash_round();
create trigger keep before delete or truncate on games.crash_round
    for each statement execute function platform.refuse_change();
grant select, insert on games.crash_round to fairhouse_app;
grant update (
    state, signature, started_at, caps, entrants, seen_ms, seen_epoch, point, hash, made_good,
    ended_at, reason, settled_at
) on games.crash_round to fairhouse_app;
grant select on games.crash_round to fairhouse_worker;

-- Who was in when the round began; written with the start, in one transaction.
create table games.crash_bet (
    bet_id uuid primary key,
    round_id uuid not null references games.crash_round (id),
    brand_id integer not null,
    lane smallint not null,
    player_id uuid not null,
    currency text not null,
    stake bigint not null check (stake > 0),
    auto bigint check (auto > 100),
    ends_at bigint not null check (ends_at > 100)
);
create index crash_bet_of_round on games.crash_bet (round_id);
create trigger append_only before update or delete or truncate on games.crash_bet
    for each statement execute function platform.refuse_change();
grant select, insert on games.crash_bet to fairhouse_app;
grant select on games.crash_bet to fairhouse_worker;

-- Who left when, by their own hand: the first one stands, and nothing is acknowledged before.
create table games.crash_cash_out (
    bet_id uuid primary key references games.crash_bet (bet_id),
    round_id uuid not null references games.crash_round (id),
    at_ms integer not null check (at_ms > 0),
    multiplier bigint not null check (multiplier > 100),
    written_at timestamptz not null
);
create index crash_cash_out_of_round on games.crash_cash_out (round_id);
create trigger append_only before update or delete or truncate on games.crash_cash_out
    for each statement execute function platform.refuse_change();
grant select, insert on games.crash_cash_out to fairhouse_app;
grant select on games.crash_cash_out to fairhouse_worker;
