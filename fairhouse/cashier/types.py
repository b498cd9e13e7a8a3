"""Deposits, withdrawals, and the policies they follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from fairhouse.brands.types import BrandId
from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.kernel.currencies import AssetId, ChainId, CurrencyCode
from fairhouse.kernel.refusals import NotFound, Refusal
from fairhouse.risk.types import Check, RiskPolicy
from fairhouse.screening.types import LISTS_ONLY, ScreeningPolicy

DepositId = NewType("DepositId", UUID)
WithdrawalId = NewType("WithdrawalId", UUID)

DEPOSIT_PREFIX: Final = "dep"
WITHDRAWAL_PREFIX: Final = "wdr"


# --- Policies: data, one set per brand


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationTier:
    """Amounts up to `up_to_units` (ledger units; None: any) need `blocks` confirmations."""

    up_to_units: int | None
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPolicy:
    """What a brand asks of one asset; every amount in ledger units."""

    asset: AssetId
    minimum_deposit: int
    confirmations: tuple[ConfirmationTier, ...]
    minimum_withdrawal: int
    maximum_withdrawal: int
    withdrawal_fee: int
    """Flat, taken from the amount; the network's own fee is the house's."""


class OnChainFailure(StrEnum):
    """What becomes of a withdrawal whose transaction failed on the chain, finally."""

    RELEASE = "release"
    """The hold is voided: the player has the money back."""
    REQUEUE = "requeue"
    """A new transaction is ordered, up to the policy's number of attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """Where a chain's transactions can be looked at; `{tx}` and `{address}` are filled in."""

    tx: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierPolicy:
    """Everything about one brand's cashier that is data."""

    brand_id: BrandId
    assets: Mapping[AssetId, AssetPolicy]
    explorers: Mapping[ChainId, Explorer]
    risk: RiskPolicy
    on_chain_failure: OnChainFailure = OnChainFailure.RELEASE
    attempts_max: int = 2
    screening: ScreeningPolicy = LISTS_ONLY
    players_may_cancel: bool = True
    """False where a requested withdrawal may not be turned back into play (UKGC RTS 14B)."""


# --- Deposits


class DepositState(StrEnum):
    """Where a deposit stands. See rules.DEPOSIT_TRANSITIONS."""

    SEEN = "SEEN"
    """In the mempool."""
    CONFIRMING = "CONFIRMING"
    """In a block, with too few on top."""
    CREDITED = "CREDITED"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    """Final on the chain and in the books, but too small to credit alone."""
    HELD = "HELD"
    """In the books, and out of everybody's reach until compliance has decided."""
    ORPHANED = "ORPHANED"
    """Left the chain before it was credited; it may come back."""
    REVERSED = "REVERSED"
    """Left the chain after it was credited: the credit was taken back. It may come back."""
    UNRECOGNISED = "UNRECOGNISED"
    """A token that is none of ours, or an impossible amount: recorded, never worth anything."""


BOOKED: Final = frozenset({DepositState.CREDITED, DepositState.BELOW_MINIMUM, DepositState.HELD})
"""Deposits that stand in the books."""


class SightingState(StrEnum):
    """What the chain says now."""

    MEMPOOL = "mempool"
    INCLUDED = "included"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Sighting:
    """The chain's last word on one movement."""

    state: SightingState
    block_height: int | None = None
    block_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """One movement (chain, tx_hash, idx) to one of our addresses."""

    id: DepositId
    brand_id: int
    player_id: PlayerId
    chain: ChainId
    tx_hash: str
    idx: str
    asset: AssetId | None
    contract: str | None
    address: str
    from_address: str
    base_units: int
    """What is, or is to be, in the books."""
    seen_base_units: int
    """What the chain says now; a block may prove less than the mempool promised."""
    units: int
    """Ledger units of `base_units`; 0 when unrecognised."""
    state: DepositState
    sighting: Sighting
    confirmations: int
    required: int
    rounds: int
    """How many times it was put into the books; a reversal does not lower it."""
    rate_id: UUID | None
    value: int | None
    """Reference units at the last credit."""
    balance_after: int | None
    seen_at: datetime
    credited_at: datetime | None


class DepositMove(StrEnum):
    """What the books have to do when a deposit changes its state."""

    NONE = "none"
    CREDIT = "credit"
    """Into the player's balance."""
    SUSPEND = "suspend"
    """Into suspense, below the minimum."""
    HOLD = "hold"
    """Into the compliance hold."""
    RELEASE = "release"
    """Out of the compliance hold into the player's balance."""
    REVERSE_CREDIT = "reverse_credit"
    REVERSE_SUSPENSE = "reverse_suspense"
    REVERSE_HOLD = "reverse_hold"


