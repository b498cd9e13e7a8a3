"""The words of the ledger: account codes, keys, transfers, balances, statements, refusals.

Two books stand side by side. The *currency* book counts ledger units of a currency (bigint), the
*asset* book base units of an asset on its chain (numeric(78,0)). A transfer stays inside one unit
and one brand, so every unit of every brand balances by itself; a crossing between the books is a
linked set of transfers (`ledger.rules`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from fairhouse.kernel.currencies import ASSETS, CURRENCIES, AssetId, CurrencyCode
from fairhouse.kernel.refusals import NotFound, Refusal

Unit = CurrencyCode | AssetId
"""A currency counts in ledger units, an asset in base units of its chain."""

BASE_UNITS_MAX: Final = 10**78 - 1
"""numeric(78,0) holds every 256-bit number of a chain."""


class Side(StrEnum):
    """The side on which an account's balance normally stands."""

    DEBIT = "debit"
    CREDIT = "credit"


class Book(StrEnum):
    """Which unit an account may be kept in."""

    CURRENCY = "currency"
    ASSET = "asset"
    EITHER = "either"


class AccountCode(StrEnum):
    """The chart of accounts; `CHART` says how each one behaves."""

    # The currency book: what players hold, and the house's side of it.
    PLAYER_CASH = "player_cash"
    PLAYER_BONUS = "player_bonus"
    LOCKED_WAGER = "locked_wager"
    WITHDRAWAL_HOLD = "withdrawal_hold"
    FROZEN = "frozen"
    HOUSE_BANKROLL = "house_bankroll"
    BONUS_EXPENSE = "bonus_expense"
    JACKPOT_POOL = "jackpot_pool"
    AFFILIATE_PAYABLE = "affiliate_payable"
    FEE_REVENUE = "fee_revenue"
    NETWORK_FEE_RECHARGE = "network_fee_recharge"
    FX_GAIN_LOSS = "fx_gain_loss"
    ROUNDING = "rounding"
    PLAY_ISSUANCE = "play_issuance"
    CLEARING = "clearing"
    # The asset book: custody and what surrounds it, equal to the chain to the last base unit.
    DEPOSIT_ADDRESSES = "deposit_addresses"
    HOT = "hot"
    WARM = "warm"
    COLD = "cold"
    GAS_TANK = "gas_tank"
    EXCHANGE = "exchange"
    IN_TRANSIT = "in_transit"
    WITHDRAWAL_IN_FLIGHT = "withdrawal_in_flight"
    NETWORK_FEE = "network_fee"
    CLEARING_BASE = "clearing_base"
    DUST = "dust"
    EXTERNAL = "external"
    SUSPENSE_UNIDENTIFIED = "suspense_unidentified"
    SUSPENSE_WRONG_TOKEN = "suspense_wrong_token"  # noqa: S105 - a token of a chain
    SUSPENSE_BELOW_MINIMUM = "suspense_below_minimum"
    # Either book.
    COMPLIANCE_HOLD = "compliance_hold"
    REORG_RECEIVABLE = "reorg_receivable"


@dataclass(frozen=True, slots=True)
class AccountRule:
    """How an account behaves; the database keeps the same table as `ledger.chart`."""

    side: Side
    """Normal side: the balance is counted positive there."""
    floored: bool
    """Never below zero, with holds counted against it. A CHECK in the database holds it."""
    book: Book
    """The book, or books, in which the account may be opened."""


def _rules(side: Side, book: Book, floored: bool, *codes: AccountCode) -> dict[str, AccountRule]:
    return dict.fromkeys(codes, AccountRule(side, floored, book))


