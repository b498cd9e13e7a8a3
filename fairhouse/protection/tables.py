"""What each jurisdiction asks of player protection."""

from datetime import timedelta
from types import MappingProxyType
from typing import Final

from fairhouse.brands.api import brand
from fairhouse.brands.types import BrandId
from fairhouse.protection.types import LimitKind, Period, ProtectionPolicy

DAY: Final = timedelta(days=1)

STRICTEST: Final = ProtectionPolicy(
    # UKGC RTS 12, AGCO 2.24, GLI-19 2.5.5: at least 24 hours, whatever the period.
    increase_waits=MappingProxyType({Period.DAY: DAY, Period.WEEK: DAY, Period.MONTH: DAY}),
    # UKGC SR 3.3.4: 24 hours to 6 weeks.
    cool_offs=MappingProxyType({"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "6w": 42 * DAY}),
    # UKGC SR 3.5.3: at least 6 months; Curaçao: 1, 3, 5 years and permanent.
    self_exclusions=MappingProxyType({"6m": 6, "1y": 12, "3y": 36, "5y": 60, "permanent": None}),
    # UKGC SR 3.5.3: 24 hours after the positive request.
    return_wait=DAY,
    readmitters=2,
)
"""Serves every jurisdiction that the platform knows of; one of its own is another entry below."""

POLICIES: Final = MappingProxyType({"demonstration": STRICTEST})

MINUTES: Final = MappingProxyType(
    {Period.DAY: 24 * 60, Period.WEEK: 7 * 24 * 60, Period.MONTH: 31 * 24 * 60}
)
"""More than this no session limit can be."""

AMOUNT_MAX: Final = 10**15
"""A thousand million in micro-units: more is no limit."""


def policy_of(brand_id: int) -> ProtectionPolicy:
    """By the brand's jurisdiction."""
    return POLICIES[brand(BrandId(brand_id)).jurisdiction.code]


def amount_max(kind: LimitKind, period: Period) -> int:
    """The largest amount that makes sense."""
    return MINUTES[period] if kind is LimitKind.SESSION else AMOUNT_MAX
