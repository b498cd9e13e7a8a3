"""The gate of the fast lane: the same rules as `Gate`, asked of a `HotRequest`, from memory."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection, cookie_parser

from fairhouse.app.gate import (
    CSRF_HEADER,
    Gate,
    check_csrf,
    check_session_open,
    foreign_origin,
    unauthenticated,
)
from fairhouse.brands.api import generation
from fairhouse.brands.types import Brand, Entry
from fairhouse.identity.api import check_terms
from fairhouse.identity.types import PlayerKind, Session
from fairhouse.platform.hot import HotRequest

KNOWN_MAX: Final = 50_000
"""Browser sessions whose CSRF token is kept; the oldest is forgotten and made again."""
SITES_MAX: Final = 256

_BEARER: Final = b"Bearer "


@dataclass(frozen=True, slots=True)
class Site:
    """What follows from scheme, Host header and port alone."""

    brand: Brand
    origins: frozenset[str]


class HotGate:
    """Who is asking, on the fast lane."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._peek = gate.sessions.peek
        self._sites: dict[tuple[object, ...], Site] = {}
        self._generation = generation()
        """Of the brands that the sites were made of."""
        self._csrf: OrderedDict[str, str] = OrderedDict()

    async def player(self, request: HotRequest) -> Session:
        """As `Gate.player`. Refuses with ForeignOrigin, Unauthenticated and CsrfInvalid."""
        headers = request.headers
        origin = headers.get(b"origin")
        if origin is not None:
            self._check_origin(request, origin.decode("latin-1"))
        authorization = headers.get(b"authorization", b"")
        if is_bearer := authorization.startswith(_BEARER) and len(authorization) > len(_BEARER):
            token = authorization[len(_BEARER) :].decode("latin-1")
        else:
            token, is_bearer = self._carried(request)
        session = (self._peek(token) or await self._gate.sessions.find(token)) if token else None
        if session is None or session.brand_id != self.site(request).brand.id:
            raise unauthenticated()
        if not is_bearer:
            check_csrf(
                headers.get(CSRF_HEADER.encode(), b"").decode("latin-1"), self._csrf_of(token)
            )
        return session

    async def bettor(self, request: HotRequest) -> Session:
        """As `Gate.bettor`: refuses with TermsOutdated, too."""
        session = await self.player(request)
        if session.kind is not PlayerKind.GUEST:
            check_terms(self.site(request).brand, session.terms_version or "")
        check_session_open(session)
        doorman = self._gate.doorman
        if doorman is not None and request.client:
            doorman.check(self.site(request).brand, Entry.BET, request.client, session)
        return session

    def site(self, request: HotRequest) -> Site:
        """Refuses with UnknownBrand."""
        key = (request.headers.get(b"host"), request.scheme, request.server)
        if self._generation != generation():
            self._sites.clear()
            self._generation = generation()
        found = self._sites.get(key)
        if found is None:
            connection = _connection(request)
            found = Site(self._gate.brand(connection), self._gate.origins(connection))
            if len(self._sites) >= SITES_MAX:
                self._sites.clear()
            self._sites[key] = found
        return found

    def _check_origin(self, request: HotRequest, origin: str) -> None:
        if origin not in self.site(request).origins:
            raise foreign_origin(origin)

    def _carried(self, request: HotRequest) -> tuple[str, bool]:
        """The token and whether it came as a bearer's, from any form of the headers."""
        scheme, _, token = request.headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"bearer" and token:
            return token.decode("latin-1"), True
        cookies = cookie_parser(request.headers.get(b"cookie", b"").decode("latin-1"))
        return cookies.get(self._gate.cookie, ""), False

    def _csrf_of(self, token: str) -> str:
        known = self._csrf.get(token)
        if known is None:
            known = self._csrf[token] = self._gate.csrf_token(token)
            if len(self._csrf) > KNOWN_MAX:
                self._csrf.popitem(last=False)
        return known


def _connection(request: HotRequest) -> HTTPConnection:
    host = request.headers.get(b"host")
    return HTTPConnection(
        {
            "type": "http",
            "scheme": request.scheme,
            "server": request.server,
            "path": request.path,
            "query_string": b"",
            "headers": [] if host is None else [(b"host", host)],
        }
    )
