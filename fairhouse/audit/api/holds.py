"""Legal holds: whatever retention says, what is held is kept."""

from collections.abc import Collection, Sequence
from uuid import UUID

from fairhouse.audit import store
from fairhouse.audit.api.log import record
from fairhouse.audit.rules import stream_of
from fairhouse.audit.types import Hold, UnknownHold
from fairhouse.platform.database import Tx


async def place_hold(tx: Tx, *, subject: str, brand_id: int, actor: str, reason: str) -> Hold:
    """Keep everything about a subject (a wire id) until it is lifted; several may stand."""
    made = Hold(
        id=tx.new_id(),
        subject=subject,
        brand_id=brand_id,
        reason=reason,
        placed_by=actor,
        at=tx.now,
    )
    await store.add_hold(tx, made)
    await record(
        tx,
        stream=stream_of(brand_id),
        actor=actor,
        deed="legal.hold",
        subject=subject,
        reason=reason,
        before={"held": False},
        after={"held": True},
    )
    return made


async def lift_hold(tx: Tx, *, hold_id: UUID, actor: str, reason: str) -> Hold:
    """The reason to keep it is gone. Refuses with UnknownHold."""
    found = await store.hold(tx, hold_id)
    if found is None or not await store.lift_hold(tx, hold_id, actor, reason):
        raise UnknownHold("There is no such hold, or it was lifted.", param="hold_id")
    await record(
        tx,
        stream=stream_of(found.brand_id),
        actor=actor,
        deed="legal.lift",
        subject=found.subject,
        reason=reason,
        before={"held": True},
        after={"held": False},
    )
    return found


async def holds(tx: Tx, *, subjects: Collection[str]) -> Sequence[Hold]:
    """Those in force about any of these."""
    return await store.holds(tx, list(subjects))
