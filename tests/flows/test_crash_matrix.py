"""kill -9 of the application, of PostgreSQL, and of both, at random moments under load over HTTP.

A real API process on a PostgreSQL of its own with fsync on. Its clients outlive it and give no bet
up: what got no answer is asked again, with the same id, until it is answered. Then every bet that
was ever acknowledged is there once and as it was told, nothing else is there, nonces have neither
gap nor reuse, the books balance, and the hot rows are what the journal adds up to.

`make soak` takes twenty rounds: FAIRHOUSE_CRASH_ROUNDS. The moments follow from
FAIRHOUSE_CRASH_SEED, which a failure names.
"""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import pytest

from fairhouse.kernel.ids import from_wire
from fairhouse.platform.database import Database, DatabaseUnavailable
from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.server import PostgresServer
from tests.flows.api_process import Api, free_ports, guests, playing, until_told
from tests.flows.betting_kit import check_books

ROUNDS = int(os.environ.get("FAIRHOUSE_CRASH_ROUNDS", "3"))
SEED = int(os.environ.get("FAIRHOUSE_CRASH_SEED", time.time_ns() % 1_000_000))
VICTIMS = ("application", "database", "both")
PLAYERS = 4


@pytest.fixture
def server(tmp_path: Path):
    server = PostgresServer(tmp_path / "postgres", port=free_ports(1)[0], durable=True)
    yield server
    server.destroy()


def power_off(server: PostgresServer) -> None:
    """SIGKILL; the backends notice that their postmaster is gone, and write nothing more."""
    running = server._running()
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)


async def check_journal(url: str, punters) -> None:
    """The journal holds what was told, and nothing else; hot rows follow from it."""
    db = await connected(url)
    await check_books(db)
    async with db.read() as tx:
        rows = await tx.fetch(
            "select id, nonce from betting.entry where kind in ('instant', 'open')"
        )
        wrong = await tx.fetch(
            """
            select h.player_id from betting.player_hot h
            left join (
                select player_id,
                    sum(stake_value) filter (where kind in ('instant', 'open')) as wagered
                from betting.entry group by player_id
            ) as e using (player_id)
            where h.wagered_value <> coalesce(e.wagered, 0)
            """
        )
    await db.close()
    told = {
        from_wire("bet", id_): bet["nonce"]
        for punter in punters
        for id_, bet in (punter.told | punter.rounds).items()
    }
    assert len(rows) == len(told)
    assert {row["id"]: row["nonce"] for row in rows} == told
    assert wrong == []


async def connected(url: str) -> Database:
    async with asyncio.timeout(60):
        while True:
            try:
                return await Database.connect(url)
            except DatabaseUnavailable:
                await asyncio.sleep(0.1)


async def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(server, tmp_path):
    urls = await asyncio.to_thread(server.start)
    await asyncio.to_thread(upgrade, urls.owner)
    chance = random.Random(SEED)
    api = Api(urls, tmp_path)
    await api.start()
    try:
        async with guests([api.url], PLAYERS) as punters:
            for number in range(ROUNDS):
                victim = VICTIMS[number % len(VICTIMS)]
                told = f"round {number}, {victim}, FAIRHOUSE_CRASH_SEED={SEED}"
                try:
                    async with playing(punters):
                        await until_told(punters, 30)
                        await asyncio.sleep(chance.uniform(0, 0.4))
                        await crash(victim, api, server, chance)
                        await until_told(punters, 30)
                    for punter in punters:
                        await punter.ask_again(5)
                        await punter.check()
                    await check_journal(urls.app, punters)
                except Exception as error:
                    error.add_note(told)
                    raise
    finally:
        await api.kill()


async def crash(victim: str, api: Api, server: PostgresServer, chance: random.Random) -> None:
    """In either order, a moment apart; then both come back."""
    blows = {
        "application": [api.kill],
        "database": [lambda: asyncio.to_thread(power_off, server)],
    }.get(victim) or [api.kill, lambda: asyncio.to_thread(power_off, server)]
    chance.shuffle(blows)
    for blow in blows:
        await blow()
        await asyncio.sleep(chance.uniform(0, 0.05))
    await asyncio.to_thread(server.start)
    if victim != "database":
        await api.start()
