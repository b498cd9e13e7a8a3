"""Wish for a change, approve another's wish, see what waits."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from fairhouse.approvals import rules, store
from fairhouse.approvals.types import WISH_PREFIX, UnknownWish, Wish, WishDecided, WishWaits
from fairhouse.audit import api as audit
from fairhouse.audit.types import Facts
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Tx

WISHES_MAX: Final = 200
STAFF_PREFIX: Final = "stf"


async def propose(
    tx: Tx,
    *,
    kind: str,
    brand_id: int | None,
    subject: str,
    before: Facts,
    after: Facts,
    staff_id: UUID,
    reason: str,
) -> Wish:
    """Wish for a change; nothing changes before somebody else has approved it.

    At most one wish per kind, brand and subject waits at a time. Stands in the audit log as
    `<kind>.propose`. Refuses with WishWaits.
    """
    # CHECK
    await tx.lock("approvals", kind, brand_id, subject)
    if await store.waiting(tx, kind, brand_id, subject) is not None:
        raise WishWaits(
            "A wish about this waits for a second person already: decide about it first.",
            param="subject",
        )
    # RECORD
    made = Wish(
        id=tx.new_id(),
        kind=kind,
        brand_id=brand_id,
        subject=subject,
        before=audit.clean_facts(before),
        after=audit.clean_facts(after),
        wished_by=staff_id,
        reason=reason,
        at=tx.now,
        is_approved=None,
        decided_by=None,
        decided_at=None,
        decision_reason=None,
    )
    await store.add(tx, made)
    await _note_down(tx, made, "propose", staff_id, reason)
    return made


async def decide(
    tx: Tx,
    *,
    wish_id: UUID,
    staff_id: UUID,
    is_approved: bool,
    reason: str,
    current: Facts | None,
) -> Wish:
    """Approve what somebody else wished, or reject it; one's own wish can only be taken back.

    The caller makes the change in the same transaction when it is approved. `current` is what holds
    now, in the words of `Wish.before`: an approval of something outdated is refused; None where
    nothing can have changed meanwhile. Stands in the audit log as `<kind>.approve` or
    `<kind>.reject`. Refuses with UnknownWish, WishDecided, SecondPersonNeeded and WishOutdated.
    """
    # CHECK
    found = await wish(tx, wish_id=wish_id)
    await tx.lock("approvals", found.kind, found.brand_id, found.subject)
    found = await wish(tx, wish_id=wish_id)
    rules.check_open(found)
    if is_approved:
        now = None if current is None else audit.clean_facts(current)
        rules.check_approval(found, staff_id=staff_id, current=now)
    # RECORD
    if not await store.decide(
        tx, wish_id, is_approved=is_approved, staff_id=staff_id, reason=reason
    ):
        raise WishDecided("Somebody has decided about this wish already.", param="wish_id")
    await _note_down(tx, found, "approve" if is_approved else "reject", staff_id, reason)
    return await wish(tx, wish_id=wish_id)


async def wish(tx: Tx, *, wish_id: UUID) -> Wish:
    """One wish with what became of it. Refuses with UnknownWish."""
    found = await store.wish(tx, wish_id)
    if found is None:
        raise UnknownWish("There is no such wish.", param="wish_id")
    return found


async def waiting(tx: Tx, *, kind: str, brand_id: int | None, subject: str) -> Wish | None:
    """The wish about a thing that waits, if there is one."""
    return await store.waiting(tx, kind, brand_id, subject)


async def wishes(
    tx: Tx,
    *,
    brand_ids: Sequence[int],
    is_open: bool = True,
    with_house: bool = True,
    kinds: Sequence[str] | None = None,
    subject: str | None = None,
    limit: int = WISHES_MAX,
) -> list[Wish]:
    """The newest first: those that wait for a second person, or those that were decided."""
    return await store.wishes(
        tx,
        brand_ids=brand_ids,
        with_house=with_house,
        kinds=kinds,
        subject=subject,
        is_open=is_open,
        limit=min(limit, WISHES_MAX),
    )


async def _note_down(tx: Tx, made: Wish, deed: str, staff_id: UUID, reason: str) -> None:
    await audit.record(
        tx,
        stream=audit.stream_of(made.brand_id),
        actor=to_wire(STAFF_PREFIX, staff_id),
        deed=f"{made.kind}.{deed}",
        subject=made.subject,
        reason=reason,
        before=made.before,
        after=made.after,
        details={"wish": to_wire(WISH_PREFIX, made.id)},
    )
