"""What others may ask of risk, by theme."""

from fairhouse.risk.api.withdrawals import (
    all_passed,
    brand_hour,
    check_withdrawal,
    count_request,
    destination,
    first_failed,
    freeze,
    freezes,
    lift_freeze,
    player_day,
    record_payment,
    release_request,
    required_approvals,
)

__all__ = [
    "all_passed",
    "brand_hour",
    "check_withdrawal",
    "count_request",
    "destination",
    "first_failed",
    "freeze",
    "freezes",
    "lift_freeze",
    "player_day",
    "record_payment",
    "release_request",
    "required_approvals",
]
