"""A lane owner is killed, stopped and woken, and the database crashes, under betting load.

A real process against a PostgreSQL of its own with fsync on. Whatever was acknowledged is there,
once and as it was told; whatever was not is whole or absent, and its repetition answers truthfully;
nonces have no gap, and the books balance.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import parse_units
from fairhouse.platform.database import Database, DatabaseUnavailable, PoolSettings
from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.server import PostgresServer, StopMode
from tests.flows.betting_kit import check_books, give
from tests.flows.lane_owner import PLAYERS, bettor

ACKS_PER_ROUND = 400


class Diary:
    """What all lives of the process said."""

    def __init__(self) -> None:
        self.tried: dict[str, dict[str, Any]] = {}
        self.told: dict[str, list[Any]] = {}
        self.acks = 0

    def note(self, line: bytes) -> str:
        words = json.loads(line)
        if len(words) == 1:
            return words[0]
        request = words[1]
        key = "/".join(str(request.get(part, "")) for part in ("kind", "id", "step"))
        if words[0] == "try":
            self.tried[key] = request
            return "try"
        before = self.told.setdefault(key, words[2:])
        assert before[2] == words[4], "the same nonce, whenever it is asked"
        if request["kind"] == "dice":
            assert before == words[2:]
        self.acks += 1
        return "ack"

    def unanswered(self) -> list[dict[str, Any]]:
        return [request for key, request in self.tried.items() if key not in self.told]


class Owner:
    """One life."""

    def __init__(self, process: asyncio.subprocess.Process, diary: Diary) -> None:
        self.process = process
        self._diary = diary

    async def until(self, word: str, count: int = 1) -> None:
        assert self.process.stdout is not None
        while count:
            line = await self.process.stdout.readline()
            assert line.endswith(b"\n"), "the owner died by itself"
            count -= self._diary.note(line) == word

    async def die(self, number: int) -> None:
        self.process.send_signal(number)
        assert self.process.stdout is not None
        rest = await self.process.stdout.read()
        for line in rest.splitlines(keepends=True):
            if line.endswith(b"\n"):
                self._diary.note(line)
        await self.process.wait()


@asynccontextmanager
async def life(url: str, diary: Diary, folder: Path):
    path = folder / "unanswered.json"
    path.write_text(json.dumps(diary.unanswered()))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.flows.lane_owner", url, str(path)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        limit=2**24,
    )
    owner = Owner(process, diary)
    try:
        await owner.until("ready")
        yield owner
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
def server(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = PostgresServer(tmp_path / "postgres", port=port, durable=True)
    yield server
    server.destroy()


async def connected(url: str) -> Database:
    for _ in range(100):
        try:
            return await Database.connect(url, PoolSettings(size_max=3))
        except DatabaseUnavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the database does not come back")


async def check_told(db: Database, diary: Diary) -> None:
    """Every acknowledged bet is there once, as it was told."""
    async with db.read() as tx:
        rows = await tx.fetch(
            "select id, nonce, payout, kind from betting.entry where kind in ('instant', 'open')"
        )
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows)
    for key, (_, payout, nonce, _) in diary.told.items():
        request = diary.tried[key]
        row = found[from_wire("bet", request["id"])]
        assert row["nonce"] == nonce
        if request["kind"] == "dice":
            assert row["payout"] == parse_units(payout, 6)
    tried = {from_wire("bet", one["id"]) for one in diary.tried.values()}
    assert set(found) <= tried
    await check_books(db)


async def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(server, tmp_path):
    urls = await asyncio.to_thread(server.start)
    await asyncio.to_thread(upgrade, urls.owner)
    db = await connected(urls.app)
    for number in range(PLAYERS):
        await give(db, bettor(number), 10**9)
    diary = Diary()

    # Killed under load.
    async with life(urls.app, diary, tmp_path) as owner:
        await owner.until("ack", ACKS_PER_ROUND)
        await owner.die(signal.SIGKILL)
    await check_told(db, diary)

    # The next life takes the lanes over, repeats what was unanswered, and is killed too.
    async with life(urls.app, diary, tmp_path) as owner:
        unanswered = [one for one in diary.unanswered() if one["kind"] == "dice"]
        await owner.until("repeated")
        assert unanswered
        assert not [one for one in unanswered if one in diary.unanswered()]
        await owner.until("ack", ACKS_PER_ROUND)
        await owner.die(signal.SIGKILL)
    await check_told(db, diary)

    # Stopped; another takes its lanes; it wakes up, and commits nothing more.
    async with life(urls.app, diary, tmp_path) as sleeper:
        await sleeper.until("ack", 100)
        os.kill(sleeper.process.pid, signal.SIGSTOP)
        async with life(urls.app, diary, tmp_path) as owner:
            await owner.until("ack", 50)
            os.kill(sleeper.process.pid, signal.SIGCONT)
            await owner.until("ack", 200)
            await owner.die(signal.SIGKILL)
        await sleeper.die(signal.SIGKILL)
    await check_told(db, diary)

    # The database crashes as if the power failed; the owner reconnects and goes on.
    async with life(urls.app, diary, tmp_path) as owner:
        await owner.until("ack", 100)
        await asyncio.to_thread(server.stop, StopMode.IMMEDIATE)
        await asyncio.to_thread(server.start)
        await owner.until("ack", 100)
        await owner.die(signal.SIGKILL)
    await db.close()
    db = await connected(server.start().app)
    await check_told(db, diary)
    await db.close()
    assert diary.acks > 2 * ACKS_PER_ROUND
