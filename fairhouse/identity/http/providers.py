"""Issuers (OpenID Connect, OAuth 2) and telephones."""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi import Response as FastResponse
from fastapi.responses import RedirectResponse

from fairhouse.identity import api
from fairhouse.identity.http.deps import IdentityDeps, granted, network_of
from fairhouse.identity.http.proving import session_for, site_of, use
from fairhouse.identity.http.wire import (
    EntranceView,
    PhoneAnswer,
    PhoneAsk,
    PhoneQuestionView,
    ProviderAsk,
    ProviderView,
)
from fairhouse.identity.types import PlayerKind, Purpose
from fairhouse.kernel.refusals import Refusal

_STATE: Final = Query(max_length=128)
_CODE: Final = Query(max_length=2_048)


def routes(deps: IdentityDeps) -> APIRouter:
    """Signing in at an issuer, and by telephone."""
    router = APIRouter()
    router.include_router(_issuers(deps))
    router.include_router(_phones(deps))
    return router


def _cookie(deps: IdentityDeps, request: Request) -> str:
    is_https = request.url.scheme == "https"
    return "__Host-fh_issuer" if is_https else "fh_issuer"


def _issuers(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate = deps.gate

    @router.post("/v1/oidc/{provider}/begin")
    async def begin(
        provider: str, body: ProviderAsk, request: Request, response: FastResponse
    ) -> ProviderView:
        """Where to log in; only the browser that asked may come back with the answer."""
        purpose = Purpose(body.purpose)
        session = await session_for(deps, request, purpose)
        brand = gate.brand(request)
        origin = min(site_of(deps, request).origins)
        away = await api.send_away(
            deps.db,
            sealer=deps.sealer,
            brand=brand,
            offered=deps.ways_of(brand.id),
            provider=provider,
            purpose=purpose,
            session=session,
            redirect_uri=f"{origin}/v1/oidc/{provider}/callback",
        )
        response.set_cookie(
            _cookie(deps, request),
            away.browser,
            max_age=api.BROWSER_LIFE_S,
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return ProviderView(url=away.url)

    @router.get("/v1/oidc/{provider}/callback", response_class=RedirectResponse, status_code=303)
    async def callback(
        provider: str,
        request: Request,
        state: Annotated[str, _STATE] = "",
        code: Annotated[str, _CODE] = "",
    ) -> RedirectResponse:
        """The issuer sends the browser here; it goes on to the page that says what came of it."""
        answer = RedirectResponse("/#/", status_code=303)
        try:
            deps.limits.logins.take(network_of(request))
            entered = await _return(deps, request, answer, provider, state, code)
            answer.headers["location"] = _page_after(entered)
        except Refusal as refusal:
            answer.headers["location"] = f"/#/entry/failed/{quote(refusal.code, safe='')}"
        answer.delete_cookie(_cookie(deps, request), path="/")
        return answer

    return router


async def _return(
    deps: IdentityDeps,
    request: Request,
    response: FastResponse,
    provider: str,
    state: str,
    code: str,
) -> EntranceView:
    found = await deps.gate.visitor(request)
    session = found if found is not None and found.kind is PlayerKind.REGISTERED else None
    brand = deps.gate.brand(request)
    back = await api.come_back(
        deps.db,
        sealer=deps.sealer,
        brand=brand,
        offered=deps.ways_of(brand.id),
        provider=provider,
        state=state,
        browser=request.cookies.get(_cookie(deps, request), ""),
        code=code,
        session=session,
    )
    own = None if back.purpose is Purpose.ENTER else session
    return await use(deps, request, response, back.proven, own, back.purpose, with_token=False)


def _page_after(entered: EntranceView) -> str:
    """Behind the #, which no server and no referrer sees."""
    if entered.ticket is not None:
        return f"/#/entry/{entered.next}/{quote(entered.ticket, safe='')}"
    return "/#/account/security" if entered.next == "linked" else "/#/"


def _phones(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate = deps.gate

    @router.post("/v1/phone/code")
    async def ask(body: PhoneAsk, request: Request) -> PhoneQuestionView:
        """Texts a code; good for ten minutes and five tries."""
        purpose = Purpose(body.purpose)
        session = await session_for(deps, request, purpose)
        deps.limits.newcomers.take(network_of(request))
        brand = gate.brand(request)
        question = await api.ask_phone(
            deps.db,
            sealer=deps.sealer,
            brand=brand,
            offered=deps.ways_of(brand.id),
            phone=body.phone,
            language=body.language,
            purpose=purpose,
            session=session,
        )
        return PhoneQuestionView(challenge=question.challenge, expires_at=question.expires_at)

    @router.post("/v1/phone")
    async def answer(body: PhoneAnswer, request: Request, response: FastResponse) -> EntranceView:
        """The code of the text: logs in, links the number, or is a fresh step-up."""
        purpose = Purpose(body.purpose)
        session = await session_for(deps, request, purpose)
        async with deps.db.tx() as tx:
            result = await api.prove_phone(
                tx,
                sealer=deps.sealer,
                brand=gate.brand(request),
                purpose=purpose,
                session=session,
                challenge=body.challenge,
                code=body.code,
            )
        proven = granted(result)
        return await use(deps, request, response, proven, session, purpose, with_token=body.token)

    return router
