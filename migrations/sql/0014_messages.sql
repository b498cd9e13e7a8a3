-- messages: the mail queue and the stored notifications behind the bell.

create schema messages;

-- Address and fields are sealed and are wiped when the mail was sent or given up.
create table messages.mail (
    id uuid primary key,
    brand_id integer not null,
    player_id uuid,
    template text not null,
    language text not null,
    sealed_content bytea,
    state text not null default 'queued' check (state in ('queued', 'sent', 'failed')),
    attempts smallint not null default 0,
    next_attempt_at timestamptz not null,
    last_error text,
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint content_while_queued check ((state = 'queued') = (sealed_content is not null))
);
create index mail_due on messages.mail (next_attempt_at) where state = 'queued';
create index mail_of_player on messages.mail (player_id) where player_id is not null;

create table messages.notification (
    id uuid primary key,
    brand_id integer not null,
    player_id uuid not null,
    kind text not null,
    fields jsonb not null,
    created_at timestamptz not null,
    read_at timestamptz
);
create index notification_of_player on messages.notification (player_id, id desc);

grant usage on schema messages to fairhouse_app;
grant select, insert, update on messages.mail, messages.notification to fairhouse_app;
grant delete on messages.mail, messages.notification to fairhouse_app;
