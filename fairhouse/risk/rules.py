"""The checks of a withdrawal: one small pure function each, listed in CHECKS."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final

from fairhouse.kernel.money import format_units
from fairhouse.kernel.refusals import FieldValue
from fairhouse.risk.types import (
    VALUE_SCALE,
    Check,
    CheckCode,
    CheckState,
    RiskPolicy,
    WithdrawalFacts,
)
from fairhouse.screening.types import Verdict

DAY: Final = timedelta(hours=24)
_VISIBLE_ENDS: Final = 4
"""How many characters a wallet shows at each end of a shortened address."""


def check_withdrawal(facts: WithdrawalFacts, policy: RiskPolicy) -> list[Check]:
    """Every check, in the order it is shown, each judged on its own."""
    return [check(facts, policy) for check in CHECKS]


def all_passed(checks: Iterable[Check]) -> bool:
    """Whether nothing stands in the way."""
    return all(check.state is CheckState.PASSED for check in checks)


def first_failed(checks: Iterable[Check]) -> Check | None:
    """The first check that no waiting and nobody's review can mend."""
    return next((check for check in checks if check.state is CheckState.FAILED), None)


def required_approvals(facts: WithdrawalFacts, policy: RiskPolicy) -> int:
    """How many different members of staff have to approve."""
    by_value = max(
        (tier.approvals for tier in policy.approval_tiers if facts.value >= tier.from_value),
        default=0,
    )
    return max(by_value, 1) if _is_outflow_unusual(facts, policy) else by_value


def looks_alike(address: str, known: str) -> bool:
    """Whether two different addresses show the same ends: the mark of address poisoning.

    Compared without case and without a leading 0x, as a hurried eye does.
    """
    one, other = (text.lower().removeprefix("0x") for text in (address, known))
    ends = _VISIBLE_ENDS
    return one != other and one[:ends] == other[:ends] and one[-ends:] == other[-ends:]


def _passed(code: CheckCode, **fields: FieldValue) -> Check:
    return Check(code, CheckState.PASSED, f"{code}.passed", fields)


