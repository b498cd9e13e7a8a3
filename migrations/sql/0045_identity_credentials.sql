-- identity: one account, many ways in; challenges and tickets that work once.

-- An account may be without an e-mail (where the jurisdiction allows) and without a password.
alter table identity.player drop constraint registered_is_complete;
alter table identity.player add constraint registered_is_complete check (
    kind = 'guest' or erased_at is not null or (
        username is not null and sealed_data is not null and terms_version is not null
        and (email_index is null) = (email_verified_at is null)
    )
);

-- A registration that began with another way in carries it along instead of a password.
alter table identity.registration alter column password_hash drop not null;
alter table identity.registration add column sealed_entry bytea;
alter table identity.registration add constraint registration_has_a_way_in check (
    password_hash is not null or sealed_entry is not null
);

-- What opens an account besides the password. The outside name (address, subject, number) is found
-- by an index that differs per brand and kind, and sealed under the person's own key.
create table identity.credential (
    id uuid primary key,
    brand_id integer not null,
    player_id uuid not null references identity.player (id),
    kind text not null check (
        kind in ('passkey', 'ethereum', 'solana', 'telegram', 'oidc', 'phone')
    ),
    provider text not null,
    external_index bytea not null check (octet_length(external_index) = 32),
    sealed_external bytea not null,
    sealed_label bytea not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    constraint credential_external unique (brand_id, kind, external_index)
);
create index credential_of_player on identity.credential (player_id, created_at);

-- The public half of a passkey. Its id is random and says nothing about the person.
create table identity.passkey (
    credential_id uuid primary key references identity.credential (id) on delete cascade,
    raw_id bytea not null check (octet_length(raw_id) between 1 and 1023),
    user_handle bytea not null check (octet_length(user_handle) between 1 and 64),
    public_key bytea not null,
    sign_count bigint not null check (sign_count >= 0),
    is_backed_up boolean not null,
    transports text[] not null
);

create table identity.staff_passkey (
    id uuid primary key,
    staff_id uuid not null references identity.staff (id),
    raw_id bytea not null unique check (octet_length(raw_id) between 1 and 1023),
    user_handle bytea not null check (octet_length(user_handle) between 1 and 64),
    public_key bytea not null,
    sign_count bigint not null check (sign_count >= 0),
    is_backed_up boolean not null,
    transports text[] not null,
    label text not null check (length(label) between 1 and 60),
    created_at timestamptz not null,
    last_used_at timestamptz
);
create index staff_passkey_of_staff on identity.staff_passkey (staff_id, created_at);

-- Asked questions and handed-out tickets. Taking one deletes it: nothing is answered twice.
create table identity.challenge (
    id uuid primary key,
    secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
    brand_id integer,
    player_id uuid references identity.player (id),
    session_id uuid,
    kind text not null,
    purpose text not null check (
        purpose in ('enter', 'link', 'step_up', 'second_factor', 'register', 'staff')
    ),
    sealed_content bytea not null,
    attempts_left smallint not null check (attempts_left >= 0),
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index challenge_by_expiry on identity.challenge (expires_at);

-- Assertions of others that carry no question of ours (Telegram's): each opens once in its life.
create table identity.used_assertion (
    assertion_hash bytea primary key check (octet_length(assertion_hash) = 32),
    expires_at timestamptz not null
);
create index used_assertion_by_expiry on identity.used_assertion (expires_at);

-- Codes sent to telephones cost money: counted per number and per brand.
create table identity.phone_code (
    id uuid primary key,
    brand_id integer not null,
    phone_index bytea not null check (octet_length(phone_index) = 32),
    created_at timestamptz not null
);
create index phone_code_of_number on identity.phone_code (brand_id, phone_index, created_at);
create index phone_code_by_time on identity.phone_code (created_at);

grant select, insert, update, delete on identity.credential, identity.passkey,
    identity.staff_passkey, identity.challenge to fairhouse_app;
grant select, insert, delete on identity.used_assertion, identity.phone_code to fairhouse_app;
