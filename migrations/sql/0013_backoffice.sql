-- The back office: what staff did and why, in hash chains; notes; who is limited to which brands.
create schema backoffice;
grant usage on schema backoffice to fairhouse_app, fairhouse_worker;

-- One chain per stream ("house", "brand:<id>"). Each row carries the hash of the one before it, so
-- that none can be altered, removed, put between or reordered without every later hash changing.
create table backoffice.audit (
    stream text not null check (stream ~ '^(house|brand:[0-9]+)$'),
    seq bigint not null check (seq > 0),
    at timestamptz not null,
    actor text not null check (actor <> ''),
    action text not null check (action ~ '^[a-z_]+(\.[a-z_]+)*$'),
    subject text not null,
    reason text not null check (length(reason) between 3 and 500),
    details jsonb not null,
    previous_hash bytea not null check (octet_length(previous_hash) = 32),
    hash bytea not null check (octet_length(hash) = 32),
    primary key (stream, seq),
    unique (stream, previous_hash)
);
create index audit_of_subject on backoffice.audit (subject, at desc);
create index audit_of_actor on backoffice.audit (actor, at desc);
create index audit_newest on backoffice.audit (at desc, stream, seq);
comment on column backoffice.audit.hash is
    'SHA-256 of previous_hash and the canonical JSON of the row; see backoffice/rules.py.';
comment on column backoffice.audit.subject is
    'Wire id or key: never personal data, which must be erasable.';

-- A row joins the end of its chain, whatever the process that writes it believes.
create function backoffice.join_chain() returns trigger
language plpgsql set search_path = backoffice, pg_temp as $$
declare
    last backoffice.audit;
begin
    select * into last from backoffice.audit a
    where a.stream = new.stream order by a.seq desc limit 1;
    if new.seq <> coalesce(last.seq, 0) + 1
        or new.previous_hash <> coalesce(last.hash, decode(repeat('00', 32), 'hex')) then
        raise exception 'audit row % of % does not join its chain', new.seq, new.stream
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger join_chain before insert on backoffice.audit
    for each row execute function backoffice.join_chain();
create trigger append_only before update or delete or truncate on backoffice.audit
    for each statement execute function platform.refuse_change();

-- How far each chain had come, under a key that the database never sees: a chain that was cut
-- short, or made anew from its first row, no longer fits.
create table backoffice.checkpoint (
    stream text not null,
    seq bigint not null check (seq > 0),
    hash bytea not null check (octet_length(hash) = 32),
    mac bytea not null check (octet_length(mac) = 32),
    at timestamptz not null,
    primary key (stream, seq)
);
create trigger append_only before update or delete or truncate on backoffice.checkpoint
    for each statement execute function platform.refuse_change();

-- What staff wrote down about a player. A note is never edited.
create table backoffice.note (
    id uuid primary key,
    brand_id integer not null,
    player_id uuid not null,
    staff_id uuid not null,
    text text not null check (length(text) between 3 and 2000),
    at timestamptz not null
);
create index note_of_player on backoffice.note (player_id, id);
create trigger append_only before update or delete or truncate on backoffice.note
    for each statement execute function platform.refuse_change();

-- Staff with a row see these brands only; staff without one work for the whole house.
create table backoffice.restriction (
    staff_id uuid primary key,
    brands integer[] not null check (cardinality(brands) > 0),
    at timestamptz not null
);

grant select on all tables in schema backoffice to fairhouse_app;
grant insert on backoffice.audit, backoffice.checkpoint, backoffice.note to fairhouse_app;
grant insert, update, delete on backoffice.restriction to fairhouse_app;
