-- A step may add stake to its round (double, split, insurance). The opening's stake stays what it
-- was; what came later stands beside it, and both count as wagered when they are taken.
alter table betting.round
    add column added bigint not null default 0 check (added >= 0),
    add column added_value bigint not null default 0 check (added_value >= 0);
comment on column betting.round.added is
    'Stake that steps have added: the round''s whole stake is stake + added.';
comment on column betting.round.added_value is
    'Of what was added, in micro-units of the reference currency at the rate of rate_id.';
grant update (added, added_value) on betting.round to fairhouse_app;

-- A type of its own: processes of the version before send betting.round_move until they are
-- replaced.
create type betting.round_change as (
    id uuid,
    cash_account bigint,
    step_before integer,
    step integer,
    state text,
    payout bigint,
    progress jsonb,
    expires_at timestamptz,
    closed_at timestamptz,
    delta bigint,
    added bigint,
    added_value bigint
);

-- What a line counts as wagered, in micro-units of the reference currency.
create function betting.wagered_value(kind text, stake bigint, stake_value bigint) returns bigint
language sql immutable parallel safe as $$
    select case
        when stake > 0 and kind in ('instant', 'open', 'step') then coalesce(stake_value, 0)
        else 0
    end
$$;
