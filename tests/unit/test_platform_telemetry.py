"""Logs say which request, and nothing secret."""

import json
import subprocess
import sys

import pytest

from fairhouse.platform.telemetry import REDACTED, metrics_text, redact


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "new_password",
        "keystore_passphrase",
        "server_seed",
        "next_server_seed",
        "session_token",
        "token",
        "Authorization",
        "Set-Cookie",
        "totp_secret",
        "recovery_codes",
        "private_key",
        "mnemonic",
        "xprv",
        "api_key",
    ],
)
def test_secret_sounding_keys_vanish(key):
    assert {key: REDACTED} == redact(None, "info", {key: "hunter2"})
    assert {"a": [{key: REDACTED}]} == redact(None, "info", {"a": [{key: "hunter2"}]})


def test_what_is_public_stays():
    event = {
        "event": "bet settled",
        "server_seed_hash": "ab12",
        "client_seed": "x",
        "code": "malformed",
        "status": 200,
        "currency": "BTC",
        "tx_hash": "0x1",
        "destination": "0x2",
    }

    assert dict(event) == redact(None, "info", dict(event))


def test_a_password_in_a_url_vanishes():
    url = {"url": "connecting to postgresql://app:s3cret@127.0.0.1/x"}

    expected = f"connecting to postgresql://app:{REDACTED}@127.0.0.1/x"
    assert {"url": expected} == redact(None, "info", url)


def test_our_lines_and_the_libraries_are_json_of_one_form():
    program = """
import logging, structlog
from fairhouse.platform.telemetry import configure_logging
configure_logging("api", pretty=False)
structlog.contextvars.bind_contextvars(request_id="req_1")
structlog.get_logger("bets").info("bet placed", bet="bet_1", password="hunter2")
logging.getLogger("uvicorn").warning("from %s", "a library")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    ours, theirs = (json.loads(line) for line in done.stderr.splitlines())

    assert ("bet placed", "bet_1", "req_1", "api", "info", REDACTED) == tuple(
        ours[key] for key in ("event", "bet", "request_id", "process", "level", "password")
    )
    assert ("from a library", "req_1", "warning") == tuple(
        theirs[key] for key in ("event", "request_id", "level")
    )
    assert ours["timestamp"].endswith("Z")


def test_metrics_are_text():
    assert b"# HELP python_info" in metrics_text()
