"""The audit log at the staff's desk: their deeds go in, and who may reads it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fairhouse.audit import api as audit
from fairhouse.audit.types import AuditEntry, Facts, Verdict
from fairhouse.backoffice import rules
from fairhouse.backoffice.types import Action, Actor
from fairhouse.identity.types import STAFF_PREFIX
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Tx


async def record(
    tx: Tx,
    *,
    actor: Actor,
    action: Action,
    brand_id: int | None,
    subject: str,
    reason: str,
    details: Facts | None = None,
) -> None:
    """Write down what a member of staff does, in the transaction that does it.

    `subject` and `details` refer, they never hold personal data.
    """
    await audit.record(
        tx,
        stream=audit.stream_of(brand_id),
        actor=to_wire(STAFF_PREFIX, actor.staff.id),
        deed=action,
        subject=subject,
        reason=reason,
        details=details,
    )


async def audit_entries(
    tx: Tx,
    *,
    actor: Actor,
    before: tuple[datetime, str, int] | None = None,
    filters: Mapping[str, str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
) -> Sequence[AuditEntry]:
    """The newest first, of the house and the actor's brands. Refuses with Forbidden."""
    rules.check_may(actor, Action.READ_AUDIT)
    return await audit.entries(
        tx,
        streams=audit.streams_of(actor.brands),
        before=before,
        filters=filters,
        since=since,
        until=until,
        limit=limit,
    )


async def note_verification(tx: Tx, *, actor: Actor, verdict: Verdict) -> None:
    """Write down that somebody verified the log, and what they were shown."""
    await record(
        tx,
        actor=actor,
        action=Action.VERIFY_AUDIT,
        brand_id=None,
        subject="audit",
        reason="verified from the page of the log",
        details={
            "entries": verdict.entries,
            "breaks": " ".join(f"{one.stream}#{one.seq}" for one in verdict.breaks),
        },
    )
