-- What waits for a chain or for the house, found without reading what is done.
create index deposit_waiting on cashier.deposit (state, seen_at)
    where state in ('SEEN', 'CONFIRMING');
