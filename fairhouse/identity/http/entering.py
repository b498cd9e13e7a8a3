"""The answer to a beginning session, and who is logged in."""

from fastapi import Request, Response

from fairhouse.identity import api
from fairhouse.identity.http.deps import IdentityDeps, granted, keep_device
from fairhouse.identity.http.wire import EntranceView, LoginView, PlayerView, SessionView
from fairhouse.identity.types import (
    PLAYER_PREFIX,
    SESSION_PREFIX,
    BrandTerms,
    Denied,
    LoggedIn,
    Session,
    Ticket,
)
from fairhouse.kernel.ids import to_wire
from fairhouse.messages import api as messages
from fairhouse.platform.database import Tx


async def entrance(
    deps: IdentityDeps,
    request: Request,
    response: Response,
    result: LoggedIn | Ticket | Denied,
    *,
    with_token: bool,
) -> EntranceView:
    """What a proven way in led to."""
    found = granted(result)
    if isinstance(found, LoggedIn):
        session = await enter(deps, request, response, found, with_token=with_token)
        return EntranceView(session=session, next="in")
    return EntranceView(
        next=found.purpose,
        ticket=found.token,
        ticket_expires_at=found.expires_at,
        email=found.email,
    )


async def enter(
    deps: IdentityDeps,
    request: Request,
    response: Response,
    logged_in: LoggedIn,
    *,
    with_token: bool,
) -> LoginView:
    """The answer to a beginning session: a cookie for browsers, a token for programs."""
    deps.sessions.drop_player(logged_in.player.id)
    async with deps.db.read() as tx:
        view = await session_view(deps, tx, deps.gate.brand(request), logged_in.session)
    if with_token:
        return LoginView(**dict(view), token=logged_in.token)
    deps.gate.set_cookie(response, logged_in.token)
    keep_device(request, response)
    csrf = deps.gate.csrf_token(logged_in.token)
    return LoginView(**dict(view)).model_copy(update={"csrf_token": csrf})


async def session_view(
    deps: IdentityDeps, tx: Tx, brand: BrandTerms, session: Session
) -> SessionView:
    found = await api.player(tx, player_id=session.player_id)
    data = await api.personal_data(tx, sealer=deps.sealer, player_id=session.player_id)
    return SessionView(
        player=PlayerView(
            id=to_wire(PLAYER_PREFIX, found.id),
            kind=found.kind,
            username=found.username,
            email=data.email if data else None,
            language=found.language,
            terms_version=found.terms_version,
            terms_current=data is None or found.terms_version == brand.terms_version,
            totp_enabled=found.totp_enabled,
            withdrawals_held_until=await api.hold_of(tx, player_id=found.id),
            created_at=found.created_at,
            closed_at=found.closed_at,
        ),
        session_id=to_wire(SESSION_PREFIX, session.id),
        balances=list(await deps.balances(tx, session)),
        step_up_until=session.step_up_until,
        last_login_at=session.previous_login_at,
        expires_at=session.expires_at,
        unread=await messages.unread_count(tx, player_id=session.player_id),
    )
