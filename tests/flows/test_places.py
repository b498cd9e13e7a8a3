"""Where players may do what: every way in, in every kind of place, over the real routes."""

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from fairhouse.app.places import ENTRANCES, Doorman
from fairhouse.app.player import Parts, hot_routes, make_app, make_parts
from fairhouse.audit import api as audit
from fairhouse.brands import api as brands
from fairhouse.brands.rules import check_place
from fairhouse.brands.types import (
    CountryBlocked,
    Entry,
    Jurisdiction,
    LocationUnknown,
    NetworkKind,
    NetworkRefused,
)
from fairhouse.identity.api import SeedPlayer, seed_player
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database
from fairhouse.platform.geo import Geo, Ranges
from fairhouse.platform.hot import HotAsgi, HotTable
from fairhouse.platform.http import EdgeSettings, edge
from tests.player_api import SEALER, new_bet_id, settings_for_tests

HOME, AWAY, SANCTIONED, TOR, NOWHERE = "5.0.0.1", "6.0.0.1", "7.0.0.1", "5.9.9.9", "9.0.0.1"
TOR_FIXTURE = "185.220.101.1"


def a_geo() -> Geo:
    def row(first: str, last: str, label: int) -> tuple[int, int, int]:
        return int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last)), label

    return Geo(
        v4=Ranges(
            [
                row("5.0.0.0", "5.255.255.255", 0),
                row("6.0.0.0", "6.255.255.255", 1),
                row("7.0.0.0", "7.255.255.255", 2),
                row("185.220.101.0", "185.220.101.255", 0),
            ]
        ),
        countries=("DE", "US", "KP"),
        kinds=[
            (4, *row(TOR, TOR, 0)[:2], "tor"),
            (4, *row(TOR_FIXTURE, TOR_FIXTURE, 0)[:2], "tor"),
        ],
    )


@pytest.fixture(autouse=True)
def _as_released() -> Iterator[None]:
    yield
    brands.forget_changes()


async def _rules(db: Database, **location) -> Jurisdiction:
    """The demonstration's rules with a list of countries, as a new version."""
    demo = brands.jurisdiction("demonstration")
    made = replace(
        demo,
        version=demo.version + 1,
        excluded_countries=frozenset({"US", "KP"}),
        location=replace(demo.location, refused_networks=frozenset({NetworkKind.TOR}), **location),
    )
    async with db.tx() as tx:
        await brands.change_jurisdiction(
            tx, based_on=demo.version, jurisdiction=made, actor="cli:test", reason="For a test."
        )
        await brands.refresh(tx)
    return made


@asynccontextmanager
async def house(db: Database) -> AsyncGenerator[tuple[Parts, object]]:
    parts = make_parts(settings_for_tests(), db, SEALER, doorman=Doorman(a_geo()))
    await parts.news.refresh_pauses()
    await parts.road.refresh_house()
    road = asyncio.create_task(parts.road.run())
    await asyncio.wait_for(parts.road.ready(), 10)
    presented = EdgeSettings(server="test")
    edged = edge(make_app(parts), presented)  # pyright: ignore[reportArgumentType]
    try:
        yield parts, HotAsgi(edged, HotTable(hot_routes(parts), presented))
    finally:
        parts.road.stop()
        await asyncio.wait_for(road, 10)
        parts.passwords.close()


@asynccontextmanager
async def visitor(app, address: str, token: str = "") -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 1))
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8080", headers=headers
    ) as client:
        yield client


async def ask(app, address: str, path: str, body: dict, token: str = "") -> tuple[int, str]:
    """Status and code."""
    async with visitor(app, address, token) as client:
        answer = await client.post(path, json=body)
    return answer.status_code, answer.json().get("error", {}).get("code", "") if answer.text else ""


REGISTER = {
    "email": "a@b.example",
    "password": "seven purple kites at noon",
    "birth_date": "1990-01-01",
    "terms_version": "2026-11-01",
    "username": "somebody",
}
LOGIN = {"email": "a@b.example", "password": "seven purple kites at noon"}