@dataclass(frozen=True, slots=True)
class DepositStep:
    """The next state of a deposit and what the books do for it."""

    state: DepositState
    confirmations: int
    move: DepositMove = DepositMove.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    """What a player owes because a credited deposit left the chain after being spent."""

    deposit_id: DepositId
    round: int
    brand_id: int
    player_id: PlayerId
    asset: AssetId
    owed_units: int
    repaid_units: int

    @property
    def open_units(self) -> int:
        """Still owed, in ledger units."""
        return self.owed_units - self.repaid_units


# --- Withdrawals


class WithdrawalState(StrEnum):
    """Where a withdrawal stands. See rules.WITHDRAWAL_TRANSITIONS."""

    REQUESTED = "REQUESTED"
    CHECKING = "CHECKING"
    WAITING = "WAITING"
    APPROVED = "APPROVED"
    ORDERED = "ORDERED"
    """Given to custody: only the chain, or a proof that nothing was signed, ends it now."""
    SIGNED = "SIGNED"
    BROADCAST = "BROADCAST"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


UNDECIDED: Final = frozenset(
    {
        WithdrawalState.REQUESTED,
        WithdrawalState.CHECKING,
        WithdrawalState.WAITING,
        WithdrawalState.APPROVED,
    }
)
"""The player may cancel and staff may reject: nothing has been signed."""
IN_FLIGHT: Final = frozenset(
    {WithdrawalState.ORDERED, WithdrawalState.SIGNED, WithdrawalState.BROADCAST}
)
"""Custody has it in hand."""


class Actor(StrEnum):
    """Who moved a withdrawal on."""

    PLAYER = "player"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """One payment to one address."""

    id: WithdrawalId
    brand_id: int
    player_id: PlayerId
    asset: AssetId
    currency: CurrencyCode
    chain: ChainId
    units: int
    """Held from the balance, in ledger units; the fee is inside."""
    fee_units: int
    base_units: int
    """What is paid on the chain."""
    destination: str
    state: WithdrawalState
    checks: tuple[Check, ...]
    rate_id: UUID
    value: int
    """Reference units at the request."""
    lookalike_accepted: bool
    attempt: int
    """Which transaction family pays it; rises only when the one before failed finally."""
    tx_hash: str | None
    note: str | None
    """The reason given with a rejection or a failure."""
    requested_at: datetime
    updated_at: datetime

    @property
    def receives_units(self) -> int:
        """What arrives, in ledger units."""
        return self.units - self.fee_units


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One change of a withdrawal's state."""

    state: WithdrawalState
    at: datetime
    actor: Actor
    note: str | None


@dataclass(frozen=True, slots=True)
class Approval:
    """One member of staff let it pass."""

    staff_id: StaffId
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What a withdrawal would cost and what stands in its way."""

    units: int
    fee_units: int
    checks: tuple[Check, ...]

    @property
    def receives_units(self) -> int:
        """What would arrive, in ledger units; 0 when the fee eats it."""
        return max(self.units - self.fee_units, 0)


@dataclass(frozen=True, slots=True)
class WithdrawalRequest:
    """What a player asks for, in canonical form."""

    asset: AssetId
    units: int
    destination: str
    lookalike_accepted: bool = False


# --- Refusals


class DepositNotFound(NotFound):
    """No such deposit of this player."""

    code = "deposit_not_found"


class WithdrawalNotFound(NotFound):
    """No such withdrawal of this player."""

    code = "withdrawal_not_found"


class NothingToBack(Refusal):
    """The vaults hold less from outside than was to become bankroll."""

    code = "nothing_to_back"


class WithdrawalRefused(Refusal):
    """A check failed that neither time nor staff can mend; `fields["check"]` names it."""

    code = "withdrawal_refused"
    status = 409


class AmountOutOfLimits(WithdrawalRefused):
    """Below the minimum or above the maximum of the asset."""

    code = "amount_out_of_limits"
    status = 422


class AddressIsOurs(WithdrawalRefused):
    """A deposit address or vault of this house: the money would go in a circle."""

    code = "address_is_ours"
    status = 422


class LookalikeAddress(WithdrawalRefused):
    """Shows the same ends as an address of the player's history, and is another one."""

    code = "lookalike_address"


class WithdrawalLimitReached(WithdrawalRefused):
    """More, or more often, than the player may take out in 24 hours."""

    code = "withdrawal_limit_reached"


class AccountForTests(Refusal):
    """A test account plays, but takes nothing out."""

    code = "test_account"
    status = 403


class AssetNotOffered(Refusal):
    """The brand does not take this asset."""

    code = "asset_not_offered"
    status = 422


class AlreadyDecided(Refusal):
    """The withdrawal has moved on; `fields["state"]` says where it is."""

    code = "already_decided"


class CancellingNotAllowed(Refusal):
    """The jurisdiction lets nobody turn a requested withdrawal back into play."""

    code = "cancelling_not_allowed"
    status = 403


class SecondPersonNeeded(Refusal):
    """The same member of staff cannot approve twice."""

    code = "second_person_needed"


class ReasonMissing(Refusal):
    """A decision of staff carries a reason of 3 to 500 characters."""

    code = "reason_missing"
    status = 422
