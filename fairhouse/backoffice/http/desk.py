"""Where staff sit: who they are, which form they sent, and how a page is drawn for them."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http import cells
from fairhouse.backoffice.http.deps import BackofficeDeps
from fairhouse.backoffice.http.texts import Texts, language_of
from fairhouse.backoffice.types import (
    Action,
    Actor,
    StaffCsrfInvalid,
    StaffLoginNeeded,
)
from fairhouse.brands import api as brands
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.http import request_id_of

_FOLDER: Final = Path(__file__).parent.parent
LANGUAGE_COOKIE: Final = "fh_staff_language"
HOME: Final = "/admin/"
NAVIGATION: Final = (
    ("home", "/admin/", "h"),
    ("players", "/admin/players", "p"),
    ("withdrawals", "/admin/withdrawals", "w"),
    ("deposits", "/admin/deposits", "d"),
    ("bets", "/admin/bets", "b"),
    ("treasury", "/admin/treasury", "t"),
    ("families", "/admin/families", "f"),
    ("ledger", "/admin/ledger", "l"),
    ("protection", "/admin/protection", "x"),
    ("risk", "/admin/risk", "k"),
    ("kyc", "/admin/kyc", "z"),
    ("screening", "/admin/screening", "q"),
    ("games", "/admin/games", "o"),
    ("crash", "/admin/crash", "c"),
    ("limits", "/admin/limits", "i"),
    ("approvals", "/admin/approvals", "v"),
    ("adjustments", "/admin/adjustments", "j"),
    ("switches", "/admin/switches", "s"),
    ("brands", "/admin/brands", "n"),
    ("audit", "/admin/audit", "a"),
    ("regulator", "/admin/regulator", "y"),
    ("staff", "/admin/staff", "m"),
    ("road", "/admin/road", "r"),
    ("health", "/admin/health", "e"),
)
_ADMIN_ONLY: Final = {
    "kyc": Action.REVIEW_KYC,
    "screening": Action.DECIDE_SCREENING,
    "audit": Action.READ_AUDIT,
    "risk": Action.READ_RISK,
    "regulator": Action.REPORT,
    "adjustments": Action.REVIEW_ADJUSTMENTS,
}


@dataclass(frozen=True, slots=True)
class Pausing:
    """A flow that is off, for the banner."""

    brand: str
    switch: str
    reason: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is logged in."""

    request: Request
    actor: Actor
    csrf: str
    texts: Texts
    pauses: Sequence[Pausing]


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that this session was given, sent back."""

    visit: Visit
    fields: Mapping[str, str]

    @property
    def actor(self) -> Actor:
        """Who sent it."""
        return self.visit.actor

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")


class Desk:
    """The dependencies that routes name, and the drawing of pages."""

    def __init__(self, deps: BackofficeDeps) -> None:
        self.deps = deps
        self._pages = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        filters = cast("dict[str, object]", self._pages.filters)
        filters.update(usd=cells.usd, clock=cells.clock, short=cells.short, in_unit=cells.in_unit)
        known = cast("dict[str, object]", self._pages.globals)
        known.update(wire=to_wire, brand_name=brand_name, units=cells.units, base=cells.base)

    # --- Who is asking

    def csrf_token(self, secret: str) -> str:
        """What a form must carry, bound to a session (or to the browser before login)."""
        return self.deps.sealer.blind_index(secret, purpose="csrf.staff").hex()

    async def visit(self, request: Request) -> Visit:
        """Somebody who is logged in. Refuses with StaffLoginNeeded."""
        token = request.cookies.get(self.deps.cookie)
        if not token:
            raise StaffLoginNeeded("Log in first.")
        async with self.deps.db.tx() as tx:
            actor = await api.actor_of(tx, token=token)
            if actor is None:
                raise StaffLoginNeeded("The session has ended; log in again.")
            pauses = [
                Pausing(brand_name(brand_id), item.switch, item.reason)
                for brand_id in actor.brands
                for item in await brands.pauses(tx, brand_id=brands.brand(brand_id).id)
            ]
        return Visit(request, actor, self.csrf_token(token), self.texts(request), pauses)

    async def form(self, request: Request) -> Submission:
        """A form of this session. Refuses with StaffLoginNeeded and StaffCsrfInvalid."""
        visit = await self.visit(request)
        return Submission(visit, await self.checked_form(request, visit.csrf))

    async def checked_form(self, request: Request, expected: str) -> Mapping[str, str]:
        """The fields of a form from our own page. Refuses with StaffCsrfInvalid."""
        self._check_origin(request)
        sent = await request.form()
        given = _text(sent, "csrf") or request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise StaffCsrfInvalid(
                "The form is from another session; go back, reload the page, send it again.",
                param="csrf",
            )
        return {name: _text(sent, name) for name in sent}

    def _check_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is None:
            return
        scheme = "https" if self.deps.is_https else request.url.scheme
        if origin != f"{scheme}://{request.url.netloc}":
            raise StaffCsrfInvalid("This form was sent by another site.", param="origin")

    # --- Drawing

    def texts(self, request: Request) -> Texts:
        """The texts in the reader's language."""
        return Texts(
            language_of(
                request.cookies.get(LANGUAGE_COOKIE),
                request.headers.get("accept-language", ""),
            )
        )

    def draw(
        self, visit: Visit, template: str, *, status: int = 200, **fields: object
    ) -> HTMLResponse:
        """A page, or a part of one, for somebody who is logged in."""

        def may(action: str) -> bool:
            return rules.may(visit.actor.roles, Action(action))

        context: dict[str, Any] = {
            "t": visit.texts,
            "language": visit.texts.language,
            "actor": visit.actor,
            "may": may,
            "csrf": visit.csrf,
            "pauses": visit.pauses,
            "environment": self.deps.environment,
            "navigation": [
                item
                for item in NAVIGATION
                if item[0] not in _ADMIN_ONLY or may(_ADMIN_ONLY[item[0]])
            ],
            "path": visit.request.url.path,
            "done": _done(visit),
            **fields,
        }
        html = self._pages.get_template(template).render(context)
        return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store"})

    def draw_plain(
        self, request: Request, template: str, *, status: int = 200, **fields: object
    ) -> HTMLResponse:
        """A page for somebody who is not logged in, or whose page failed."""
        texts = self.texts(request)
        context: dict[str, Any] = {
            "t": texts,
            "language": texts.language,
            "environment": self.deps.environment,
            "request_id": request_id_of(request),
            **fields,
        }
        html = self._pages.get_template(template).render(context)
        return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store"})

    def set_cookie(self, response: Response, name: str, value: str, max_age_s: int) -> None:
        """Ours alone: never sent along from another site, never readable by a script."""
        response.set_cookie(
            name,
            value,
            max_age=max_age_s,
            path="/",
            secure=self.deps.is_https,
            httponly=True,
            samesite="strict",
        )

    def clear_cookie(self, response: Response, name: str) -> None:
        """Forget it."""
        response.delete_cookie(
            name, path="/", secure=self.deps.is_https, httponly=True, samesite="strict"
        )


def brand_name(brand_id: int | None) -> str:
    """A brand's name; a dash for what belongs to the house."""
    return "–" if brand_id is None else brands.brand(brand_id).name


def back_to(path: str, done: str | None = None, *, joined: str = "?") -> RedirectResponse:
    """After a deed: the page again, with a word about it; `joined` by & after another query."""
    query = f"{joined}done={quote(done)}" if done else ""
    return RedirectResponse(f"{path}{query}", status_code=303)


def _text(sent: FormData, name: str) -> str:
    value = sent.get(name)
    return value if isinstance(value, str) else ""


def _done(visit: Visit) -> str | None:
    """Only texts of the catalogue can be shown: a link cannot put words into our mouth."""
    key = f"done.{visit.request.query_params.get('done', '')}"
    return visit.texts(key) if visit.texts.knows(key) else None
