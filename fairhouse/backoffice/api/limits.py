"""House limits: one person wishes, another approves, both stand in the log."""

from uuid import UUID

from fairhouse.audit.types import Facts
from fairhouse.backoffice import rules
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import Action, Actor
from fairhouse.betting import api as betting
from fairhouse.betting.types import LIMIT_CHANGE_PREFIX, HouseLimit, LimitChange
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Tx


async def propose_limit(tx: Tx, *, actor: Actor, wished: HouseLimit, reason: str) -> LimitChange:
    """Wish for another limit of a game; a second person must approve it.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, HouseLimitOutOfRange and HouseLimitPending.
    """
    # CHECK
    rules.check_may(actor, Action.PROPOSE_LIMIT)
    rules.check_brand(actor, wished.brand_id)
    given = rules.clean_reason(reason)
    before = await _now(tx, wished)
    # RECORD
    made = await betting.propose_house_limit(
        tx, wished=wished, staff_id=actor.staff.id, reason=given
    )
    await _note_down(tx, actor, Action.PROPOSE_LIMIT, made, given, before)
    return made


async def decide_limit(
    tx: Tx, *, actor: Actor, change_id: UUID, is_approved: bool, reason: str
) -> LimitChange:
    """Approve somebody else's wish, or reject it; one's own is taken back in the same way.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, UnknownHouseLimitChange, HouseLimitDecided,
    SecondPersonNeeded, HouseLimitChanged and HouseLimitOutOfRange.
    """
    # CHECK
    action = Action.APPROVE_LIMIT if is_approved else Action.REJECT_LIMIT
    rules.check_may(actor, action)
    found = await betting.limit_change(tx, change_id=change_id)
    rules.check_brand(actor, found.limit.brand_id)
    given = rules.clean_reason(reason)
    before = await _now(tx, found.limit)
    # RECORD
    decided = await betting.decide_house_limit(
        tx, change_id=change_id, is_approved=is_approved, staff_id=actor.staff.id, reason=given
    )
    await _note_down(tx, actor, action, decided, given, before)
    return decided


async def _now(tx: Tx, wished: HouseLimit) -> Facts:
    """What staff have set of the same game and currency."""
    key = (wished.game, wished.currency)
    found = await betting.house_limits(tx, brand_id=wished.brand_id)
    return _facts(next((one for one in found if (one.game, one.currency) == key), None))


def _facts(limit: HouseLimit | None) -> Facts:
    return {
        "stake_min": limit.stake_min if limit else None,
        "stake_max": limit.stake_max if limit else None,
        "profit_share_bp": limit.profit_share_bp if limit else None,
    }


async def _note_down(
    tx: Tx, actor: Actor, action: Action, change: LimitChange, reason: str, before: Facts
) -> None:
    limit = change.limit
    await record(
        tx,
        actor=actor,
        action=action,
        brand_id=limit.brand_id,
        subject=f"limit:{limit.game}:{limit.currency}",
        reason=reason,
        details={
            "change": to_wire(LIMIT_CHANGE_PREFIX, change.id),
            "before": before,
            "after": _facts(limit),
        },
    )
