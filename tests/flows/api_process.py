"""Real API processes, and guests who bet at them over HTTP and write everything down."""

import asyncio
import contextlib
import itertools
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from fairhouse.app.settings import LaneSettings, Settings
from fairhouse.kernel.ids import to_wire, uuid7
from fairhouse.kernel.money import parse_units
from fairhouse.platform.postgres.roles import DatabaseUrls
from tests.player_api import settings_for_tests

ROOT = Path(__file__).parents[2]
RETRYABLE = {429, 503}
PATIENCE_S = 300
"""Nothing here asserts how fast a machine is."""
GIFT = 1_000 * 10**6


BELOW_EPHEMERAL = range(20_000, 32_000)
"""Nobody's outgoing connection takes one of these between our look and the process's start."""


def free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(BELOW_EPHEMERAL)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


def settings_of(urls: DatabaseUrls, folder: Path, lanes: LaneSettings | None = None) -> Settings:
    """Settings of a real process, on free ports."""
    here, there, health = free_ports(3)
    base = settings_for_tests(folder)
    (folder / "master.key").write_text("11" * 32)
    http = {
        "player_ports": {"fairhouse": here, "nightowl": there},
        "metrics_ports": {"api": health},
        "public_urls": {"fairhouse": "http://127.0.0.1:1", "nightowl": "http://127.0.0.1:2"},
    }
    database = {"owner_url": urls.owner, "app_url": urls.app, "worker_url": urls.worker}
    return base.model_copy(
        update={
            "database": base.database.model_copy(update=database),
            "http": base.http.model_copy(update=http),
            "lanes": lanes or LaneSettings(lease_s=2.0),
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
    """A place in the cluster: one process after another, on the same ports."""

    def __init__(
        self,
        urls: DatabaseUrls,
        folder: Path,
        name: str = "api",
        lanes: LaneSettings | None = None,
    ) -> None:
        settings = settings_of(urls, folder, lanes)
        self.url = f"http://127.0.0.1:{settings.http.player_ports['fairhouse']}"
        self._health = f"http://127.0.0.1:{settings.http.metrics_ports['api']}/readyz"
        self._file = folder / f"{name}.toml"
        self._file.write_text(toml(settings.model_dump(exclude_none=True)))
        self._errors = folder / f"{name}.stderr"
        self.process: asyncio.subprocess.Process | None = None

    async def launch(self) -> None:
        """Begin; it is not ready yet."""
        with self._errors.open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "fairhouse.app", "--settings", str(self._file), "api"),
                cwd=ROOT,
                stderr=errors,
            )

    async def start(self) -> None:
        """Until it says that it is ready: its share of the lanes is its own."""
        await self.launch()
        await self.ready()

    async def ready(self) -> None:
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(PATIENCE_S):
            while not await self._is_ready(client):
                await asyncio.sleep(0.05)

    async def _is_ready(self, client: httpx.AsyncClient) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, self._errors.read_text()
        try:
            return (await client.get(self._health)).status_code == 200
        except httpx.TransportError:
            return False

    def said(self) -> str:
        """Everything it logged."""
        return self._errors.read_text()

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def stop(self) -> int:
        """In good order; returns its exit status."""
        self.send(signal.SIGTERM)
        assert self.process is not None
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()


@asynccontextmanager
async def apis(
    urls: DatabaseUrls, folder: Path, count: int, lanes: LaneSettings | None = None
) -> AsyncGenerator[list[Api]]:
    """So many processes on one database, all of them ready."""
    made = [Api(urls, folder, f"api{number}", lanes) for number in range(count)]
    try:
        for one in made:
            await one.launch()
        for one in made:
            await one.ready()
        yield made
    finally:
        for one in made:
            await one.kill()


