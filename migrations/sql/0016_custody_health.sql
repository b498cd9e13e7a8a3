-- Approvals that come after the request, and what the worker last heard of the signer.
grant update (approvals) on custody.family to fairhouse_worker;

create table custody.signer_state (
    is_only boolean primary key default true check (is_only),
    asked_at timestamptz not null,
    answered_at timestamptz,
    identity_key text,
    policy_digest text,
    halted text
);
grant select on custody.signer_state to fairhouse_app;
grant insert, update on custody.signer_state to fairhouse_worker;
