"""Identity over HTTP, through the real gate: cookies, CSRF, tokens, refusals, limits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate

from fairhouse.app.gate import Gate
from fairhouse.brands.api import brand
from fairhouse.brands.types import BrandId
from fairhouse.identity import api as identity
from fairhouse.identity import http as identity_http
from fairhouse.identity.types import Player, PlayerId, Session
from fairhouse.messages import http as messages_http
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.http import EdgeSettings, edge, install_errors
from tests.conftest import SettableClock
from tests.flows.identity_world import EMAIL, PASSWORD, World

ORIGIN = "http://localhost"
NEW = "violin-marsh-lantern-copper"


@dataclass
class Site:
    """The player API with identity and messages alone, and a browser on it."""

    world: World
    app: Any
    spec: dict[str, Any]
    welcomed: list[PlayerId] = field(default_factory=list[PlayerId])

    def browser(self, *, agent: str = "Mozilla/5.0 (X11; Linux) Firefox/140.0") -> "Browser":
        transport = httpx.ASGITransport(app=self.app, client=("203.0.113.9", 1))
        client = httpx.AsyncClient(
            transport=transport,
            base_url=ORIGIN,
            headers={"user-agent": agent, "origin": ORIGIN},
        )
        return Browser(client)


@dataclass
class Browser:
    """Keeps cookies and the CSRF token, as the web app does."""

    client: httpx.AsyncClient
    csrf: str | None = None

    async def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"x-csrf-token": self.csrf} if self.csrf else {}
        answer = await self.client.request(method, path, json=body, headers=headers)
        content = answer.json() if answer.content and answer.status_code < 300 else None
        if isinstance(content, dict) and content.get("csrf_token"):
            self.csrf = content["csrf_token"]
        return answer

    async def ok(self, method: str, path: str, body: object = None) -> Any:
        answer = await self.ask(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        answer = await self.ask(method, path, body)
        return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
async def site(db: Database) -> Site:
    world = World(db, brand=brand(BrandId(1)))  # type: ignore[arg-type]
    sessions = identity.SessionCache(db)
    gate = Gate(
        sessions=sessions,
        sealer=world.sealer,
        brand_ports={},
        public_urls={"fairhouse": ORIGIN},
        is_https=False,
    )
    welcomed: list[PlayerId] = []

    async def welcome(tx: Tx, player: Player) -> None:
        welcomed.append(player.id)

    async def balances(tx: Tx, session: Session) -> Sequence[identity_http.BalanceView]:
        return [
            identity_http.BalanceView(
                currency="PLAY", available="1000.00", held="0", locked="0", value=None
            )
        ]

    app = FastAPI()
    install_errors(app)
    app.include_router(
        identity_http.routes(
            identity_http.IdentityDeps(
                db=db,
                gate=gate,
                sealer=world.sealer,
                passwords=world.passwords,
                sessions=sessions,
                welcome=welcome,
                balances=balances,
            )
        )
    )
    app.include_router(messages_http.routes(messages_http.MessagesDeps(db=db, reader=gate.player)))
    return Site(world, edge(app, EdgeSettings(server="test")), app.openapi(), welcomed)


async def registered(site: Site, browser: Browser, *, email: str = EMAIL, name: str = "ada"):
    """Sign up through the API with the code out of the mail."""
    answer = await browser.ok("POST", "/v1/register", registration(site, email, name))
    code = (await site.world.mails(email))[-1].fields["code"]
    return await browser.ok(
        "POST",
        "/v1/register/confirm",
        {"registration": answer["registration"], "code": code},
    )


def registration(site: Site, email: str = EMAIL, name: str = "ada") -> dict[str, object]:
    return {
        "email": email,
        "password": PASSWORD,
        "username": name,
        "birth_date": "1990-12-10",
        "terms_version": site.world.brand.terms_version,
        "language": "en",
    }


async def test_a_visitor_becomes_a_guest_becomes_a_player(site: Site):
    browser = site.browser()
    assert (await browser.ok("GET", "/v1/session"))["player"] is None
    guest = await browser.ok("POST", "/v1/guest", {})
    assert ("guest", None) == (guest["player"]["kind"], guest["token"])
    assert guest["player"]["id"] == (await browser.ok("POST", "/v1/guest", {}))["player"]["id"]

    confirmed = await registered(site, browser)

    assert guest["player"]["id"] == confirmed["player"]["id"]
    assert guest["session_id"] != confirmed["session_id"]
    session = await browser.ok("GET", "/v1/session")
    assert {
        "id": guest["player"]["id"],
        "kind": "registered",
        "username": "ada",
        "email": "Ada.Lovelace@player.test",
        "terms_current": True,
        "totp_enabled": False,
        "withdrawals_held_until": None,
    }.items() <= session["player"].items()
    assert [
        {"currency": "PLAY", "available": "1000.00", "held": "0", "locked": "0", "value": None}
    ] == session["balances"]
    assert session["step_up_until"].endswith("Z")
    assert 1 == session["unread"]
    assert 2 == len(site.welcomed)


async def test_answers_to_a_free_and_a_taken_address_have_one_shape(site: Site):
    await registered(site, site.browser())
    stranger = site.browser()
    free = await stranger.ask("POST", "/v1/register", registration(site, "new@player.test", "new"))
    taken = await stranger.ask("POST", "/v1/register", registration(site, EMAIL, "eve"))
    assert (202, 202) == (free.status_code, taken.status_code)
    assert free.json().keys() == taken.json().keys()
    assert free.json()["expires_at"] == taken.json()["expires_at"]
    for answer in (free, taken):
        body = {"registration": answer.json()["registration"], "code": "abcdef"}
        assert (422, "wrong_code") == await stranger.refused("POST", "/v1/register/confirm", body)
    for email in (EMAIL, "nobody@player.test"):
        answer = await stranger.ask("POST", "/v1/password/forgot", {"email": email})
        assert (202, b"null") == (answer.status_code, answer.content)
    bodies: list[dict[str, Any]] = []
    for email in (EMAIL, "nobody@player.test"):
        answer = await stranger.ask(
            "POST", "/v1/login", {"email": email, "password": "wrong wrong wrong"}
        )
        assert 401 == answer.status_code
        bodies.append({**answer.json()["error"], "request_id": ""})
    assert bodies[0] == bodies[1]


async def test_the_cookie_is_hidden_from_scripts_and_csrf_guards_it(site: Site):
    browser = site.browser()
    await registered(site, browser)
    answer = await browser.ask("POST", "/v1/login", {"email": EMAIL, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert answer.json()["token"] is None
    browser.csrf = "0" * 64
    assert (403, "csrf_invalid") == await browser.refused("POST", "/v1/totp/enrol")
    browser.csrf = (await browser.ok("GET", "/v1/session"))["csrf_token"]
    await browser.ok("POST", "/v1/totp/enrol")


async def test_a_foreign_site_cannot_log_anybody_in(site: Site):
    browser = site.browser()
    browser.client.headers["origin"] = "https://evil.test"
    body = {"email": EMAIL, "password": PASSWORD}
    assert (403, "foreign_origin") == await browser.refused("POST", "/v1/login", body)


async def test_a_program_uses_a_bearer_token_without_csrf(site: Site):
    await registered(site, site.browser())
    program = site.browser(agent="python-httpx/0.28")
    body = {"email": EMAIL, "password": PASSWORD, "token": True}
    answer = await program.ask("POST", "/v1/login", body)
    assert "set-cookie" not in answer.headers
    program.client.headers["authorization"] = f"Bearer {answer.json()['token']}"
    program.csrf = None
    await program.ok("POST", "/v1/totp/enrol")
    await program.ok("POST", "/v1/logout")
    assert (401, "unauthenticated") == await program.refused("GET", "/v1/sessions")


async def test_devices_are_listed_and_ended(site: Site):
    first, second = site.browser(), site.browser(agent="Mozilla/5.0 (Android) Chrome/140.0")
    await registered(site, first)
    await second.ok("POST", "/v1/login", {"email": EMAIL, "password": PASSWORD})
    devices = (await second.ok("GET", "/v1/sessions"))["sessions"]
    assert {"Firefox on Linux": False, "Chrome on Android": True} == {
        device["device"]: device["current"] for device in devices
    }
    assert {"203.0.113.0/24"} == {device["network"] for device in devices}
    other = next(device["id"] for device in devices if not device["current"])
    await second.ok("DELETE", f"/v1/sessions/{other}")
    assert (404, "not_found") == await second.refused("DELETE", f"/v1/sessions/{other}")
    assert (422, "malformed") == await second.refused("DELETE", "/v1/sessions/ses_x")
    assert (401, "unauthenticated") == await first.refused("GET", "/v1/sessions")


async def test_the_second_factor_from_enrolment_to_switching_off(site: Site, clock: SettableClock):
    browser = site.browser()
    await registered(site, browser)
    clock.advance(minutes=6)
    assert (403, "step_up_required") == await browser.refused("POST", "/v1/totp/enrol")
    wrong = {"password": "wrong wrong wrong"}
    assert (401, "bad_credentials") == await browser.refused("POST", "/v1/step-up", wrong)
    await browser.ok("POST", "/v1/step-up", {"password": PASSWORD})
    enrolment = await browser.ok("POST", "/v1/totp/enrol")
    assert enrolment["qr_svg"].startswith("<svg")
    assert enrolment["uri"].startswith("otpauth://totp/Fairhouse:")
    secret = enrolment["secret"]
    confirmed = await browser.ok("POST", "/v1/totp/confirm", {"code": site.world.code(secret)})
    assert 10 == len(confirmed["recovery_codes"])
    assert confirmed["withdrawals_held_until"] is None

    other = site.browser()
    login = {"email": EMAIL, "password": PASSWORD}
    assert (401, "second_factor_required") == await other.refused("POST", "/v1/login", login)
    await other.ok("POST", "/v1/login", login | {"totp": confirmed["recovery_codes"][0]})
    clock.advance(minutes=1)
    renewed = await other.ok("POST", "/v1/totp/recovery-codes", {"code": site.world.code(secret)})
    assert set(renewed["recovery_codes"]).isdisjoint(confirmed["recovery_codes"])
    clock.advance(minutes=1)
    await other.ok("DELETE", "/v1/totp", {"code": site.world.code(secret)})
    assert not (await other.ok("GET", "/v1/session"))["player"]["totp_enabled"]


async def test_passwords_and_addresses_change(site: Site):
    browser, other = site.browser(), site.browser()
    await registered(site, browser)
    await other.ok("POST", "/v1/login", {"email": EMAIL, "password": PASSWORD})
    weak = {"current": PASSWORD, "password": "ada.lovelace1"}
    assert (422, "weak_password") == await browser.refused("POST", "/v1/password", weak)
    held = await browser.ok("POST", "/v1/password", {"current": PASSWORD, "password": NEW})
    assert held["withdrawals_held_until"].endswith("Z")
    assert (401, "unauthenticated") == await other.refused("GET", "/v1/sessions")

    change = {"email": "countess@player.test", "password": NEW}
    await browser.ok("POST", "/v1/email/change", change)
    code = (await site.world.mails("countess@player.test"))[-1].fields["code"]
    await browser.ok("POST", "/v1/email/change/confirm", {"code": code})
    session = await browser.ok("GET", "/v1/session")
    assert "countess@player.test" == session["player"]["email"]

    await other.ok("POST", "/v1/password/forgot", {"email": "countess@player.test"})
    token = (await site.world.mails("countess@player.test"))[-1].fields["code"]
    await other.ok("POST", "/v1/password/reset", {"code": token, "password": PASSWORD})
    reset = {"code": token, "password": NEW}
    assert (422, "wrong_code") == await other.refused("POST", "/v1/password/reset", reset)
    assert (401, "unauthenticated") == await browser.refused("GET", "/v1/sessions")
    await browser.ok("POST", "/v1/login", {"email": "countess@player.test", "password": PASSWORD})


async def test_guests_may_not_touch_accounts(site: Site):
    browser = site.browser()
    await browser.ok("POST", "/v1/guest", {})
    for method, path in (
        ("POST", "/v1/totp/enrol"),
        ("GET", "/v1/sessions"),
    ):
        assert (403, "account_needed") == await browser.refused(method, path)


async def test_a_session_of_another_brand_is_no_session(site: Site):
    browser = site.browser()
    await registered(site, browser)
    cookie = browser.client.cookies["fh_session"]
    other = site.browser()
    other.client.base_url = "http://nightowl.localhost"
    other.client.headers["cookie"] = f"fh_session={cookie}"
    assert (await other.ok("GET", "/v1/session"))["player"] is None


async def test_notifications_are_shown_in_the_readers_language_and_read(site: Site):
    browser = site.browser()
    await registered(site, browser)
    await browser.ok("POST", "/v1/language", {"language": "de"})
    await browser.ok("POST", "/v1/login", {"email": EMAIL, "password": PASSWORD})
    page = await browser.ok("GET", "/v1/notifications?limit=1")
    assert (2, 1) == (page["unread"], len(page["notifications"]))
    rest = await browser.ok("GET", f"/v1/notifications?before={page['next']}")
    everything = [*page["notifications"], *rest["notifications"]]
    assert {"Anmeldung von Firefox on Linux.", "Willkommen! Ihr Konto ist eröffnet."} == {
        one["text"] for one in everything
    }
    newest = max(one["id"] for one in everything)
    assert {"unread": 0} == await browser.ok("POST", "/v1/notifications/read", {"up_to": newest})
    assert (422, "malformed") == await browser.refused("GET", "/v1/notifications?limit=0")
    assert (422, "malformed") == await browser.refused("GET", "/v1/notifications?before=x")


REGISTRATION: dict[str, object] = {
    "email": EMAIL,
    "password": PASSWORD,
    "username": "ada",
    "birth_date": "1990-12-10",
    "terms_version": "x",
}
MALFORMED: Sequence[tuple[str, object, str]] = [
    ("/v1/register", {"email": "a@b.de"}, "username"),
    ("/v1/login", {"email": 7, "password": "x"}, "email"),
    ("/v1/login", {"email": "a@b.de", "password": "x", "x": 1}, "x"),
    ("/v1/login", {"email": "nobody", "password": "x"}, "email"),
    ("/v1/login", {"email": "a@b.de", "password": "x" * 2000}, "password"),
    ("/v1/login", [], "body"),
    ("/v1/register/confirm", {"registration": "reg_x", "code": "1"}, "registration"),
    ("/v1/guest", {"language": "xx"}, "language"),
    ("/v1/register", {**REGISTRATION, "birth_date": 0}, "birth_date"),
    ("/v1/register", {**REGISTRATION, "birth_date": "31.12.1990"}, "birth_date"),
    ("/v1/register", {**REGISTRATION, "username": "a\x00b"}, "username"),
    ("/v1/register", {**REGISTRATION, "email": "a\x00@b.de"}, "email"),
]


async def test_malformed_bodies_are_refused_by_field(site: Site):
    browser = site.browser()
    for path, body, param in MALFORMED:
        answer = await browser.ask("POST", path, body)
        error = answer.json()["error"]
        assert (422, "malformed", param) == (answer.status_code, error["code"], error["param"])
        assert error["request_id"]


async def test_half_characters_and_broken_json_are_refused(site: Site):
    browser = site.browser()
    for raw, param in (
        (b'{"email": "a@b.de", "password": "\\ud800 and more"}', "password"),
        (b'{"email": "a@b.de"', "body"),
        (b"\xff\xfe", "body"),
    ):
        answer = await browser.client.post(
            "/v1/login", content=raw, headers={"content-type": "application/json"}
        )
        error = answer.json()["error"]
        assert (422, "malformed", param) == (answer.status_code, error["code"], error["param"])


async def test_floods_are_refused_with_the_time_to_wait(site: Site):
    browser = site.browser()
    body = {"email": "nobody@player.test", "password": "wrong wrong wrong"}
    last = await browser.ask("POST", "/v1/login", body)
    for _ in range(60):  # A slow machine's flood is a slow one.
        if last.status_code == 429:
            break
        assert last.status_code == 401
        last = await browser.ask("POST", "/v1/login", body)
    assert ("too_many_requests", "email") == (
        last.json()["error"]["code"],
        last.json()["error"]["param"],
    )
    assert int(last.headers["retry-after"]) > 0


async def test_an_ended_session_leaves_the_cookie_useless(site: Site, clock: SettableClock):
    browser = site.browser()
    await registered(site, browser)
    clock.advance(minutes=30)
    assert (401, "unauthenticated") == await browser.refused("GET", "/v1/sessions")
    assert (await browser.ok("GET", "/v1/session"))["player"] is None


def test_the_document_is_valid_openapi(site: Site):
    validate(site.spec)
