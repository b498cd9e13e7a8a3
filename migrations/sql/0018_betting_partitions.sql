-- A day whose first entries already lie in the default partition stays there: its partition cannot
-- be made without moving them, and must not stand in the way of the days to come.
create or replace function betting.make_partitions(first_day date, last_day date) returns integer
language plpgsql security definer set search_path = betting, pg_temp as $$
declare
    day date;
    name text;
    low uuid;
    high uuid;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('betting.make_partitions'));
    for day in select generate_series(first_day, last_day, '1 day')::date loop
        name := 'entry_' || to_char(day, 'YYYYMMDD');
        low := betting.id_floor(day::timestamp at time zone 'UTC');
        high := betting.id_floor((day + 1)::timestamp at time zone 'UTC');
        continue when to_regclass('betting.' || name) is not null;
        continue when exists (select from betting.entry_default where id >= low and id < high);
        execute format(
            'create table betting.%I (like betting.entry including defaults '
            'including constraints)', name);
        execute format(
            'alter table betting.entry attach partition betting.%I '
            'for values from (%L) to (%L)', name, low, high);
        made := made + 1;
    end loop;
    return made;
end
$$;
