"""The cashier over HTTP: real sessions, the wire shapes, and what bad input gets."""

import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fairhouse.app.gate import Gate
from fairhouse.cashier.http import CashierDeps, routes
from fairhouse.identity import api as identity
from fairhouse.identity.types import LoggedIn
from fairhouse.kernel.ids import to_wire, uuid7
from fairhouse.kyc.api import accept_disclosure
from fairhouse.kyc.types import DISCLOSURE_VERSION
from fairhouse.platform.database import Database
from fairhouse.platform.http import install_errors
from tests.conftest import SettableClock
from tests.flows.cashier_world import ETH, ETHER, POLICY, WALLET, World, a_world
from tests.flows.identity_world import PASSWORD
from tests.flows.identity_world import World as People


@dataclass
class Site:
    """A player's program and what stands behind it."""

    client: httpx.AsyncClient
    world: World
    people: People
    login: LoggedIn

    async def step_up(self) -> None:
        session = self.login.session
        proof = await self.people.proof(PASSWORD)
        async with self.world.db.tx() as tx:
            await identity.step_up(tx, sealer=self.people.sealer, session=session, proof=proof)

    async def post(self, path: str, body: object, status: int = 200, **headers: str) -> Any:
        answer = await self.client.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def get(self, path: str, status: int = 200) -> Any:
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
async def site(db: Database, worker_db: Database, clock: SettableClock) -> AsyncGenerator[Site]:
    people = People(db)
    login = await people.player()
    clock.advance(minutes=6)  # registering counts as a fresh proof for five
    world = replace(await a_world(db, worker_db), player=login.player)
    await world.give(ETH, 10**9)
    await world.fill_hot(ETH, ETHER)
    gate = Gate(
        sessions=identity.SessionCache(db),
        sealer=people.sealer,
        brand_ports={},
        public_urls={},
        is_https=False,
    )
    app = FastAPI()
    install_errors(app)
    app.include_router(routes(CashierDeps(db=db, gate=gate, policies={1: POLICY})))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://localhost",
        headers={"authorization": f"Bearer {login.token}"},
    ) as client:
        yield Site(client, world, people, login)


def asked(**changes: object) -> dict[str, object]:
    return {"asset": "eth.ethereum", "amount": "0.02", "destination": WALLET, **changes}


