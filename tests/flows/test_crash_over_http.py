"""Crash over HTTP at two real processes: cash-outs find the runner, and its death is survived."""

import asyncio
import json
import os
import time
from contextlib import asynccontextmanager

import httpx
from websockets.asyncio.client import connect

from fairhouse.app.settings import LaneSettings
from fairhouse.kernel.ids import to_wire, uuid7
from fairhouse.kernel.money import parse_units
from fairhouse.platform.database import Database
from tests.flows.api_process import Api, guests
from tests.flows.betting_kit import check_books

GIFT = 1_000 * 10**6
OUT = {"step": 0, "choice": {"do": "cash_out"}}


@asynccontextmanager
async def quick_apis(urls, folder, lanes):
    """Two processes whose rounds take bets for a second only."""
    made = [Api(urls, folder, f"api{number}", lanes) for number in range(2)]
    for one in made:
        text = one._file.read_text()
        assert "betting_s = 8" in text
        text = text.replace("betting_s = 8", "betting_s = 1").replace("pause_s = 4", "pause_s = 1")
        one._file.write_text(text)
    try:
        for one in made:
            await one.launch()
        for one in made:
            await one.ready()
        yield made
    finally:
        for one in made:
            await one.kill()


async def until(client, *states, other_than=None):
    """The newest round, once it is in one of these states."""
    async with asyncio.timeout(300):
        while True:
            found = (await client.get("/v1/crash/crash")).json()["round"]
            if found is not None and found["id"] != other_than and found["state"] in states:
                return found
            await asyncio.sleep(0.1)


