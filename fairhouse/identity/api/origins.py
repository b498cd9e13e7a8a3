"""Where a session came from, for those who look for what does not fit."""

from uuid import UUID

from fairhouse.identity.engine.personal import person_key
from fairhouse.identity.engine.sessions import ip_context
from fairhouse.identity.rules import short_ip
from fairhouse.identity.store import sessions
from fairhouse.identity.types import Origin, SessionId
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx


async def session_origin(tx: Tx, *, sealer: Sealer, session_id: UUID) -> Origin | None:
    """None when the session is forgotten or its person's key is deleted."""
    found = await sessions.origin(tx, SessionId(session_id))
    if found is None:
        return None
    player_id, device, sealed = found
    key = await person_key(tx, sealer, player_id)
    if key is None or sealed is None:
        return None
    ip = key.open(sealed, context=ip_context(SessionId(session_id))).decode()
    return Origin(ip=ip, network=short_ip(ip), device=device)
