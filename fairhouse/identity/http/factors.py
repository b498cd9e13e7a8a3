"""The second factor and the fresh proof."""

import io
from typing import Annotated

import segno
from fastapi import APIRouter, Body, Depends, Request

from fairhouse.identity import api
from fairhouse.identity.http.deps import IdentityDeps, granted, own_proof
from fairhouse.identity.http.security import hold_view
from fairhouse.identity.http.wire import (
    CodeRequest,
    EnrolmentView,
    HoldView,
    RecoveryView,
    StepUpRequest,
    StepUpView,
)
from fairhouse.identity.types import Session


def routes(deps: IdentityDeps) -> APIRouter:
    """`/v1/totp` and `/v1/step-up`."""
    router = APIRouter()
    router.include_router(_totp(deps))
    router.include_router(_step_up(deps))
    return router


def _totp(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    gate, sealer = deps.gate, deps.sealer
    registered = Depends(gate.registered)

    @router.post("/v1/totp/enrol")
    async def enrol(request: Request, session: Annotated[Session, registered]) -> EnrolmentView:
        """A secret for the authenticator app; needs a fresh proof (`step_up_required`)."""
        async with deps.db.tx() as tx:
            enrolment = await api.enrol_totp(
                tx, sealer=sealer, brand=gate.brand(request), session=session
            )
        return EnrolmentView(
            secret=enrolment.secret, uri=enrolment.uri, qr_svg=_qr_svg(enrolment.uri)
        )

    @router.post("/v1/totp/confirm")
    async def confirm(body: CodeRequest, session: Annotated[Session, registered]) -> RecoveryView:
        """Switches the second factor on; the recovery codes are told once."""
        deps.limits.proofs.take(str(session.player_id), param="code")
        async with deps.db.tx() as tx:
            result = await api.confirm_totp(tx, sealer=sealer, session=session, code=body.code)
        codes = granted(result)
        deps.sessions.drop_player(session.player_id)
        return await _recovery_view(deps, session, list(codes))

    @router.delete("/v1/totp")
    async def disable(
        body: Annotated[CodeRequest, Body()], session: Annotated[Session, registered]
    ) -> HoldView:
        """Switches the second factor off with one of its codes."""
        deps.limits.proofs.take(str(session.player_id), param="code")
        async with deps.db.tx() as tx:
            result = await api.disable_totp(tx, sealer=sealer, session=session, code=body.code)
        granted(result)
        deps.sessions.drop_player(session.player_id)
        return await hold_view(deps, session.player_id)

    @router.post("/v1/totp/recovery-codes")
    async def renew(body: CodeRequest, session: Annotated[Session, registered]) -> RecoveryView:
        """New recovery codes in place of the old."""
        deps.limits.proofs.take(str(session.player_id), param="code")
        async with deps.db.tx() as tx:
            result = await api.renew_recovery_codes(
                tx, sealer=sealer, session=session, code=body.code
            )
        return await _recovery_view(deps, session, list(granted(result)))

    return router


async def _recovery_view(deps: IdentityDeps, session: Session, codes: list[str]) -> RecoveryView:
    held = await hold_view(deps, session.player_id)
    return RecoveryView(recovery_codes=codes, withdrawals_held_until=held.withdrawals_held_until)


def _qr_svg(text: str) -> str:
    buffer = io.BytesIO()
    segno.make(text, error="m").save(buffer, kind="svg", scale=4, xmldecl=False)
    return buffer.getvalue().decode()


def _step_up(deps: IdentityDeps) -> APIRouter:
    router = APIRouter()
    registered = Depends(deps.gate.registered)

    @router.post("/v1/step-up")
    async def step_up(body: StepUpRequest, session: Annotated[Session, registered]) -> StepUpView:
        """Proves it again, for five minutes: by code with a second factor, else by password."""
        if body.password is not None:
            proof = await own_proof(deps, session, body.password)
        else:
            deps.limits.proofs.take(str(session.player_id), param="code")
            proof = None
        async with deps.db.tx() as tx:
            result = await api.step_up(
                tx, sealer=deps.sealer, session=session, code=body.code, proof=proof
            )
        until = granted(result)
        deps.sessions.drop_session(session.id, session.player_id)
        return StepUpView(step_up_until=until)

    return router
