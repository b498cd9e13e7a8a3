-- The audit log moves below everything that writes into it. Its rows, their hashes and their
-- triggers go along as they are: a chain that was begun in the back office is the same chain.
create schema audit;
grant usage on schema audit to fairhouse_app, fairhouse_worker;

alter table backoffice.audit set schema audit;
alter table audit.audit rename to entry;
alter table backoffice.checkpoint set schema audit;
alter index audit.audit_pkey rename to entry_pkey;
alter index audit.audit_of_subject rename to entry_of_subject;
alter index audit.audit_of_actor rename to entry_of_actor;
alter index audit.audit_newest rename to entry_newest;
create index entry_of_action on audit.entry (action, at desc);

-- Beside deeds of the house and its brands: significant events, and looks at personal data.
alter table audit.entry drop constraint audit_stream_check;
alter table audit.entry add constraint entry_stream_check
    check (stream ~ '^(house|brand:[0-9]+|(events|personal)(:[0-9]+)?)$');
alter table audit.entry add column component text;
comment on column audit.entry.component is
    'The process that wrote it; null in rows older than this column, and hashed only when present.';
comment on column audit.entry.hash is
    'SHA-256 of previous_hash and the canonical JSON of the row; see audit/rules.py.';

alter table audit.checkpoint
    add column signature bytea check (octet_length(signature) = 64),
    add column public_key bytea check (octet_length(public_key) = 32);
comment on column audit.checkpoint.signature is
    'Ed25519 over the same text as mac; null in the oldest checkpoints.';

drop trigger join_chain on audit.entry;
create function audit.join_chain() returns trigger
language plpgsql set search_path = audit, pg_temp as $$
declare
    last audit.entry;
begin
    select * into last from audit.entry a
    where a.stream = new.stream order by a.seq desc limit 1;
    if new.seq <> coalesce(last.seq, 0) + 1
        or new.previous_hash <> coalesce(last.hash, decode(repeat('00', 32), 'hex')) then
        raise exception 'audit row % of % does not join its chain', new.seq, new.stream
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger join_chain before insert on audit.entry
    for each row execute function audit.join_chain();
drop function backoffice.join_chain();

grant select, insert on audit.entry to fairhouse_worker;
