"""Verification over HTTP, as the player's app uses it."""

import io
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from PIL import Image

from fairhouse.app.player import make_app
from fairhouse.brands.api import brand
from fairhouse.brands.types import BrandId
from fairhouse.identity import api as identity
from fairhouse.kyc import http as kyc_http
from fairhouse.platform.database import Database
from fairhouse.platform.http import EdgeSettings, edge
from tests.flows.identity_world import FAST, PASSWORD
from tests.player_api import PORT, SEALER, guest, running

EMAIL = "jane@player.test"
UPLOAD = "/documents?tier=1&kind="
DETAILS = {
    "given_names": "Jane",
    "family_name": "Example",
    "birth_date": "1990-05-04",
    "nationality": "DE",
    "country": "DE",
    "address": "Weg 1, 10115 Berlin",
}


def picture() -> bytes:
    """More than the 64 KiB that other bodies may have."""
    out = io.BytesIO()
    Image.effect_noise((900, 900), 80).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


class Site:
    """A registered player who is logged in."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = await self.client.request(method, f"/v1/kyc{path}", **sent)
        assert status == answer.status_code, answer.text
        return answer.json()


@pytest.fixture
async def site(db: Database) -> AsyncGenerator[Site]:
    passwords = identity.Passwords(FAST)
    seed = identity.SeedPlayer(email=EMAIL, username="jane", password=PASSWORD)
    await identity.seed_player(
        db, sealer=SEALER, passwords=passwords, brand=brand(BrandId(1)), seed=seed
    )
    passwords.close()
    async with running(db) as parts:
        app = edge(
            make_app(parts),  # pyright: ignore[reportArgumentType]
            EdgeSettings("test", uploads=kyc_http.UPLOADS),
        )
        transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://127.0.0.1:{PORT}"
        ) as client:
            answer = await client.post(
                "/v1/login", json={"email": EMAIL, "password": PASSWORD, "token": True}
            )
            client.headers["authorization"] = f"Bearer {answer.json()['token']}"
            yield Site(client)


async def test_from_the_first_page_to_handing_in(site: Site):
    first = await site.ask("GET", "")
    assert (first["tier"], first["disclosure_accepted"], first["documents"]) == (0, False, [])
    assert [1, 2, 3] == [one["tier"] for one in first["tiers"]]
    assert [True, False, False] == [one["is_next"] for one in first["tiers"]]
    assert all(one["documents"] for one in first["tiers"])
    told = await site.ask("POST", "/disclosure", {"version": first["disclosure_version"]})
    assert told["disclosure_accepted"]

    await site.ask("PUT", "/details", DETAILS)
    early = await site.ask("POST", "/tiers/1/submit", status=409)
    assert "identity,selfie" == early["error"]["fields"]["missing"]
    await site.ask("POST", f"{UPLOAD}identity", picture())
    with_both = await site.ask("POST", f"{UPLOAD}selfie", picture())
    assert ["identity", "selfie"] == sorted(one["kind"] for one in with_both["documents"])
    done = await site.ask("POST", "/tiers/1/submit")
    assert "submitted" == done["tiers"][0]["state"]
    again = await site.ask("POST", "/tiers/1/submit", status=409)
    assert "kyc_nothing_asked" == again["error"]["code"]


async def test_a_document_can_be_taken_back_before_it_is_handed_in(site: Site):
    kept = await site.ask("POST", f"{UPLOAD}identity", picture())
    (document,) = kept["documents"]
    gone = await site.ask("DELETE", f"/documents/{document['id']}")
    assert [] == gone["documents"]
    missing = await site.ask("DELETE", f"/documents/{document['id']}", status=404)
    assert "kyc_document_not_found" == missing["error"]["code"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"<html>", 422, "kyc_document_refused"),
        (b"", 422, "kyc_document_refused"),
        (b"x" * (9 * 1024 * 1024), 413, "body_too_large"),
    ],
)
async def test_what_is_no_document_is_refused(site: Site, body: bytes, status: int, code: str):
    refused = await site.ask("POST", f"{UPLOAD}identity", body, status=status)
    assert code == refused["error"]["code"]


async def test_other_routes_keep_their_bound(site: Site):
    await site.ask("PUT", "/details", {**DETAILS, "address": "x" * 100_000}, status=413)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"birth_date": "2015-01-01"}, "birth_date"),
        ({"nationality": "1!"}, "nationality"),
        ({"family_name": "\u0000\u0001"}, "family_name"),
    ],
)
async def test_impossible_details_name_their_field(site: Site, change: dict[str, str], param: str):
    refused = await site.ask("PUT", "/details", {**DETAILS, **change}, status=422)
    assert param == refused["error"]["param"]


async def test_no_address_is_shown_before_the_disclosure(site: Site):
    refused = await site.client.post("/v1/deposit-addresses", json={"asset": "eth.ethereum"})
    assert refused.status_code in {403, 404, 409, 503}
    assert (await site.ask("GET", ""))["disclosure_accepted"] is False


async def test_guests_have_nothing_to_verify(db: Database):
    async with running(db) as parts, guest(parts) as client:
        answer = await client.get("/v1/kyc")
    assert 403 == answer.status_code
