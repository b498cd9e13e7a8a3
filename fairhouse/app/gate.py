"""Who is asking: brand by host, session by cookie or bearer token, CSRF for cookies.

A browser sends the session cookie (`__Host-fh_session` over https; plain `fh_session` on a local
http demo, where `__Host-` cannot be set) and, on unsafe methods, the `X-CSRF-Token` that
`GET /v1/session` told it. A program sends `Authorization: Bearer …` and needs no CSRF token, since
no browser adds that header by itself. Requests from a foreign origin are refused before both.
"""

import contextlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from fairhouse.app.places import ENTRANCES, Doorman
from fairhouse.brands.api import brand_for_host, brand_named
from fairhouse.brands.types import Brand, Entry, UnknownBrand
from fairhouse.identity.api import SessionCache, check_terms
from fairhouse.identity.types import AccountClosed, PlayerKind, Session
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.crypto import Sealer

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "x-csrf-token"
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
COOKIE_MAX_AGE_S: Final = 30 * 24 * 3600


class Unauthenticated(Refusal):
    """No session, or one that has ended."""

    code = "unauthenticated"
    status = 401


class CsrfInvalid(Refusal):
    """A browser's request without the token of its session."""

    code = "csrf_invalid"
    status = 403


class ForeignOrigin(Refusal):
    """A browser on another site sent this."""

    code = "foreign_origin"
    status = 403


class AccountNeeded(Refusal):
    """A guest asked for something that needs an account."""

    code = "account_needed"
    status = 403