def _balance(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.units <= facts.available_units:
        return _passed(CheckCode.BALANCE)
    return Check(
        CheckCode.BALANCE,
        CheckState.FAILED,
        "balance.short",
        {"available": _amount(facts, facts.available_units), "currency": facts.currency},
        fix="balance.lower_amount",
    )


def _amount_limits(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    least = max(facts.minimum_units, facts.fee_units + 1)
    if facts.units < least:
        reason, limit, fix = "amount_limits.below", least, "amount_limits.raise_amount"
    elif facts.units > facts.maximum_units:
        reason, limit, fix = "amount_limits.above", facts.maximum_units, "amount_limits.split"
    else:
        return _passed(CheckCode.AMOUNT_LIMITS)
    fields = {"limit": _amount(facts, limit), "currency": facts.currency}
    return Check(CheckCode.AMOUNT_LIMITS, CheckState.FAILED, reason, fields, fix=fix)


def _address_valid(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.address_problem is None:
        return _passed(CheckCode.ADDRESS_VALID)
    return Check(
        CheckCode.ADDRESS_VALID,
        CheckState.FAILED,
        "address_valid.unreadable",
        {"problem": facts.address_problem},
        fix="address_valid.copy_again",
    )


def _address_own(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if not facts.address_ours:
        return _passed(CheckCode.ADDRESS_OWN)
    return Check(
        CheckCode.ADDRESS_OWN,
        CheckState.FAILED,
        "address_own.ours",
        fix="address_own.use_own_wallet",
    )


def _address_lookalike(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    similar = facts.destination.similar_to
    if similar is None or facts.destination.paid_count:
        return _passed(CheckCode.ADDRESS_LOOKALIKE)
    if facts.lookalike_accepted:
        return Check(
            CheckCode.ADDRESS_LOOKALIKE,
            CheckState.PASSED,
            "address_lookalike.accepted",
            {"similar": similar},
        )
    return Check(
        CheckCode.ADDRESS_LOOKALIKE,
        CheckState.FAILED,
        "address_lookalike.similar",
        {"similar": similar},
        fix="address_lookalike.compare_and_accept",
    )


def _sanctions(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.screened is Verdict.CLEAR:
        return _passed(CheckCode.SANCTIONS)
    if facts.screened is Verdict.WAITING:
        state, reason, fix = CheckState.WAITING, "sanctions.asked", "sanctions.wait"
    else:
        # Said in the same way whatever was found: what it is stands in the case.
        state, reason, fix = CheckState.NEEDS_REVIEW, "sanctions.review", "sanctions.wait_for_staff"
    return Check(CheckCode.SANCTIONS, state, reason, fix=fix, due_at=facts.screened_by)


def _kyc(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.kyc_tier >= facts.kyc_needed:
        return _passed(CheckCode.KYC)
    fields: dict[str, FieldValue] = {"tier": facts.kyc_tier + 1}
    if facts.kyc_state in {"submitted", "on_hold"}:
        return Check(
            CheckCode.KYC, CheckState.NEEDS_REVIEW, "kyc.in_review", fields, fix="kyc.wait"
        )
    if facts.kyc_state == "rejected":
        return Check(
            CheckCode.KYC, CheckState.NEEDS_REVIEW, "kyc.rejected", fields, fix="kyc.ask_support"
        )
    return Check(
        CheckCode.KYC,
        CheckState.WAITING,
        "kyc.needed",
        fields,
        fix="kyc.verify",
        due_at=facts.kyc_due_at,
    )


def _pause(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.paused_reason is None:
        return _passed(CheckCode.PAUSE)
    return Check(
        CheckCode.PAUSE,
        CheckState.WAITING,
        "pause.paused",
        {"reason": facts.paused_reason},
        fix="pause.wait",
    )


def _frozen(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if not facts.freezes:
        return _passed(CheckCode.FROZEN)
    freeze = facts.freezes[0]
    return Check(
        CheckCode.FROZEN,
        CheckState.WAITING,
        f"frozen.{freeze.kind}",
        {"ref": freeze.ref},
        fix=f"frozen.{freeze.kind}_fix",
    )


def _credentials_hold(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.held_until is None or facts.held_until <= facts.now:
        return _passed(CheckCode.CREDENTIALS_HOLD)
    return Check(
        CheckCode.CREDENTIALS_HOLD,
        CheckState.WAITING,
        "credentials_hold.held",
        fix="credentials_hold.wait",
        due_at=facts.held_until,
    )


def _second_factor(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.stepped_up or facts.value < policy.step_up_from_value:
        return _passed(CheckCode.SECOND_FACTOR)
    return Check(
        CheckCode.SECOND_FACTOR,
        CheckState.FAILED,
        "second_factor.stale",
        fix="second_factor.step_up",
    )


def _velocity(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    day = facts.player_day
    fields: Mapping[str, FieldValue]
    if day.count + 1 > policy.day_count:
        reason, fields = "velocity.count", {"limit": policy.day_count}
    elif day.value + facts.value > policy.day_value:
        reason = "velocity.value"
        left = max(policy.day_value - day.value, 0)
        fields = {
            "limit_usd": format_units(policy.day_value, VALUE_SCALE),
            "left_usd": format_units(left, VALUE_SCALE),
        }
    else:
        return _passed(CheckCode.VELOCITY)
    due_at = day.oldest_at + DAY if day.oldest_at else None
    return Check(
        CheckCode.VELOCITY, CheckState.FAILED, reason, fields, fix="velocity.later", due_at=due_at
    )


def _new_address_age(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.destination.paid_count:
        return _passed(CheckCode.NEW_ADDRESS_AGE)
    age_s = max(
        (age.age_s for age in policy.address_ages if facts.value >= age.from_value), default=0
    )
    due_at = (facts.destination.first_seen_at or facts.now) + timedelta(seconds=age_s)
    if due_at <= facts.now:
        return _passed(CheckCode.NEW_ADDRESS_AGE)
    return Check(
        CheckCode.NEW_ADDRESS_AGE,
        CheckState.WAITING,
        "new_address_age.young",
        {"age_s": age_s},
        fix="new_address_age.wait",
        due_at=due_at,
    )


def _hot_liquidity(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    if facts.units - facts.fee_units <= facts.hot_units:
        return _passed(CheckCode.HOT_LIQUIDITY)
    return Check(
        CheckCode.HOT_LIQUIDITY,
        CheckState.WAITING,
        "hot_liquidity.short",
        {"currency": facts.currency},
        fix="hot_liquidity.wait",
    )


def _manual_approval(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    required = required_approvals(facts, policy)
    fields: dict[str, FieldValue] = {"approvals": facts.approvals, "required": required}
    if facts.approvals >= required:
        return _passed(CheckCode.MANUAL_APPROVAL, **fields)
    unusual = _is_outflow_unusual(facts, policy)
    return Check(
        CheckCode.MANUAL_APPROVAL,
        CheckState.NEEDS_REVIEW,
        "manual_approval.unusual_outflow" if unusual else "manual_approval.large",
        fields,
        fix="manual_approval.wait",
    )


def _marked(code: CheckCode) -> Callable[[WithdrawalFacts, RiskPolicy], Check]:
    """A line in which rules speak: it waits for a person, or for the player's answer."""

    def check(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
        marks = [mark for mark in facts.marks if mark.code is code]
        if not marks:
            return _passed(code)
        word = "asked" if any(mark.is_asking for mark in marks) else "review"
        return Check(
            code,
            CheckState.NEEDS_REVIEW,
            f"{code}.{word}",
            {"rules": ", ".join(sorted({f"{mark.rule} v{mark.version}" for mark in marks}))},
            fix=f"{code}.{word}_fix",
            due_at=max(mark.due_at for mark in marks),
        )

    return check


def _risk_score(facts: WithdrawalFacts, policy: RiskPolicy) -> Check:
    """A score never takes money: it makes a person look."""
    marked = _marked(CheckCode.RISK_SCORE)(facts, policy)
    if marked.state is not CheckState.PASSED or facts.risk_points < policy.review_from_points:
        return marked
    return Check(
        CheckCode.RISK_SCORE,
        CheckState.NEEDS_REVIEW,
        "risk_score.high",
        {"points": facts.risk_points, "from": policy.review_from_points},
        fix="risk_score.review_fix",
    )


def _is_outflow_unusual(facts: WithdrawalFacts, policy: RiskPolicy) -> bool:
    return facts.brand_hour.value + facts.value > policy.brand_hour_value


def _amount(facts: WithdrawalFacts, units: int) -> str:
    return format_units(max(units, 0), facts.scale)


CHECKS: Final[tuple[Callable[[WithdrawalFacts, RiskPolicy], Check], ...]] = (
    _balance,
    _amount_limits,
    _address_valid,
    _address_own,
    _address_lookalike,
    _sanctions,
    _kyc,
    _pause,
    _frozen,
    _credentials_hold,
    _second_factor,
    _velocity,
    _new_address_age,
    _hot_liquidity,
    _marked(CheckCode.VELOCITY_RULES),
    _marked(CheckCode.PASS_THROUGH),
    _marked(CheckCode.LINKED_ACCOUNTS),
    _marked(CheckCode.SOURCE_OF_FUNDS),
    _risk_score,
    _marked(CheckCode.RISK_RULES),
    _manual_approval,
)
