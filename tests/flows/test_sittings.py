"""What a page shows of the session (GAM-16) is the journal's sum, by asking and by push."""

import asyncio
import json
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient

from fairhouse.app.player import Parts
from fairhouse.app.sittings import Sittings
from fairhouse.app.ws import player_channel
from fairhouse.platform.database import Database
from fairhouse.platform.push import Hub, Listener
from tests.conftest import SettableClock
from tests.player_api import guest, new_bet_id, running

DICE = {"target": "50.50", "direction": "over"}


@pytest.fixture
async def parts(db: Database) -> AsyncGenerator[Parts]:
    async with running(db) as made:
        yield made


async def _bet(client: AsyncClient, db: Database, slug: str, params: object) -> dict[str, Any]:
    asked = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1.5", "params": params}
    answer = await client.post(f"/v1/games/{slug}/bets", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _balance(client: AsyncClient) -> Decimal:
    balances = (await client.get("/v1/session")).json()["balances"]
    return next(Decimal(one["available"]) for one in balances if one["currency"] == "PLAY")


async def _sitting(client: AsyncClient) -> Any:
    return (await client.get("/v1/sitting")).json()


async def _told(sittings: Sittings, listener: Listener) -> Any:
    """The newest push of a sitting after a step."""
    await sittings.step()
    found: list[Any] = []
    while listener.waiting:
        push = await asyncio.wait_for(listener.next(), 1)
        assert push is not None
        found += [one["data"] for one in map(json.loads, push.texts) if one["type"] == "sitting"]
    return found[-1] if found else None


async def _listening(parts: Parts, client: AsyncClient, hub: Hub) -> Listener:
    session = await parts.gate.sessions.find(client.headers["authorization"].split()[1])
    assert session is not None
    return hub.attach([player_channel(session.player_id)])


async def test_the_net_position_is_what_play_did_to_the_balance(parts: Parts, db: Database):
    async with guest(parts) as client:
        before = await _balance(client)
        listener = await _listening(parts, client, parts.hub)
        assert await _sitting(client) == {"since": None, "net": {}}

        for count in range(6):
            if count % 2:
                await _bet(client, db, "dice", DICE)
            else:
                # The stake of a round counts when it is put down, its payout when it comes.
                bet = await _bet(client, db, "mines", {"mines": 1})
                assert await _told(parts.sittings, listener) == await _sitting(client)
                choices = ({"do": "reveal", "tile": count}, {"do": "cash_out"})
                for step, choice in enumerate(choices):
                    if bet["state"] == "open":
                        address = f"/v1/games/mines/bets/{bet['id']}/steps"
                        asked = {"step": step, "choice": choice}
                        bet = (await client.post(address, json=asked)).json()
            told = await _told(parts.sittings, listener)
            shown = await _sitting(client)

            assert told == shown
            assert await _balance(client) - before == Decimal(shown["net"]["PLAY"])
        assert await _told(parts.sittings, listener) is None


async def test_a_pause_of_half_an_hour_begins_another_sitting(
    parts: Parts, db: Database, clock: SettableClock
):
    async with guest(parts) as client:
        listener = await _listening(parts, client, parts.hub)
        await _bet(client, db, "dice", DICE)
        first = await _told(parts.sittings, listener)
        clock.advance(minutes=29)
        await _bet(client, db, "dice", DICE)
        second = await _told(parts.sittings, listener)
        assert second["since"] == first["since"]

        clock.advance(minutes=31)
        assert await _sitting(client) == {"since": None, "net": {}}
        before = await _balance(client)
        await _bet(client, db, "dice", DICE)
        third = await _told(parts.sittings, listener)

        assert third == await _sitting(client)
        assert third["since"] > second["since"]
        assert Decimal(third["net"]["PLAY"]) == await _balance(client) - before


async def test_bets_that_another_process_wrote_are_told_as_well(parts: Parts, db: Database):
    async with guest(parts) as client:
        hub = Hub()
        elsewhere = Sittings(db, hub)
        listener = await _listening(parts, client, hub)
        session = await parts.gate.sessions.find(client.headers["authorization"].split()[1])
        assert session is not None
        await _bet(client, db, "dice", DICE)
        elsewhere.note(session.player_id)
        assert await _told(elsewhere, listener) == await _sitting(client)

        for _ in range(3):
            await _bet(client, db, "dice", DICE)
            assert await _told(elsewhere, listener) == await _sitting(client)
