-- A deposit from where nothing may come is in the books, and out of everybody's reach.
alter table cashier.deposit drop constraint deposit_state_check;
alter table cashier.deposit add constraint deposit_state_check check (state in (
    'SEEN', 'CONFIRMING', 'CREDITED', 'BELOW_MINIMUM', 'HELD', 'ORPHANED', 'REVERSED',
    'UNRECOGNISED'
));
