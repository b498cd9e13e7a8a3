"""The API's process is killed under betting load over HTTP, and started again.

Every acknowledged bet is there as it was told, nothing is there twice, what was not answered is
whole or absent and its repetition answers truthfully, and the books balance.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from fairhouse.app.settings import Settings
from fairhouse.kernel.ids import to_wire, uuid7
from fairhouse.kernel.money import parse_units
from fairhouse.platform.database import Database
from fairhouse.platform.postgres.roles import DatabaseUrls
from tests.flows.betting_kit import check_books
from tests.player_api import settings_for_tests

ROOT = Path(__file__).parents[2]
PLAYERS = 4
TABS = 4
KILLS = 2
ACKS_PER_LIFE = 150


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def settings_of(urls: DatabaseUrls, folder: Path) -> Settings:
    """Settings of a real process, on free ports."""
    here, there, health = free_ports(3)
    base = settings_for_tests(folder)
    (folder / "master.key").write_text("11" * 32)
    http = {
        "player_ports": {"fairhouse": here, "nightowl": there},
        "metrics_ports": {"api": health},
        "public_urls": {
            "fairhouse": f"http://127.0.0.1:{here}",
            "nightowl": f"http://127.0.0.1:{there}",
        },
    }
    database = {"owner_url": urls.owner, "app_url": urls.app, "worker_url": urls.worker}
    return base.model_copy(
        update={
            "database": base.database.model_copy(update=database),
            "http": base.http.model_copy(update=http),
        }
    )


def toml(values: Mapping[str, Any], name: str = "") -> str:
    """The settings as a file: a JSON value is a TOML value."""
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    plain = {key: value for key, value in values.items() if key not in tables}
    lines = [f"[{name}]"] if name else []
    lines += [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    for key, value in tables.items():
        lines.append(toml(value, f'{name}."{key}"' if name else f'"{key}"'))
    return "\n".join(lines)


class Api:
    """One life of the process."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.url = settings.http.public_urls["fairhouse"]
        self._health = f"http://127.0.0.1:{settings.http.metrics_ports['api']}/readyz"
        self._file = folder / "settings.toml"
        self._file.write_text(toml(settings.model_dump(exclude_none=True)))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Until it says that it is ready: the lanes of the life before are its own."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fairhouse.app", "--settings", str(self._file), "api"),
            cwd=ROOT,
            stderr=(self._file.parent / "stderr.txt").open("ab"),
        )
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(90):
            while not await self._is_ready(client):
                await asyncio.sleep(0.1)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        assert self._process is not None
        said = (self._file.parent / "stderr.txt").read_text()
        assert self._process.returncode is None, said
        try:
            return (await client.get(self._health)).status_code == 200
        except httpx.TransportError:
            return False

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


class Punter:
    """A guest who bets in several tabs, and writes everything down."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.tried: dict[str, dict[str, str]] = {}
        self.told: dict[str, dict[str, Any]] = {}

    async def ask(self, request: dict[str, str]) -> None:
        """Raises httpx.TransportError when the API is gone."""
        self.tried[request["id"]] = request
        answer = await self.client.post("/v1/games/dice/bets", json=request)
        if answer.status_code in {429, 503}:
            await asyncio.sleep(0.05)
            return
        assert answer.status_code == 200, answer.text
        bet = answer.json()
        before = self.told.setdefault(request["id"], bet)
        assert (before["nonce"], before["payout"], before["outcome"]) == (
            bet["nonce"],
            bet["payout"],
            bet["outcome"],
        )

    async def read(self, path: str) -> dict[str, Any]:
        """Waiting, when it was asked too often."""
        while (answer := await self.client.get(path)).status_code == 429:
            await asyncio.sleep(0.1)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def play(self) -> None:
        """Bet after bet until the API is gone."""
        with contextlib.suppress(httpx.TransportError):
            while True:
                await self.ask(a_bet())

    async def repeat(self) -> None:
        """What got no answer is asked again, with the same id."""
        unanswered = [item for id_, item in self.tried.items() if id_ not in self.told]
        for request in unanswered:
            while request["id"] not in self.told:
                await self.ask(request)


def a_bet() -> dict[str, str]:
    id_ = to_wire("bet", uuid7(time.time_ns() // 1_000_000, os.urandom(10)))
    return {
        "id": id_, "currency": "PLAY", "stake": "0.01", "target": "50.00", "direction": "under"
    }  # fmt: skip


@asynccontextmanager
async def guests(url: str) -> AsyncGenerator[list[Punter]]:
    async with contextlib.AsyncExitStack() as stack:
        made: list[Punter] = []
        for _ in range(PLAYERS):
            client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
            await stack.enter_async_context(client)
            answer = await client.post("/v1/guest", json={"token": True})
            assert answer.status_code == 200, answer.text
            client.headers["authorization"] = f"Bearer {answer.json()['token']}"
            made.append(Punter(client))
        yield made


async def until_acknowledged(punters: list[Punter], count: int) -> None:
    before = sum(len(item.told) for item in punters)
    async with asyncio.timeout(60):
        while sum(len(item.told) for item in punters) < before + count:
            await asyncio.sleep(0.01)


async def test_kill_9_under_load(database_urls: DatabaseUrls, tmp_path: Path):
    api = Api(settings_of(database_urls, tmp_path), tmp_path)
    try:
        await api.start()
        async with guests(api.url) as punters:
            for _ in range(KILLS):
                async with asyncio.TaskGroup() as group:
                    for punter in punters * TABS:
                        group.create_task(punter.play())
                    await until_acknowledged(punters, ACKS_PER_LIFE)
                    await api.kill()
                await api.start()
                for punter in punters:
                    await punter.repeat()
            for punter in punters:
                await check(punter)
    finally:
        await api.kill()
    db = await Database.connect(database_urls.app)
    await check_books(db)
    await db.close()


async def check(punter: Punter) -> None:
    """As told, once each, and the balance is what follows from it."""
    assert punter.told.keys() == punter.tried.keys()
    won = sum(
        parse_units(bet["payout"], 6) - parse_units(bet["stake"], 6) for bet in punter.told.values()
    )
    balances = (await punter.read("/v1/balances"))["balances"]
    play = next(item for item in balances if item["currency"] == "PLAY")
    assert parse_units(play["available"], 6) == 1_000 * 10**6 + won
    assert sorted(bet["nonce"] for bet in punter.told.values()) == [*range(len(punter.told))]
    for id_, bet in list(punter.told.items())[-5:]:
        stored = (await punter.read(f"/v1/bets/{id_}"))["bet"]
        assert (stored["nonce"], stored["payout"]) == (bet["nonce"], bet["payout"])
