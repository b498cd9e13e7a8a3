-- What staff look at: who is kept from playing, the newest first.
create index exclusion_in_force on protection.exclusion (id) where ended_at is null;
