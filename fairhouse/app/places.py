"""Where somebody is, and whether that may be: asked on every road in, answered from memory.

A session's verdict is kept for its address, until the jurisdiction wants it looked at again, or a
brand or its rules changed; a bet costs one look into a dictionary. What is refused is written down
as a significant event: once per session, address and reason.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from prometheus_client import Counter
from pydantic import BaseModel

from fairhouse.audit import api as audit
from fairhouse.brands import api as brands
from fairhouse.brands.types import Brand, Entry
from fairhouse.identity.types import PLAYER_PREFIX, SESSION_PREFIX, Session
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database
from fairhouse.platform.geo import NOWHERE, Geo, Place

REMEMBERED_MAX: Final = 100_000
WAITING_MAX: Final = 5_000
"""Refusals that wait to be written down; a flood of more is counted and logged only."""
ENTRANCES: Final[Mapping[str, Entry]] = {
    "/v1/register": Entry.REGISTRATION,
    "/v1/register/confirm": Entry.REGISTRATION,
    "/v1/register/open": Entry.REGISTRATION,
    "/v1/guest": Entry.REGISTRATION,
    "/v1/login": Entry.LOGIN,
    "/v1/login/code": Entry.LOGIN,
    "/v1/passkeys": Entry.LOGIN,
    "/v1/wallets": Entry.LOGIN,
    "/v1/telegram": Entry.LOGIN,
    "/v1/telegram/mini-app": Entry.LOGIN,
    "/v1/phone": Entry.LOGIN,
    "/v1/oidc/{provider}/begin": Entry.LOGIN,
}
"""The routes by which one comes in, by path."""

_log = structlog.get_logger("places")
_refused = Counter("fairhouse_places_refused_total", "Refused for the place", ["entry", "code"])


@dataclass(frozen=True, slots=True)
class _Verdict:
    address: str
    until_s: float
    generation: int
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class _Violation:
    brand_id: int
    subject: str
    session: str
    code: str
    entry: Entry
    country: str
    network: str


class Doorman:
    """One process's."""

    def __init__(self, geo: Geo, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self.geo = geo
        self._monotonic_s = monotonic_s
        self._verdicts: OrderedDict[tuple[UUID, Entry], _Verdict] = OrderedDict()
        self._told: OrderedDict[tuple[object, ...], None] = OrderedDict()
        self._waiting: deque[_Violation] = deque(maxlen=WAITING_MAX)

    def check(self, brand: Brand, entry: Entry, address: str, session: Session | None) -> None:
        """Refuses with CountryBlocked, NetworkRefused and LocationUnknown."""
        if session is None:
            refusal = self._judged(brand, entry, address, None)
        else:
            refusal = self._remembered(brand, entry, address, session)
        if refusal is not None:
            # Kept and raised again: without the roads that it was raised on before.
            raise refusal.with_traceback(None)

    def _remembered(
        self, brand: Brand, entry: Entry, address: str, session: Session
    ) -> Refusal | None:
        key, now_s = (session.id, entry), self._monotonic_s()
        known = self._verdicts.get(key)
        if (
            known is not None
            and known.address == address
            and now_s < known.until_s
            and known.generation == brands.generation()
        ):
            return known.refusal
        refusal = self._judged(brand, entry, address, session)
        until_s = now_s + 60 * brand.jurisdiction.location.check_minutes
        self._verdicts[key] = _Verdict(address, until_s, brands.generation(), refusal)
        self._verdicts.move_to_end(key)
        if len(self._verdicts) > REMEMBERED_MAX:
            self._verdicts.popitem(last=False)
        return refusal

    def _judged(
        self, brand: Brand, entry: Entry, address: str, session: Session | None
    ) -> Refusal | None:
        place = self.place(address)
        try:
            brands.check_country(
                brand_id=brand.id, entry=entry, country=place.country, network=place.kind
            )
        except Refusal as refusal:
            self._note(brand, entry, address, place, session, refusal)
            return refusal
        return None

    def place(self, address: str) -> Place:
        """What is known of an address; a port's or socket's name is none."""
        return self.geo.place(address) if address else NOWHERE

    def _note(
        self,
        brand: Brand,
        entry: Entry,
        address: str,
        place: Place,
        session: Session | None,
        refusal: Refusal,
    ) -> None:
        _refused.labels(entry, refusal.code).inc()
        who = session.id if session else address
        key = (brand.id, who, address, entry, refusal.code)
        if key in self._told:
            return
        self._told[key] = None
        if len(self._told) > REMEMBERED_MAX:
            self._told.popitem(last=False)
        self._waiting.append(
            _Violation(
                brand_id=brand.id,
                subject=to_wire(PLAYER_PREFIX, session.player_id) if session else "visitor",
                session=to_wire(SESSION_PREFIX, session.id) if session else "",
                code=refusal.code,
                entry=entry,
                country=place.country or "",
                network=place.kind or "",
            )
        )

    async def report(self) -> Mapping[str, Any]:
        """`/healthz/places`: what is known, and what is missing for it."""
        return {
            "knows_countries": self.geo.knows_countries,
            "knows_networks": self.geo.knows_kinds,
            "missing": list(self.geo.missing),
            "refuse_when_unknown": [
                brand.slug
                for brand in brands.all_brands()
                if brand.jurisdiction.location.unknown_refused
            ],
        }

    async def write_down(self, db: Database) -> int:
        """The refusals since the last step, as significant events; for a loop."""
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not taken:
            return 0
        async with db.tx() as tx:
            for one in taken:
                await audit.record(
                    tx,
                    stream=audit.events_of(one.brand_id),
                    actor="job:places",
                    deed="location.refuse",
                    subject=one.subject,
                    reason=one.code,
                    details={
                        "entry": one.entry.value,
                        "country": one.country,
                        "network": one.network,
                        "session": one.session,
                    },
                )
        _log.info("refused for their place", count=len(taken))
        return 0

    def possible(self, brand: Brand, address: str) -> Mapping[Entry, Refusal | None]:
        """What may be done from an address, for the page that explains it; nothing is noted."""
        place = self.place(address)
        found: dict[Entry, Refusal | None] = {}
        for entry in (Entry.REGISTRATION, Entry.LOGIN, Entry.DEPOSIT, Entry.BET):
            found[entry] = None
            try:
                brands.check_country(
                    brand_id=brand.id, entry=entry, country=place.country, network=place.kind
                )
            except Refusal as refusal:
                found[entry] = refusal
        return found


class PlaceView(BaseModel):
    """Where the caller seems to be, and what that leaves possible."""

    country: str | None
    """ISO 3166-1 alpha-2; null: not known."""
    network: str | None
    """tor, vpn, proxy, hosting or bot, as public lists say; null: in no list."""
    refused: dict[str, str]
    """Of registration, login, deposit and bet those that are refused, with the code why.
    Withdrawals are never refused for a place."""


def routes(doorman: Doorman | None, brand_of: Callable[[Request], Brand]) -> APIRouter:
    """`/v1/place`."""
    router = APIRouter(tags=["config"])

    @router.get("/v1/place")
    async def place(request: Request) -> PlaceView:
        """What may be done from where the caller seems to be."""
        if doorman is None or request.client is None:
            return PlaceView(country=None, network=None, refused={})
        found = doorman.place(request.client.host)
        possible = doorman.possible(brand_of(request), request.client.host)
        refused = {entry.value: one.code for entry, one in possible.items() if one is not None}
        return PlaceView(country=found.country, network=found.kind, refused=refused)

    return router
