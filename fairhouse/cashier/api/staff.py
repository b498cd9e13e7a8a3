"""What staff do with withdrawals. Roles are checked here as well as on the pages."""

from typing import Final
from uuid import UUID

from fairhouse.cashier.api.deposits import PAGE_MAX
from fairhouse.cashier.engine.announcing import announce_withdrawal
from fairhouse.cashier.engine.withdrawals import judge, move, release
from fairhouse.cashier.store import deposits as deposit_store
from fairhouse.cashier.store import withdrawals as store
from fairhouse.cashier.types import (
    UNDECIDED,
    Actor,
    AlreadyDecided,
    Approval,
    CashierPolicy,
    Deposit,
    DepositId,
    DepositNotFound,
    ReasonMissing,
    SecondPersonNeeded,
    Withdrawal,
    WithdrawalId,
    WithdrawalNotFound,
    WithdrawalState,
)
from fairhouse.identity.types import Forbidden, Role, Staff
from fairhouse.kernel.currencies import AssetId, ChainId
from fairhouse.platform.database import Tx

APPROVERS: Final = frozenset({Role.TREASURER, Role.ADMIN})
REJECTERS: Final = APPROVERS | {Role.COMPLIANCE}


async def queue(
    tx: Tx, *, brand_id: int | None = None, after: UUID | None = None, limit: int = 50
) -> list[Withdrawal]:
    """Undecided withdrawals, oldest first, after the withdrawal `after`."""
    size = max(1, min(limit, PAGE_MAX))
    return await store.in_states(tx, states=UNDECIDED, brand_id=brand_id, after=after, limit=size)


async def any_withdrawal(tx: Tx, *, withdrawal_id: WithdrawalId) -> Withdrawal:
    """Any player's. Refuses with WithdrawalNotFound."""
    found = await store.find(tx, withdrawal_id)
    if found is None:
        raise WithdrawalNotFound("There is no such withdrawal.", param="id")
    return found


async def any_deposit(tx: Tx, *, deposit_id: DepositId) -> Deposit:
    """Any player's. Refuses with DepositNotFound."""
    found = await deposit_store.find(tx, deposit_id)
    if found is None:
        raise DepositNotFound("There is no such deposit.", param="id")
    return found


async def search(tx: Tx, *, text: str, limit: int = 50) -> tuple[list[Deposit], list[Withdrawal]]:
    """By transaction hash or address, in canonical form; newest first."""
    size = max(1, min(limit, PAGE_MAX))
    return (
        await deposit_store.matching(tx, text=text, limit=size),
        await store.matching(tx, text=text, limit=size),
    )


async def unbooked_deposits(
    tx: Tx, *, chain: ChainId, height: int
) -> dict[tuple[int, AssetId], int]:
    """Base units by brand and asset that explain custody against the chain at a height.

    Deposits that the chain has and the books do not have yet, less those that the books still
    have and the chain no longer has.
    """
    return await deposit_store.unbooked_base_units(tx, chain=chain, height=height)


async def approvals(tx: Tx, *, withdrawal_id: WithdrawalId) -> tuple[Approval, ...]:
    """Who let it pass, and why; for staff only."""
    return await store.approvals(tx, withdrawal_id)


async def approve_withdrawal(
    tx: Tx, *, withdrawal_id: WithdrawalId, staff: Staff, reason: str, policy: CashierPolicy
) -> Withdrawal:
    """One person's yes; how many are needed stands in the check `manual_approval`.

    It only answers that check: every other one must still pass by itself. Refuses with Forbidden,
    ReasonMissing, WithdrawalNotFound, AlreadyDecided and SecondPersonNeeded.
    """
    # CHECK
    _check_role(staff, APPROVERS)
    given = _reason(reason)
    found = await _lock_undecided(tx, withdrawal_id)
    # RECORD
    if not await store.insert_approval(tx, withdrawal_id=found.id, staff_id=staff.id, reason=given):
        raise SecondPersonNeeded("You have approved this already; another person must.")
    # DECIDE: the worker moves it on, but the list shows the approval at once.
    judged = await judge(tx, found, policy)
    # ANNOUNCE
    await announce_withdrawal(tx, judged, policy)
    return judged


async def reject_withdrawal(
    tx: Tx, *, withdrawal_id: WithdrawalId, staff: Staff, reason: str, policy: CashierPolicy
) -> Withdrawal:
    """Decline; the hold goes back to the balance and the player reads the reason.

    Refuses with Forbidden, ReasonMissing, WithdrawalNotFound and AlreadyDecided.
    """
    # CHECK
    _check_role(staff, REJECTERS)
    given = _reason(reason)
    found = await _lock_undecided(tx, withdrawal_id)
    # RECORD and ANNOUNCE
    rejected = await move(
        tx,
        found,
        WithdrawalState.REJECTED,
        policy,
        actor=Actor.STAFF,
        staff_id=staff.id,
        note=given,
    )
    await release(tx, found)
    return rejected


def _check_role(staff: Staff, allowed: frozenset[Role]) -> None:
    if staff.disabled or not staff.roles & allowed:
        names = ", ".join(sorted(allowed))
        raise Forbidden(f"This needs one of the roles {names}.")


def _reason(text: str) -> str:
    given = text.strip()
    if not 3 <= len(given) <= 500:
        raise ReasonMissing("reason must have 3 to 500 characters.", param="reason")
    return given


async def _lock_undecided(tx: Tx, withdrawal_id: WithdrawalId) -> Withdrawal:
    found = await store.lock(tx, withdrawal_id)
    if found is None:
        raise WithdrawalNotFound("There is no such withdrawal.", param="id")
    if found.state not in UNDECIDED:
        raise AlreadyDecided(
            f"The withdrawal is {found.state} already.", param="id", state=found.state
        )
    return found
