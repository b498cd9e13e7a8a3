"""A visitor's stories over HTTP: play money, bets, a mines round, seeds, verification, refusals."""

import asyncio
from collections.abc import AsyncGenerator
from decimal import Decimal

import httpx
import pytest

from fairhouse.app.player import Parts
from fairhouse.games.api import GAMES
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Database
from tests.player_api import NIGHTOWL_PORT, client_of, guest, new_bet_id, running


@pytest.fixture
async def parts(db: Database) -> AsyncGenerator[Parts]:
    async with running(db) as made:
        yield made
    async with db.read() as tx:
        assert await ledger.imbalances(tx) == []


def _dice(db: Database, **changes: object) -> dict[str, object]:
    asked = {
        "id": new_bet_id(db),
        "currency": "PLAY",
        "stake": "1.5",
    }
    params = {"target": "50.50", "direction": "over"}
    changed = {name: value for name, value in changes.items() if name in params}
    others = {name: value for name, value in changes.items() if name not in params}
    return {**asked, "params": {**params, **changed}, **others}


async def _balance(client: httpx.AsyncClient, code: str = "PLAY") -> str:
    balances = (await client.get("/v1/balances")).json()["balances"]
    return next(item["available"] for item in balances if item["currency"] == code)


async def test_a_visitor_sees_the_house_before_signing_up(parts: Parts) -> None:
    async with client_of(parts) as here, client_of(parts, port=NIGHTOWL_PORT) as there:
        ours = (await here.get("/v1/config")).json()
        theirs = (await there.get("/v1/config")).json()
        feed = await here.get("/v1/feed")
        me = (await here.get("/v1/session")).json()

    assert (ours["brand"]["slug"], theirs["brand"]["slug"]) == ("fairhouse", "nightowl")
    assert {game["slug"] for game in ours["games"]} == {*GAMES}
    eth = next(item for item in ours["currencies"] if item["code"] == "ETH")
    assert eth["chains"][0]["confirmations"][-1]["up_to"] is None
    assert feed.json() == {"bets": []}
    assert me["player"] is None


async def test_the_catalogue_is_small_for_who_takes_it_so(parts: Parts) -> None:
    async with client_of(parts) as here:
        small = await here.get("/v1/config", headers={"accept-encoding": "gzip, br"})
        plain = await here.get("/v1/config", headers={"accept-encoding": "identity"})

    assert [small.headers.get("content-encoding"), plain.headers.get("content-encoding")] == [
        "gzip",
        None,
    ]
    assert {**small.json(), "now": ""} == {**plain.json(), "now": ""}
    assert int(small.headers["content-length"]) * 3 < int(plain.headers["content-length"])


async def test_a_bet_is_answered_the_same_for_ever(parts: Parts, db: Database) -> None:
    async with guest(parts) as client:
        asked = _dice(db)
        first = (await client.post("/v1/games/dice/bets", json=asked)).json()
        again = (await client.post("/v1/games/dice/bets", json=asked)).json()
        other = await client.post("/v1/games/dice/bets", json={**asked, "stake": "2"})
        history = (await client.get("/v1/bets")).json()["bets"]

        assert first == again
        assert first["balance_after"] == await _balance(client)
        assert [bet["id"] for bet in history] == [first["id"]]
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "idempotency_conflict"


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"stake": "0"}, "invalid_amount", "stake"),
        ({"stake": "-1"}, "invalid_amount", "stake"),
        ({"stake": "1e3"}, "invalid_amount", "stake"),
        ({"stake": "0.0000001"}, "invalid_amount", "stake"),
        ({"stake": "99999999999999999999"}, "invalid_amount", "stake"),
        ({"stake": "0.000001", "target": "2.00"}, "stake_too_small", "stake"),
        ({"stake": "5000"}, None, None),
        ({"stake": 5}, "malformed", "stake"),
        ({"currency": "DOGE"}, "unknown_currency", "currency"),
        ({"currency": "ETH"}, "account_needed", "currency"),
        ({"target": "101"}, "invalid_game_params", "target"),
        ({"target": "50.505"}, "invalid_game_params", "target"),
        ({"direction": "sideways"}, "invalid_game_params", "direction"),
        ({"id": "bet_x"}, "malformed", None),
        ({"surprise": 1}, "malformed", "surprise"),
    ],
)
async def test_bad_bets_name_the_field_and_change_nothing(
    parts: Parts, db: Database, changes: dict[str, object], code: str | None, param: str | None
) -> None:
    async with guest(parts) as client:
        answer = await client.post("/v1/games/dice/bets", json=_dice(db, **changes))

        assert 400 <= answer.status_code < 500, answer.text
        error = answer.json()["error"]
        assert code is None or error["code"] == code
        assert param is None or error["param"] == param
        assert await _balance(client) == "1000"
        assert (await client.get("/v1/bets")).json()["bets"] == []


