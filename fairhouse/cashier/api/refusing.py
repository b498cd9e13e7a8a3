"""A failed check as a refusal that names the field and the fix."""

from fairhouse.cashier.engine.checking import Candidate
from fairhouse.cashier.types import (
    AddressIsOurs,
    AmountOutOfLimits,
    LookalikeAddress,
    WithdrawalLimitReached,
)
from fairhouse.identity.types import Player, StepUpRequired
from fairhouse.kernel.refusals import Refusal
from fairhouse.ledger.types import InsufficientFunds
from fairhouse.risk.types import Check, CheckCode


def refusal_of(check: Check, candidate: Candidate, player: Player) -> Refusal:
    """What the player is told; a quote would have said the same beforehand."""
    fields = dict(check.fields)
    match check.code:
        case CheckCode.BALANCE:
            return InsufficientFunds(
                f"amount is more than the {fields['available']} {fields['currency']} available.",
                param="amount",
                **fields,
            )
        case CheckCode.AMOUNT_LIMITS:
            side = "at least" if check.reason == "amount_limits.below" else "at most"
            return AmountOutOfLimits(
                f"amount must be {side} {fields['limit']} {fields['currency']}.",
                param="amount",
                **fields,
            )
        case CheckCode.ADDRESS_VALID:
            problem = candidate.address_problem
            assert problem is not None
            return type(problem)(problem.message, param="destination", **problem.fields)
        case CheckCode.ADDRESS_OWN:
            return AddressIsOurs(
                "destination belongs to this house; give an address of your own wallet.",
                param="destination",
            )
        case CheckCode.ADDRESS_LOOKALIKE:
            return LookalikeAddress(
                f"destination looks like {fields['similar']} of your history but is another "
                "address. Compare every character, then send accept_lookalike.",
                param="destination",
                **fields,
            )
        case CheckCode.SECOND_FACTOR:
            return StepUpRequired(
                "Confirm that it is you (POST /v1/step-up), then ask again.",
                method="totp" if player.totp_enabled else "password",
            )
        case CheckCode.VELOCITY:
            return WithdrawalLimitReached(
                "That is more than may leave in 24 hours; ask for less, or later.",
                param="amount",
                due_at=check.due_at.isoformat() if check.due_at else None,
                **fields,
            )
        case _:
            raise AssertionError(f"{check.code} never fails for good")
