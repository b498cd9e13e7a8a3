"""The whole player API in one test: real routes, real road, real database, no sockets to bind."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from fairhouse.app.player import Parts, hot_routes, make_app, make_parts
from fairhouse.app.settings import (
    ChainSettings,
    DatabaseSettings,
    HttpSettings,
    MailSettings,
    RatesSettings,
    SecretFiles,
    Settings,
    SignerSettings,
)
from fairhouse.kernel.ids import to_wire, uuid7
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.platform.hot import HotAsgi, HotTable
from fairhouse.platform.http import EdgeSettings, edge

SEALER = Sealer({1: b"k" * 32})
PORT = 8080
NIGHTOWL_PORT = 8082


def settings_for_tests(folder: Path = Path("unused")) -> Settings:
    """Settings whose database, chain and mail are not used: the parts are handed in."""
    return Settings(
        environment="test",
        database=DatabaseSettings(owner_url="", app_url="", worker_url=""),
        http=HttpSettings(
            player_ports={"fairhouse": PORT, "nightowl": NIGHTOWL_PORT},
            backoffice_port=8081,
            metrics_ports={"api": 0},
            public_urls={
                "fairhouse": f"http://127.0.0.1:{PORT}",
                "nightowl": f"http://127.0.0.1:{NIGHTOWL_PORT}",
            },
        ),
        secrets=SecretFiles(master_key=str(folder / "master.key")),
        chains={
            "ethereum": ChainSettings(
                rpc_urls=["http://127.0.0.1:1"],
                chain_id=31337,
                explorer_tx="http://explorer/tx/{tx}",
                explorer_address="http://explorer/address/{address}",
            )
        },
        signer=SignerSettings(socket="", identity_key=""),
        mail=MailSettings(host="", port=0, sender=""),
        rates=RatesSettings(url="", public_key=""),
    )


@asynccontextmanager
async def running(
    db: Database, settings: Settings | None = None, *, sealer: Sealer = SEALER
) -> AsyncGenerator[Parts]:
    """The parts with their road in motion."""
    parts = make_parts(settings or settings_for_tests(), db, sealer)
    await parts.news.refresh_pauses()
    await parts.road.refresh_house()
    road = asyncio.create_task(parts.road.run())
    try:
        await asyncio.wait_for(parts.road.ready(), 10)
        yield parts
    finally:
        parts.road.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(road, 10)
        parts.passwords.close()


def client_of(parts: Parts, *, port: int = PORT) -> httpx.AsyncClient:
    """A browser's view of one brand."""
    presented = EdgeSettings(server="test")
    edged = edge(make_app(parts), presented)  # pyright: ignore[reportArgumentType]
    app = HotAsgi(edged, HotTable(hot_routes(parts), presented))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]
    return httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{port}")


def new_bet_id(db: Database) -> str:
    """What a client makes before it bets."""
    return to_wire("bet", uuid7(int(db.now().timestamp() * 1000), os.urandom(10)))


@asynccontextmanager
async def guest(parts: Parts, *, port: int = PORT) -> AsyncGenerator[httpx.AsyncClient]:
    """A client with a guest's bearer token and 1000 PLAY."""
    async with client_of(parts, port=port) as client:
        answer = await client.post("/v1/guest", json={"token": True})
        assert answer.status_code == 200, answer.text
        client.headers["authorization"] = f"Bearer {answer.json()['token']}"
        yield client
