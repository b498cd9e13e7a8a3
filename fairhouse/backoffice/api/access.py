"""One's own access: passkeys, and broken glass; each a line in the log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from fairhouse.audit import api as audit
from fairhouse.audit.types import Significant
from fairhouse.backoffice import rules
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.api.staff import scope_of
from fairhouse.backoffice.types import Action, Actor
from fairhouse.identity import api as identity
from fairhouse.identity.api import Site
from fairhouse.identity.types import STAFF_PREFIX, Client, StaffLoggedIn
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx

_log = structlog.get_logger("backoffice")
_BY_SELF = "one's own access"


async def _write(tx: Tx, actor: Actor, action: Action, reason: str, **details: str) -> None:
    await record(
        tx,
        actor=actor,
        action=action,
        brand_id=None,
        subject=to_wire(STAFF_PREFIX, actor.staff.id),
        reason=reason,
        details=details,
    )


async def log_in_by_passkey(
    db: Database,
    *,
    sealer: Sealer,
    site: Site,
    challenge: str,
    credential: Mapping[str, Any],
    client: Client,
) -> StaffLoggedIn:
    """A staff session, and its line in the log. Refuses with AssertionRefused and
    BadCredentials."""
    granted = await identity.log_in_staff_by_passkey(
        db, sealer=sealer, site=site, challenge=challenge, credential=credential, client=client
    )
    async with db.tx() as tx:
        actor = Actor(granted.session, await scope_of(tx, staff_id=granted.session.staff.id))
        session = to_wire("ses", granted.session.id)
        await _write(tx, actor, Action.LOG_IN, "passkey", session=session)
    return granted


async def add_passkey(
    db: Database,
    *,
    sealer: Sealer,
    site: Site,
    actor: Actor,
    challenge: str,
    credential: Mapping[str, Any],
    label: str,
) -> None:
    """A new passkey of one's own. Refuses with AssertionRefused, CredentialTaken and Malformed."""
    rules.check_may(actor, Action.ADD_PASSKEY)
    await identity.add_staff_passkey(
        db,
        sealer=sealer,
        site=site,
        session=actor.session,
        challenge=challenge,
        credential=credential,
        label=label,
    )
    async with db.tx() as tx:
        await _write(tx, actor, Action.ADD_PASSKEY, _BY_SELF)


async def remove_passkey(tx: Tx, *, actor: Actor, passkey_id: UUID) -> None:
    """Refuses with NotFound."""
    rules.check_may(actor, Action.REMOVE_PASSKEY)
    await identity.remove_staff_passkey(tx, session=actor.session, passkey_id=passkey_id)
    await _write(tx, actor, Action.REMOVE_PASSKEY, _BY_SELF)


async def break_glass(tx: Tx, *, actor: Actor, reason: str) -> datetime:
    """Every role for half an hour, with an alarm that nobody can take back.

    What needs a second person still does, and brands that one may not see stay hidden. Refuses
    with Forbidden, StepUpRequired and Malformed (reason).
    """
    # CHECK
    rules.check_may(actor, Action.BREAK_GLASS)
    # RECORD
    until = await identity.break_glass(tx, session=actor.session, reason=reason)
    staff = to_wire(STAFF_PREFIX, actor.staff.id)
    await _write(tx, actor, Action.BREAK_GLASS, reason, until=until.isoformat())
    # ANNOUNCE
    await audit.significant(
        tx,
        kind=Significant.GLASS_BROKEN,
        brand_id=None,
        actor=staff,
        subject=staff,
        reason=reason,
        details={"until": until.isoformat()},
    )
    _log.critical("the glass is broken", staff=staff, until=until.isoformat())
    return until
