"""The state machines of deposits and withdrawals, as tables and pure decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fairhouse.cashier.types import (
    BOOKED,
    IN_FLIGHT,
    AssetPolicy,
    Deposit,
    DepositMove,
    DepositState,
    DepositStep,
    OnChainFailure,
    SightingState,
    WithdrawalState,
)
from fairhouse.kernel.currencies import Asset
from fairhouse.kernel.money import UNITS_MAX, to_ledger_units
from fairhouse.risk.types import Check, CheckState
from fairhouse.screening.types import Verdict

D = DepositState
W = WithdrawalState

DEPOSIT_TRANSITIONS: Final[Mapping[DepositState, frozenset[DepositState]]] = {
    D.SEEN: frozenset({D.CONFIRMING, D.CREDITED, D.BELOW_MINIMUM, D.HELD, D.ORPHANED}),
    D.CONFIRMING: frozenset({D.SEEN, D.CREDITED, D.BELOW_MINIMUM, D.HELD, D.ORPHANED}),
    D.ORPHANED: frozenset({D.SEEN, D.CONFIRMING, D.CREDITED, D.BELOW_MINIMUM, D.HELD}),
    D.HELD: frozenset({D.CREDITED, D.SEEN, D.ORPHANED}),
    D.BELOW_MINIMUM: frozenset({D.CREDITED, D.SEEN, D.ORPHANED}),
    D.CREDITED: frozenset({D.REVERSED}),
    D.REVERSED: frozenset({D.CONFIRMING, D.CREDITED, D.BELOW_MINIMUM, D.HELD}),
    D.UNRECOGNISED: frozenset(),
}
"""A chain can take back what it said, so nothing but UNRECOGNISED is final."""

WITHDRAWAL_TRANSITIONS: Final[Mapping[WithdrawalState, frozenset[WithdrawalState]]] = {
    W.REQUESTED: frozenset({W.CHECKING, W.WAITING, W.APPROVED, W.CANCELLED, W.REJECTED}),
    W.CHECKING: frozenset({W.WAITING, W.APPROVED, W.CANCELLED, W.REJECTED}),
    W.WAITING: frozenset({W.APPROVED, W.CANCELLED, W.REJECTED}),
    W.APPROVED: frozenset({W.WAITING, W.ORDERED, W.CANCELLED, W.REJECTED}),
    W.ORDERED: frozenset({W.SIGNED, W.BROADCAST, W.CONFIRMED, W.FAILED, W.APPROVED}),
    W.SIGNED: frozenset({W.BROADCAST, W.CONFIRMED, W.FAILED, W.APPROVED}),
    W.BROADCAST: frozenset({W.CONFIRMED, W.FAILED, W.APPROVED}),
    W.CONFIRMED: frozenset(),
    W.CANCELLED: frozenset(),
    W.REJECTED: frozenset(),
    W.FAILED: frozenset(),
}
"""From ORDERED on, only what the chain says finally leads anywhere but forward."""

TERMINAL: Final = frozenset(state for state, after in WITHDRAWAL_TRANSITIONS.items() if not after)


# --- Deposits


def recognised_units(base_units: int, asset: Asset | None) -> int | None:
    """Ledger units of a movement; None when it can never be credited."""
    if asset is None:
        return None
    units, _ = to_ledger_units(base_units, asset)
    return units if units <= UNITS_MAX else None


def required_confirmations(policy: AssetPolicy, units: int, *, unsettled_units: int) -> int:
    """Blocks needed; the player's other unsettled deposits count, so splitting gains nothing."""
    exposed = units + unsettled_units
    tiers = policy.confirmations
    fitting = (
        tier.blocks for tier in tiers if tier.up_to_units is None or exposed <= tier.up_to_units
    )
    return next(fitting, tiers[-1].blocks)


def confirmations_at(deposit: Deposit, head_height: int) -> int:
    """Blocks that confirm a deposit, its own included; at most what is required."""
    height = deposit.sighting.block_height
    if deposit.sighting.state is not SightingState.INCLUDED or height is None:
        return 0
    return min(max(head_height - height + 1, 0), deposit.required)