async def test_every_way_in_asks_for_the_place(db: Database):
    """FRD-03: registration, login, deposit and bet, on both roads of HTTP."""
    async with house(db) as (_, app):
        async with visitor(app, HOME) as client:
            token = (await client.post("/v1/guest", json={"token": True})).json()["token"]
        await _rules(db)
        bet = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1", "params": DICE}
        blocked = (403, "country_blocked")
        for address, expected in ((AWAY, blocked), (SANCTIONED, blocked)):
            for path, body in (
                ("/v1/register", REGISTER),
                ("/v1/guest", {}),
                ("/v1/register/confirm", {"registration": "reg_x", "code": "123456"}),
            ):
                assert (path, expected) == (path, await ask(app, address, path, body))
            assert expected == await ask(app, address, "/v1/games/dice/bets", bet, token)
            odd = {**bet, "colour": "red"}
            assert (422, "malformed") == await ask(app, HOME, "/v1/games/dice/bets", odd, token)
        assert await ask(app, AWAY, "/v1/login", LOGIN) == (401, "bad_credentials")
        assert await ask(app, SANCTIONED, "/v1/login", LOGIN) == blocked
        for address in (TOR, TOR_FIXTURE):
            assert await ask(app, address, "/v1/games/dice/bets", bet, token) == (
                *(403, "network_refused"),
            )
            assert await ask(app, address, "/v1/register", REGISTER) == (403, "network_refused")
            assert await ask(app, address, "/v1/login", LOGIN) == (401, "bad_credentials")
        for address in (HOME, NOWHERE, "127.0.0.1"):
            assert (await ask(app, address, "/v1/guest", {}))[0] == 200
        assert (await ask(app, HOME, "/v1/games/dice/bets", bet, token))[0] == 200


DICE = {"target": "50.00", "direction": "over"}


async def test_a_deposit_asks_for_the_place_and_taking_money_out_does_not(db: Database):
    seed = SeedPlayer(email=LOGIN["email"], username="somebody", password=LOGIN["password"])
    async with house(db) as (parts, app):
        await seed_player(
            db, sealer=SEALER, passwords=parts.passwords, brand=brands.brand(1), seed=seed
        )
        await _rules(db)
        async with visitor(app, AWAY) as client:
            came_in = await client.post("/v1/login", json={**LOGIN, "token": True})
        token = came_in.json()["token"]
        asked = {"asset": "eth.ethereum"}
        found = [
            await ask(app, address, "/v1/deposit-addresses", asked, token)
            for address in (HOME, AWAY, TOR)
        ]
        payout = {**asked, "amount": "1", "destination": "0x" + "11" * 20}
        out = await ask(app, AWAY, "/v1/withdrawals/quote", payout, token)

    assert came_in.status_code == 200
    assert [code for _, code in found] == ["no_vault", "country_blocked", "network_refused"]
    assert out[1] not in {"country_blocked", "network_refused"}


async def test_a_changed_address_is_looked_at_again_and_refusals_are_written_down(db: Database):
    """FRD-02: before the first game, when the address changes; the violation is an event."""
    async with house(db) as (parts, app):
        await _rules(db)
        async with visitor(app, HOME) as client:
            token = (await client.post("/v1/guest", json={"token": True})).json()["token"]

        async def bet(address: str) -> tuple[int, str]:
            body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1", "params": DICE}
            return await ask(app, address, "/v1/games/dice/bets", body, token)

        found = [(await bet(address))[0] for address in (HOME, AWAY, AWAY, HOME, TOR)]
        assert found == [200, 403, 403, 200, 403]
        async with visitor(app, AWAY, token) as client:
            seen = (await client.get("/v1/balances")).status_code
        assert seen == 200
        assert parts.gate.doorman is not None
        await parts.gate.doorman.write_down(db)

    async with db.read() as tx:
        entries = await audit.entries(tx, streams=[audit.events_of(1)])
    assert sorted((one.action, one.reason, one.details["country"]) for one in entries) == [
        ("location.refuse", "country_blocked", "US"),
        ("location.refuse", "network_refused", "DE"),
    ]
    assert all(one.subject.startswith("ply_") for one in entries)


async def test_the_page_for_blocked_places_says_what_remains(db: Database):
    async with house(db) as (_, app):
        await _rules(db)
        found = {}
        for address in (HOME, AWAY, SANCTIONED, TOR, NOWHERE):
            async with visitor(app, address) as client:
                found[address] = (await client.get("/v1/place")).json()
    away = dict.fromkeys(("registration", "deposit", "bet"), "country_blocked")
    assert found == {
        HOME: {"country": "DE", "network": None, "refused": {}},
        AWAY: {"country": "US", "network": None, "refused": away},
        SANCTIONED: {
            "country": "KP",
            "network": None,
            "refused": {**away, "login": "country_blocked"},
        },
        TOR: {
            "country": "DE",
            "network": "tor",
            "refused": dict.fromkeys(("registration", "deposit", "bet"), "network_refused"),
        },
        NOWHERE: {"country": None, "network": None, "refused": {}},
    }


