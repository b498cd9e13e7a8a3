"""What happened at the cashier; each event carries the wire view as it was then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from fairhouse.cashier.types import DepositState, WithdrawalState
from fairhouse.cashier.views import DepositView, WithdrawalView


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositEvent:
    """A deposit changed its state or its number of confirmations."""

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1

    brand_id: int
    subject: str
    player_id: UUID
    deposit: DepositView


class DepositSeen(DepositEvent):
    """Coins are on their way."""

    TYPE = "cashier.deposit_seen"


class DepositConfirming(DepositEvent):
    """In a block; one event for each further confirmation."""

    TYPE = "cashier.deposit_confirming"


class DepositCredited(DepositEvent):
    """The player has it."""

    TYPE = "cashier.deposit_credited"


class DepositBelowMinimum(DepositEvent):
    """Arrived, and waits for more of its kind."""

    TYPE = "cashier.deposit_below_minimum"


class DepositHeld(DepositEvent):
    """Arrived, and nobody's until compliance has decided."""

    TYPE = "cashier.deposit_held"


class DepositOrphaned(DepositEvent):
    """Left the chain before it was credited."""

    TYPE = "cashier.deposit_orphaned"


class DepositReversed(DepositEvent):
    """Left the chain after it was credited."""

    TYPE = "cashier.deposit_reversed"


class DepositUnrecognised(DepositEvent):
    """A token that is none of ours."""

    TYPE = "cashier.deposit_unrecognised"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalEvent:
    """A withdrawal changed its state."""

    TYPE: ClassVar[str]
    VERSION: ClassVar[int] = 1

    brand_id: int
    subject: str
    player_id: UUID
    withdrawal: WithdrawalView


class WithdrawalRequested(WithdrawalEvent):
    """Asked for; the amount is held."""

    TYPE = "cashier.withdrawal_requested"


class WithdrawalChecking(WithdrawalEvent):
    """Its checks are being judged."""

    TYPE = "cashier.withdrawal_checking"


class WithdrawalWaiting(WithdrawalEvent):
    """A check stands in the way."""

    TYPE = "cashier.withdrawal_waiting"


class WithdrawalApproved(WithdrawalEvent):
    """Every check passes."""

    TYPE = "cashier.withdrawal_approved"


class WithdrawalOrdered(WithdrawalEvent):
    """Given to custody."""

    TYPE = "cashier.withdrawal_ordered"


class WithdrawalSigned(WithdrawalEvent):
    """The signer signed a transaction for it."""

    TYPE = "cashier.withdrawal_signed"


class WithdrawalBroadcast(WithdrawalEvent):
    """The network has the transaction."""

    TYPE = "cashier.withdrawal_broadcast"


class WithdrawalConfirmed(WithdrawalEvent):
    """Paid, finally."""

    TYPE = "cashier.withdrawal_confirmed"


class WithdrawalCancelled(WithdrawalEvent):
    """The player took it back."""

    TYPE = "cashier.withdrawal_cancelled"


class WithdrawalRejected(WithdrawalEvent):
    """Staff declined it; the hold is back in the balance."""

    TYPE = "cashier.withdrawal_rejected"


class WithdrawalFailed(WithdrawalEvent):
    """Nothing was paid, finally; the hold is back in the balance."""

    TYPE = "cashier.withdrawal_failed"


DEPOSIT_EVENTS: Final[Mapping[DepositState, type[DepositEvent]]] = {
    DepositState.SEEN: DepositSeen,
    DepositState.CONFIRMING: DepositConfirming,
    DepositState.CREDITED: DepositCredited,
    DepositState.BELOW_MINIMUM: DepositBelowMinimum,
    DepositState.HELD: DepositHeld,
    DepositState.ORPHANED: DepositOrphaned,
    DepositState.REVERSED: DepositReversed,
    DepositState.UNRECOGNISED: DepositUnrecognised,
}

WITHDRAWAL_EVENTS: Final[Mapping[WithdrawalState, type[WithdrawalEvent]]] = {
    WithdrawalState.REQUESTED: WithdrawalRequested,
    WithdrawalState.CHECKING: WithdrawalChecking,
    WithdrawalState.WAITING: WithdrawalWaiting,
    WithdrawalState.APPROVED: WithdrawalApproved,
    WithdrawalState.ORDERED: WithdrawalOrdered,
    WithdrawalState.SIGNED: WithdrawalSigned,
    WithdrawalState.BROADCAST: WithdrawalBroadcast,
    WithdrawalState.CONFIRMED: WithdrawalConfirmed,
    WithdrawalState.CANCELLED: WithdrawalCancelled,
    WithdrawalState.REJECTED: WithdrawalRejected,
    WithdrawalState.FAILED: WithdrawalFailed,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BankrollBacked:
    """Coins of the owners' became bankroll."""

    TYPE: ClassVar[str] = "treasury.bankroll_backed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    subject: str
    asset: str
    units: int
    reason: str
    actor: str
