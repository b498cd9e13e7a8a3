"""Logging in and out, and the reader's language."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from fairhouse.backoffice import api
from fairhouse.backoffice.http.desk import (
    HOME,
    LANGUAGE_COOKIE,
    Desk,
    Submission,
    back_to,
)
from fairhouse.backoffice.http.texts import FALLBACK, LANGUAGES
from fairhouse.identity.types import BadCredentials, Client
from fairhouse.platform.crypto import new_token
from fairhouse.platform.http import TooManyRequests, client_ip

_FORM_AGE_S: Final = 3600
_SESSION_AGE_S: Final = 12 * 3600
_YEAR_S: Final = 365 * 24 * 3600


def add_routes(router: APIRouter, desk: Desk) -> None:
    """Login, logout, language."""
    deps = desk.deps

    @router.get("/login")
    async def login_page(request: Request) -> Response:
        wanted = request.query_params.get("next", "")
        return _login_page(desk, request, wanted)

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        secret = request.cookies.get(deps.form_cookie, "")
        fields = await desk.checked_form(request, desk.csrf_token(secret) if secret else "-")
        client = Client(client_ip(request), request.headers.get("user-agent", "")[:512])
        try:
            deps.logins.take(client.ip)
            granted = await api.log_in(
                deps.db,
                sealer=deps.sealer,
                passwords=deps.passwords,
                handle=fields.get("handle", "")[:100],
                password=fields.get("password", "")[:1000],
                totp=fields.get("totp", "")[:20],
                client=client,
            )
        except (BadCredentials, TooManyRequests) as refusal:
            wanted = fields.get("next", "")
            return _login_page(desk, request, wanted, error=refusal.code, status=refusal.status)
        answer = RedirectResponse(_inside(fields.get("next", "")), status_code=303)
        desk.set_cookie(answer, deps.cookie, granted.token, _SESSION_AGE_S)
        desk.clear_cookie(answer, deps.form_cookie)
        return answer

    @router.post("/logout")
    async def log_out(sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        async with deps.db.tx() as tx:
            await api.log_out(tx, actor=sent.actor)
        answer = back_to("/admin/login")
        desk.clear_cookie(answer, deps.cookie)
        return answer

    @router.post("/language")
    async def choose_language(sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        chosen = sent["language"] if sent["language"] in LANGUAGES else FALLBACK
        answer = back_to(_inside(sent["next"]))
        desk.set_cookie(answer, LANGUAGE_COOKIE, chosen, _YEAR_S)
        return answer


def _login_page(
    desk: Desk, request: Request, wanted: str, *, error: str | None = None, status: int = 200
) -> Response:
    secret = new_token()
    page = desk.draw_plain(
        request,
        "login.html",
        status=status,
        csrf=desk.csrf_token(secret),
        error=error,
        next=_inside(wanted),
    )
    desk.set_cookie(page, desk.deps.form_cookie, secret, _FORM_AGE_S)
    return page


def _inside(path: str) -> str:
    """Only a path of ours is followed after a login."""
    is_ours = path.startswith("/admin/") and not path.startswith("/admin/login")
    return path if is_ours and "\\" not in path and "//" not in path else HOME
