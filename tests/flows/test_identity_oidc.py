"""OpenID Connect against a real provider, and against every token that must not count."""

import asyncio
import hmac
import json
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Generator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from fairhouse.identity import api as identity
from fairhouse.identity.adapters.oidc import Issuer, OidcProvider, discord, s256
from fairhouse.identity.ports import WaysOffered
from fairhouse.identity.types import (
    AssertionRefused,
    CredentialKind,
    Proven,
    Purpose,
    Session,
    Ticket,
    WayUnavailable,
)
from fairhouse.platform.database import Database
from tests.conftest import ROOT
from tests.flows.identity_world import FIREFOX, TestBrand, World

CALLBACK = "https://casino.test/v1/oidc/tests/callback"
SECRET = "a secret of the tests"


def client_of(url: str, **more: Any) -> Issuer:
    return Issuer("tests", "Tests", "fairhouse", SECRET, url, scopes="openid email", **more)


@pytest.fixture(scope="module")
def issuer() -> Generator[str]:
    """The provider's URL."""
    script = ROOT / "tests/flows/issuer.mjs"
    process = subprocess.Popen(
        ["node", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.communicate(timeout=20)


@pytest.fixture
async def offered(issuer: str) -> AsyncGenerator[WaysOffered]:
    provider = OidcProvider(client_of(issuer))
    yield WaysOffered(oidc={"tests": provider})
    await provider.close()


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def leave(
    world: World,
    offered: WaysOffered,
    *,
    purpose: Purpose = Purpose.ENTER,
    session: Session | None = None,
) -> identity.SentAway:
    return await identity.send_away(
        world.db,
        sealer=world.sealer,
        brand=world.brand,
        offered=offered,
        provider="tests",
        purpose=purpose,
        session=session,
        redirect_uri=CALLBACK,
    )


async def at_the_issuer(url: str, person: str = "grace") -> dict[str, str]:
    """A browser that follows until it is sent back; returns what it is sent back with."""
    async with httpx.AsyncClient(headers={"x-person": person}) as browser:
        for _ in range(12):
            answer = await browser.get(url)
            assert answer.is_redirect, answer.text
            url = str(answer.next_request.url) if answer.next_request else ""
            if url.startswith(CALLBACK):
                return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    raise AssertionError("never sent back")


async def come_back(
    world: World,
    offered: WaysOffered,
    away: identity.SentAway,
    back: dict[str, str],
    *,
    browser: str | None = None,
    session: Session | None = None,
    brand: TestBrand | None = None,
) -> identity.CameBack:
    return await identity.come_back(
        world.db,
        sealer=world.sealer,
        brand=brand or world.brand,
        offered=offered,
        provider="tests",
        state=back.get("state", ""),
        browser=away.browser if browser is None else browser,
        code=back.get("code", ""),
        session=session,
    )


async def test_a_real_provider_opens_an_account(world: World, offered: WaysOffered):
    away = await leave(world, offered)
    back = await come_back(world, offered, away, await at_the_issuer(away.url))

    proven = back.proven
    assert (proven.kind, proven.provider, proven.external) == (
        CredentialKind.OIDC,
        "tests",
        "grace",
    )
    assert proven.email == "grace@player.test"
    async with world.db.tx() as tx:
        ticket = await identity.enter(
            tx, sealer=world.sealer, brand=world.brand, proven=proven, client=FIREFOX
        )
    assert isinstance(ticket, Ticket)
    assert ticket.email == "grace@player.test"


async def test_an_unverified_address_is_worth_nothing(world: World, offered: WaysOffered):
    """Mallory says that Ada's address is hers; it neither opens nor joins Ada's account."""
    await world.player()
    away = await leave(world, offered)
    back = await come_back(world, offered, away, await at_the_issuer(away.url, "mallory"))

    assert back.proven.email is None
    async with world.db.tx() as tx:
        found = await identity.enter(
            tx, sealer=world.sealer, brand=world.brand, proven=back.proven, client=FIREFOX
        )
    assert isinstance(found, Ticket)
    assert found.purpose is Purpose.REGISTER


async def test_a_verified_address_is_believed_of_trusted_issuers_alone(world: World, issuer: str):
    provider = OidcProvider(client_of(issuer, is_email_trusted=False))
    offered = WaysOffered(oidc={"tests": provider})
    away = await leave(world, offered)
    back = await come_back(world, offered, away, await at_the_issuer(away.url))
    await provider.close()

    assert back.proven.email is None


async def test_the_answer_belongs_to_the_browser_that_left(world: World, offered: WaysOffered):
    """Login CSRF: Mallory's code in Ada's browser."""
    away, mine = await leave(world, offered), await leave(world, offered)
    back = await at_the_issuer(away.url, "mallory")

    with pytest.raises(AssertionRefused) as refusal:
        await come_back(world, offered, mine, back)
    assert "browser" == refusal.value.fields["reason"]


async def test_a_state_works_once(world: World, offered: WaysOffered):
    away = await leave(world, offered)
    back = await at_the_issuer(away.url)
    await come_back(world, offered, away, back)

    with pytest.raises(AssertionRefused):
        await come_back(world, offered, away, back)


async def test_a_state_is_good_at_its_brand_and_in_its_session(world: World, offered: WaysOffered):
    ada, bob = await world.player(), await world.player("bob@player.test", "bob")
    away = await leave(world, offered)
    with pytest.raises(AssertionRefused):
        await come_back(world, offered, away, await at_the_issuer(away.url), brand=TestBrand(id=2))

    for session in (None, bob.session):
        away = await leave(world, offered, purpose=Purpose.LINK, session=ada.session)
        back = await at_the_issuer(away.url)
        with pytest.raises(AssertionRefused):
            await come_back(world, offered, away, back, session=session)


async def test_a_code_is_nothing_without_its_verifier(world: World, offered: WaysOffered):
    """PKCE: a stolen code, brought back with another login's state."""
    stolen = await at_the_issuer((await leave(world, offered)).url)
    mine = await leave(world, offered)
    back = await at_the_issuer(mine.url)

    with pytest.raises(AssertionRefused):
        await come_back(world, offered, mine, {**back, "code": stolen["code"]})


class FakeIssuer:
    """Signs whatever a test wants, with keys that it may change."""

    URL = "https://issuer.test"

    def __init__(self) -> None:
        self.keys: list[RSAKey | ECKey] = [
            RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False)
        ]
        self.asked: list[str] = []
        self.extra: list[dict[str, Any]] = []
        self.seconds = 1000.0
        transport = httpx.MockTransport(self._answer)
        self.provider = OidcProvider(
            client_of(self.URL),
            http=httpx.AsyncClient(transport=transport),
            monotonic_s=lambda: self.seconds,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.url.path == "/jwks":
            public = KeySet(self.keys).as_dict(private=False)["keys"]  # type: ignore[arg-type]
            return httpx.Response(200, json={"keys": [*public, *self.extra]})
        document = {
            "issuer": self.URL,
            "jwks_uri": f"{self.URL}/jwks",
            "token_endpoint": f"{self.URL}/token",
            "authorization_endpoint": f"{self.URL}/authorize",
        }
        return httpx.Response(200, json=document)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.URL,
            "aud": "fairhouse",
            "sub": "grace",
            "nonce": "n-0S6",
            "iat": now,
            "exp": now + 300,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key: Any = None, alg: str = "RS256", **changes: Any) -> str:
        key = key or self.keys[0]
        header = {"alg": alg, "kid": key.kid or "one"}
        return jwt.encode(header, self.claims(**changes), key, algorithms=[alg])

    async def read(self, token: str) -> Any:
        return await self.provider.claims_of(token, nonce="n-0S6")


async def test_a_right_token_is_read():
    fake = FakeIssuer()
    assert "grace" == (await fake.read(fake.token()))["sub"]
    await fake.read(fake.token(aud=["fairhouse", "other"], azp="fairhouse"))


WRONG: list[dict[str, Any]] = [
    {"iss": "https://evil.test"},
    {"iss": None},
    {"aud": "another"},
    {"aud": None},
    {"aud": ["fairhouse", "another"]},
    {"azp": "another"},
    {"nonce": "another"},
    {"nonce": None},
    {"exp": 1},
    {"exp": None},
    {"iat": 2**33},
    {"iat": None},
    {"nbf": 2**33},
    {"sub": None},
]


@pytest.mark.parametrize("changes", WRONG, ids=str)
async def test_a_wrong_claim_is_refused(changes: dict[str, Any]):
    fake = FakeIssuer()
    with pytest.raises(AssertionRefused):
        await fake.read(fake.token(**changes))


async def test_an_unsigned_token_is_refused():
    fake = FakeIssuer()
    signed = fake.token()
    payload = signed.split(".")[1]
    for header in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJOb25lIiwia2lkIjoib25lIn0"):
        for signature in ("", signed.split(".")[2]):
            with pytest.raises(AssertionRefused):
                await fake.read(f"{header}.{payload}.{signature}")


def by_hmac(claims: dict[str, Any], secret: bytes) -> str:
    """A token that anybody can make who reads the published keys."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, claims)]
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    digest = urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + digest).decode()


async def test_the_public_key_is_no_hmac_secret():
    fake = FakeIssuer()
    pem = fake.keys[0].as_pem(private=False)
    for secret in (pem, pem.strip()):
        with pytest.raises(AssertionRefused):
            await fake.read(by_hmac(fake.claims(), secret))


async def test_a_symmetric_key_among_the_published_ones_is_ignored():
    fake = FakeIssuer()
    shared = OctKey.generate_key(256, {"kid": "shared"}, auto_kid=False)
    fake.extra = [shared.as_dict(private=True)]
    with pytest.raises(AssertionRefused):
        await fake.read(fake.token(shared, alg="HS256"))


async def test_a_strangers_key_is_refused_under_any_name():
    fake = FakeIssuer()
    for kid in ("one", "two"):
        stranger = RSAKey.generate_key(2048, {"kid": kid}, auto_kid=False)
        with pytest.raises(AssertionRefused):
            await fake.read(fake.token(stranger))


async def test_new_keys_are_fetched_and_old_ones_forgotten():
    fake = FakeIssuer()
    await fake.read(fake.token())
    old = fake.keys[0]
    fake.keys = [ECKey.generate_key("P-256", {"kid": "new"}, auto_kid=False)]
    fake.seconds += 61

    await fake.read(fake.token(alg="ES256"))
    with pytest.raises(AssertionRefused):
        await fake.read(fake.token(old))
    assert 2 == fake.asked.count("/jwks")


async def test_wrong_tokens_do_not_make_us_flood_the_issuer():
    fake = FakeIssuer()
    stranger = RSAKey.generate_key(2048, {"kid": "two"}, auto_kid=False)
    for _ in range(5):
        with pytest.raises(AssertionRefused):
            await fake.read(fake.token(stranger))
    assert 1 == fake.asked.count("/jwks")


@pytest.mark.parametrize("token", ["", "a.b.c", "..", "é", "{}", "a" * 5000])
async def test_garbage_is_refused(token: str):
    with pytest.raises(AssertionRefused):
        await FakeIssuer().read(token)


def fails(answer: httpx.Response | Exception) -> OidcProvider:
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(respond)
    return OidcProvider(
        client_of("https://issuer.test"), http=httpx.AsyncClient(transport=transport)
    )


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("down"),
        httpx.Response(500),
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"issuer": "https://another.test"}),
        httpx.Response(200, json={"x": "y" * 300_000}),
    ],
    ids=str,
)
async def test_an_issuer_that_fails_lets_nobody_in(answer: httpx.Response | Exception):
    with pytest.raises(WayUnavailable):
        await fails(answer).begin(state="s", nonce="n", verifier="v" * 43, redirect_uri=CALLBACK)


async def test_discord_by_its_profile():
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path == "/api/oauth2/token":
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})
        person = {"id": "80351110224678912", "email": "n@player.test", "verified": True}
        return httpx.Response(200, json=person)

    provider = OidcProvider(
        discord("id", "secret"), http=httpx.AsyncClient(transport=httpx.MockTransport(respond))
    )
    url = await provider.begin(state="s", nonce="n", verifier="v" * 43, redirect_uri=CALLBACK)
    proven: Proven = await provider.finish(
        code="c", nonce="n", verifier="v" * 43, redirect_uri=CALLBACK
    )

    asked = parse_qs(urlsplit(url).query)
    assert [s256("v" * 43)] == asked["code_challenge"]
    assert (proven.external, proven.provider, proven.email) == (
        "80351110224678912",
        "discord",
        "n@player.test",
    )
    assert seen[1].headers["authorization"] == "Bearer t"
    await asyncio.sleep(0)
