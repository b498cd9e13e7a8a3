-- One-time WebSocket tickets; rows live for 30 seconds.
CREATE SCHEMA app;

CREATE UNLOGGED TABLE app.ws_ticket (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    player_id uuid NOT NULL,
    session_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ws_ticket_expires_at ON app.ws_ticket (expires_at);

GRANT USAGE ON SCHEMA app TO fairhouse_app;
GRANT SELECT, INSERT, DELETE ON app.ws_ticket TO fairhouse_app;
