"""Beginning and ending sessions."""

from dataclasses import dataclass
from datetime import datetime

from fairhouse.identity.engine.personal import person_key
from fairhouse.identity.events import SessionRevoked, SessionStarted
from fairhouse.identity.records import Account
from fairhouse.identity.rules import SESSION_LIFE, STEP_UP_LIFE, device_summary
from fairhouse.identity.store import sessions
from fairhouse.identity.types import (
    Client,
    LoggedIn,
    Player,
    RevokeReason,
    Session,
    SessionId,
)
from fairhouse.platform.crypto import Sealer, new_token, token_hash
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a session begins."""

    is_proven: bool
    """By credentials just now: counts as a fresh step-up. A guest proved nothing."""
    previous_login_at: datetime | None = None


def ip_context(session_id: SessionId) -> str:
    return f"identity.session:{session_id}"


async def begin_session(
    tx: Tx, sealer: Sealer, player: Player, client: Client, beginning: Beginning
) -> LoggedIn:
    """A new session with a new token: one from before a login never survives it."""
    token = new_token()
    session = Session(
        id=SessionId(tx.new_id()),
        player_id=player.id,
        brand_id=player.brand_id,
        kind=player.kind,
        lane=player.lane,
        language=player.language,
        terms_version=player.terms_version,
        created_at=tx.now,
        last_seen_at=tx.now,
        expires_at=tx.now + SESSION_LIFE,
        step_up_until=tx.now + STEP_UP_LIFE if beginning.is_proven else None,
        previous_login_at=beginning.previous_login_at,
    )
    key = await person_key(tx, sealer, player.id)
    sealed_ip = key.seal(client.ip.encode(), context=ip_context(session.id)) if key else None
    await sessions.insert(
        tx,
        session,
        token_hash=token_hash(token),
        device=device_summary(client.user_agent),
        sealed_ip=sealed_ip,
    )
    await announce(tx, SessionStarted(player.brand_id, player.id, session.id))
    return LoggedIn(session=session, player=player, token=token)


async def end_sessions(
    tx: Tx, account: Account, *, but: SessionId | None, reason: RevokeReason
) -> None:
    """End all of a player's sessions, or all others; caches hear of it by event."""
    player = account.player
    ended = await sessions.revoke_all(tx, player_id=player.id, but=but, reason=reason)
    for session_id in ended:
        await announce(tx, SessionRevoked(player.brand_id, player.id, session_id, reason))
