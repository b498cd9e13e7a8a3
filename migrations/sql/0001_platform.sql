-- The floor: the outbox, its cursors, and what every schema relies on.
grant usage on schema platform to fairhouse_app, fairhouse_worker;

-- What happened, written in the transaction that made it happen.
create table platform.outbox (
    id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    type text not null check (type ~ '^[a-z_]+\.[a-z_]+$'),
    version smallint not null check (version > 0),
    brand_id smallint not null,
    subject text not null,
    payload jsonb not null,
    at timestamptz not null
);
create index outbox_in_order on platform.outbox (xid, id);
comment on column platform.outbox.xid is
    'Readers stop below the oldest running transaction: ids are taken before they are committed.';

create table platform.outbox_cursor (
    consumer text primary key,
    xid xid8 not null default '0',
    id bigint not null default 0
);

grant select, insert on platform.outbox to fairhouse_app;
grant select, insert, update on platform.outbox_cursor to fairhouse_app;

-- Rows that every cursor has passed and that are older than `keep` go; nobody else may delete.
create function platform.prune_outbox(keep interval) returns bigint
language sql security definer set search_path = platform, pg_temp as $$
    with gone as (
        delete from platform.outbox o
        where o.at < now() - keep
          and not exists (
              select from platform.outbox_cursor c where (c.xid, c.id) < (o.xid, o.id)
          )
        returning 1
    )
    select count(*) from gone
$$;
revoke all on function platform.prune_outbox(interval) from public;
grant execute on function platform.prune_outbox(interval) to fairhouse_worker;

-- A trigger for journals: the second lock behind the missing grants.
create function platform.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '%.% is append-only', tg_table_schema, tg_table_name
        using errcode = 'restrict_violation';
end
$$;
comment on function platform.refuse_change() is
    'Use: create trigger append_only before update or delete or truncate on <journal> '
    'for each statement execute function platform.refuse_change()';
