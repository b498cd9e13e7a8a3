-- Keys that sign bet receipts: published before they sign, kept for ever, never changed.
create table fairness.receipt_key (
    id text primary key check (id ~ '^[0-9a-f]{16}$'),
    public_key bytea not null unique check (octet_length(public_key) = 32),
    private_key_sealed bytea not null,
    created_at timestamptz not null,
    active_from timestamptz not null unique,
    revoked_at timestamptz,
    revoked_because text check (length(revoked_because) between 1 and 500),
    check ((revoked_at is null) = (revoked_because is null))
);
comment on column fairness.receipt_key.active_from is
    'Signs for bets that closed from here on, until the next key; the first key for all before it.';

create function fairness.check_receipt_key() returns trigger
language plpgsql set search_path = fairness, pg_temp as $$
begin
    if old.revoked_at is not null then
        raise exception 'a revoked key stays revoked' using errcode = 'check_violation';
    end if;
    return new;
end
$$;
create trigger check_receipt_key before update on fairness.receipt_key
    for each row execute function fairness.check_receipt_key();
create trigger keep before delete or truncate on fairness.receipt_key
    for each statement execute function platform.refuse_change();

grant select, insert on fairness.receipt_key to fairhouse_app;
grant update (revoked_at, revoked_because) on fairness.receipt_key to fairhouse_app;