def step_deposit(
    deposit: Deposit,
    head_height: int,
    *,
    reaches_minimum: bool,
    is_paused: bool,
    screened: Verdict = Verdict.CLEAR,
) -> DepositStep:
    """What a deposit becomes, given the chain's last word.

    `reaches_minimum`: together with what waits below the minimum it is enough to credit.
    `is_paused`: an operator lets nothing be credited now; what the chain takes back is still
    taken back.
    `screened`: what is known of the coins; without an answer nothing is credited.
    """
    if deposit.state is D.UNRECOGNISED:
        return DepositStep(D.UNRECOGNISED, 0)
    is_other_amount = deposit.state in BOOKED and deposit.seen_base_units != deposit.base_units
    if deposit.sighting.state is not SightingState.INCLUDED or is_other_amount:
        return _step_out_of_chain(deposit)
    confirmations = confirmations_at(deposit, head_height)
    if deposit.state is D.HELD and screened is Verdict.CLEAR and not is_paused:
        return DepositStep(D.CREDITED, deposit.required, DepositMove.RELEASE)
    if deposit.state in BOOKED:
        return DepositStep(deposit.state, deposit.required)
    if confirmations < deposit.required:
        return DepositStep(D.CONFIRMING, confirmations)
    if screened in {Verdict.HOLD, Verdict.FREEZE}:
        return DepositStep(D.HELD, confirmations, DepositMove.HOLD)
    if is_paused or screened is Verdict.WAITING:
        return DepositStep(D.CONFIRMING, confirmations)
    if reaches_minimum:
        return DepositStep(D.CREDITED, confirmations, DepositMove.CREDIT)
    return DepositStep(D.BELOW_MINIMUM, confirmations, DepositMove.SUSPEND)


def _step_out_of_chain(deposit: Deposit) -> DepositStep:
    if deposit.state is D.CREDITED:
        return DepositStep(D.REVERSED, 0, DepositMove.REVERSE_CREDIT)
    if deposit.state is D.REVERSED:
        return DepositStep(D.REVERSED, 0)
    is_waiting = deposit.sighting.state is SightingState.MEMPOOL
    state = D.SEEN if is_waiting else D.ORPHANED
    return DepositStep(state, 0, _UNDOING.get(deposit.state, DepositMove.NONE))


_UNDOING: Final = {
    D.BELOW_MINIMUM: DepositMove.REVERSE_SUSPENSE,
    D.HELD: DepositMove.REVERSE_HOLD,
}


@dataclass(frozen=True, slots=True)
class TakeBack:
    """How a credit is taken back: what the balance can give, and what is then still owed."""

    taken_units: int
    owed_units: int


def take_back(units: int, available_units: int) -> TakeBack:
    """Never more than the player has left: a balance does not go below zero."""
    taken = min(units, max(available_units, 0))
    return TakeBack(taken, units - taken)


# --- Withdrawals


class FamilyNews(StrEnum):
    """What custody says of the transaction family that pays a withdrawal."""

    PLANNED = "planned"
    SIGNED = "signed"
    BROADCAST = "broadcast"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    """Mined and failed, finally: nothing was paid and nothing of this family ever will be."""
    NEVER_SIGNED = "never_signed"
    """Given up before any signature existed."""


class Settlement(StrEnum):
    """What becomes of the hold."""

    KEEP = "keep"
    PAY = "pay"
    RELEASE = "release"
    REORDER = "reorder"
    """Keep the hold and pay by a new family: this one is proven dead."""


@dataclass(frozen=True, slots=True)
class WithdrawalStep:
    """The next state of an ordered withdrawal and what its hold does."""

    state: WithdrawalState
    settlement: Settlement = Settlement.KEEP


_MIRROR: Final[Mapping[FamilyNews, WithdrawalState]] = {
    FamilyNews.PLANNED: W.ORDERED,
    FamilyNews.SIGNED: W.SIGNED,
    FamilyNews.BROADCAST: W.BROADCAST,
}
_PROGRESS: Final = (W.ORDERED, W.SIGNED, W.BROADCAST)


def mirror_family(
    state: WithdrawalState,
    news: FamilyNews,
    *,
    attempt: int,
    attempts_max: int,
    on_failure: OnChainFailure,
) -> WithdrawalStep:
    """Follow custody. Anything that is not final keeps the hold."""
    assert state in IN_FLIGHT, state
    if news is FamilyNews.CONFIRMED:
        return WithdrawalStep(W.CONFIRMED, Settlement.PAY)
    if news is FamilyNews.FAILED:
        if on_failure is OnChainFailure.REQUEUE and attempt < attempts_max:
            return WithdrawalStep(W.APPROVED, Settlement.REORDER)
        return WithdrawalStep(W.FAILED, Settlement.RELEASE)
    if news is FamilyNews.NEVER_SIGNED:
        return WithdrawalStep(W.FAILED, Settlement.RELEASE)
    ahead = _MIRROR[news]
    # A family that is signed again for a higher fee is still the payment that was broadcast.
    further = max(ahead, state, key=_PROGRESS.index)
    return WithdrawalStep(further)


def reviewed_state(checks: tuple[Check, ...]) -> WithdrawalState:
    """Where an undecided withdrawal stands after its checks were judged again."""
    if all(check.state is CheckState.PASSED for check in checks):
        return W.APPROVED
    return W.WAITING
