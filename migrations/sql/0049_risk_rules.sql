-- Rules as versioned data, their back-tests, who published them, what they decided, and the cases
-- in which people look at it. Everything but the state of a case is append-only.
create table risk.rule_version (
    id uuid primary key,
    name text not null,
    version integer not null check (version > 0),
    brand_id integer,
    definition jsonb not null,
    digest text not null,
    author text not null,
    reason text not null,
    made_at timestamptz not null,
    unique (name, version)
);
comment on column risk.rule_version.brand_id is 'Null: for all brands.';

create table risk.back_test (
    id uuid primary key,
    version_id uuid not null references risk.rule_version (id),
    digest text not null,
    since timestamptz not null,
    until timestamptz not null,
    judged bigint not null,
    hits bigint not null,
    players bigint not null,
    labelled_bad bigint not null,
    labelled_good bigint not null,
    examples jsonb not null,
    run_by text not null,
    run_at timestamptz not null
);
create index back_test_of_version on risk.back_test (version_id, run_at desc);

create table risk.publication (
    version_id uuid primary key references risk.rule_version (id),
    verdict text not null check (verdict in ('published', 'rejected')),
    back_test_id uuid references risk.back_test (id),
    decided_by text not null,
    reason text not null,
    decided_at timestamptz not null,
    check ((verdict = 'published') = (back_test_id is not null))
);
create table risk.retirement (
    version_id uuid primary key references risk.publication (version_id),
    retired_by text not null,
    reason text not null,
    retired_at timestamptz not null
);

-- A version is published by somebody else than its author, after a back-test of that very text.
create function risk.check_publication() returns trigger
language plpgsql set search_path = risk, pg_temp as $$
begin
    if new.verdict = 'published' and not exists (
        select from risk.rule_version v
        join risk.back_test b on b.version_id = v.id and b.digest = v.digest
        where v.id = new.version_id and b.id = new.back_test_id and v.author <> new.decided_by
    ) then
        raise exception 'a rule needs a back-test of its version and a second person'
            using errcode = 'check_violation';
    end if;
    return new;
end
$$;
create trigger checked before insert on risk.publication
    for each row execute function risk.check_publication();

create view risk.rule_now as
select v.*, p.decided_by, p.decided_at,
       case
           when p.version_id is null then 'draft'
           when p.verdict = 'rejected' then 'rejected'
           when r.version_id is not null then 'retired'
           when exists (
               select from risk.publication p2 join risk.rule_version v2 on v2.id = p2.version_id
               where v2.name = v.name and p2.verdict = 'published' and v2.version > v.version)
               then 'retired'
           else 'published'
       end as state
from risk.rule_version v
left join risk.publication p on p.version_id = v.id
left join risk.retirement r on r.version_id = v.id;

create table risk.case_file (
    id uuid primary key,
    brand_id integer not null,
    player_id uuid not null,
    opened_at timestamptz not null,
    due_at timestamptz not null,
    state text not null check (state in ('open', 'closed')),
    verdict text check (verdict in ('fraud', 'harmless', 'unclear')),
    closed_at timestamptz,
    closed_by text,
    note text,
    check ((state = 'closed') = (verdict is not null and closed_at is not null))
);
create unique index case_open on risk.case_file (player_id) where state = 'open';
create index case_waiting on risk.case_file (due_at) where state = 'open';
create index case_of_player on risk.case_file (player_id, opened_at desc);
create index case_newest on risk.case_file (brand_id, id desc);

create table risk.decision (
    id uuid primary key,
    version_id uuid not null references risk.rule_version (id),
    seq bigint not null,
    kind text not null,
    at timestamptz not null,
    decided_at timestamptz not null,
    brand_id integer not null,
    player_id uuid not null,
    action text not null check (action in ('hold', 'ask', 'alert', 'score')),
    points integer not null check (points between 0 and 100),
    check_code text not null,
    features jsonb not null,
    explanation jsonb not null,
    ref text,
    case_id uuid references risk.case_file (id),
    unique (version_id, seq)
);
create index decision_of_player on risk.decision (player_id, decided_at desc);
create index decision_of_case on risk.decision (case_id);
create index decision_newest on risk.decision (brand_id, id desc);

create trigger append_only before update or delete or truncate on risk.rule_version
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on risk.back_test
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on risk.publication
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on risk.retirement
    for each statement execute function platform.refuse_change();
create trigger append_only before update or delete or truncate on risk.decision
    for each statement execute function platform.refuse_change();

grant select, insert on risk.rule_version, risk.back_test, risk.publication, risk.retirement,
    risk.decision, risk.case_file to fairhouse_app, fairhouse_worker;
grant update (state, verdict, closed_at, closed_by, note) on risk.case_file
    to fairhouse_app, fairhouse_worker;
grant select on risk.rule_now to fairhouse_app, fairhouse_worker;
