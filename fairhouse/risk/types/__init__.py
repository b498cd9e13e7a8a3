"""The words of risk: checks of a withdrawal, observations, rules, decisions, links."""

from fairhouse.risk.types.checks import (
    VALUE_SCALE,
    AddressAge,
    ApprovalTier,
    Check,
    CheckCode,
    CheckState,
    Destination,
    Freeze,
    FreezeKind,
    Outflow,
    RiskMark,
    RiskPolicy,
    WithdrawalFacts,
    usd,
)

__all__ = [
    "VALUE_SCALE",
    "AddressAge",
    "ApprovalTier",
    "Check",
    "CheckCode",
    "CheckState",
    "Destination",
    "Freeze",
    "FreezeKind",
    "Outflow",
    "RiskMark",
    "RiskPolicy",
    "WithdrawalFacts",
    "usd",
]
