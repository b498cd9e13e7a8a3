"""What staff do about money and the running of a brand, each with its line in the log."""

from collections.abc import Mapping
from uuid import UUID

from fairhouse.backoffice import rules
from fairhouse.backoffice.api.audit import record
from fairhouse.backoffice.types import Action, Actor
from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandId
from fairhouse.cashier import api as cashier
from fairhouse.cashier.types import (
    WITHDRAWAL_PREFIX,
    CashierPolicy,
    Withdrawal,
    WithdrawalId,
)
from fairhouse.identity.types import STAFF_PREFIX
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Tx
from fairhouse.rates import api as rates

Policies = Mapping[int, CashierPolicy]


async def _withdrawal(
    tx: Tx, actor: Actor, withdrawal_id: WithdrawalId, action: Action
) -> Withdrawal:
    rules.check_may(actor, action)
    found = await cashier.any_withdrawal(tx, withdrawal_id=withdrawal_id)
    rules.check_brand(actor, found.brand_id)
    return found


async def approve_withdrawal(
    tx: Tx, *, actor: Actor, withdrawal_id: WithdrawalId, reason: str, policies: Policies
) -> Withdrawal:
    """One person's yes; a second person is needed where the check says so.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, WithdrawalNotFound, AlreadyDecided and
    SecondPersonNeeded.
    """
    before = await _withdrawal(tx, actor, withdrawal_id, Action.APPROVE_WITHDRAWAL)
    given = rules.clean_reason(reason)
    after = await cashier.approve_withdrawal(
        tx,
        withdrawal_id=withdrawal_id,
        staff=actor.staff,
        reason=given,
        policy=policies[before.brand_id],
    )
    await _decided(tx, actor, Action.APPROVE_WITHDRAWAL, before, after, given)
    return after


async def reject_withdrawal(
    tx: Tx, *, actor: Actor, withdrawal_id: WithdrawalId, reason: str, policies: Policies
) -> Withdrawal:
    """Decline; the money goes back to the player, who reads the reason.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, WithdrawalNotFound and AlreadyDecided.
    """
    before = await _withdrawal(tx, actor, withdrawal_id, Action.REJECT_WITHDRAWAL)
    given = rules.clean_reason(reason)
    after = await cashier.reject_withdrawal(
        tx,
        withdrawal_id=withdrawal_id,
        staff=actor.staff,
        reason=given,
        policy=policies[before.brand_id],
    )
    await _decided(tx, actor, Action.REJECT_WITHDRAWAL, before, after, given)
    return after


async def _decided(
    tx: Tx, actor: Actor, action: Action, before: Withdrawal, after: Withdrawal, reason: str
) -> None:
    await record(
        tx,
        actor=actor,
        action=action,
        brand_id=before.brand_id,
        subject=to_wire(WITHDRAWAL_PREFIX, before.id),
        reason=reason,
        details={"before": before.state, "after": after.state, "value": str(before.value)},
    )


async def set_pause(
    tx: Tx, *, actor: Actor, brand_id: int, switch: str, is_paused: bool, reason: str
) -> bool:
    """Stop a flow of a brand, or let it go on. False when it stood so already.

    Refuses with Forbidden, OutOfScope, ReasonNeeded, UnknownBrand and UnknownSwitch.
    """
    # CHECK
    action = Action.PAUSE if is_paused else Action.RESUME
    rules.check_may(actor, action)
    rules.check_brand(actor, brand_id)
    given = rules.clean_reason(reason)
    change = brands.pause if is_paused else brands.resume
    # RECORD
    changed = await change(
        tx,
        brand_id=BrandId(brand_id),
        switch=switch,
        reason=given,
        actor=to_wire(STAFF_PREFIX, actor.staff.id),
    )
    if changed:
        await record(
            tx,
            actor=actor,
            action=action,
            brand_id=brand_id,
            subject=switch,
            reason=given,
            details={"before": not is_paused, "after": is_paused},
        )
    return changed


async def confirm_prices(tx: Tx, *, actor: Actor, snapshot_id: UUID, reason: str) -> bool:
    """Vouch for prices that jumped. False when somebody did before.

    Refuses with Forbidden, ReasonNeeded and UnknownSnapshot.
    """
    rules.check_may(actor, Action.CONFIRM_PRICES)
    given = rules.clean_reason(reason)
    added = await rates.confirm_snapshot(
        tx,
        snapshot_id=snapshot_id,
        actor=to_wire(STAFF_PREFIX, actor.staff.id),
        reason=given,
    )
    if added:
        await record(
            tx,
            actor=actor,
            action=Action.CONFIRM_PRICES,
            brand_id=None,
            subject=str(snapshot_id),
            reason=given,
        )
    return added


async def note_export(tx: Tx, *, actor: Actor, listing: str, filters: Mapping[str, str]) -> None:
    """Write down that a whole list is taken out of the house. Refuses with Forbidden."""
    rules.check_may(actor, Action.EXPORT)
    await record(
        tx,
        actor=actor,
        action=Action.EXPORT,
        brand_id=None,
        subject=listing,
        reason="exported from the list page",
        details={key: item for key, item in filters.items() if item},
    )