@dataclass(frozen=True, slots=True)
class Gate:
    """The dependencies that routes name: `Depends(gate.player)`."""

    sessions: SessionCache
    sealer: Sealer
    brand_ports: Mapping[int, str]
    """Port to brand slug: a local demo has no DNS to tell brands apart."""
    public_urls: Mapping[str, str]
    """Brand slug to its public origin."""
    is_https: bool
    doorman: Doorman | None = None
    """Who looks where somebody is; None: nobody does."""

    @property
    def cookie(self) -> str:
        """The session cookie's name."""
        return "__Host-fh_session" if self.is_https else "fh_session"

    def brand(self, connection: HTTPConnection) -> Brand:
        """The brand whose site this is. Refuses with UnknownBrand.

        A host name of its own says which; this machine's names mean the brand of the port.
        """
        host, port = connection.url.hostname or "", connection.url.port
        slug = self.brand_ports.get(port) if port is not None else None
        if slug is None:
            return brand_for_host(host)
        if host not in THIS_MACHINE:
            with contextlib.suppress(UnknownBrand):
                return brand_for_host(host)
        return brand_named(slug)

    def public_host(self, connection: HTTPConnection) -> str:
        """The host that players type for this brand: every process knows it."""
        brand = self.brand(connection)
        public = self.public_urls.get(brand.slug) or brand.public_url
        return urlsplit(public).netloc if public else brand.domains[0]

    def origins(self, connection: HTTPConnection) -> frozenset[str]:
        """Where this brand's pages may be loaded from."""
        brand = self.brand(connection)
        here = f"{connection.url.scheme.replace('ws', 'http', 1)}://{connection.url.netloc}"
        public = self.public_urls.get(brand.slug) or brand.public_url or here
        return frozenset({public.rstrip("/")} if self.is_https else {public.rstrip("/"), here})

    def token(self, connection: HTTPConnection) -> str | None:
        """The session token, wherever it is carried."""
        return _bearer(connection) or connection.cookies.get(self.cookie)

    def csrf_token(self, session_token: str) -> str:
        """What a browser must repeat in `X-CSRF-Token`: bound to the session, told to its page."""
        return self.sealer.blind_index(session_token, purpose="csrf").hex()

    def csrf_of(self, request: Request) -> str | None:
        """The CSRF token of this request's session, or None without a session cookie."""
        token = self.token(request)
        return self.csrf_token(token) if token else None

    async def visitor(self, request: Request) -> Session | None:
        """The session if there is one. Refuses with ForeignOrigin and CsrfInvalid."""
        self.check_origin(request)
        token = self.token(request)
        session = await self.sessions.find(token) if token else None
        if session is None or token is None or session.brand_id != self.brand(request).id:
            return None
        if request.method not in SAFE_METHODS and _bearer(request) is None:
            check_csrf(request.headers.get(CSRF_HEADER, ""), self.csrf_token(token))
        return session

    async def player(self, request: Request) -> Session:
        """A guest's or registered player's session. Refuses with Unauthenticated."""
        session = await self.visitor(request)
        if session is None:
            raise unauthenticated()
        return session

    async def registered(self, request: Request) -> Session:
        """A registered player's session. Refuses with Unauthenticated and AccountNeeded."""
        session = await self.player(request)
        if session.kind is PlayerKind.GUEST:
            raise AccountNeeded("Register first: guests play with play money only.")
        return session

    async def bettor(self, request: Request) -> Session:
        """A player who may stake: the terms in force are accepted. Refuses with Unauthenticated
        and TermsOutdated; a round that is open can be finished under the old terms.
        """
        session = await self.player(request)
        if session.kind is not PlayerKind.GUEST:
            check_terms(self.brand(request), session.terms_version or "")
        check_session_open(session)
        self.check_place(request, Entry.BET, session)
        return session

    async def depositor(self, request: Request) -> Session:
        """A registered player where deposits may be taken. Refuses as `registered`, and with
        CountryBlocked, NetworkRefused and LocationUnknown.
        """
        session = await self.registered(request)
        self.check_place(request, Entry.DEPOSIT, session)
        return session

    def check_place(self, request: Request, entry: Entry, session: Session | None) -> None:
        """Refuses with CountryBlocked, NetworkRefused and LocationUnknown."""
        # What another process forwarded was looked at there, and has no client.
        if self.doorman is not None and request.client is not None:
            self.doorman.check(self.brand(request), entry, request.client.host, session)

    async def entrance(self, request: Request) -> None:
        """For the routes by which one comes in. Refuses as `check_place`."""
        entry = ENTRANCES.get(getattr(request.scope.get("route"), "path", ""))
        if entry is not None:
            self.check_place(request, entry, None)

    def set_cookie(self, response: Response, token: str) -> None:
        """Start the browser's session."""
        response.set_cookie(
            self.cookie,
            token,
            max_age=COOKIE_MAX_AGE_S,
            path="/",
            secure=self.is_https,
            httponly=True,
            samesite="lax",
        )

    def clear_cookie(self, response: Response) -> None:
        """End the browser's session."""
        response.delete_cookie(
            self.cookie, path="/", secure=self.is_https, httponly=True, samesite="lax"
        )

    def check_origin(self, request: Request) -> None:
        """Refuses with ForeignOrigin when a browser says that another site sent it."""
        origin = request.headers.get("origin")
        if request.method in SAFE_METHODS or origin is None:
            return
        if origin not in self.origins(request):
            raise foreign_origin(origin)


def check_session_open(session: Session) -> None:
    """Refuses with AccountClosed: no new bets."""
    if session.is_closed:
        raise AccountClosed("This account is closed; you can take out what is in it.")


def unauthenticated() -> Unauthenticated:
    """Nobody is logged in."""
    return Unauthenticated("Log in first; your session has ended or never was.")


def foreign_origin(origin: str) -> ForeignOrigin:
    """A page of another site asked."""
    return ForeignOrigin("This request came from another site.", origin=origin[:128])


def check_csrf(given: str, expected: str) -> None:
    """Refuses with CsrfInvalid."""
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise CsrfInvalid(
            "The X-CSRF-Token header is missing or old; read it from GET /v1/session.",
            param="X-CSRF-Token",
        )


def _bearer(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None
