-- Players whose money nothing protects if the house fails are reminded of it, with the amount
-- (LED-07); and nobody is forgotten whose records somebody has to keep (legal holds).
create view reports.player_cash as
    select a.owner as player_id, a.brand_id, a.unit as currency,
           sum(b.credits_posted - b.debits_posted)::bigint as units
    from ledger.account a join ledger.balance b on b.account_id = a.id
    where a.owner is not null
      and a.code in ('player_cash', 'locked_wager', 'withdrawal_hold', 'frozen')
    group by a.owner, a.brand_id, a.unit;

create table reports.funds_reminder (
    player_id uuid not null,
    brand_id integer not null,
    amounts text not null,
    at timestamptz not null,
    primary key (player_id, at)
);
comment on table reports.funds_reminder is 'What the player was told, and when.';
create trigger append_only before update or delete or truncate on reports.funds_reminder
    for each statement execute function platform.refuse_change();

create view reports.closed_account as
    select id as player_id, brand_id, coalesce(last_login_at, registered_at, created_at) as last_at
    from identity.player where status = 'closed' and erased_at is null;

grant select on reports.player_cash, reports.funds_reminder, reports.closed_account
    to fairhouse_app, fairhouse_worker;
grant insert on reports.funds_reminder to fairhouse_worker;