class _Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_verdict_is_kept_for_as_long_as_the_rules_say(db: Database):
    """FRD-02: at least every 30 minutes; until then a bet asks nobody but memory."""

    class Counting(Geo):
        asked = 0

        def place(self, text: str):
            self.asked += 1
            return super().place(text)

    geo, clock = Counting(), _Clock()
    doorman = Doorman(geo, monotonic_s=clock)
    async with house(db) as (parts, app):
        async with visitor(app, HOME) as client:
            token = (await client.post("/v1/guest", json={"token": True})).json()["token"]
        session = await parts.gate.sessions.find(token)
    assert session is not None
    brand = brands.brand(1)
    for minute, asked in ((0, 1), (10, 1), (29, 1), (31, 2), (32, 2)):
        clock.now_s = minute * 60
        doorman.check(brand, Entry.BET, HOME, session)
        assert (minute, asked) == (minute, geo.asked)
    doorman.check(brand, Entry.BET, AWAY, session)
    assert geo.asked == 3
    await _rules(db)
    doorman.check(brands.brand(1), Entry.BET, AWAY, session)
    assert geo.asked == 4


def test_the_matrix_of_places():
    """Country by entry for every kind of list; a nationality beats the network's country."""
    demo = brands.jurisdiction("demonstration")
    rules = {
        "open": demo,
        "list": replace(demo, excluded_countries=frozenset({"US", "KP"})),
        "one": replace(demo, location=replace(demo.location, allowed_countries=frozenset({"GB"}))),
        "strict": replace(demo, location=replace(demo.location, unknown_refused=True)),
    }
    play = (Entry.REGISTRATION, Entry.DEPOSIT, Entry.BET)
    blocked: dict[tuple[str, str | None, Entry], type[Refusal]] = {
        ("list", "US", entry): CountryBlocked for entry in (*play, Entry.NATIONALITY)
    }
    blocked |= {("list", "KP", entry): CountryBlocked for entry in Entry}
    blocked |= {("one", code, entry): CountryBlocked for code in ("US", "KP") for entry in play}
    blocked |= {("strict", None, entry): LocationUnknown for entry in (*play, Entry.NATIONALITY)}
    for name, of in rules.items():
        for country in ("GB", "US", "KP", None):
            for entry in Entry:
                found = _refusal(of, entry, country)
                assert (name, country, entry, blocked.get((name, country, entry))) == (
                    *(name, country, entry, found),
                )


def _refusal(of: Jurisdiction, entry: Entry, country: str | None) -> type[Refusal] | None:

    try:
        check_place(of, entry, country=country)
    except Refusal as refusal:
        return type(refusal)
    return None


def test_networks_are_refused_by_jurisdiction_and_never_for_logging_in():

    uk = brands.jurisdiction("uk")
    for network in ("tor", "vpn", "proxy", "hosting"):
        for entry in (Entry.REGISTRATION, Entry.DEPOSIT, Entry.BET):
            with pytest.raises(NetworkRefused):
                check_place(uk, entry, country="GB", network=network)
        check_place(uk, Entry.LOGIN, country="GB", network=network)
    check_place(uk, Entry.BET, country="GB", network="bot")
    check_place(brands.jurisdiction("demonstration"), Entry.BET, country="GB", network="tor")


def test_every_way_in_is_known():
    """A new route by which one comes in must be put on the doorman's list, or in here."""
    app = make_app(make_parts(settings_for_tests(), None, SEALER))  # pyright: ignore[reportArgumentType]
    paths = {
        getattr(route, "path", "")
        for route in app.routes
        if "POST" in getattr(route, "methods", ())
    }
    harmless = {
        *("/v1/logout", "/v1/register/resend", "/v1/passkeys/options", "/v1/wallets/message"),
        *("/v1/phone/code", "/v1/passkeys/new", "/v1/passkeys/new/options"),
    }
    words = ("login", "register", "guest", "passkey", "wallet", "telegram", "oidc", "phone")
    ways = {path for path in paths if any(word in path for word in words)}
    assert ways - harmless <= set(ENTRANCES)
