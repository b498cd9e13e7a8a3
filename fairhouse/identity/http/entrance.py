"""Coming in and going out: guests, registration, login, logout, the session."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from fairhouse.identity import api
from fairhouse.identity.http.deps import (
    IdentityDeps,
    client_of,
    granted,
    mailbox_of,
    network_of,
)
from fairhouse.identity.http.entering import enter, session_view
from fairhouse.identity.http.wire import (
    ConfirmRequest,
    GuestRequest,
    LanguageRequest,
    LoginRequest,
    LoginView,
    RegisteringView,
    RegisterRequest,
    ResendRequest,
    SessionView,
    TermsRequest,
)
from fairhouse.identity.types import (
    REGISTRATION_PREFIX,
    BadCredentials,
    Denied,
    LoggedIn,
    RegistrationId,
    Session,
)
from fairhouse.kernel.ids import from_wire, to_wire


def routes(deps: IdentityDeps) -> APIRouter:
    """Registration, login and the session."""
    router = APIRouter()
    router.include_router(_guests(deps))
    router.include_router(_registration(deps))
    router.include_router(_sessions(deps))
    router.include_router(_choices(deps))
    return router


def _guests(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate, sealer = deps.gate, deps.sealer

    @router.post("/v1/guest")
    async def start_guest(body: GuestRequest, request: Request, response: Response) -> LoginView:
        """Play with play money, without an account; a session that is there is kept."""
        present = await gate.visitor(request)
        if present is not None:
            async with deps.db.read() as tx:
                view = await session_view(deps, tx, gate.brand(request), present)
            return LoginView(**dict(view), token=None).model_copy(
                update={"csrf_token": gate.csrf_of(request)}
            )
        deps.limits.newcomers.take(network_of(request))
        async with deps.db.tx() as tx:
            logged_in = await api.start_guest(
                tx,
                sealer=sealer,
                brand=gate.brand(request),
                language=body.language,
                client=client_of(request),
            )
            await deps.welcome(tx, logged_in.player)
        return await enter(deps, request, response, logged_in, with_token=body.token)

    return router


def _registration(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate, sealer = deps.gate, deps.sealer

    @router.post("/v1/register", status_code=202)
    async def register(body: RegisterRequest, request: Request) -> RegisteringView:
        """Mails a code. The answer is the same whether or not the e-mail has an account."""
        gate.check_origin(request)
        deps.limits.newcomers.take(network_of(request))
        hashed = None
        if body.password is not None:
            known = (body.email, body.username)
            hashed = await deps.passwords.hash(body.password, known=known)
        async with deps.db.tx() as tx:
            registering = await api.register(
                tx,
                sealer=sealer,
                brand=gate.brand(request),
                email=body.email,
                password=hashed,
                birth_date=body.birth_date,
                terms_version=body.terms_version,
                username=body.username,
                language=body.language,
                ticket=body.ticket,
                referral=body.referral,
            )
        return RegisteringView(
            registration=to_wire(REGISTRATION_PREFIX, registering.id),
            expires_at=registering.expires_at,
        )

    @router.post("/v1/register/resend", status_code=202)
    async def resend(body: ResendRequest, request: Request) -> None:
        """Mails a new code, at most five an hour; says nothing either way."""
        gate.check_origin(request)
        deps.limits.newcomers.take(network_of(request))
        async with deps.db.tx() as tx:
            await api.resend_registration(
                tx,
                sealer=sealer,
                brand=gate.brand(request),
                registration_id=_registration_id(body.registration),
            )

    @router.post("/v1/register/confirm")
    async def confirm(body: ConfirmRequest, request: Request, response: Response) -> LoginView:
        """Opens the account and logs in; a guest's session becomes the account."""
        guest = await gate.visitor(request)
        deps.limits.logins.take(network_of(request))
        async with deps.db.tx() as tx:
            result = await api.confirm_registration(
                tx,
                sealer=sealer,
                brand=gate.brand(request),
                registration_id=_registration_id(body.registration),
                code=body.code,
                client=client_of(request),
                guest=guest,
                username=body.username,
            )
            if isinstance(result, LoggedIn):
                await deps.welcome(tx, result.player)
        logged_in = granted(result)
        return await enter(deps, request, response, logged_in, with_token=body.token)

    return router


def _registration_id(text: str) -> RegistrationId:
    return RegistrationId(from_wire(REGISTRATION_PREFIX, text, param="registration"))


def _sessions(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate, sealer = deps.gate, deps.sealer

    @router.post("/v1/login")
    async def log_in(body: LoginRequest, request: Request, response: Response) -> LoginView:
        """Refuses with `bad_credentials` alike for unknown, wrong and locked."""
        gate.check_origin(request)
        brand = gate.brand(request)
        deps.limits.logins.take(network_of(request))
        mailbox = mailbox_of(brand, body.email)
        deps.limits.mailbox.take(mailbox, param="email")
        deps.limits.stuffing.check(network_of(request), mailbox)
        async with deps.db.read() as tx:
            challenge = await api.password_challenge(
                tx,
                sealer=sealer,
                brand=brand,
                email=body.email,
                nobodys_hash=deps.passwords.nobodys_hash,
            )
        proof = await deps.passwords.check(challenge, body.password)
        async with deps.db.tx() as tx:
            result = await api.log_in(
                tx, sealer=sealer, proof=proof, totp=body.totp, client=client_of(request)
            )
        if isinstance(result, Denied) and isinstance(result.refusal, BadCredentials):
            deps.limits.stuffing.failed(network_of(request), mailbox)
        return await enter(deps, request, response, granted(result), with_token=body.token)

    @router.post("/v1/logout", status_code=204)
    async def log_out(request: Request, response: Response) -> None:
        """Ends the session; without one there is nothing to end."""
        session = await gate.visitor(request)
        if session is not None:
            async with deps.db.tx() as tx:
                await api.log_out(tx, session=session)
            deps.sessions.drop_session(session.id, session.player_id)
        gate.clear_cookie(response)

    @router.get("/v1/session")
    async def session(request: Request) -> SessionView:
        """Who is logged in, with balances and the CSRF token; visitors get `player: null`."""
        found = await gate.visitor(request)
        if found is None:
            return SessionView(player=None)
        async with deps.db.read() as tx:
            view = await session_view(deps, tx, gate.brand(request), found)
        return view.model_copy(update={"csrf_token": gate.csrf_of(request)})

    return router


def _choices(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate = deps.gate
    player = Depends(gate.player)

    @router.post("/v1/terms/accept", status_code=204)
    async def accept_terms(
        body: TermsRequest, request: Request, session: Annotated[Session, player]
    ) -> None:
        """Accepts the terms in force."""
        async with deps.db.tx() as tx:
            await api.accept_terms(
                tx,
                brand=gate.brand(request),
                player_id=session.player_id,
                terms_version=body.terms_version,
            )
        deps.sessions.drop_player(session.player_id)

    @router.post("/v1/language", status_code=204)
    async def set_language(body: LanguageRequest, session: Annotated[Session, player]) -> None:
        """The language of mails and notifications."""
        async with deps.db.tx() as tx:
            await api.set_language(tx, player_id=session.player_id, language=body.language)
        deps.sessions.drop_player(session.player_id)

    return router
