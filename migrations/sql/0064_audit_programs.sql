-- Which programs were approved to run (LOG-06, LOG-08), and what the database itself consists of.
create table audit.program (
    id bigint generated always as identity primary key,
    digest text not null check (digest ~ '^[0-9a-f]{64}$'),
    manifest jsonb not null,
    actor text not null,
    reason text not null check (length(reason) between 3 and 500),
    at timestamptz not null
);
comment on column audit.program.manifest is
    'SHA-256 by path; "settings" and "database" stand for what is no file of ours.';
create table audit.program_mismatch (
    digest text not null,
    at timestamptz not null,
    primary key (digest, at)
);
create trigger append_only before update or delete or truncate on audit.program
    for each statement execute function platform.refuse_change();

-- Definitions, not data: the same text from every database that had the same migrations, whatever
-- partitions time has added to it.
create function audit.schema_text() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with ours as (
        select oid, nspname from pg_namespace
        where nspname !~ '^(pg_|information_schema$|public$)'
    ), lines as (
        select 'column ' || o.nspname || '.' || c.relname || '.' || a.attname || ' '
               || format_type(a.atttypid, a.atttypmod)
               || case when a.attnotnull then ' !' else '' end
               || coalesce(' = ' || pg_get_expr(d.adbin, d.adrelid), '') as line
        from pg_class c join ours o on o.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
        where c.relkind in ('r', 'p', 'v') and not c.relispartition
        union all
        select 'constraint ' || o.nspname || '.' || c.relname || ' ' || k.conname || ' '
               || pg_get_constraintdef(k.oid)
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        join ours o on o.oid = c.relnamespace where not c.relispartition
        union all
        select 'function ' || o.nspname || ' ' || pg_get_functiondef(p.oid)
        from pg_proc p join ours o on o.oid = p.pronamespace where p.prokind = 'f'
        union all
        select 'trigger ' || o.nspname || '.' || c.relname || ' ' || pg_get_triggerdef(t.oid) || ' '
               || t.tgenabled::text
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        join ours o on o.oid = c.relnamespace
        where not t.tgisinternal and not c.relispartition
        union all
        select 'view ' || o.nspname || '.' || c.relname || ' ' || pg_get_viewdef(c.oid)
        from pg_class c join ours o on o.oid = c.relnamespace where c.relkind = 'v'
        union all
        select 'rights ' || o.nspname || '.' || c.relname || ' '
               || coalesce(x.grantee::regrole::text, '') || ' '
               || string_agg(x.privilege_type, ',' order by x.privilege_type)
        from pg_class c join ours o on o.oid = c.relnamespace, aclexplode(c.relacl) x
        where c.relkind in ('r', 'p', 'v') and not c.relispartition and x.grantee <> 0
        group by o.nspname, c.relname, x.grantee
    )
    select string_agg(line, E'\n' order by line collate "C") from lines
$$;

grant select, insert on audit.program, audit.program_mismatch
    to fairhouse_app, fairhouse_worker;
grant execute on function audit.schema_text() to fairhouse_app, fairhouse_worker;
