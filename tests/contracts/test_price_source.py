"""The price source over real HTTP, with a server that serves, fails, stalls and lies."""

import threading
from collections.abc import Generator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devnet.prices import signed_snapshot
from fairhouse.kernel.outcomes import Done, Rejected, Unknown
from fairhouse.platform.database import Database
from fairhouse.rates.adapters.http import HttpPriceSource
from fairhouse.rates.jobs import record_prices
from fairhouse.rates.types import RateSettings, Snapshot

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Feed(BaseHTTPRequestHandler):
    """Answers by the path."""

    released: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        kind = self.path.strip("/")
        if kind == "stall":
            self.released.wait(10)
            return
        bodies = {"prices": signed_snapshot(NOW, KEY), "huge": b"x" * 100_000, "lie": b"{}"}
        self.send_response(200 if kind in bodies else int(kind))
        self.send_header("Location", "/prices")
        self.send_header("Content-Length", str(len(bodies.get(kind, b""))))
        self.end_headers()
        self.wfile.write(bodies.get(kind, b""))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def feed() -> Generator[str]:
    Feed.released.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Feed.released.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("prices", Done),
        ("huge", Rejected),
        ("404", Rejected),
        ("302", Rejected),
        ("429", Unknown),
        ("503", Unknown),
        ("stall", Unknown),
    ],
)
async def test_every_answer_is_done_rejected_or_unknown(feed: str, path: str, outcome: type):
    async with httpx.AsyncClient() as client:
        source = HttpPriceSource(client, f"{feed}/{path}", timeout_s=1)
        assert type(await source.fetch()) is outcome


async def test_nobody_there_is_unknown():
    async with httpx.AsyncClient() as client:
        answer = await HttpPriceSource(client, "http://127.0.0.1:1/prices").fetch()
    assert isinstance(answer, Unknown)


async def test_the_step_records_what_is_served_and_survives_the_rest(
    feed: str, worker_db: Database
):
    settings = RateSettings(public_keys=(PUBLIC,))
    async with httpx.AsyncClient() as client:
        for path in ("lie", "503"):
            source = HttpPriceSource(client, f"{feed}/{path}")
            assert isinstance(await record_prices(worker_db, source, settings), str)
        source = HttpPriceSource(client, f"{feed}/prices")
        assert isinstance(await record_prices(worker_db, source, settings), Snapshot)
