-- What could not be moved goes to the back of the line, so that it never holds up the others.
alter table cashier.deposit add column stuck_at timestamptz;
comment on column cashier.deposit.stuck_at is
    'When judging it failed last; null once it went well.';
alter table cashier.withdrawal add column stuck_at timestamptz;
comment on column cashier.withdrawal.stuck_at is
    'When moving it failed last; null once it went well.';
