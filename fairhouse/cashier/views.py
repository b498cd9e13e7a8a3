"""What leaves the house about deposits and withdrawals: the same shape over HTTP and by push."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fairhouse.cashier.types import (
    DEPOSIT_PREFIX,
    UNDECIDED,
    WITHDRAWAL_PREFIX,
    CashierPolicy,
    Deposit,
    Quote,
    TimelineEntry,
    Withdrawal,
)
from fairhouse.kernel.currencies import ChainId, asset, currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import format_units
from fairhouse.kernel.refusals import FieldValue
from fairhouse.risk.types import VALUE_SCALE, Check, CheckState


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositView:
    """A deposit on the wire."""

    id: str
    asset: str | None
    currency: str | None
    chain: str
    amount: str
    value: str | None
    """US dollars at the credit."""
    state: str
    confirmations: int
    required: int
    tx_hash: str
    explorer_url: str | None
    address: str
    seen_at: datetime
    credited_at: datetime | None
    balance_after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One line of the checks; `reason` and `fix` are catalogue keys, filled in from `fields`."""

    code: str
    state: str
    reason: str
    fields: Mapping[str, FieldValue]
    fix: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineView:
    """One change of state."""

    state: str
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalView:
    """A withdrawal on the wire."""

    id: str
    asset: str
    currency: str
    chain: str
    amount: str
    fee: str
    receives: str
    value: str
    destination: str
    state: str
    checks: tuple[CheckView, ...]
    timeline: tuple[TimelineView, ...]
    tx_hash: str | None
    explorer_url: str | None
    note: str | None
    cancellable: bool
    requested_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """What a withdrawal would cost, and the why-not panel."""

    fee: str
    receives: str
    checks: tuple[CheckView, ...]
    allowed: bool
    """Nothing fails: the request would be taken, though it may have to wait."""


def deposit_view(deposit: Deposit, policy: CashierPolicy) -> DepositView:
    """Amounts as decimal text; an unrecognised token's amount stays in its base units."""
    of = asset(deposit.asset) if deposit.asset else None
    scale = currency(of.currency).scale if of else 0
    amount = format_units(deposit.base_units, of.decimals) if of else str(deposit.base_units)
    return DepositView(
        id=to_wire(DEPOSIT_PREFIX, deposit.id),
        asset=deposit.asset,
        currency=of.currency if of else None,
        chain=deposit.chain,
        amount=amount,
        value=None if deposit.value is None else format_units(deposit.value, VALUE_SCALE),
        state=deposit.state,
        confirmations=deposit.confirmations,
        required=deposit.required,
        tx_hash=deposit.tx_hash,
        explorer_url=explorer_url(policy, deposit.chain, deposit.tx_hash),
        address=deposit.address,
        seen_at=deposit.seen_at,
        credited_at=deposit.credited_at,
        balance_after=(
            None if deposit.balance_after is None else format_units(deposit.balance_after, scale)
        ),
    )


def check_view(check: Check) -> CheckView:
    """The same line for player and staff."""
    return CheckView(
        code=check.code,
        state=check.state,
        reason=check.reason,
        fields=check.fields,
        fix=check.fix,
        due_at=check.due_at,
    )


def withdrawal_view(
    withdrawal: Withdrawal, timeline: Sequence[TimelineEntry], policy: CashierPolicy
) -> WithdrawalView:
    """Amounts as decimal text; nothing in it that only staff may see."""
    scale = currency(withdrawal.currency).scale
    return WithdrawalView(
        id=to_wire(WITHDRAWAL_PREFIX, withdrawal.id),
        asset=withdrawal.asset,
        currency=withdrawal.currency,
        chain=withdrawal.chain,
        amount=format_units(withdrawal.units, scale),
        fee=format_units(withdrawal.fee_units, scale),
        receives=format_units(withdrawal.receives_units, scale),
        value=format_units(withdrawal.value, VALUE_SCALE),
        destination=withdrawal.destination,
        state=withdrawal.state,
        checks=tuple(check_view(check) for check in withdrawal.checks),
        timeline=tuple(
            TimelineView(state=entry.state, at=entry.at, note=entry.note) for entry in timeline
        ),
        tx_hash=withdrawal.tx_hash,
        explorer_url=(
            explorer_url(policy, withdrawal.chain, withdrawal.tx_hash)
            if withdrawal.tx_hash
            else None
        ),
        note=withdrawal.note,
        cancellable=policy.players_may_cancel and withdrawal.state in UNDECIDED,
        requested_at=withdrawal.requested_at,
        updated_at=withdrawal.updated_at,
    )


def quote_view(quote: Quote, scale: int) -> QuoteView:
    """`scale`: decimal places of the currency's ledger unit."""
    return QuoteView(
        fee=format_units(quote.fee_units, scale),
        receives=format_units(quote.receives_units, scale),
        checks=tuple(check_view(check) for check in quote.checks),
        allowed=all(check.state is not CheckState.FAILED for check in quote.checks),
    )


def explorer_url(policy: CashierPolicy, chain: ChainId, tx_hash: str) -> str | None:
    """Where the transaction can be looked at."""
    explorer = policy.explorers.get(chain)
    return explorer.tx.replace("{tx}", tx_hash) if explorer else None
