"""Rows of the ledger's tables as records: what the store hands to the rules."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Hold:
    """What is stored of a pending transfer; accounts by their name."""

    id: UUID
    debit: str
    credit: str
    amount: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Movement:
    """What a batch adds to the four counters of one account."""

    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0

    def __add__(self, other: "Movement") -> "Movement":
        return Movement(
            self.debits_pending + other.debits_pending,
            self.debits_posted + other.debits_posted,
            self.credits_pending + other.credits_pending,
            self.credits_posted + other.credits_posted,
        )


@dataclass(frozen=True, slots=True)
class Leg:
    """One row of `ledger.journal`."""

    at: datetime
    id: UUID
    debit: int
    credit: int
    reason: str
    ref: str


@dataclass(frozen=True, slots=True)
class PageSums:
    """Credits minus debits at three moments, of one snapshot."""

    before_period: int
    after_page: int
    """Up to and including the newest line of this page."""
    after_period: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """The oldest line of a page; the next page is what lies strictly before.

    A bet may touch an account twice, with its stake and then its payout: the credit tells them
    apart, and in which order.
    """

    at: datetime
    id: UUID
    credit: int


@dataclass(frozen=True, slots=True)
class ClearingStanding:
    """Both sides of one asset's clearing in one brand, each counted on its normal side."""

    brand_id: int
    asset_id: str
    currency_units: int
    base_units: int
