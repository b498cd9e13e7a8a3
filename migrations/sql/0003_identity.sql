-- identity: players, their sealed personal data, credentials, sessions, second factors; staff.
-- No column holds personal data in the clear: e-mail, birth date and IP are sealed under the
-- person's own key; the HMAC index finds an e-mail without telling it.

create schema identity;

-- The key under which a person's data is sealed, itself sealed under the platform's master key.
-- Deleting the row is the erasure. Kept apart from the player so that a backup policy may differ.
create table identity.person_key (
    player_id uuid primary key,
    sealed_key bytea not null,
    created_at timestamptz not null
);

create table identity.player (
    id uuid primary key,
    brand_id integer not null,
    kind text not null check (kind in ('guest', 'registered')),
    lane smallint not null check (lane between 0 and 15),
    status text not null default 'active' check (status in ('active', 'locked', 'closed')),
    username text,
    email_index bytea,
    sealed_data bytea,
    password_hash text check (password_hash like '$argon2id$%'),
    language text not null,
    terms_version text,
    email_verified_at timestamptz,
    withdrawals_held_until timestamptz,
    last_login_at timestamptz,
    failures_at timestamptz[] not null default '{}',
    locked_until timestamptz,
    is_test boolean not null default false,
    created_at timestamptz not null,
    registered_at timestamptz,
    erased_at timestamptz,
    constraint registered_is_complete check (
        kind = 'guest' or erased_at is not null or (
            username is not null and email_index is not null and sealed_data is not null
            and password_hash is not null and terms_version is not null
            and email_verified_at is not null
        )
    )
);

-- One account per mailbox and per public name, in each brand.
create unique index player_email on identity.player (brand_id, email_index);
create unique index player_username on identity.player (brand_id, lower(username));

-- A registration waits here until its mailbox is proven: nobody can block somebody else's
-- address, and a taken address looks the same from outside.
create table identity.registration (
    id uuid primary key,
    brand_id integer not null,
    email_index bytea not null,
    -- Null when the address belongs to an account already: no code will ever fit.
    code_hash bytea,
    attempts_left smallint not null check (attempts_left >= 0),
    mails smallint not null default 1,
    -- Sealed under the master key; the row is deleted when it is confirmed or expires.
    sealed_data bytea not null,
    username text not null,
    password_hash text not null check (password_hash like '$argon2id$%'),
    language text not null,
    terms_version text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index registration_by_email on identity.registration (brand_id, email_index, created_at);
create index registration_by_expiry on identity.registration (expires_at);

create table identity.terms_acceptance (
    player_id uuid not null references identity.player (id),
    brand_id integer not null,
    terms_version text not null,
    accepted_at timestamptz not null,
    primary key (player_id, terms_version)
);
create trigger append_only before update or delete or truncate on identity.terms_acceptance
    for each statement execute function platform.refuse_change();

create table identity.session (
    id uuid primary key,
    token_hash bytea not null unique check (octet_length(token_hash) = 32),
    player_id uuid not null references identity.player (id),
    brand_id integer not null,
    device text not null,
    sealed_ip bytea,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    previous_login_at timestamptz,
    step_up_until timestamptz,
    revoked_at timestamptz,
    revoke_reason text
);
create index session_of_player on identity.session (player_id, created_at desc);
create index session_by_expiry on identity.session (expires_at);

-- Password resets (a token) and e-mail changes (six digits for the logged-in player).
create table identity.code (
    id uuid primary key,
    player_id uuid not null references identity.player (id),
    brand_id integer not null,
    purpose text not null check (purpose in ('reset_password', 'change_email')),
    code_hash bytea,
    attempts_left smallint not null check (attempts_left >= 0),
    email_index bytea,
    sealed_email bytea,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index code_of_player on identity.code (player_id, purpose, created_at desc);
create unique index code_by_reset_hash on identity.code (code_hash)
    where purpose = 'reset_password';

create table identity.totp (
    player_id uuid primary key references identity.player (id),
    sealed_secret bytea not null,
    confirmed_at timestamptz,
    last_used_step bigint,
    created_at timestamptz not null
);

create table identity.recovery_code (
    player_id uuid not null references identity.player (id),
    code_hash bytea not null,
    created_at timestamptz not null,
    used_at timestamptz,
    primary key (player_id, code_hash)
);

-- Employees, owners, household and others who may not play: known by mailbox index only.
create table identity.restricted_email (
    brand_id integer not null,
    email_index bytea not null,
    reason text not null,
    created_at timestamptz not null,
    primary key (brand_id, email_index)
);

create table identity.staff (
    id uuid primary key,
    handle text not null unique check (handle = lower(handle)),
    name text not null,
    roles text[] not null,
    password_hash text not null check (password_hash like '$argon2id$%'),
    sealed_totp_secret bytea not null,
    last_used_step bigint,
    failures_at timestamptz[] not null default '{}',
    locked_until timestamptz,
    created_at timestamptz not null,
    disabled_at timestamptz
);

create table identity.staff_session (
    id uuid primary key,
    token_hash bytea not null unique check (octet_length(token_hash) = 32),
    staff_id uuid not null references identity.staff (id),
    device text not null,
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index staff_session_of_staff on identity.staff_session (staff_id);

grant usage on schema identity to fairhouse_app;
grant select, insert, update on all tables in schema identity to fairhouse_app;
-- What may be forgotten: keys (erasure), registrations and sessions that ended, old codes.
grant delete on identity.person_key, identity.registration, identity.session,
    identity.staff_session, identity.code, identity.totp, identity.recovery_code,
    identity.restricted_email to fairhouse_app;
-- An acceptance of terms is evidence.
revoke update on identity.terms_acceptance from fairhouse_app;
