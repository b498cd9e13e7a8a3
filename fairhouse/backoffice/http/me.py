"""One's own access: passkeys, and the glass for when nobody else can act."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from fairhouse.backoffice import api
from fairhouse.backoffice.http.desk import HOME, Desk, Submission, Visit, back_to
from fairhouse.identity import api as identity
from fairhouse.identity.api import Site
from fairhouse.identity.types import Client
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal
from fairhouse.platform.http import client_ip

PAGE: Final = "/admin/me"
_SESSION_AGE_S: Final = 12 * 3600
_CREDENTIAL_CHARS_MAX: Final = 20_000


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The page, passkeys, break-glass, and logging in with a passkey."""
    _add_page(router, desk)
    _add_own_passkeys(router, desk)
    _add_login(router, desk)


def _site(desk: Desk, request: Request) -> Site:
    scheme = "https" if desk.deps.is_https else request.url.scheme
    return Site(
        rp_id=request.url.hostname or "",
        name="Fairhouse staff",
        origins=frozenset({f"{scheme}://{request.url.netloc}"}),
    )


def _credential(text: str) -> Mapping[str, Any]:
    """Refuses with Malformed (credential)."""
    try:
        found = json.loads(text[:_CREDENTIAL_CHARS_MAX])
    except ValueError as error:
        raise Malformed("credential is malformed.", param="credential") from error
    if not isinstance(found, dict):
        raise Malformed("credential is malformed.", param="credential")
    return cast("Mapping[str, Any]", found)


def _add_page(router: APIRouter, desk: Desk) -> None:
    @router.get("/me")
    async def me(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        async with desk.deps.db.read() as tx:
            found = await identity.staff_passkeys(tx, session=visit.actor.session)
        return desk.draw(visit, "me.html", passkeys=found)

    @router.post("/me/glass")
    async def glass(sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        async with desk.deps.db.tx() as tx:
            await api.break_glass(tx, actor=sent.actor, reason=sent["reason"])
        return back_to(PAGE, "saved")


def _add_own_passkeys(router: APIRouter, desk: Desk) -> None:
    deps = desk.deps

    @router.post("/me/passkey/options")
    async def options(
        request: Request, sent: Annotated[Submission, Depends(desk.form)]
    ) -> Response:
        async with deps.db.tx() as tx:
            question = await identity.ask_staff_passkey(
                tx, sealer=deps.sealer, site=_site(desk, request), session=sent.actor.session
            )
        return JSONResponse({"challenge": question.challenge, "options": question.options})

    @router.post("/me/passkey")
    async def add(request: Request, sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        try:
            await api.add_passkey(
                deps.db,
                sealer=deps.sealer,
                site=_site(desk, request),
                actor=sent.actor,
                challenge=sent["challenge"][:128],
                credential=_credential(sent["credential"]),
                label=sent["label"],
            )
        except Refusal as refusal:
            return JSONResponse({"message": refusal.message}, status_code=refusal.status)
        return JSONResponse({"next": f"{PAGE}?done=saved"})

    @router.post("/me/passkey/{passkey_id}/remove")
    async def remove(passkey_id: str, sent: Annotated[Submission, Depends(desk.form)]) -> Response:
        try:
            own = UUID(passkey_id)
        except ValueError as error:
            raise NotFound("id: no such passkey of yours.", param="id") from error
        async with deps.db.tx() as tx:
            await api.remove_passkey(tx, actor=sent.actor, passkey_id=own)
        return back_to(PAGE, "saved")


def _add_login(router: APIRouter, desk: Desk) -> None:
    deps = desk.deps

    async def checked(request: Request) -> Mapping[str, str]:
        secret = request.cookies.get(deps.form_cookie, "")
        fields = await desk.checked_form(request, desk.csrf_token(secret) if secret else "-")
        deps.logins.take(client_ip(request))
        return fields

    @router.post("/login/passkey/options")
    async def options(request: Request) -> Response:
        await checked(request)
        async with deps.db.tx() as tx:
            question = await identity.ask_staff_passkey(
                tx, sealer=deps.sealer, site=_site(desk, request), session=None
            )
        return JSONResponse({"challenge": question.challenge, "options": question.options})

    @router.post("/login/passkey")
    async def log_in(request: Request) -> Response:
        fields = await checked(request)
        client = Client(client_ip(request), request.headers.get("user-agent", "")[:512])
        try:
            granted = await api.log_in_by_passkey(
                deps.db,
                sealer=deps.sealer,
                site=_site(desk, request),
                challenge=fields.get("challenge", "")[:128],
                credential=_credential(fields.get("credential", "")),
                client=client,
            )
        except Refusal as refusal:
            return JSONResponse({"message": refusal.message}, status_code=refusal.status)
        answer = JSONResponse({"next": HOME})
        desk.set_cookie(answer, deps.cookie, granted.token, _SESSION_AGE_S)
        desk.clear_cookie(answer, deps.form_cookie)
        return answer
