"""The ways into an account: what a brand offers, what one has, tickets."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from fairhouse.identity import api
from fairhouse.identity.http.deps import IdentityDeps, client_of, granted, network_of
from fairhouse.identity.http.entering import enter
from fairhouse.identity.http.wire import (
    FirstPasswordRequest,
    LabelRequest,
    LoginView,
    OfferedView,
    OpenRequest,
    TicketCodeRequest,
    WaysView,
    WayView,
)
from fairhouse.identity.types import CREDENTIAL_PREFIX, CredentialId, Session, WaysIn
from fairhouse.kernel.ids import from_wire, to_wire


def routes(deps: IdentityDeps) -> APIRouter:
    """Tickets, and one's own list."""
    router = APIRouter()
    router.include_router(_offered(deps))
    router.include_router(_tickets(deps))
    router.include_router(_own(deps))
    return router


def _offered(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/ways/offered")
    async def offered(request: Request) -> OfferedView:
        """What the sign-in screen of this brand shows."""
        brand = deps.gate.brand(request)
        ways = deps.ways_of(brand.id)
        return OfferedView(
            passkeys=ways.passkeys,
            wallets=[kind for kind in ("ethereum", "solana") if kind in ways.wallets],
            oidc=sorted(ways.oidc),
            telegram=ways.telegram.bot_id if ways.telegram else None,
            phone=ways.phones is not None,
            anonymous=brand.allows_anonymous,
        )

    return router


def _tickets(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate, sealer = deps.gate, deps.sealer

    @router.post("/v1/login/code")
    async def code(body: TicketCodeRequest, request: Request, response: Response) -> LoginView:
        """Finishes a login that asked for the code of an authenticator app."""
        gate.check_origin(request)
        deps.limits.logins.take(network_of(request))
        async with deps.db.tx() as tx:
            result = await api.enter_with_code(
                tx,
                sealer=sealer,
                brand=gate.brand(request),
                ticket=body.ticket,
                totp=body.totp,
                client=client_of(request),
            )
        return await enter(deps, request, response, granted(result), with_token=body.token)

    @router.post("/v1/register/open")
    async def open_account(body: OpenRequest, request: Request, response: Response) -> LoginView:
        """Opens an account with a proven way in: with the address that its provider proved, or
        without any where the brand allows that. A guest's session becomes the account."""
        guest = await gate.visitor(request)
        deps.limits.newcomers.take(network_of(request))
        async with deps.db.tx() as tx:
            logged_in = await api.open_with_ticket(
                tx,
                sealer=sealer,
                brand=gate.brand(request),
                ticket=body.ticket,
                username=body.username,
                birth_date=body.birth_date,
                terms_version=body.terms_version,
                language=body.language,
                client=client_of(request),
                guest=guest,
                referral=body.referral,
            )
            await deps.welcome(tx, logged_in.player)
        return await enter(deps, request, response, logged_in, with_token=body.token)

    return router


async def ways_view(deps: IdentityDeps, session: Session, ways: WaysIn) -> WaysView:
    """The list, after a change that may hold withdrawals."""
    deps.sessions.drop_player(session.player_id)
    async with deps.db.read() as tx:
        held = await api.hold_of(tx, player_id=session.player_id)
    return WaysView(
        password=ways.has_password,
        credentials=[
            WayView(
                id=to_wire(CREDENTIAL_PREFIX, one.id),
                kind=one.kind,
                provider=one.provider,
                label=one.label,
                created_at=one.created_at,
                last_used_at=one.last_used_at,
                backed_up=one.is_backed_up,
            )
            for one in ways.credentials
        ],
        withdrawals_held_until=held,
    )


def _credential_id(text: str) -> CredentialId:
    return CredentialId(from_wire(CREDENTIAL_PREFIX, text, param="id"))


def _own(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    sealer = deps.sealer
    registered = Depends(deps.gate.registered)

    @router.get("/v1/ways")
    async def ways(session: Annotated[Session, registered]) -> WaysView:
        """Everything that opens the account."""
        async with deps.db.read() as tx:
            found = await api.ways_in(tx, sealer=sealer, player_id=session.player_id)
        return await ways_view(deps, session, found)

    @router.patch("/v1/ways/{way_id}", status_code=204)
    async def rename(
        way_id: str, body: LabelRequest, session: Annotated[Session, registered]
    ) -> None:
        """Calls a way in by another name."""
        async with deps.db.tx() as tx:
            await api.rename_way(
                tx,
                sealer=sealer,
                session=session,
                credential_id=_credential_id(way_id),
                label=body.label,
            )

    @router.delete("/v1/ways/password")
    async def remove_password(session: Annotated[Session, registered]) -> WaysView:
        """Logs in without a password from now on. Needs a fresh step-up."""
        async with deps.db.tx() as tx:
            found = await api.remove_password(tx, sealer=sealer, session=session)
        return await ways_view(deps, session, found)

    @router.post("/v1/ways/password")
    async def add_password(
        body: FirstPasswordRequest, session: Annotated[Session, registered]
    ) -> WaysView:
        """A first password, for an account with an e-mail address. Needs a fresh step-up."""
        deps.limits.proofs.take(str(session.player_id), param="password")
        async with deps.db.read() as tx:
            known = await api.known_words(tx, sealer=sealer, player_id=session.player_id)
        hashed = await deps.passwords.hash(body.password, known=known)
        async with deps.db.tx() as tx:
            found = await api.add_password(tx, sealer=sealer, session=session, password=hashed)
        return await ways_view(deps, session, found)

    @router.delete("/v1/ways/{way_id}")
    async def remove(way_id: str, session: Annotated[Session, registered]) -> WaysView:
        """Takes a way in away, unless it is the last. Needs a fresh step-up."""
        async with deps.db.tx() as tx:
            found = await api.remove_way(
                tx, sealer=sealer, session=session, credential_id=_credential_id(way_id)
            )
        return await ways_view(deps, session, found)

    return router