async def test_nothing_is_deposited_before_the_disclosure_was_accepted(site: Site):
    answer = await site.client.post("/v1/deposit-addresses", json={"asset": "eth.ethereum"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "kyc_disclosure_needed")


async def test_a_deposit_address_comes_with_all_that_a_sender_needs(site: Site):
    async with site.world.db.tx() as tx:
        await accept_disclosure(tx, player_id=site.world.player.id, version=DISCLOSURE_VERSION)
    first = await site.post("/v1/deposit-addresses", {"asset": "eth.ethereum"})
    again = await site.post("/v1/deposit-addresses", {"asset": "usdt.ethereum"})

    assert first["address"] == again["address"]
    assert (first["chain"], first["minimum"]) == ("ethereum", "0.001")
    assert first["confirmations"] == [
        {"up_to": "1", "blocks": 3},
        {"up_to": "10", "blocks": 6},
        {"up_to": None, "blocks": 12},
    ]
    assert first["qr_svg"].startswith("<svg")
    assert (await site.get("/v1/deposits")) == {"deposits": [], "next": None}


async def test_a_withdrawal_from_quote_to_cancellation(site: Site):
    quote = await site.post("/v1/withdrawals/quote", asked())
    missing = [check for check in quote["checks"] if check["state"] != "passed"]
    assert [(check["code"], check["fix"]) for check in missing] == [
        ("second_factor", "second_factor.step_up")
    ]
    assert (quote["fee"], quote["receives"], quote["allowed"]) == ("0.0005", "0.0195", False)
    refused = await site.post("/v1/withdrawals", {**asked(), "id": new_id(site)}, 403)
    assert refused["error"]["code"] == "step_up_required"
    assert refused["error"]["fields"]["method"] == "password"

    await site.step_up()
    id_ = new_id(site)
    made = await site.post("/v1/withdrawals", {**asked(), "id": id_}, 201)
    again = await site.post("/v1/withdrawals", {**asked(), "id": id_}, 201)
    assert made == again
    assert (made["id"], made["state"], made["cancellable"]) == (id_, "CHECKING", True)
    assert made["tx_hash"] is None
    assert [entry["state"] for entry in made["timeline"]] == ["REQUESTED", "CHECKING"]
    cancelled = await site.post(f"/v1/withdrawals/{id_}/cancel", {})
    assert (cancelled["state"], cancelled["cancellable"]) == ("CANCELLED", False)
    listed = await site.get("/v1/withdrawals?limit=1")
    assert listed == {"withdrawals": [cancelled], "next": id_}
    assert (await site.get(f"/v1/withdrawals?limit=1&before={id_}"))["withdrawals"] == []
    assert (await site.get(f"/v1/withdrawals/{id_}")) == cancelled


async def test_the_header_key_makes_a_repetition_harmless(site: Site):
    await site.step_up()
    first = await site.post("/v1/withdrawals", asked(), 201, **{"idempotency-key": "once"})
    again = await site.post("/v1/withdrawals", asked(), 201, **{"idempotency-key": "once"})
    other = await site.post(
        "/v1/withdrawals", asked(amount="0.03"), 409, **{"idempotency-key": "once"}
    )

    assert first == again
    assert other["error"]["code"] == "idempotency_conflict"


BAD: list[tuple[dict[str, object], int, str, str]] = [
    ({"amount": "-1"}, 422, "invalid_amount", "amount"),
    ({"amount": "0"}, 422, "invalid_amount", "amount"),
    ({"amount": "1e3"}, 422, "invalid_amount", "amount"),
    ({"amount": "0.0000000001"}, 422, "invalid_amount", "amount"),
    ({"amount": "9" * 40}, 422, "invalid_amount", "amount"),
    ({"amount": "2"}, 409, "insufficient_funds", "amount"),
    ({"amount": 0.02}, 422, "malformed", "amount"),
    ({"asset": "btc.ethereum"}, 422, "unknown_asset", "asset"),
    ({"destination": "0xabc"}, 422, "malformed_address", "destination"),
    ({"destination": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"}, 422, "wrong_network",
     "destination"),
    ({"destination": "0x" + "0" * 40}, 422, "unspendable_address", "destination"),
    ({"amont": "1"}, 422, "malformed", "amont"),
]  # fmt: skip


async def test_bad_input_names_the_field_and_changes_nothing(site: Site):
    await site.step_up()
    for change, status, code, param in BAD:
        body = {**asked(**change), "id": new_id(site)}
        error = (await site.post("/v1/withdrawals", body, status))["error"]
        assert (error["code"], error["param"]) == (code, param), change
        assert error["message"]
    error = (await site.post("/v1/withdrawals", asked(), 422))["error"]
    assert error["param"] == "id"

    assert (await site.get("/v1/withdrawals"))["withdrawals"] == []
    assert (await site.world.cash()).pending_out == 0


async def test_nobody_sees_anothers(site: Site, db: Database):
    await site.step_up()
    id_ = new_id(site)
    await site.post("/v1/withdrawals", {**asked(), "id": id_}, 201)
    stranger = await site.people.player("bob@player.test", "bob")
    site.client.headers["authorization"] = f"Bearer {stranger.token}"

    assert (await site.get(f"/v1/withdrawals/{id_}", 404))["error"]["param"] == "id"
    await site.post(f"/v1/withdrawals/{id_}/cancel", {}, 404)
    await site.get("/v1/deposits/dep_" + "0" * 26, 404)
    await site.get("/v1/deposits/nonsense", 422)
    del site.client.headers["authorization"]
    await site.get("/v1/withdrawals", 401)


def new_id(site: Site) -> str:
    now_ms = int(site.world.db.now().timestamp() * 1000)
    return to_wire("wdr", uuid7(now_ms, os.urandom(10)))
