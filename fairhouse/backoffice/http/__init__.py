"""The staff's pages: server-rendered, usable without scripts, mounted at `/admin`."""

from pathlib import Path
from typing import cast
from urllib.parse import quote

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from fairhouse.backoffice.http import (
    approvals,
    books,
    brands,
    compliance,
    crash,
    entrance,
    evidence,
    games,
    home,
    limits,
    lists,
    me,
    payments,
    people,
    protection,
    risk,
    road,
    running,
)
from fairhouse.backoffice.http.deps import BackofficeDeps
from fairhouse.backoffice.http.desk import HOME, Desk
from fairhouse.backoffice.types import StaffLoginNeeded
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.http import EdgeSettings, request_id_of

__all__ = ["BackofficeDeps", "backoffice_app", "edge_settings", "routes"]

PREFIX = "/admin"
_STATIC = Path(__file__).parent.parent / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_log = structlog.get_logger("backoffice")


def edge_settings(deps: BackofficeDeps) -> EdgeSettings:
    """No inline script or style, nothing from elsewhere."""
    return EdgeSettings(
        server="backoffice", content_security_policy=_POLICY, is_https=deps.is_https
    )


def routes(deps: BackofficeDeps) -> APIRouter:
    """Every page under `/admin`."""
    return _routes(Desk(deps))


def _routes(desk: Desk) -> APIRouter:
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    for part in (
        *(
            entrance,
            home,
            approvals,
            compliance,
            lists,
            payments,
            people,
            books,
            games,
            crash,
            limits,
            protection,
            risk,
        ),
        *(brands, road, running, evidence, me),
    ):
        part.add_routes(router, desk)
    return router


def backoffice_app(deps: BackofficeDeps) -> FastAPI:
    """The whole application; the caller wraps it with `edge(app, edge_settings(deps))`."""
    app = FastAPI(title="Fairhouse back office", openapi_url=None, docs_url=None, redoc_url=None)
    desk = Desk(deps)
    app.include_router(_routes(desk))
    app.mount(f"{PREFIX}/static", StaticFiles(directory=_STATIC), name="static")

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return RedirectResponse(HOME, status_code=303)

    _install_errors(app, desk)
    return app


def _install_errors(app: FastAPI, desk: Desk) -> None:
    """Trouble as a page: what it is, what to do, and the id to quote."""

    def page(request: Request, status: int, code: str, message: str) -> Response:
        return desk.draw_plain(request, "error.html", status=status, code=code, message=message)

    async def on_refusal(request: Request, error: Exception) -> Response:
        refusal = cast("Refusal", error)
        if isinstance(refusal, StaffLoginNeeded):
            return _to_login(request)
        return page(request, refusal.status, refusal.code, refusal.message)

    async def on_invalid(request: Request, error: Exception) -> Response:
        first = cast("RequestValidationError", error).errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return page(request, 422, "malformed", f"{where}: {first['msg']}.")

    async def on_http(request: Request, error: Exception) -> Response:
        known = cast("HTTPException", error)
        return page(request, known.status_code, "http_error", str(known.detail))

    async def on_accident(request: Request, error: Exception) -> Response:
        _log.error("request failed", request_id=request_id_of(request), exc_info=error)
        return page(request, 500, "accident", "Something went wrong on our side.")

    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_accident)


def _to_login(request: Request) -> Response:
    """A page is left for the login; a part of one tells htmx to leave it."""
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": f"{PREFIX}/login"})
    wanted = request.url.path if request.method == "GET" else HOME
    return RedirectResponse(f"{PREFIX}/login?next={quote(wanted)}", status_code=303)
