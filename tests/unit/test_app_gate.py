"""The gate tells brands, browsers and programs apart, and lets no foreign page act."""

from typing import Any, cast

import pytest
from fastapi import Request

from fairhouse.app.gate import CsrfInvalid, ForeignOrigin, Gate, Unauthenticated
from fairhouse.brands.types import UnknownBrand
from fairhouse.identity.api import SessionCache
from fairhouse.identity.types import PlayerKind, TermsOutdated
from fairhouse.platform.crypto import Sealer


class _NoSessions:
    async def find(self, token: str) -> None:
        return None


class _Session:
    brand_id = 1
    kind = PlayerKind.REGISTERED
    terms_version = "2001-01-01"


class _OneSession:
    async def find(self, token: str) -> _Session | None:
        return _Session() if token == "good" else None


def _gate(sessions: object = None, *, is_https: bool = False) -> Gate:
    return Gate(
        sessions=cast("SessionCache", sessions or _NoSessions()),
        sealer=Sealer({1: bytes(32)}),
        brand_ports={8080: "fairhouse", 8082: "nightowl"},
        public_urls={"fairhouse": "https://fairhouse.example"},
        is_https=is_https,
    )


def _request(host: str, *, method: str = "GET", **headers: str) -> Request:
    pairs = [(b"host", host.encode())]
    pairs += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    name, _, port = host.partition(":")
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "headers": pairs,
        "server": (name, int(port or 80)),
    }
    return Request(scope)


@pytest.mark.parametrize(
    ("host", "slug"),
    [("127.0.0.1:8080", "fairhouse"), ("x:8082", "nightowl"), ("nightowl.localhost", "nightowl")],
)
def test_the_brand_follows_port_or_host(host: str, slug: str) -> None:
    assert _gate().brand(_request(host)).slug == slug


def test_an_unknown_host_has_no_brand() -> None:
    with pytest.raises(UnknownBrand):
        _gate().brand(_request("elsewhere.example"))


async def test_a_foreign_origin_may_not_post() -> None:
    request = _request("127.0.0.1:8080", method="POST", origin="http://evil.example")

    with pytest.raises(ForeignOrigin):
        await _gate().visitor(request)


async def test_a_cookie_needs_the_csrf_token_and_a_bearer_does_not() -> None:
    gate = _gate(_OneSession())
    token = gate.csrf_token("good")
    cookie = "fh_session=good"

    with pytest.raises(CsrfInvalid):
        await gate.player(_request("a:8080", method="POST", cookie=cookie))
    with pytest.raises(CsrfInvalid):
        await gate.player(_request("a:8080", method="POST", cookie=cookie, x_csrf_token="é"))
    assert await gate.player(_request("a:8080", method="POST", cookie=cookie, x_csrf_token=token))
    assert await gate.player(_request("a:8080", method="POST", authorization="Bearer good"))


async def test_another_brands_session_is_nobody_here() -> None:
    with pytest.raises(Unauthenticated):
        await _gate(_OneSession()).player(_request("a:8082", authorization="Bearer good"))


async def test_old_terms_let_nobody_stake() -> None:
    gate = _gate(_OneSession())
    request = _request("a:8080", authorization="Bearer good")

    with pytest.raises(TermsOutdated):
        await gate.bettor(request)
    assert await gate.player(request)


def test_the_cookie_is_host_bound_over_https() -> None:
    assert _gate(is_https=True).cookie == "__Host-fh_session"
