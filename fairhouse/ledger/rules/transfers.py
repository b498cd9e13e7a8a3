"""What a batch of transfers means, and when it is refused.

Two-phase semantics after TigerBeetle (docs/coding/two-phase-transfers): a hold counts against the
debited account at once, is resolved once, and a post of less returns the rest.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.kernel.money import UNITS_MAX
from fairhouse.kernel.refusals import IdempotencyConflict
from fairhouse.ledger.tables import Hold, Movement
from fairhouse.ledger.types import (
    BASE_UNITS_MAX,
    AccountKey,
    AlreadyResolved,
    HoldExpired,
    HoldMismatch,
    Kind,
    Transfer,
    UnknownPending,
)


def prepare(transfers: Sequence[Transfer]) -> dict[UUID, Transfer]:
    """The batch by id, in id order; the same transfer twice counts once.

    Refuses with IdempotencyConflict when one id stands for two different transfers.
    """
    batch: dict[UUID, Transfer] = {}
    for transfer in sorted(transfers, key=lambda item: item.id.int):
        assert_well_formed(transfer)
        known = batch.setdefault(transfer.id, transfer)
        if known is not transfer and known.request_hash != transfer.request_hash:
            raise conflict(transfer.id)
    return batch


def conflict(id_: UUID) -> IdempotencyConflict:
    """The refusal for an id that was used with another payload."""
    return IdempotencyConflict(
        f"The transfer id {id_} was used with another payload; make a new id.", param="id"
    )


def assert_well_formed(transfer: Transfer) -> None:
    """A transfer comes from our own code: a wrong one is a broken invariant, not a refusal."""
    debit, credit = transfer.debit, transfer.credit
    assert debit != credit, "an account cannot pay itself"
    assert debit.unit == credit.unit, f"{debit.unit} and {credit.unit} do not mix"
    assert debit.brand_id == credit.brand_id, "a transfer stays within one brand"
    limit = BASE_UNITS_MAX if debit.in_asset_book else UNITS_MAX
    assert 0 < transfer.amount <= limit, f"amount {transfer.amount} out of range"
    resolves = transfer.kind in {Kind.POST, Kind.VOID}
    assert resolves == (transfer.pending_id is not None), "pending_id is for post and void"
    assert transfer.kind is Kind.PENDING or transfer.expires_at is None, "only a hold expires"
    assert transfer.reason, "a transfer has a reason"


def check_holds(batch: Mapping[UUID, Transfer], holds: Mapping[UUID, Hold]) -> None:
    """Every post and void fits its hold, stored or in the same batch.

    Refuses with UnknownPending and HoldMismatch.
    """
    for transfer in batch.values():
        if transfer.pending_id is None:
            continue
        hold = _hold_of(transfer.pending_id, batch, holds)
        if (transfer.debit.name, transfer.credit.name) != (hold.debit, hold.credit):
            raise HoldMismatch("A hold is resolved between the accounts it was made for.")
        if transfer.amount > hold.amount:
            raise HoldMismatch(
                f"amount is {transfer.amount} but only {hold.amount} is held.", param="amount"
            )
        if transfer.kind is Kind.VOID and transfer.amount != hold.amount:
            raise HoldMismatch(
                f"A void releases the whole hold: amount must be {hold.amount}.", param="amount"
            )


def check_expiry(
    fresh: Iterable[Transfer],
    batch: Mapping[UUID, Transfer],
    holds: Mapping[UUID, Hold],
    now: datetime,
) -> None:
    """A hold whose time is over is not posted any more. Refuses with HoldExpired."""
    for transfer in fresh:
        if transfer.kind is not Kind.POST or transfer.pending_id is None:
            continue
        expires_at = _hold_of(transfer.pending_id, batch, holds).expires_at
        if expires_at is not None and expires_at <= now:
            raise HoldExpired(f"The hold expired at {expires_at:%Y-%m-%d %H:%M:%SZ}.")


def check_resolved_once(fresh: Iterable[Transfer], resolved: Collection[UUID]) -> None:
    """Each post or void of this batch won its hold. Refuses with AlreadyResolved."""
    for transfer in fresh:
        if transfer.pending_id is not None and transfer.id not in resolved:
            raise AlreadyResolved(f"The hold {transfer.pending_id} was posted or voided before.")


def movements(
    fresh: Iterable[Transfer], batch: Mapping[UUID, Transfer], holds: Mapping[UUID, Hold]
) -> dict[AccountKey, Movement]:
    """What the new transfers of a batch add to each account.

    Only the sum counts: money may pass through an account within a batch.
    """
    sums: dict[AccountKey, Movement] = {}
    for transfer in fresh:
        debit, credit = _legs(transfer, batch, holds)
        sums[transfer.debit] = sums.get(transfer.debit, Movement()) + debit
        sums[transfer.credit] = sums.get(transfer.credit, Movement()) + credit
    return sums


def _legs(
    transfer: Transfer, batch: Mapping[UUID, Transfer], holds: Mapping[UUID, Hold]
) -> tuple[Movement, Movement]:
    posted = transfer.amount if transfer.kind in {Kind.SINGLE, Kind.POST} else 0
    pending = transfer.amount if transfer.kind is Kind.PENDING else 0
    if transfer.pending_id is not None:
        pending = -_hold_of(transfer.pending_id, batch, holds).amount
    return (
        Movement(debits_pending=pending, debits_posted=posted),
        Movement(credits_pending=pending, credits_posted=posted),
    )


def _hold_of(pending_id: UUID, batch: Mapping[UUID, Transfer], holds: Mapping[UUID, Hold]) -> Hold:
    held = holds.get(pending_id)
    if held is not None:
        return held
    made = batch.get(pending_id)
    if made is None or made.kind is not Kind.PENDING:
        raise UnknownPending(f"There is no hold {pending_id}.", param="pending_id")
    return Hold(made.id, made.debit.name, made.credit.name, made.amount, made.expires_at)
