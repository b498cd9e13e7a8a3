-- Who players are: details, documents, verification by tiers, a vendor's word.
create schema kyc;
grant usage on schema kyc to fairhouse_app, fairhouse_worker;

-- What a person told us, sealed under their own key.
create table kyc.person (
    player_id uuid primary key,
    brand_id smallint not null,
    sealed bytea not null,
    person_index bytea not null,
    is_pep boolean not null,
    verified_at timestamptz,
    updated_at timestamptz not null
);
comment on column kyc.person.person_index is
    'HMAC of name and day of birth within the brand: one account per natural person.';
create unique index person_once on kyc.person (brand_id, person_index)
    where verified_at is not null;

-- What of a player's money counts towards the thresholds; a movement counts once.
create table kyc.counted (
    ref uuid primary key,
    kind text not null check (kind in ('deposit', 'withdrawal')),
    player_id uuid not null,
    brand_id smallint not null,
    value bigint not null check (value >= 0),
    at timestamptz not null,
    reversed_at timestamptz
);
comment on column kyc.counted.value is 'Millionths of the reference currency.';
create index counted_of_player on kyc.counted (player_id, kind) where reversed_at is null;

-- That somebody was told which documents may be asked for, and when.
create table kyc.disclosure (
    player_id uuid not null,
    version text not null,
    accepted_at timestamptz not null,
    primary key (player_id, version)
);
create trigger append_only before update or delete or truncate on kyc.disclosure
    for each statement execute function platform.refuse_change();

-- One verification of one tier; a refresh is a new one.
create table kyc.request (
    id uuid primary key,
    player_id uuid not null,
    brand_id smallint not null,
    tier smallint not null check (tier between 1 and 3),
    state text not null check (state in (
        'wanted', 'submitted', 'on_hold', 'approved', 'retry', 'rejected', 'expired'
    )),
    reason text not null,
    rules_version integer not null,
    asked_at timestamptz not null,
    due_at timestamptz,
    submitted_at timestamptz,
    decided_at timestamptz,
    valid_until timestamptz,
    method text not null default '',
    source text not null default '',
    note text not null default ''
);
comment on column kyc.request.note is 'What the player reads beside a retry.';
comment on column kyc.request.source is 'Who said so: staff, or a vendor and its evidence id.';
create unique index request_open on kyc.request (player_id, tier)
    where state in ('wanted', 'submitted', 'on_hold', 'retry');
create index request_of_player on kyc.request (player_id, id);
create index request_queue on kyc.request (brand_id, submitted_at)
    where state in ('submitted', 'on_hold');
create index request_due on kyc.request (valid_until) where state = 'approved';

create table kyc.decision (
    id uuid primary key,
    request_id uuid not null references kyc.request,
    staff_id uuid,
    answer text not null check (answer in ('approve', 'retry', 'reject', 'hold')),
    reason text not null check (length(reason) between 3 and 500),
    is_effective boolean not null,
    at timestamptz not null
);
comment on column kyc.decision.is_effective is 'False: a first word, and a second is needed.';
create index decision_of_request on kyc.decision (request_id, at);
create trigger append_only before update or delete or truncate on kyc.decision
    for each statement execute function platform.refuse_change();

-- Documents as re-encoded by us, sealed under the person's key: gone with it.
create table kyc.document (
    id uuid primary key,
    player_id uuid not null,
    brand_id smallint not null,
    tier smallint not null,
    kind text not null check (kind in ('identity', 'address', 'selfie', 'funds')),
    media_type text not null,
    size_bytes integer not null check (size_bytes between 1 and 8388608),
    sha256 bytea not null check (length(sha256) = 32),
    expires_on date,
    sealed bytea,
    uploaded_at timestamptz not null,
    removed_at timestamptz,
    check ((sealed is null) = (removed_at is not null))
);
alter table kyc.document alter column sealed set storage external;
create index document_of_player on kyc.document (player_id, id);
create index document_expiring on kyc.document (expires_on)
    where expires_on is not null and removed_at is null;

-- What a vendor is asked, and what it told us.
create table kyc.applicant (
    player_id uuid not null,
    vendor text not null,
    brand_id smallint not null,
    tier smallint not null,
    applicant_id text not null,
    newest_ms bigint not null default 0,
    polled_at timestamptz,
    created_at timestamptz not null,
    primary key (player_id, vendor, tier),
    unique (vendor, applicant_id, tier)
);
comment on column kyc.applicant.newest_ms is 'The vendor''s time of the last word that counted.';

create table kyc.vendor_event (
    vendor text not null,
    event_id text not null,
    received_at timestamptz not null,
    body bytea not null,
    processed_at timestamptz,
    outcome text,
    primary key (vendor, event_id)
);
create index vendor_event_due on kyc.vendor_event (received_at) where processed_at is null;

grant select on all tables in schema kyc to fairhouse_app;
grant insert on kyc.disclosure, kyc.decision to fairhouse_app;
grant insert, update on kyc.person, kyc.counted, kyc.request, kyc.document, kyc.applicant,
    kyc.vendor_event to fairhouse_app;