def a_bet(round_id, order=None):
    return {
        "id": to_wire("bet", uuid7(time.time_ns() // 1_000_000, os.urandom(10))),
        "currency": "PLAY",
        "stake": "10",
        "params": {"round": round_id, "auto_cash_out": order},
    }


async def bet_all(punters, round_id, order=None):
    """A bet of each; None when betting closed meanwhile."""
    answers = await asyncio.gather(
        *(
            one.clients[number % 2].post("/v1/games/crash/bets", json=a_bet(round_id, order))
            for number, one in enumerate(punters)
        )
    )
    return None if any(one.status_code != 200 for one in answers) else [a.json() for a in answers]


async def check_balance(punter, at):
    """What is there is the gift, less all stakes, plus all payouts."""
    found = (await punter.read("/v1/balances", at))["balances"]
    available = next(one for one in found if one["currency"] == "PLAY")["available"]
    bets = (await punter.read("/v1/bets", at))["bets"]
    assert {"settled", "void"} >= {bet["state"] for bet in bets}
    kept = [bet for bet in bets if bet["state"] == "settled"]
    won = sum(parse_units(bet["payout"], 6) - parse_units(bet["stake"], 6) for bet in kept)
    assert GIFT + won == parse_units(available, 6)


async def settled(punter, bet_id, at=0):
    async with asyncio.timeout(300):
        while True:
            found = (await punter.read(f"/v1/bets/{bet_id}", at))["bet"]
            if found["state"] != "open":
                return found
            await asyncio.sleep(0.05)


async def running_with(punters, at=0):
    """Bets of all in a round that runs, and its view."""
    client, last = punters[0].clients[at], None
    while True:
        found = await until(client, "betting", other_than=last)
        last = found["id"]
        bets = await bet_all(punters, last)
        begun = await until(client, "running", "crashed", "settled", "void")
        if bets is not None and begun["id"] == last and begun["state"] == "running":
            return bets, begun


@asynccontextmanager
async def watching(url, heard):
    """What a visitor's sockets at this process hear, by type."""

    async def listen(socket):
        async for text in socket:
            said = json.loads(text)
            heard.setdefault(said["type"], []).append(said["data"])

    async with connect(f"{url.replace('http', 'ws', 1)}/v1/ws?topics=crash") as socket:
        listening = asyncio.create_task(listen(socket))
        try:
            yield
        finally:
            listening.cancel()


async def test_cash_outs_find_their_runner(database_urls, tmp_path):
    db = await Database.connect(database_urls.app)
    heard = [{}, {}]
    async with (
        quick_apis(database_urls, tmp_path, LaneSettings(lease_s=60.0)) as (here, there),
        guests([here.url, there.url], 4) as punters,
        watching(here.url, heard[0]),
        watching(there.url, heard[1]),
    ):
        done = []
        while not done:
            bets, _ = await running_with(punters)
            started = time.time()
            for number, (punter, bet) in enumerate(zip(punters, bets, strict=True)):
                path = f"/v1/games/crash/bets/{bet['id']}/steps"
                while time.time() - started < 20:
                    answer = await punter.clients[number % 2].post(path, json=OUT)
                    body = answer.json()
                    if answer.status_code == 200:
                        again = await punter.clients[1 - number % 2].post(path, json=OUT)
                        assert (again.status_code, again.json()["outcome"]["cash_out"]) == (
                            200,
                            body["outcome"]["cash_out"],
                        )
                        done.append((punter, body))
                        break
                    if body["error"]["code"] == "crashed":
                        break
                    assert body["error"]["code"] in {"nothing_to_take", "round_not_running"}, body
                    await asyncio.sleep(0.05)
        for punter, body in done:
            bet = await settled(punter, body["id"], at=1)
            assert (bet["outcome"]["ended"], bet["outcome"]["cash_out"]) == (
                "cash_out",
                body["outcome"]["cash_out"],
            )
            assert parse_units(bet["payout"], 6) > 10 * 10**6
        ended = await until(punters[0].clients[1], "crashed", "settled")
        async with httpx.AsyncClient(base_url=there.url, trust_env=False) as stranger:
            detail = (await stranger.get(f"/v1/crash/crash/rounds/{ended['id']}")).json()
            assert (detail["proof"]["beacon"], len(detail["proof"]["hash"])) == ("local", 64)
            unknown = await stranger.get("/v1/crash/dice")
            assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_game")
            page = (await stranger.get("/v1/crash/crash/rounds", params={"limit": 1})).json()
            assert page["next"] == page["rounds"][0]["round"]["number"]
            assert (await stranger.get("/v1/crash/slide")).json()["round"]["game"] == "slide"
            for told in heard:
                states = {one["state"] for one in told["crash.round"]}
                assert "running" in states
                assert {"crash.tick", "crash.bets", "crash.cash_outs"} <= told.keys()
                assert told.keys() & {"slide.round", "slide.bets"} == set()
            chains = (await stranger.get("/v1/crash/crash/chains")).json()["chains"]
            assert [one["length"] for one in chains] == [1_000_000]
    await check_books(db)
    await db.close()


async def test_the_runners_process_is_killed_in_the_run(database_urls, tmp_path):
    db = await Database.connect(database_urls.app)
    async with (
        quick_apis(database_urls, tmp_path, LaneSettings(lease_s=1.0)) as places,
        guests([one.url for one in places], 4) as punters,
    ):
        bets, begun = await running_with(punters)
        async with db.read() as tx:
            owner = await tx.fetchval("select owner from games.crash_runner where game = 'crash'")
        pids = [str(one.process.pid) for one in places if one.process is not None]
        dead = pids.index(owner.split(":")[1])
        await places[dead].kill()

        alive = 1 - dead
        ended = [
            await settled(one, bet["id"], at=alive) for one, bet in zip(punters, bets, strict=True)
        ]
        assert {"settled"} == {bet["state"] for bet in ended}
        assert {begun["id"]} == {bet["outcome"]["round"] for bet in ended}
        async with db.read() as tx:
            made_good = await tx.fetchval(
                "select made_good from games.crash_round where number = $1 and game = 'crash'",
                begun["number"],
            )
        paid = 0 if made_good is None else made_good * 10**5
        assert [paid] * 4 == [parse_units(bet["payout"], 6) for bet in ended]
        for punter in punters:
            await check_balance(punter, alive)
        following = await until(punters[0].clients[alive], "betting", other_than=begun["id"])
        assert following["number"] > begun["number"]
    await check_books(db)
    await db.close()
