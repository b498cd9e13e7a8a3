"""Player protection over HTTP, through the whole player API."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from fairhouse.app.player import Parts
from fairhouse.brands.api import brand
from fairhouse.brands.types import BrandId
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows.identity_world import FAST, PASSWORD
from tests.player_api import SEALER, client_of, guest, new_bet_id, running

EMAIL = "grace@player.test"


@dataclass
class Site:
    """A registered player who is logged in."""

    parts: Parts
    client: httpx.AsyncClient
    player: Player

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        answer = await self.client.request(method, f"/v1{path}", json=body)
        assert status == answer.status_code, answer.text
        return answer.json()

    async def log_in(self) -> None:
        answer = await self.client.post(
            "/v1/login", json={"email": EMAIL, "password": PASSWORD, "token": True}
        )
        assert 200 == answer.status_code, answer.text
        self.client.headers["authorization"] = f"Bearer {answer.json()['token']}"

    def dice(self) -> dict[str, object]:
        return {
            "id": new_bet_id(self.parts.db),
            "currency": "PLAY",
            "stake": "1",
            "params": {"target": "50.50", "direction": "over"},
        }


@pytest.fixture
async def site(db: Database) -> AsyncGenerator[Site]:
    passwords = identity.Passwords(FAST)
    seed = identity.SeedPlayer(email=EMAIL, username="grace", password=PASSWORD)
    player, _ = await identity.seed_player(
        db, sealer=SEALER, passwords=passwords, brand=brand(BrandId(1)), seed=seed
    )
    passwords.close()
    async with running(db) as parts, client_of(parts) as client:
        made = Site(parts, client, player)
        await made.log_in()
        yield made


async def test_a_limit_from_setting_to_raising(site: Site, clock: SettableClock):
    empty = await site.ask("GET", "/protection")
    await site.ask("PUT", "/protection/limits/loss/day", {"amount": "50.25"})
    await site.ask("PUT", "/protection/limits/session/week", {"amount": "90"})
    raised = await site.ask("PUT", "/protection/limits/loss/day", {"amount": "80"})
    early = await site.ask("POST", "/protection/limits/loss/day/confirm", status=409)
    clock.advance(hours=24)
    await site.log_in()
    ready = await site.ask("GET", "/protection")
    done = await site.ask("POST", "/protection/limits/loss/day/confirm")
    history = await site.ask("GET", "/protection/history")

    assert ("USD", [], None) == (empty["currency"], empty["limits"], empty["exclusion"])
    loss, time = raised["limits"]
    assert ("loss", "day", "player", "50.25", "0", "50.25") == tuple(
        loss[key] for key in ("kind", "period", "source", "amount", "used", "remaining")
    )
    assert ("session", "week", "90") == (time["kind"], time["period"], time["amount"])
    assert [("80", False)] == [(one["amount"], one["can_confirm"]) for one in raised["pending"]]
    assert "increase_too_early" == early["error"]["code"]
    assert [True] == [one["can_confirm"] for one in ready["pending"]]
    assert ["80", "90"] == [one["amount"] for one in done["limits"]]
    assert [] == done["pending"]
    first = history["changes"][0]
    assert ("increase_confirmed", "player", "50.25", "80") == (
        first["action"],
        first["actor"],
        first["before"],
        first["after"],
    )


async def test_a_waiting_change_is_cancelled(site: Site):
    await site.ask("PUT", "/protection/limits/deposit/month", {"amount": "100"})
    waiting = await site.ask("PUT", "/protection/limits/deposit/month", {"amount": None})
    gone = await site.ask("POST", "/protection/limits/deposit/month/cancel")
    again = await site.ask("POST", "/protection/limits/deposit/month/cancel", status=404)

    assert [None] == [one["amount"] for one in waiting["pending"]]
    assert ([], ["100"]) == (gone["pending"], [one["amount"] for one in gone["limits"]])
    assert "nothing_pending" == again["error"]["code"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/protection/limits/loss/day", {"amount": "-1"}, "invalid_amount"),
        ("/protection/limits/loss/day", {"amount": "1e3"}, "invalid_amount"),
        ("/protection/limits/session/day", {"amount": "1.5"}, "invalid_amount"),
        ("/protection/limits/session/day", {"amount": "1441"}, "limit_out_of_range"),
        ("/protection/limits/loss/year", {"amount": "1"}, "malformed"),
        ("/protection/limits/loss/day", {}, "malformed"),
        ("/protection/reality-check", {"minutes": 4}, "malformed"),
    ],
)
async def test_bad_input_names_the_field(site: Site, path: str, body: object, code: str):
    answer = await site.ask("PUT", path, body, status=422)

    assert code == answer["error"]["code"]
    assert answer["error"]["param"]


async def test_a_reality_check_is_remembered(site: Site):
    await site.ask("PUT", "/protection/reality-check", {"minutes": 30})
    kept = await site.ask("GET", "/protection")
    cleared = await site.ask("PUT", "/protection/reality-check", {"minutes": None})

    assert (30, None) == (kept["reality_check_minutes"], cleared["reality_check_minutes"])


async def test_a_break_begins_at_once(site: Site):
    await site.ask("POST", "/protection/cool-off", {"term": "1h"}, status=422)
    made = await site.ask("POST", "/protection/cool-off", {"term": "24h"})
    address = await site.ask("POST", "/deposit-addresses", {"asset": "eth.ethereum"}, status=403)
    found = await site.ask("GET", "/protection")

    assert ("cool_off", False) == (made["kind"], made["is_term_over"])
    assert "cooling_off" == address["error"]["code"]
    assert "cool_off" == found["exclusion"]["kind"]


async def test_the_answer_to_a_break_is_true_when_it_is_given(site: Site):
    before = await site.ask("POST", "/games/dice/bets", site.dice(), status=409)
    await site.ask("POST", "/protection/cool-off", {"term": "24h"})
    after = await site.ask("POST", "/games/dice/bets", site.dice(), status=403)

    assert ("insufficient_funds", "cooling_off") == (
        before["error"]["code"],
        after["error"]["code"],
    )
    assert after["error"]["fields"]["resets_at"]


async def test_self_exclusion_needs_a_proof_and_ends_the_session(site: Site, clock: SettableClock):
    clock.advance(minutes=6)
    stale = await site.ask("POST", "/protection/self-exclusion", {"term": "6m"}, status=403)
    await site.ask("POST", "/step-up", {"password": PASSWORD})
    made = await site.ask("POST", "/protection/self-exclusion", {"term": "6m"})
    site.parts.gate.sessions.drop_player(site.player.id)
    await site.ask("GET", "/protection", status=401)
    await site.log_in()
    found = await site.ask("GET", "/protection")
    back = await site.ask("POST", "/protection/return", status=409)

    assert "step_up_required" == stale["error"]["code"]
    assert "self_exclusion" == made["kind"]
    assert ("6m", "operator") == (found["exclusion"]["term"], found["exclusion"]["scope"])
    assert "not_readmissible" == back["error"]["code"]


async def test_every_minute_with_a_request_is_counted(site: Site, clock: SettableClock):
    await site.ask("PUT", "/protection/limits/session/day", {"amount": "60"})
    for _ in range(3):
        clock.advance(minutes=1)
        site.parts.gate.sessions.drop_player(site.player.id)
        await site.ask("GET", "/protection")
    clock.advance(minutes=1)
    await site.parts.minutes.flush(site.parts.db)
    found = await site.ask("GET", "/protection")

    # One minute more for logging in.
    assert ("4", "56") == (found["limits"][0]["used"], found["limits"][0]["remaining"])


async def test_guests_have_nothing_to_protect(site: Site):
    async with guest(site.parts) as visitor:
        answer = await visitor.get("/v1/protection")

    assert 403 == answer.status_code
    assert "account_needed" == answer.json()["error"]["code"]
