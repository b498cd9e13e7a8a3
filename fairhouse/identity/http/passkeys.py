"""Passkeys: questions for the browser, and its answers."""

from fastapi import APIRouter, Request, Response

from fairhouse.identity import api
from fairhouse.identity.http.deps import IdentityDeps, network_of
from fairhouse.identity.http.entering import entrance
from fairhouse.identity.http.proving import session_for, site_of, use
from fairhouse.identity.http.wire import (
    EntranceView,
    NewPasskeyAnswer,
    NewPasskeyAsk,
    PasskeyAnswer,
    PasskeyAsk,
    PasskeyQuestionView,
)
from fairhouse.identity.types import PlayerKind, Purpose, Session, WayUnavailable


def routes(deps: IdentityDeps) -> APIRouter:
    """Making passkeys, and using them."""
    router = APIRouter()
    router.include_router(_making(deps))
    router.include_router(_using(deps))
    return router


def _check_offered(deps: IdentityDeps, request: Request) -> None:
    if not deps.ways_of(deps.gate.brand(request).id).passkeys:
        raise WayUnavailable("This brand does not offer passkeys.")


async def _maker(deps: IdentityDeps, request: Request) -> Session | None:
    """Somebody logged in makes one for their account; a visitor one to begin an account with."""
    _check_offered(deps, request)
    session = await deps.gate.visitor(request)
    deps.limits.newcomers.take(network_of(request))
    return session if session is not None and session.kind is PlayerKind.REGISTERED else None


def _making(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate, sealer = deps.gate, deps.sealer

    @router.post("/v1/passkeys/new/options")
    async def options(body: NewPasskeyAsk, request: Request) -> PasskeyQuestionView:
        """For `navigator.credentials.create`. Somebody logged in needs a fresh step-up."""
        session = await _maker(deps, request)
        async with deps.db.tx() as tx:
            question = await api.ask_new_passkey(
                tx,
                sealer=sealer,
                brand=gate.brand(request),
                site=site_of(deps, request),
                session=session,
                name=body.name,
            )
        return PasskeyQuestionView(challenge=question.challenge, options=question.options)

    @router.post("/v1/passkeys/new")
    async def make(body: NewPasskeyAnswer, request: Request, response: Response) -> EntranceView:
        """The new passkey: linked to one's account, or a ticket to open one with."""
        session = await _maker(deps, request)
        brand = gate.brand(request)
        proven = await api.new_passkey(
            deps.db,
            sealer=sealer,
            brand=brand,
            site=site_of(deps, request),
            session=session,
            challenge=body.challenge,
            credential=body.credential,
            label=body.label,
        )
        if session is not None:
            return await use(
                deps, request, response, proven, session, Purpose.LINK, with_token=False
            )
        async with deps.db.tx() as tx:
            ticket = await api.ticket_for_passkey(tx, sealer=sealer, brand=brand, proven=proven)
        return await entrance(deps, request, response, ticket, with_token=False)

    return router


def _using(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate, sealer = deps.gate, deps.sealer

    @router.post("/v1/passkeys/options")
    async def options(body: PasskeyAsk, request: Request) -> PasskeyQuestionView:
        """For `navigator.credentials.get`."""
        _check_offered(deps, request)
        session = await session_for(deps, request, Purpose(body.purpose))
        async with deps.db.tx() as tx:
            question = await api.ask_passkey(
                tx,
                sealer=sealer,
                brand=gate.brand(request),
                site=site_of(deps, request),
                session=session,
            )
        return PasskeyQuestionView(challenge=question.challenge, options=question.options)

    @router.post("/v1/passkeys")
    async def answer(body: PasskeyAnswer, request: Request, response: Response) -> EntranceView:
        """The passkey's answer: logs in, or is a fresh step-up."""
        _check_offered(deps, request)
        purpose = Purpose(body.purpose)
        session = await session_for(deps, request, purpose)
        proven = await api.prove_passkey(
            deps.db,
            sealer=sealer,
            brand=gate.brand(request),
            site=site_of(deps, request),
            session=session,
            challenge=body.challenge,
            credential=body.credential,
        )
        return await use(deps, request, response, proven, session, purpose, with_token=body.token)

    return router