_CODE = AccountCode
CHART: Final[Mapping[str, AccountRule]] = {
    # Owed to players: no transfer, hold or race may bring one of them below zero.
    **_rules(
        Side.CREDIT, Book.CURRENCY, True,
        _CODE.PLAYER_CASH, _CODE.PLAYER_BONUS, _CODE.LOCKED_WAGER, _CODE.WITHDRAWAL_HOLD,
        _CODE.FROZEN,
    ),
    # The house's own: may go below zero, the bankroll's limits are risk's to judge.
    **_rules(
        Side.CREDIT, Book.CURRENCY, False,
        _CODE.HOUSE_BANKROLL, _CODE.JACKPOT_POOL, _CODE.AFFILIATE_PAYABLE, _CODE.FEE_REVENUE,
        _CODE.NETWORK_FEE_RECHARGE, _CODE.FX_GAIN_LOSS, _CODE.ROUNDING,
    ),
    **_rules(
        Side.DEBIT, Book.CURRENCY, False, _CODE.BONUS_EXPENSE, _CODE.PLAY_ISSUANCE, _CODE.CLEARING
    ),
    # What the chain holds for us. It reports facts, so nothing here is ever refused.
    **_rules(
        Side.DEBIT, Book.ASSET, False,
        _CODE.DEPOSIT_ADDRESSES, _CODE.HOT, _CODE.WARM, _CODE.COLD, _CODE.GAS_TANK,
        _CODE.EXCHANGE, _CODE.IN_TRANSIT, _CODE.WITHDRAWAL_IN_FLIGHT, _CODE.NETWORK_FEE,
    ),
    **_rules(
        Side.CREDIT, Book.ASSET, False,
        _CODE.CLEARING_BASE, _CODE.DUST, _CODE.EXTERNAL, _CODE.SUSPENSE_UNIDENTIFIED,
        _CODE.SUSPENSE_WRONG_TOKEN, _CODE.SUSPENSE_BELOW_MINIMUM,
    ),
    **_rules(Side.CREDIT, Book.EITHER, False, _CODE.COMPLIANCE_HOLD),
    **_rules(Side.DEBIT, Book.EITHER, False, _CODE.REORG_RECEIVABLE),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AccountKey:
    """Which account: opened on first use, never closed.

    Funds of several brands in one wallet are one account per brand; the wallet is their sum.
    """

    brand_id: int
    code: AccountCode
    unit: Unit
    owner: UUID | None = None
    """The player, or what else it is kept by (`rules.asset_owner` for clearing)."""
    lane: int | None = None
    """The lane of a house account that would otherwise be one hot row."""

    @property
    def name(self) -> str:
        """The unique name in the database, where it is a generated column."""
        lane = "" if self.lane is None else self.lane
        return f"{self.brand_id}/{self.code}/{self.unit}/{self.owner or ''}/{lane}"

    @property
    def in_asset_book(self) -> bool:
        """True when the unit is an asset, counted in base units."""
        return self.unit in ASSETS

    @property
    def rule(self) -> AccountRule:
        """How the account behaves."""
        return CHART[self.code]

    def __post_init__(self) -> None:
        book = Book.ASSET if self.unit in ASSETS else Book.CURRENCY
        assert book is Book.ASSET or self.unit in CURRENCIES, f"{self.unit} is no unit"
        assert CHART[self.code].book in {book, Book.EITHER}, f"{self.code} is not in {self.unit}"


class Kind(StrEnum):
    """What a transfer does (TigerBeetle's two-phase transfers)."""

    SINGLE = "single"
    """Moves at once."""
    PENDING = "pending"
    """Holds: counts against the debited account's available balance, moves nothing yet."""
    POST = "post"
    """Resolves a pending one by moving at most its amount; the rest of the hold is released."""
    VOID = "void"
    """Resolves a pending one by releasing all of it."""


SINGLE: Final = Kind.SINGLE
PENDING: Final = Kind.PENDING
POST: Final = Kind.POST
VOID: Final = Kind.VOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One immutable movement from the debited to the credited account.

    The id is made by the client before the first try; it is primary key and idempotency key. What
    identifies the request is everything but `rate_id`, `value_ref` and `expires_at`, which a
    repetition may have looked up anew: the first answer's stay.
    """

    id: UUID
    debit: AccountKey
    credit: AccountKey
    amount: int
    """Ledger units or base units of the accounts' unit; positive. A VOID names the held amount."""
    reason: str
    """What happened, a short code such as `deposit` or `withdrawal_fee`."""
    ref: str
    """The wire id or key of what it happened to."""
    kind: Kind = Kind.SINGLE
    pending_id: UUID | None = None
    """POST and VOID: the pending transfer that is resolved, between the same two accounts."""
    expires_at: datetime | None = None
    """PENDING: after this time it can only be voided, and a job does so. None: never."""
    rate_id: UUID | None = None
    """The rate snapshot in use, where a value was stored."""
    value_ref: int | None = None
    """Value in micro-units of the brand's reference currency, rounded down."""

    @property
    def request_hash(self) -> bytes:
        """SHA-256 over what makes two requests under one id the same request."""
        parts = (
            self.kind,
            self.debit.name,
            self.credit.name,
            str(self.amount),
            str(self.pending_id or ""),
            self.reason,
            self.ref,
        )
        return hashlib.sha256("\x1f".join(parts).encode()).digest()


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account stands at, counted on its normal side."""

    posted: int
    """Everything that moved."""
    pending_out: int
    """Held: counted against what is available, not yet moved."""
    pending_in: int
    """Held elsewhere in this account's favour; not available before it is posted."""

    @property
    def available(self) -> int:
        """What may still leave."""
        return self.posted - self.pending_out


@dataclass(frozen=True, slots=True)
class OwnedBalance:
    """One account of an owner."""

    key: AccountKey
    balance: Balance


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posted movement on an account."""

    at: datetime
    id: UUID
    """The transfer, or the bet."""
    debit: int
    credit: int
    amount: int
    """Signed on the account's normal side."""
    balance_after: int
    reason: str
    ref: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An account over [since, until): opening + all lines = closing, also over many pages.

    `lines` are newest first. The pages of a period older than the longest transaction never change.
    """

    opening: int
    lines: tuple[StatementLine, ...]
    closing: int
    next_cursor: str | None
    """Pass as `before_cursor` for the page before; None when this was the last."""


@dataclass(frozen=True, slots=True)
class TrialRow:
    """The sum of all accounts of one code in one unit."""

    brand_id: int
    unit: str
    code: AccountCode
    debits: int
    credits: int

    @property
    def balance(self) -> int:
        """On the normal side of the code."""
        net = self.credits - self.debits
        return net if CHART[self.code].side is Side.CREDIT else -net


@dataclass(frozen=True, slots=True)
class Reserve:
    """What is owed to players in one real currency, beside what the house keeps for it."""

    currency: CurrencyCode
    owed: int
    """Ledger units: cash, bonus, locked and held money, jackpots; suspense rounded up."""
    kept: int
    """Ledger units: everything on addresses of ours or on its way between them, rounded down."""

    @property
    def shortfall(self) -> int:
        """What is missing; 0 when everything owed is covered."""
        return max(self.owed - self.kept, 0)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One transfer as it was recorded."""

    at: datetime
    id: UUID
    kind: Kind
    debit: AccountKey
    credit: AccountKey
    amount: int
    reason: str
    pending_id: UUID | None
    resolved_by: UUID | None
    """PENDING: the post or void that ended it; None while it stands."""


@dataclass(frozen=True, slots=True)
class Imbalance:
    """A broken invariant of the books; there is never to be one."""

    invariant: str
    """`debits_equal_credits`, `stored_equals_journal`, `clearing` or `never_negative`."""
    subject: str
    """The unit and brand, or the account."""
    expected: int
    actual: int


class InsufficientFunds(Refusal):
    """The account does not hold that much beyond what is already promised."""

    code = "insufficient_funds"
    status = 409


class AlreadyResolved(Refusal):
    """The hold was posted or voided before."""

    code = "hold_already_resolved"
    status = 409


class HoldExpired(Refusal):
    """The hold's time is over; it can only be voided."""

    code = "hold_expired"
    status = 409


class UnknownPending(NotFound):
    """There is no such hold."""

    code = "unknown_hold"


class HoldMismatch(Refusal):
    """A post or void names other accounts, or more, than was held."""

    code = "hold_mismatch"
    status = 409


class MalformedCursor(Refusal):
    """The cursor is not one that a statement gave out."""

    code = "malformed_cursor"
    status = 422


class MalformedPeriod(Refusal):
    """A statement's period ends before it begins."""

    code = "malformed_period"
    status = 422
