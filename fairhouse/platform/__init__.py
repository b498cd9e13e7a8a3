"""The floor under every module: database, outbox, loops, crypto, telemetry. No casino word."""
