"""Several API processes on one database: a request may come to any of them."""

import asyncio
import os
import signal

import pytest

from fairhouse.app.settings import LaneSettings
from fairhouse.platform.database import Database
from tests.flows import witness
from tests.flows.api_process import (
    CASH_OUT,
    a_bet,
    apis,
    guests,
    playing,
    reveal,
    until_told,
)
from tests.flows.betting_kit import check_books

PLAYERS = 6
IS_SOAK = int(os.environ.get("FAIRHOUSE_CRASH_ROUNDS", "3")) > 3


async def lanes_of(db):
    """Lanes by owner."""
    async with db.read() as tx:
        rows = await tx.fetch("select lane, owner from betting.lane")
    owned = {}
    for row in rows:
        owned.setdefault(row["owner"], set()).add(row["lane"])
    return owned


async def until_shared_by(db, count):
    async with asyncio.timeout(300):
        while True:
            owned = await lanes_of(db)
            sizes = sorted(map(len, owned.values()))
            if None not in owned and len(sizes) == count and sizes[-1] - sizes[0] <= 1:
                return owned
            await asyncio.sleep(0.05)


async def test_a_request_at_the_wrong_process_is_forwarded(database_urls, tmp_path):
    db = await Database.connect(database_urls.app)
    async with apis(database_urls, tmp_path, 2, LaneSettings(lease_s=60.0)) as (here, there):
        await until_shared_by(db, 2)
        async with guests([here.url, there.url], PLAYERS) as punters:
            for punter in punters:
                for at in (0, 1):
                    request = a_bet()
                    assert await punter.ask(request, at=at)
                    assert await punter.ask(request, at=1 - at), "the same answer everywhere"
                client, other = punter.clients
                asked = {**a_bet(), "params": {"mines": 3}}
                opened = (await client.post("/v1/games/mines/bets", json=asked)).json()
                path = f"/v1/games/mines/bets/{opened['id']}/steps"
                refused = await other.post("/v1/seeds/rotate", json={})
                assert (refused.status_code, refused.json()["error"]["code"]) == (409, "open_round")
                step = await other.post(path, json=reveal(0, 4))
                assert step.status_code == 200, step.text
                bad = await client.post(path, json=reveal(1, 99))
                is_open = step.json()["state"] == "open"
                assert bad.status_code == (422 if is_open else 409), "or the tile was a mine"
                if is_open:
                    out = await client.post(path, json=CASH_OUT)
                    assert out.status_code == 200, out.text
                for one in (client, other):
                    rotated = await one.post("/v1/seeds/rotate", json={})
                    assert rotated.status_code == 200, rotated.text
                forged = await other.post(
                    "/v1/games/dice/bets", json=a_bet(), headers={"authorization": "Bearer no"}
                )
                assert forged.status_code == 401
                assert punter.retries == 0
    await check_books(db)
    await db.close()


@pytest.mark.parametrize("count", [2, 3] if IS_SOAK else [2])
async def test_a_rolling_restart_under_load(database_urls, tmp_path, count):
    """One after the other stops in good order and comes back: nothing is lost, nothing doubled,
    and no lane has to wait for its lease to run out.
    """
    await witness.post(database_urls.owner)
    db = await Database.connect(database_urls.app)
    patient = LaneSettings(lease_s=300.0)
    async with apis(database_urls, tmp_path, count, patient) as places:
        await until_shared_by(db, count)
        async with guests([one.url for one in places], PLAYERS) as punters:
            async with playing(punters):
                await until_told(punters, 60)
                for place in places:
                    assert await place.stop() == 0, place.said()
                    await until_shared_by(db, count - 1)
                    await until_told(punters, 60)
                    await place.start()
                    await until_shared_by(db, count)
                    await until_told(punters, 60)
            for punter in punters:
                await punter.check()
    await check_books(db)
    assert len(await witness.heard(database_urls.owner)) > 1
    await db.close()


async def test_a_stopped_process_wakes_up_and_commits_nothing(database_urls, tmp_path):
    """Its lanes go to the other; whatever it still had in hand when it wakes is fenced."""
    await witness.post(database_urls.owner)
    db = await Database.connect(database_urls.app)
    async with apis(database_urls, tmp_path, 2) as (sleeper, waker):
        before = await until_shared_by(db, 2)
        async with guests([sleeper.url, waker.url], PLAYERS) as punters:
            async with playing(punters):
                await until_told(punters, 100)
                sleeper.send(signal.SIGSTOP)
                (survivor,) = await until_shared_by(db, 1)
                # Some requests wait in the sleeper's sockets: it takes them up when it wakes.
                sleeper.send(signal.SIGCONT)
                await until_told(punters, 100)
                await until_shared_by(db, 2)
                await until_told(punters, 100)
            for punter in punters:
                await punter.check(at=1)
    await check_books(db)
    assert survivor in before
    assert {owner for owner, _ in await witness.heard(database_urls.owner)} <= set(before)
    await db.close()


async def test_a_killed_process_is_replaced_by_the_others(database_urls, tmp_path):
    """Its lanes wait for the lease; what it had in hand is whole or absent, and is asked again."""
    await witness.post(database_urls.owner)
    db = await Database.connect(database_urls.app)
    async with apis(database_urls, tmp_path, 2) as (victim, survivor):
        await until_shared_by(db, 2)
        async with guests([victim.url, survivor.url], PLAYERS) as punters:
            async with playing(punters):
                await until_told(punters, 100)
                await victim.kill()
                await until_shared_by(db, 1)
                await until_told(punters, 60)
                await victim.start()
                await until_shared_by(db, 2)
                await until_told(punters, 60)
            for punter in punters:
                await punter.ask_again(10)
                await punter.check(at=1)
    await check_books(db)
    assert await witness.heard(database_urls.owner)
    await db.close()
