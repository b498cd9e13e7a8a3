"""Passwords, e-mail addresses and devices of an account."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from fairhouse.identity import api
from fairhouse.identity.http.deps import IdentityDeps, granted, network_of, own_proof
from fairhouse.identity.http.wire import (
    CodeRequest,
    DevicesView,
    DeviceView,
    EmailRequest,
    ForgotRequest,
    HoldView,
    PasswordRequest,
    ResetRequest,
)
from fairhouse.identity.types import SESSION_PREFIX, PlayerId, Session, SessionId
from fairhouse.kernel.ids import from_wire, to_wire

_FORGOT_ANSWER_S: Final = 0.25
"""Longer than the work for a known address, so that the answer's time tells nothing."""


def routes(deps: IdentityDeps) -> APIRouter:
    """Passwords, e-mail, devices."""
    router = APIRouter()
    router.include_router(_passwords(deps))
    router.include_router(_email(deps))
    router.include_router(_devices(deps))
    return router


async def hold_view(deps: IdentityDeps, player_id: PlayerId) -> HoldView:
    """Until when withdrawals are held."""
    async with deps.db.read() as tx:
        return HoldView(withdrawals_held_until=await api.hold_of(tx, player_id=player_id))


def _passwords(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate, sealer = deps.gate, deps.sealer
    registered = Depends(gate.registered)

    @router.post("/v1/password/forgot", status_code=202)
    async def forgot(body: ForgotRequest, request: Request) -> None:
        """Mails a link if the address has an account; says nothing either way."""
        gate.check_origin(request)
        deps.limits.newcomers.take(network_of(request))

        async def work() -> None:
            async with deps.db.tx() as tx:
                await api.request_password_reset(
                    tx, sealer=sealer, brand=gate.brand(request), email=body.email
                )

        await asyncio.gather(work(), asyncio.sleep(_FORGOT_ANSWER_S))

    @router.post("/v1/password/reset", status_code=204)
    async def reset(body: ResetRequest, request: Request, response: Response) -> None:
        """Sets a new password with the token of the mail; every session ends."""
        gate.check_origin(request)
        deps.limits.logins.take(network_of(request))
        brand = gate.brand(request)
        async with deps.db.read() as tx:
            known = await api.reset_known_words(tx, sealer=sealer, brand=brand, code=body.code)
        hashed = await deps.passwords.hash(body.password, known=known)
        async with deps.db.tx() as tx:
            result = await api.reset_password(
                tx,
                sealer=sealer,
                brand=brand,
                code=body.code,
                password=hashed,
                totp=body.totp,
            )
        deps.sessions.drop_player(granted(result))
        gate.clear_cookie(response)

    @router.post("/v1/password")
    async def change(body: PasswordRequest, session: Annotated[Session, registered]) -> HoldView:
        """Replaces the password; other sessions end, withdrawals are held for 24 hours."""
        proof = await own_proof(deps, session, body.current)
        async with deps.db.read() as tx:
            known = await api.known_words(tx, sealer=sealer, player_id=session.player_id)
        hashed = await deps.passwords.hash(body.password, known=known)
        async with deps.db.tx() as tx:
            result = await api.change_password(
                tx, sealer=sealer, session=session, proof=proof, password=hashed
            )
        granted(result)
        deps.sessions.drop_player(session.player_id)
        return await hold_view(deps, session.player_id)

    return router


def _email(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    sealer = deps.sealer
    registered = Depends(deps.gate.registered)

    @router.post("/v1/email/change", status_code=202)
    async def request_change(body: EmailRequest, session: Annotated[Session, registered]) -> None:
        """Mails a code to the new address and a warning to the old one."""
        proof = await own_proof(deps, session, body.password) if body.password else None
        async with deps.db.tx() as tx:
            result = await api.request_email_change(
                tx, sealer=sealer, session=session, proof=proof, email=body.email
            )
        granted(result)

    @router.post("/v1/email/change/confirm")
    async def confirm_change(
        body: CodeRequest, session: Annotated[Session, registered]
    ) -> HoldView:
        """Uses the new address from now on; withdrawals are held for 24 hours."""
        deps.limits.proofs.take(str(session.player_id), param="code")
        async with deps.db.tx() as tx:
            result = await api.confirm_email_change(
                tx, sealer=sealer, session=session, code=body.code
            )
        granted(result)
        deps.sessions.drop_player(session.player_id)
        return await hold_view(deps, session.player_id)

    return router


def _devices(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    registered = Depends(deps.gate.registered)

    @router.get("/v1/sessions")
    async def sessions(session: Annotated[Session, registered]) -> DevicesView:
        """The devices that are logged in, the last used first."""
        async with deps.db.read() as tx:
            devices = await api.sessions_of(tx, sealer=deps.sealer, player_id=session.player_id)
        return DevicesView(
            sessions=[
                DeviceView(
                    id=to_wire(SESSION_PREFIX, device.session_id),
                    device=device.summary,
                    network=device.ip,
                    created_at=device.created_at,
                    last_seen_at=device.last_seen_at,
                    current=device.session_id == session.id,
                )
                for device in devices
            ]
        )

    @router.delete("/v1/sessions/{session_id}", status_code=204)
    async def revoke(session_id: str, session: Annotated[Session, registered]) -> None:
        """Ends one of one's own sessions."""
        ended = SessionId(from_wire(SESSION_PREFIX, session_id))
        async with deps.db.tx() as tx:
            await api.revoke_session(tx, session=session, session_id=ended)
        deps.sessions.drop_session(ended, session.player_id)

    return router
