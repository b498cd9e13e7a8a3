"""What each jurisdiction asks of player protection."""

from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from fairhouse.brands.api import brand
from fairhouse.brands.types import BrandId, ExclusionRules, LimitRules
from fairhouse.protection.types import LimitKind, Period, ProtectionPolicy

MINUTES: Final = MappingProxyType(
    {Period.DAY: 24 * 60, Period.WEEK: 7 * 24 * 60, Period.MONTH: 31 * 24 * 60}
)
"""More than this no session limit can be."""

AMOUNT_MAX: Final = 10**15
"""A thousand million in micro-units: more is no limit."""


def policy_of(brand_id: int) -> ProtectionPolicy:
    """By the brand's jurisdiction."""
    rules = brand(BrandId(brand_id)).jurisdiction
    return _policy(rules.limits, rules.exclusion)


@lru_cache(maxsize=64)
def _policy(limits: LimitRules, exclusion: ExclusionRules) -> ProtectionPolicy:
    wait = timedelta(hours=limits.raise_delay_h)
    return ProtectionPolicy(
        increase_waits=MappingProxyType(dict.fromkeys(Period, wait)),
        cool_offs=MappingProxyType(
            {term.code: timedelta(hours=term.hours or 0) for term in exclusion.breaks}
        ),
        self_exclusions=MappingProxyType({term.code: term.months for term in exclusion.exclusions}),
        return_wait=timedelta(hours=exclusion.return_wait_h),
        readmitters=exclusion.readmitters,
    )


def amount_max(kind: LimitKind, period: Period) -> int:
    """The largest amount that makes sense."""
    return MINUTES[period] if kind is LimitKind.SESSION else AMOUNT_MAX