class Punter:
    """A guest who bets at several processes, and writes everything down.

    What gets no answer, or is asked to come again, is asked again with the same id, at the next
    process: whatever was told once must be told again.
    """

    def __init__(self, urls: Sequence[str], token: str) -> None:
        self.token = token
        self.currency = "PLAY"
        self.clients = [
            httpx.AsyncClient(
                base_url=url,
                trust_env=False,
                timeout=60,
                headers={"authorization": f"Bearer {token}"},
            )
            for url in urls
        ]
        self.turns = itertools.cycle(range(len(urls)))
        self.tried: dict[str, dict[str, str]] = {}
        self.told: dict[str, dict[str, Any]] = {}
        self.rounds: dict[str, dict[str, Any]] = {}
        """Mines, as they ended."""
        self.retries = 0
        self.is_over = False

    async def ask(self, request: dict[str, str], at: int | None = None) -> bool:
        """Whether it was answered. Raises httpx.TransportError when the process is gone."""
        self.tried[request["id"]] = request
        client = self.clients[next(self.turns) if at is None else at]
        answer = await client.post("/v1/games/dice/bets", json=request)
        if answer.status_code in RETRYABLE:
            self.retries += 1
            await asyncio.sleep(0.05)
            return False
        assert answer.status_code == 200, answer.text
        bet = answer.json()
        before = self.told.setdefault(request["id"], bet)
        assert (before["nonce"], before["payout"], before["outcome"]) == (
            bet["nonce"],
            bet["payout"],
            bet["outcome"],
        )
        return True

    async def until_answered(self, request: dict[str, str]) -> None:
        """Again and again, with the same id."""
        while True:
            try:
                if await self.ask(request):
                    return
            except httpx.TransportError:
                self.retries += 1
                await asyncio.sleep(0.05)

    async def play(self) -> None:
        """Bet after bet until it is over; none is given up."""
        while not self.is_over:
            await self.until_answered(a_bet(self.currency))

    async def play_mines(self) -> None:
        """Round after round, each to its end."""
        while not self.is_over:
            asked = {**a_bet(self.currency), "params": {"mines": 5}}
            view = await self.post("/v1/games/mines/bets", asked)
            nonce, path = view["nonce"], f"/v1/games/mines/bets/{view['id']}/steps"
            for step in range(2):
                if view["state"] == "open":
                    view = await self.post(path, reveal(step, 7 * step))
            if view["state"] == "open":
                view = await self.post(path, CASH_OUT | {"step": view["step"]})
            assert (view["state"], view["nonce"]) == ("settled", nonce)
            self.rounds[view["id"]] = view

    async def post(self, path: str, asked: Mapping[str, Any] | None) -> dict[str, Any]:
        """The same request until it is answered."""
        while True:
            try:
                answer = await self.clients[next(self.turns)].post(path, json=asked)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in RETRYABLE:
                assert answer.status_code == 200, answer.text
                return answer.json()
            self.retries += 1
            await asyncio.sleep(0.05)

    async def ask_again(self, count: int) -> None:
        """The newest ones, which must answer as they did."""
        for id_ in list(self.told)[-count:]:
            await self.until_answered(self.tried[id_])

    async def read(self, path: str, at: int = 0) -> dict[str, Any]:
        """Waiting, when it was asked too often."""
        while (answer := await self.clients[at].get(path)).status_code in RETRYABLE:
            await asyncio.sleep(0.1)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def check(self, at: int = 0) -> None:
        """As told, once each, and the balance is what follows from it."""
        assert self.told.keys() == self.tried.keys()
        bets = self.told | self.rounds
        won = sum(
            parse_units(bet["payout"], 6) - parse_units(bet["stake"], 6) for bet in bets.values()
        )
        balances = (await self.read("/v1/balances", at))["balances"]
        mine = next(item for item in balances if item["currency"] == self.currency)
        assert parse_units(mine["available"], 6) == GIFT + won
        assert sorted(bet["nonce"] for bet in bets.values()) == [*range(len(bets))]
        for id_, bet in [*list(self.told.items())[-5:], *list(self.rounds.items())[-2:]]:
            stored = (await self.read(f"/v1/bets/{id_}", at))["bet"]
            assert (stored["nonce"], stored["payout"]) == (bet["nonce"], bet["payout"])


CASH_OUT: dict[str, Any] = {"step": 1, "choice": {"do": "cash_out"}}


def reveal(step: int, tile: int) -> dict[str, Any]:
    return {"step": step, "choice": {"do": "reveal", "tile": tile}}


def a_bet(currency: str = "PLAY") -> dict[str, Any]:
    id_ = to_wire("bet", uuid7(time.time_ns() // 1_000_000, os.urandom(10)))
    params = {"target": "50.00", "direction": "under"}
    return {"id": id_, "currency": currency, "stake": "0.01", "params": params}


@asynccontextmanager
async def guests(urls: Sequence[str], count: int) -> AsyncGenerator[list[Punter]]:
    """So many guests with 1000 PLAY each, made at the first of the processes."""
    made: list[Punter] = []
    try:
        async with httpx.AsyncClient(base_url=urls[0], trust_env=False, timeout=60) as client:
            for _ in range(count):
                answer = await client.post("/v1/guest", json={"token": True})
                assert answer.status_code == 200, answer.text
                made.append(Punter(urls, answer.json()["token"]))
        yield made
    finally:
        for punter in made:
            for client in punter.clients:
                await client.aclose()


@asynccontextmanager
async def playing(punters: Sequence[Punter], *, tabs: int = 2) -> AsyncGenerator[None]:
    """They bet without pause at all processes in turn, and give no bet up; at the end every bet
    is answered.
    """
    async with asyncio.TaskGroup() as group:
        for punter in punters:
            punter.is_over = False
            group.create_task(punter.play_mines())
            for _ in range(tabs):
                group.create_task(punter.play())
        try:
            yield
        finally:
            for punter in punters:
                punter.is_over = True


async def until_told(punters: Sequence[Punter], more: int) -> None:
    """So many further answers, all guests together."""
    goal = sum(len(item.told) for item in punters) + more
    async with asyncio.timeout(PATIENCE_S):
        while sum(len(item.told) for item in punters) < goal:
            await asyncio.sleep(0.01)
