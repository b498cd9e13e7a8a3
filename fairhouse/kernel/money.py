"""Money: whole units of a currency, and every rounding by name.

Amounts cross the wire as decimal strings ("1.25"); inside they are integers of the ledger unit.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from fairhouse.kernel.currencies import Asset, Currency, CurrencyCode, currency
from fairhouse.kernel.refusals import Malformed

UNITS_MAX: Final = 2**63 - 1
"""A ledger balance is a signed 64-bit integer in PostgreSQL."""

_POWERS: Final = tuple(10**exponent for exponent in range(41))
_KEPT: Final = 4_096
"""How many texts and amounts are remembered: players stake and win a few sizes again and again."""
_DECIMAL: Final = re.compile(r"(0|[1-9][0-9]{0,30})(?:\.([0-9]{1,40}))?")


class InvalidAmount(Malformed):
    """An amount that is no positive decimal within the currency's scale and the ledger's range."""

    code = "invalid_amount"


class Rounding(Enum):
    """The direction a division that does not come out even is settled in."""

    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`units` of `currency` in ledger scale; may be negative only as a difference."""

    units: int
    currency: CurrencyCode

    def __add__(self, other: "Money") -> "Money":
        self._assert_same(other)
        return Money(self.units + other.units, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._assert_same(other)
        return Money(self.units - other.units, self.currency)

    def __str__(self) -> str:
        return f"{format_units(self.units, currency(self.currency).scale)} {self.currency}"

    def _assert_same(self, other: "Money") -> None:
        assert self.currency == other.currency, f"{self.currency} is not {other.currency}"


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """An exact quotient rounded in the named direction; both operands non-negative."""
    assert numerator >= 0
    assert denominator > 0
    if rounding is Rounding.DOWN:
        return numerator // denominator
    return -(-numerator // denominator)


def parse_units(text: str, scale: int, *, param: str = "amount") -> int:
    """Decimal text to units of `scale`. Refuses with InvalidAmount; zero is allowed here."""
    units = _parsed(text, scale)
    return _checked(text, scale, param) if units is None else units


@lru_cache(maxsize=_KEPT)
def _parsed(text: str, scale: int) -> int | None:
    """None for what `_checked` refuses."""
    try:
        return _checked(text, scale, "amount")
    except InvalidAmount:
        return None


def _checked(text: str, scale: int, param: str) -> int:
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise InvalidAmount(
            f"{param} must be a plain decimal number such as 1.25, without sign or exponent.",
            param=param,
        )
    fraction = found.group(2) or ""
    if len(fraction) > scale and fraction[scale:].strip("0"):
        raise InvalidAmount(
            f"{param} has more than {scale} decimal places; round it to {scale}.",
            param=param,
            scale=scale,
        )
    units = int(found.group(1)) * 10**scale + int(fraction[:scale].ljust(scale, "0") or "0")
    if units > UNITS_MAX:
        raise InvalidAmount(f"{param} is larger than any balance can be.", param=param)
    return units


def parse_positive(text: str, of: Currency, *, param: str = "amount") -> int:
    """Decimal text to a positive number of ledger units. Refuses with InvalidAmount."""
    units = parse_units(text, of.scale, param=param)
    if units == 0:
        least = format_units(1, of.scale)
        raise InvalidAmount(
            f"{param} must be more than zero; the least is {least} {of.code}.", param=param
        )
    return units


def format_units(units: int, scale: int) -> str:
    """Units to plain decimal text, without trailing zeros: 1250000 at scale 6 is "1.25"."""
    if units < 0:
        return f"-{format_units(-units, scale)}"
    whole, fraction = divmod(units, _POWERS[scale])
    return f"{whole}.{str(fraction).zfill(scale).rstrip('0')}" if fraction else str(whole)


def to_ledger_units(base_units: int, asset: Asset) -> tuple[int, int]:
    """Base units of a chain to (ledger units, remainder in base units), rounded down."""
    assert base_units >= 0
    return divmod(base_units, 10**asset.surplus_decimals)


def to_base_units(ledger_units: int, asset: Asset) -> int:
    """Ledger units to base units of a chain, exactly."""
    assert ledger_units >= 0
    return ledger_units * 10**asset.surplus_decimals