async def test_two_hundred_bets_at_once_never_overdraw(parts: Parts, db: Database) -> None:
    async with guest(parts) as client:
        answers = await asyncio.gather(
            *(client.post("/v1/games/dice/bets", json=_dice(db, stake="1000")) for _ in range(200))
        )
        accepted = [answer.json() for answer in answers if answer.status_code == 200]
        won = sum(Decimal(bet["payout"]) - Decimal(bet["stake"]) for bet in accepted)

        assert accepted
        assert Decimal(await _balance(client)) == 1000 + won >= 0
    refused = {answer.json()["error"]["code"] for answer in answers if answer.status_code != 200}
    assert refused <= {"insufficient_funds"}


async def test_a_mines_round_survives_a_restart_and_two_tabs(db: Database) -> None:
    async with running(db) as parts, guest(parts) as client:
        token = client.headers["authorization"]
        opened = (
            await client.post(
                "/v1/games/mines/bets",
                json={
                    "id": new_bet_id(db),
                    "currency": "PLAY",
                    "stake": "10",
                    "params": {"mines": 1},
                },
            )
        ).json()
        assert opened["state"] == "open"
        assert "mines" not in opened["outcome"]

    async with running(db) as parts, client_of(parts) as client:
        client.headers["authorization"] = token
        found = (await client.get("/v1/rounds/open")).json()["rounds"]
        assert [bet["id"] for bet in found] == [opened["id"]]
        path = f"/v1/games/mines/bets/{opened['id']}/steps"
        both = await asyncio.gather(
            client.post(path, json={"step": 0, "choice": {"do": "reveal", "tile": 3}}),
            client.post(path, json={"step": 0, "choice": {"do": "reveal", "tile": 4}}),
        )
        statuses = sorted(answer.status_code for answer in both)
        assert statuses[0] == 200
        assert statuses[1] == 409
        rotated = await client.post("/v1/seeds/rotate", json={})
        if next(a for a in both if a.status_code == 200).json()["state"] == "open":
            assert rotated.json()["error"]["code"] == "open_round"
            out = {"step": 1, "choice": {"do": "cash_out"}}
            closed = await client.post(path, json=out)
            assert closed.json()["state"] == "settled"
            assert (await client.post(path, json=out)).json() == closed.json()
    async with db.read() as tx:
        assert await ledger.imbalances(tx) == []


async def test_seeds_rotate_and_anyone_may_verify(parts: Parts, db: Database) -> None:
    async with guest(parts) as client, client_of(parts) as stranger:
        before = (await client.get("/v1/seeds")).json()["active"]
        bet = (await client.post("/v1/games/dice/bets", json=_dice(db))).json()
        hidden = (await stranger.get(f"/v1/bets/{bet['id']}")).json()
        rotated = (await client.post("/v1/seeds/rotate", json={"client_seed": "my own"})).json()
        shown = (await stranger.get(f"/v1/bets/{bet['id']}")).json()
        verified = (
            await stranger.post(
                "/v1/verify",
                json={
                    "game": "dice",
                    "server_seed": rotated["revealed"]["server_seed"],
                    "client_seed": before["client_seed"],
                    "nonce": bet["nonce"],
                    "params": bet["params"],
                },
            )
        ).json()
        pasted = await stranger.post(
            "/v1/verify",
            json={
                "game": "dice",
                "server_seed": before["server_seed_hash"],
                "client_seed": before["client_seed"],
                "nonce": 0,
            },
        )
        history = (await client.get("/v1/seeds/history")).json()["pairs"]

    assert hidden["server_seed"] is None
    assert hidden["bet"]["balance_after"] is None
    assert shown["server_seed"] == rotated["revealed"]["server_seed"]
    assert rotated["active"]["server_seed_hash"] == before["next_server_seed_hash"]
    assert rotated["active"]["client_seed"] == "my own"
    assert verified["outcome"]["roll"] == bet["outcome"]["roll"]
    assert pasted.json()["error"]["code"] == "seed_hash_pasted"
    assert [pair["server_seed"] for pair in history] == [rotated["revealed"]["server_seed"]]


async def test_another_brand_does_not_know_the_session(parts: Parts) -> None:
    async with guest(parts) as client, client_of(parts, port=NIGHTOWL_PORT) as there:
        there.headers["authorization"] = client.headers["authorization"]
        answer = await there.get("/v1/balances")

    assert answer.status_code == 401


async def test_a_statement_explains_the_balance(parts: Parts, db: Database) -> None:
    async with guest(parts) as client:
        for _ in range(3):
            await client.post("/v1/games/dice/bets", json=_dice(db))
        statement = (await client.get("/v1/statement?currency=PLAY")).json()

        assert statement["opening"] == "0"
        assert statement["closing"] == await _balance(client)
        assert statement["lines"][0]["balance"] == statement["closing"]
