-- Which of these ids the journal has. A function, so that its plan, which prunes partitions while
-- it runs, is no part of the batch statement's: when a concurrent deposit makes PostgreSQL 18
-- recheck a row there (EvalPlanQual), it starts every subplan anew without its pruning state, and
-- crashes.
create function betting.known_ids(ids uuid[]) returns setof uuid
language plpgsql stable as $$
begin
    return query select e.id from unnest(ids) as asked (id) join betting.entry e on e.id = asked.id;
end
$$;
