"""The checks of a withdrawal are total, independent and say what to do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fairhouse.risk.rules import (
    all_passed,
    check_withdrawal,
    first_failed,
    looks_alike,
    required_approvals,
)
from fairhouse.risk.types import (
    AddressAge,
    ApprovalTier,
    Check,
    CheckCode,
    CheckState,
    Destination,
    Freeze,
    FreezeKind,
    Outflow,
    RiskPolicy,
    WithdrawalFacts,
    usd,
)
from fairhouse.screening.types import Verdict

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = RiskPolicy(
    day_count=5,
    day_value=usd(5_000),
    brand_hour_value=usd(50_000),
    address_ages=(AddressAge(from_value=0, age_s=0), AddressAge(from_value=usd(100), age_s=60)),
    approval_tiers=(
        ApprovalTier(from_value=usd(1_000), approvals=1),
        ApprovalTier(from_value=usd(3_000), approvals=2),
    ),
    step_up_from_value=0,
)
GOOD = WithdrawalFacts(
    now=NOW,
    units=50_000_000,
    fee_units=1_000_000,
    scale=6,
    currency="USDT",
    minimum_units=5_000_000,
    maximum_units=10_000_000_000,
    available_units=60_000_000,
    value=usd(50),
    address_problem=None,
    address_ours=False,
    destination=Destination(),
    lookalike_accepted=False,
    paused_reason=None,
    freezes=(),
    held_until=None,
    stepped_up=True,
    player_day=Outflow(),
    brand_hour=Outflow(),
    hot_units=1_000_000_000,
    approvals=0,
)


def only(checks: list[Check]) -> Check:
    (found,) = [check for check in checks if check.state is not CheckState.PASSED]
    return found


def test_an_ordinary_withdrawal_passes_every_check():
    checks = check_withdrawal(GOOD, POLICY)

    assert list(CheckCode) == [check.code for check in checks]
    assert all_passed(checks)
    assert first_failed(checks) is None


TROUBLES: list[tuple[dict[str, object], CheckCode, CheckState, timedelta | None]] = [
    ({"available_units": 49_999_999}, CheckCode.BALANCE, CheckState.FAILED, None),
    ({"units": 4_999_999}, CheckCode.AMOUNT_LIMITS, CheckState.FAILED, None),
    (
        {"units": 10_000_000_001, "available_units": 10**11, "hot_units": 10**11},
        CheckCode.AMOUNT_LIMITS,
        CheckState.FAILED,
        None,
    ),
    ({"address_problem": "bad_checksum"}, CheckCode.ADDRESS_VALID, CheckState.FAILED, None),
    ({"address_ours": True}, CheckCode.ADDRESS_OWN, CheckState.FAILED, None),
    (
        {"destination": Destination(similar_to="0xabc")},
        CheckCode.ADDRESS_LOOKALIKE,
        CheckState.FAILED,
        None,
    ),
    ({"kyc_needed": 1}, CheckCode.KYC, CheckState.WAITING, None),
    ({"kyc_needed": 1, "kyc_state": "submitted"}, CheckCode.KYC, CheckState.NEEDS_REVIEW, None),
    ({"kyc_needed": 1, "kyc_state": "rejected"}, CheckCode.KYC, CheckState.NEEDS_REVIEW, None),
    ({"screened": Verdict.WAITING}, CheckCode.SANCTIONS, CheckState.WAITING, None),
    ({"screened": Verdict.HOLD}, CheckCode.SANCTIONS, CheckState.NEEDS_REVIEW, None),
    ({"screened": Verdict.FREEZE}, CheckCode.SANCTIONS, CheckState.NEEDS_REVIEW, None),
    ({"paused_reason": "node upgrade"}, CheckCode.PAUSE, CheckState.WAITING, None),
    (
        {"freezes": (Freeze(FreezeKind.REORG_RECEIVABLE, "dep_1", NOW),)},
        CheckCode.FROZEN,
        CheckState.WAITING,
        None,
    ),
    (
        {"held_until": NOW + timedelta(hours=3)},
        CheckCode.CREDENTIALS_HOLD,
        CheckState.WAITING,
        timedelta(hours=3),
    ),
    ({"stepped_up": False}, CheckCode.SECOND_FACTOR, CheckState.FAILED, None),
    (
        {"player_day": Outflow(5, usd(5), NOW - timedelta(hours=20))},
        CheckCode.VELOCITY,
        CheckState.FAILED,
        timedelta(hours=4),
    ),
    (
        {"player_day": Outflow(1, usd(4_951), NOW - timedelta(hours=1))},
        CheckCode.VELOCITY,
        CheckState.FAILED,
        timedelta(hours=23),
    ),
    (
        {"value": usd(100)},
        CheckCode.NEW_ADDRESS_AGE,
        CheckState.WAITING,
        timedelta(seconds=60),
    ),
    ({"hot_units": 48_999_999}, CheckCode.HOT_LIQUIDITY, CheckState.WAITING, None),
    (
        {"brand_hour": Outflow(3, usd(49_951))},
        CheckCode.MANUAL_APPROVAL,
        CheckState.NEEDS_REVIEW,
        None,
    ),
]


def test_each_trouble_is_told_by_exactly_its_own_check():
    for change, code, state, due_in in TROUBLES:
        found = only(check_withdrawal(replace(GOOD, **change), POLICY))

        assert (code, state) == (found.code, found.state)
        assert (None if due_in is None else NOW + due_in) == found.due_at
        assert found.reason != f"{code}.passed"
        assert found.fix is not None


def test_fee_inside_the_amount_must_leave_something():
    facts = replace(GOOD, units=1_000_000, minimum_units=1)

    found = only(check_withdrawal(facts, POLICY))

    assert found.code == CheckCode.AMOUNT_LIMITS
    assert found.fields["limit"] == "1.000001"


def test_the_due_times_are_the_first_moment_at_which_the_check_passes():
    young = replace(GOOD, value=usd(100), destination=Destination(first_seen_at=NOW))
    held = replace(GOOD, held_until=NOW + timedelta(hours=24))
    for facts in (young, held):
        due_at = only(check_withdrawal(facts, POLICY)).due_at
        assert due_at is not None
        early = replace(facts, now=due_at - timedelta(microseconds=1))

        assert not all_passed(check_withdrawal(early, POLICY))
        assert all_passed(check_withdrawal(replace(facts, now=due_at), POLICY))


def test_an_address_paid_before_is_neither_new_nor_a_lookalike():
    known = Destination(first_seen_at=NOW, paid_count=1, similar_to="0xother")

    assert all_passed(check_withdrawal(replace(GOOD, value=usd(500), destination=known), POLICY))


def test_an_accepted_lookalike_passes_and_stays_named():
    similar = Destination(similar_to="0xother")
    checks = check_withdrawal(replace(GOOD, destination=similar, lookalike_accepted=True), POLICY)

    assert all_passed(checks)
    assert checks[4].fields["similar"] == "0xother"


@given(value=st.integers(0, usd(20_000)), approvals=st.integers(0, 3))
def test_approvals_needed_never_fall_as_the_value_rises(value: int, approvals: int):
    facts = replace(GOOD, value=value, approvals=approvals)
    required = required_approvals(facts, POLICY)
    check = check_withdrawal(facts, POLICY)[-1]

    assert required >= (2 if value >= usd(3_000) else 1 if value >= usd(1_000) else 0)
    assert (check.state is CheckState.PASSED) == (approvals >= required)


HEX = st.text("0123456789abcdef", min_size=40, max_size=40)


@given(HEX, HEX)
def test_only_different_addresses_with_equal_ends_look_alike(one: str, other: str):
    imitation = one[:4] + other[4:36] + one[36:]

    assert (imitation != one) == looks_alike("0x" + imitation.upper(), "0x" + one)
    assert not looks_alike("0x" + one, "0x" + one.upper())
