"""Beginning and ending sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fairhouse.brands import api as brands
from fairhouse.brands.types import SessionRules
from fairhouse.identity.engine.personal import person_key
from fairhouse.identity.events import SessionRevoked, SessionStarted
from fairhouse.identity.records import Account
from fairhouse.identity.rules import SESSION_LIFE, STEP_UP_LIFE, device_summary
from fairhouse.identity.store import sessions
from fairhouse.identity.types import (
    Client,
    LoggedIn,
    Player,
    PlayerKind,
    RevokeReason,
    Session,
    SessionId,
)
from fairhouse.messages import api as messages
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
    rules = _session_rules(player)
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
        expires_at=tx.now + min(SESSION_LIFE, timedelta(days=rules.full_login_days)),
        step_up_until=tx.now + STEP_UP_LIFE if beginning.is_proven else None,
        previous_login_at=beginning.previous_login_at,
        idle_s=None if player.kind is PlayerKind.GUEST else rules.idle_minutes * 60,
        is_closed=player.closed_at is not None,
    )
    key = await person_key(tx, sealer, player.id)
    sealed_ip = key.seal(client.ip.encode(), context=ip_context(session.id)) if key else None
    origin = sessions.Origin(
        summary=device_summary(client.user_agent),
        sealed_ip=sealed_ip,
        device_hash=device_hash(client),
        signals_hash=signals_hash(sealer, client),
    )
    await sessions.insert(tx, session, token_hash=token_hash(token), origin=origin)
    device, signals = origin.device_hash, origin.signals_hash
    await announce(
        tx,
        SessionStarted(
            player.brand_id,
            player.id,
            session.id,
            device=device.hex() if device else None,
            signals=signals.hex() if signals else None,
        ),
    )
    return LoggedIn(session=session, player=player, token=token)


def _session_rules(player: Player) -> SessionRules:
    return brands.brand(player.brand_id).jurisdiction.session


def device_hash(client: Client) -> bytes | None:
    """The browser's own cookie, as it is stored and told."""
    return token_hash(client.device) if client.device else None


def signals_hash(sealer: Sealer, client: Client) -> bytes | None:
    """A coarse likeness: many devices share one. It links nothing by itself."""
    if not client.signals:
        return None
    text = f"{device_summary(client.user_agent)}\n{client.signals}"
    return sealer.blind_index(text, purpose="identity.signals")


async def make_room(tx: Tx, account: Account) -> None:
    """Where one session is allowed, a login ends the others, and their devices are told."""
    if not _session_rules(account.player).one_session:
        return
    player = account.player
    if await end_sessions(tx, account, but=None, reason=RevokeReason.REPLACED):
        await messages.notify(
            tx,
            brand_id=player.brand_id,
            player_id=player.id,
            kind="session_replaced",
            fields={},
        )


async def end_sessions(
    tx: Tx, account: Account, *, but: SessionId | None, reason: RevokeReason
) -> int:
    """End all of a player's sessions, or all others; caches hear of it by event.

    Returns how many ended.
    """
    player = account.player
    ended = await sessions.revoke_all(tx, player_id=player.id, but=but, reason=reason)
    for session_id in ended:
        await announce(tx, SessionRevoked(player.brand_id, player.id, session_id, reason))
    return len(ended)
