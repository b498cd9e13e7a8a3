"""Voiding open rounds: one person wishes, another approves, both stand in the log."""

from uuid import UUID

from fairhouse.backoffice import rules
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import Action, Actor
from fairhouse.betting import api as betting
from fairhouse.games import api as games
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Tx


async def propose_void(tx: Tx, *, actor: Actor, bet_id: UUID, reason: str) -> None:
    """Wish that a round is undone. Refuses with Forbidden, OutOfScope, ReasonNeeded, and as
    `games.propose_void`."""
    # CHECK
    given = await _allowed(tx, actor, Action.PROPOSE_VOID, bet_id, reason)
    # RECORD
    made = await games.propose_void(tx, bet_id=bet_id, staff_id=actor.staff.id, reason=given)
    await _note_down(tx, actor, Action.PROPOSE_VOID, made.brand_id, bet_id, given)


async def decide_void(
    tx: Tx, *, actor: Actor, bet_id: UUID, is_approved: bool, reason: str
) -> None:
    """Approve somebody else's wish, or reject it. Refuses with Forbidden, OutOfScope,
    ReasonNeeded, and as `games.decide_void`."""
    # CHECK
    action = Action.APPROVE_VOID if is_approved else Action.REJECT_VOID
    given = await _allowed(tx, actor, action, bet_id, reason)
    # RECORD
    made = await games.decide_void(
        tx, bet_id=bet_id, staff_id=actor.staff.id, reason=given, is_approved=is_approved
    )
    await _note_down(tx, actor, action, made.brand_id, bet_id, given)


async def _allowed(tx: Tx, actor: Actor, action: Action, bet_id: UUID, reason: str) -> str:
    rules.check_may(actor, action)
    found = await betting.bet(tx, bet_id=bet_id, player_id=None)
    rules.check_brand(actor, found.brand_id)
    return rules.clean_reason(reason)


async def _note_down(
    tx: Tx, actor: Actor, action: Action, brand_id: int, bet_id: UUID, reason: str
) -> None:
    await record(
        tx,
        actor=actor,
        action=action,
        brand_id=brand_id,
        subject=to_wire("bet", bet_id),
        reason=reason,
    )
