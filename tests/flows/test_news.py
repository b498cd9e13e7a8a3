"""What happens reaches the sockets of those it concerns, from whichever process it came."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from fairhouse.app.lane_tail import LaneTail
from fairhouse.app.player import Parts
from fairhouse.app.ws import feed_channel, player_channel, session_channel
from fairhouse.betting import api as betting
from fairhouse.betting.types import LANES, HouseLimit
from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandId
from fairhouse.identity import api as identity
from fairhouse.identity.types import SessionId
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Database
from fairhouse.platform.push import ENDED, Listener
from tests.player_api import guest, new_bet_id, running


@pytest.fixture
async def parts(db: Database) -> AsyncGenerator[Parts]:
    async with running(db) as made:
        news = asyncio.create_task(made.news.follow_outbox())
        await asyncio.sleep(0.2)
        yield made
        news.cancel()


async def _next(listener: Listener, kind: str) -> Any:
    """The next message of a kind; others may come before it."""
    while True:
        push = await asyncio.wait_for(listener.next(), 10)
        assert push is not None
        for message in map(json.loads, push.texts):
            if message["type"] == kind:
                return message["data"]


async def test_a_bet_reaches_its_player_and_the_feed_without_the_balance(
    parts: Parts, db: Database
) -> None:
    async with guest(parts) as client:
        session = await parts.gate.sessions.find(client.headers["authorization"].split()[1])
        assert session is not None
        mine = parts.hub.attach([player_channel(session.player_id)])
        feed = parts.hub.attach([feed_channel(1)])
        asked = {
            "id": new_bet_id(db),
            "currency": "PLAY",
            "stake": "1",
            "params": {"target": "50.50", "direction": "over"},
        }
        bet = (await client.post("/v1/games/dice/bets", json=asked)).json()
        await parts.news.publish_bets()

        # The guest's own beginning may still be on its way, as a list of all balances.
        while isinstance(balance := await _next(mine, "balance"), list):
            continue
        pushed = await _next(mine, "bet")
        shown = await _next(feed, "feed")

    assert balance == {"currency": "PLAY", "available": bet["balance_after"]}
    assert pushed == bet
    assert shown == {**bet, "balance_after": None}


async def test_a_house_limit_binds_at_once_and_is_told_to_pages(parts: Parts, db: Database) -> None:
    feed = parts.hub.attach([feed_channel(1)])
    wished = HouseLimit(
        brand_id=1,
        game="dice",
        currency=CurrencyCode("PLAY"),
        stake_min=None,
        stake_max=2_000_000,
        profit_share_bp=None,
    )
    async with db.tx() as tx:
        change = await betting.propose_house_limit(
            tx, wished=wished, staff_id=uuid4(), reason="too large for us"
        )
    async with db.tx() as tx:
        await betting.decide_house_limit(
            tx, change_id=change.id, is_approved=True, staff_id=uuid4(), reason="agreed"
        )
    assert await _next(feed, "config") == {}

    async with guest(parts) as client:
        config = (await client.get("/v1/config")).json()
        asked = {
            "id": new_bet_id(db),
            "currency": "PLAY",
            "stake": "2.000001",
            "params": {"target": "50.50", "direction": "over"},
        }
        refused = await client.post("/v1/games/dice/bets", json=asked)

    (dice,) = [game for game in config["games"] if game["slug"] == "dice"]
    assert dice["limits"]["PLAY"]["max"] == "2"
    assert refused.json()["error"]["code"] == "stake_out_of_range"
    assert refused.json()["error"]["fields"]["maximum"] == "2"


async def test_a_pause_is_obeyed_at_once_and_told_to_pages(parts: Parts, db: Database) -> None:
    feed = parts.hub.attach([feed_channel(1)])
    async with db.tx() as tx:
        await brands.pause(
            tx, brand_id=BrandId(1), switch="game:dice", reason="new table", actor="stf_x"
        )

    await _next(feed, "config")

    async with guest(parts) as client:
        asked = {
            "id": new_bet_id(db),
            "currency": "PLAY",
            "stake": "1",
            "params": {"target": "50.50", "direction": "over"},
        }
        refused = await client.post("/v1/games/dice/bets", json=asked)
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "paused"
    assert refused.json()["error"]["fields"]["reason"] == "new table"


async def test_a_revoked_session_loses_its_socket_and_its_access(
    parts: Parts, db: Database
) -> None:
    async with guest(parts) as client:
        session = await parts.gate.sessions.find(client.headers["authorization"].split()[1])
        assert session is not None
        socket = parts.hub.attach([session_channel(session.id)])
        async with db.tx() as tx:
            await identity.revoke_session(tx, session=session, session_id=SessionId(session.id))
        await _next(socket, "session_revoked")
        while socket.closed is None:
            await asyncio.sleep(0.01)
        answer = await client.get("/v1/balances")

    assert socket.closed == ENDED
    assert answer.status_code == 401


async def test_a_balance_that_a_bet_overtook_is_read_again(parts: Parts, db: Database) -> None:
    async with guest(parts) as client:
        session = await parts.gate.sessions.find(client.headers["authorization"].split()[1])
        assert session is not None
        mine = parts.hub.attach([player_channel(session.player_id)])
        pushes: list[asyncio.Task[None]] = []
        bets: list[Any] = []
        for _ in range(30):
            pushes.append(
                asyncio.create_task(parts.news.push_balances(session.brand_id, session.player_id))
            )
            asked = {
                "id": new_bet_id(db),
                "currency": "PLAY",
                "stake": "1",
                "params": {"target": "50.50", "direction": "over"},
            }
            bets.append((await client.post("/v1/games/dice/bets", json=asked)).json())
            await pushes[-1]
        truth = (await client.get("/v1/balances")).json()["balances"]
        play = next(item["available"] for item in truth if item["currency"] == "PLAY")
        told = [json.loads(text) for text in _drain(mine)]

    said = [message["data"] for message in told if message["type"] == "balance"]
    last = said[-1]
    if isinstance(last, list):
        last = next(item for item in last if item["currency"] == "PLAY")
    assert last["available"] == play


def _drain(listener: Listener) -> list[str]:
    texts: list[str] = []
    while (push := listener.take()) is not None:
        texts += push.texts
    return texts


async def test_a_bet_in_a_lane_of_another_process_reaches_the_sockets_here(db: Database) -> None:
    async with running(db) as here, running(db) as there:
        async with asyncio.timeout(60):
            while any(here.road.owns(lane) is there.road.owns(lane) for lane in range(LANES)):
                await asyncio.sleep(0.05)
        tail = LaneTail(db, here.road, here.hub, here.news)
        feed = here.hub.attach([feed_channel(1)])
        # Guests until one of them lives elsewhere.
        async with AsyncExitStack() as stack:
            while True:
                client = await stack.enter_async_context(guest(there))
                session = await there.gate.sessions.find(client.headers["authorization"].split()[1])
                assert session is not None
                if there.road.owns(session.lane):
                    break
            mine = here.hub.attach([player_channel(session.player_id)])
            await tail.step()
            asked = {
                "id": new_bet_id(db),
                "currency": "PLAY",
                "stake": "1",
                "params": {"target": "50.50", "direction": "over"},
            }
            bet = (await client.post("/v1/games/dice/bets", json=asked)).json()
            await tail.step()
            await here.news.publish_bets()

            assert await _next(mine, "balance") == {
                "currency": "PLAY",
                "available": bet["balance_after"],
            }
            assert await _next(mine, "bet") == bet
            assert await _next(feed, "feed") == {**bet, "balance_after": None}

            # The lane becomes ours: what the other told last is read anew, nothing is missed.
            last = (
                await client.post("/v1/games/dice/bets", json={**asked, "id": new_bet_id(db)})
            ).json()
            await there.road.hand_over()
            async with asyncio.timeout(60):
                while not here.road.owns(session.lane):
                    await asyncio.sleep(0.05)
            await tail.step()
            balances = await _next(mine, "balance")
            play = next(item for item in balances if item["currency"] == "PLAY")
            assert play["available"] == last["balance_after"]
