"""Legal holds: one person places them, two lift them, for then something may be erased."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from fairhouse.approvals import api as approvals
from fairhouse.approvals.types import Wish
from fairhouse.audit import api as audit
from fairhouse.audit.types import HOLD_PREFIX, Facts, Hold
from fairhouse.backoffice import rules
from fairhouse.backoffice.types import Action, Actor, NothingThere
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, STAFF_PREFIX, Player, PlayerId
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.platform.database import Tx

KIND: Final = "legal.lift"


async def legal_holds(tx: Tx, *, player_id: PlayerId) -> Sequence[Hold]:
    """Those in force about a player."""
    return await audit.holds(tx, subjects=[to_wire(PLAYER_PREFIX, player_id)])


async def place_legal_hold(tx: Tx, *, actor: Actor, player_id: PlayerId, reason: str) -> Hold:
    """Nothing about this player is erased from now on.

    Refuses with Forbidden, OutOfScope, ReasonNeeded and NotFound.
    """
    player = await _player(tx, actor, player_id, Action.LEGAL_HOLD)
    return await audit.place_hold(
        tx,
        subject=to_wire(PLAYER_PREFIX, player.id),
        brand_id=player.brand_id,
        actor=to_wire(STAFF_PREFIX, actor.staff.id),
        reason=rules.clean_reason(reason),
    )


async def wish_lift(
    tx: Tx, *, actor: Actor, player_id: PlayerId, hold_id: UUID, reason: str
) -> Wish:
    """Wish that a hold ends; another must approve it.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, NotFound, NothingThere and WishWaits.
    """
    player = await _player(tx, actor, player_id, Action.LEGAL_HOLD)
    given = rules.clean_reason(reason)
    if hold_id not in {one.id for one in await legal_holds(tx, player_id=player.id)}:
        raise NothingThere("There is no such hold.", param="hold_id")
    return await approvals.propose(
        tx,
        kind=KIND,
        brand_id=player.brand_id,
        subject=to_wire(HOLD_PREFIX, hold_id),
        before={"held": True},
        after={"held": False, "player": to_wire(PLAYER_PREFIX, player.id)},
        staff_id=actor.staff.id,
        reason=given,
    )


async def current(tx: Tx, *, wish: Wish) -> Facts:
    """Whether it is held still."""
    found = await audit.holds(tx, subjects=[str(wish.after["player"])])
    held = {to_wire(HOLD_PREFIX, one.id) for one in found}
    return {"held": wish.subject in held}


async def apply(tx: Tx, *, wish: Wish) -> None:
    """Lift it."""
    assert wish.decided_by is not None
    await audit.lift_hold(
        tx,
        hold_id=from_wire(HOLD_PREFIX, wish.subject),
        actor=to_wire(STAFF_PREFIX, wish.decided_by),
        reason=wish.reason,
    )


async def _player(tx: Tx, actor: Actor, player_id: PlayerId, action: Action) -> Player:
    rules.check_may(actor, action)
    found = await identity.player(tx, player_id=player_id)
    rules.check_brand(actor, found.brand_id)
    return found
