-- Screening: lists of sanctioned addresses and people, checks of movements, cases for people.
create schema screening;
grant usage on schema screening to fairhouse_app, fairhouse_worker;

-- One published state of a list, whole; never edited.
create table screening.list_version (
    id uuid primary key,
    list text not null,
    version text not null,
    published_on date not null,
    sha256 bytea not null check (length(sha256) = 32),
    is_fixture boolean not null,
    addresses integer not null check (addresses >= 0),
    parties integer not null check (parties >= 0),
    added integer not null,
    removed integer not null,
    imported_at timestamptz not null,
    unique (list, sha256)
);
create trigger append_only before update or delete or truncate on screening.list_version
    for each statement execute function platform.refuse_change();

-- An address stands from one version until another: what was in force on a day can be told.
create table screening.listed_address (
    list text not null,
    canonical text not null,
    since uuid not null references screening.list_version,
    until uuid references screening.list_version,
    published text not null,
    tickers text[] not null,
    party text not null,
    primary key (list, canonical, since)
);
create unique index listed_address_in_force on screening.listed_address (canonical, list)
    where until is null;

-- A name of a listed person, with what tells them apart from others of that name.
create table screening.listed_name (
    id bigint generated always as identity primary key,
    list text not null,
    fingerprint bytea not null,
    party text not null,
    name text not null,
    is_weak boolean not null,
    births date[] not null,
    countries text[] not null,
    topic text not null check (topic in ('sanctions', 'pep')),
    since uuid not null references screening.list_version,
    until uuid references screening.list_version
);
comment on column screening.listed_name.births is 'Pairs: from, until.';
create unique index listed_name_in_force on screening.listed_name (list, fingerprint)
    where until is null;

-- When a person was last looked for on the lists; what they are called stands sealed elsewhere.
create table screening.person_scan (
    player_id uuid primary key,
    brand_id smallint not null,
    scanned_at timestamptz not null,
    matches integer not null
);
create index person_scan_due on screening.person_scan (scanned_at);

-- What is known of the other side of one movement, under its own id: asked once, however often.
create table screening.address_check (
    id uuid primary key,
    subject text not null check (subject in ('deposit', 'withdrawal')),
    brand_id smallint not null,
    player_id uuid not null,
    chain text not null,
    currency text not null,
    address text not null,
    canonical text not null,
    tx_hash text not null,
    own_address text not null,
    amount text not null,
    at timestamptz not null,
    verdict text not null check (verdict in ('waiting', 'clear', 'hold', 'freeze')),
    score integer not null default 0,
    reasons text[] not null default '{}',
    policy_version text not null default '',
    provider text not null default '',
    external_id text not null default '',
    asked_at timestamptz not null,
    next_at timestamptz not null,
    decided_at timestamptz,
    expires_at timestamptz,
    told_at timestamptz,
    polls integer not null default 0,
    last_error text not null default '',
    check ((verdict = 'waiting') = (decided_at is null))
);
comment on column screening.address_check.told_at is
    'When whoever asked took the answer; null: it is news.';
create index address_check_due on screening.address_check (next_at) where verdict = 'waiting';
create index address_check_news on screening.address_check (subject, decided_at)
    where told_at is null and verdict <> 'waiting';
create index address_check_by_address on screening.address_check (canonical);
create index address_check_of_player on screening.address_check (player_id, id);

-- A possible match that people decide about.
create table screening.case (
    id uuid primary key,
    kind text not null check (kind in ('address', 'name', 'pep')),
    brand_id smallint not null,
    player_id uuid not null,
    subject text not null,
    state text not null check (state in ('open', 'cleared', 'confirmed')),
    verdict text not null check (verdict in ('hold', 'freeze')),
    reasons text[] not null,
    evidence jsonb not null,
    opened_at timestamptz not null,
    due_at timestamptz not null,
    decided_at timestamptz,
    round integer not null default 1,
    check ((state = 'open') = (decided_at is null)),
    -- The same suspicion about the same thing is one case, however often it is found.
    unique (player_id, kind, subject)
);
comment on column screening.case.round is 'Rises when a cleared case is opened again.';
create index case_open on screening.case (brand_id, due_at) where state = 'open';
create index case_in_force on screening.case (player_id) where state <> 'cleared';

create table screening.case_vote (
    case_id uuid not null references screening.case,
    round integer not null,
    staff_id uuid not null,
    vote text not null check (vote in ('clear', 'confirm')),
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null,
    primary key (case_id, round, staff_id, vote)
);
create trigger append_only before update or delete or truncate on screening.case_vote
    for each statement execute function platform.refuse_change();

grant select on all tables in schema screening to fairhouse_app;
grant insert on screening.case_vote to fairhouse_app;
grant insert, update on screening.case, screening.address_check, screening.person_scan
    to fairhouse_app;
grant insert on screening.list_version to fairhouse_worker;
grant insert, update on screening.listed_address, screening.listed_name to fairhouse_worker;
