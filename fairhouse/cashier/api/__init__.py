"""The use cases of the cashier: players' deposits and withdrawals, and what staff do with them."""

from fairhouse.cashier.api.deposits import (
    deposit,
    deposit_address,
    deposits,
    suspended_tokens,
)
from fairhouse.cashier.api.staff import (
    any_deposit,
    any_withdrawal,
    approvals,
    approve_withdrawal,
    queue,
    reject_withdrawal,
    search,
    unbooked_deposits,
)
from fairhouse.cashier.api.treasury import back_bankroll
from fairhouse.cashier.api.withdrawals import (
    cancel_withdrawal,
    quote_withdrawal,
    request_withdrawal,
    timeline,
    withdrawal,
    withdrawals,
)
from fairhouse.cashier.tables import demo_policy
from fairhouse.cashier.views import deposit_view, quote_view, withdrawal_view

__all__ = [
    "any_deposit",
    "any_withdrawal",
    "approvals",
    "approve_withdrawal",
    "back_bankroll",
    "cancel_withdrawal",
    "demo_policy",
    "deposit",
    "deposit_address",
    "deposit_view",
    "deposits",
    "queue",
    "quote_view",
    "quote_withdrawal",
    "reject_withdrawal",
    "request_withdrawal",
    "search",
    "suspended_tokens",
    "timeline",
    "unbooked_deposits",
    "withdrawal",
    "withdrawal_view",
    "withdrawals",
]
