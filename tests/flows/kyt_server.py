"""A provider of the documented KYT shape, written apart from our adapter: no code is shared.

It keeps what it is told by (user, reference), analyses only after it was polled a few times, and
can be told to fail.
"""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "kyt-secret"


@dataclass
class Kyt:
    """The provider's memory and moods."""

    url: str = ""
    polls_until_ready: int = 1
    status: int = 200
    """Anything else is answered to every question."""
    alerts: list[dict[str, Any]] = field(default_factory=list)
    exposures: list[dict[str, Any]] = field(default_factory=list)
    usd_amount: str = "100.00"
    garbage: bytes | None = None
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    _polled: dict[str, int] = field(default_factory=dict)

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, Any]:
        self.asked.append((method, path))
        if self.status != 200:
            return self.status, {"message": "no"}
        if token != TOKEN:
            return 403, {"message": "bad token"}
        parts = path.removeprefix("/api/kyt/v2/").split("/")
        if method == "POST" and parts[0] == "users":
            return self._register(parts[1], parts[2], json.loads(body))
        kind, external = parts[0], parts[1]
        if external not in self.registered or self.registered[external]["kind"] != kind:
            return 404, {"message": "not found"}
        if len(parts) == 2:
            return 200, self._state(external)
        if parts[2] == "alerts":
            return 200, {"alerts": self.alerts}
        if parts[2:] == ["exposures", "direct"] and kind == "transfers":
            return 200, {"direct": self.exposures}
        return 404, {"message": "not found"}

    def _register(self, user: str, kind: str, body: dict[str, Any]) -> tuple[int, Any]:
        needed = {
            "transfers": {
                "network",
                "asset",
                "transferReference",
                "direction",
                "transferTimestamp",
                "assetAmount",
            },
            "withdrawal-attempts": {
                "network",
                "asset",
                "address",
                "attemptIdentifier",
                "assetAmount",
                "attemptTimestamp",
            },
        }[kind]
        if not needed <= body.keys() or not isinstance(body["assetAmount"], int | float):
            return 400, {"message": f"missing {sorted(needed - body.keys())}"}
        reference = body.get("transferReference") or body["attemptIdentifier"]
        external = f"ext-{abs(hash((user, reference))):x}"
        self.registered.setdefault(external, {**body, "kind": kind, "user": user})
        return 202, {"externalId": external, "updatedAt": None}

    def _state(self, external: str) -> dict[str, Any]:
        polled = self._polled[external] = self._polled.get(external, 0) + 1
        is_ready = polled > self.polls_until_ready
        return {
            "externalId": external,
            "updatedAt": "2026-01-02T03:04:05Z" if is_ready else None,
            "usdAmount": float(self.usd_amount),
        }


@contextmanager
def kyt_server() -> Generator[Kyt]:
    """Listening on a free port of the loopback."""
    kyt = Kyt()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            token = self.headers.get("token", "")
            status, found = kyt.answer(self.command, self.path, token, body)
            content = kyt.garbage if kyt.garbage is not None else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kyt.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kyt
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
