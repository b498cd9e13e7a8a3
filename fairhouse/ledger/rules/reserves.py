"""Is everything that is owed to players there? (UKGC LC 4.2.1, NJ 13:69O-1.9)"""

from collections.abc import Iterable, Sequence
from typing import Final

from fairhouse.kernel.currencies import ASSETS, CURRENCIES, Asset, CurrencyCode, CurrencyKind
from fairhouse.kernel.money import Rounding, divide
from fairhouse.ledger.types import AccountCode, Reserve, TrialRow

_OWED: Final = frozenset(
    {
        AccountCode.PLAYER_CASH,
        AccountCode.PLAYER_BONUS,
        AccountCode.LOCKED_WAGER,
        AccountCode.WITHDRAWAL_HOLD,
        AccountCode.FROZEN,
        AccountCode.JACKPOT_POOL,
        AccountCode.AFFILIATE_PAYABLE,
        AccountCode.COMPLIANCE_HOLD,
        AccountCode.SUSPENSE_UNIDENTIFIED,
        AccountCode.SUSPENSE_WRONG_TOKEN,
        AccountCode.SUSPENSE_BELOW_MINIMUM,
    }
)
# The gas tank is working capital, and what a chain took back (reorg receivable) is not there.
_KEPT: Final = frozenset(
    {
        AccountCode.DEPOSIT_ADDRESSES,
        AccountCode.HOT,
        AccountCode.WARM,
        AccountCode.COLD,
        AccountCode.EXCHANGE,
        AccountCode.IN_TRANSIT,
        AccountCode.WITHDRAWAL_IN_FLIGHT,
    }
)


def reserves(rows: Sequence[TrialRow]) -> list[Reserve]:
    """Owed and kept per real currency, out of a trial balance of one brand or of all."""
    return [
        Reserve(
            code,
            _sum(rows, code, _OWED, Rounding.UP),
            _sum(rows, code, _KEPT, Rounding.DOWN),
        )
        for code, item in CURRENCIES.items()
        if item.kind is CurrencyKind.REAL
    ]


def _sum(
    rows: Iterable[TrialRow], code: CurrencyCode, codes: frozenset[AccountCode], rounding: Rounding
) -> int:
    units = 0
    base_units: dict[Asset, int] = {}
    for row in rows:
        if row.code not in codes:
            continue
        if row.unit == code:
            units += row.balance
        of = next((asset for asset in ASSETS.values() if asset.id == row.unit), None)
        if of is not None and of.currency == code:
            base_units[of] = base_units.get(of, 0) + row.balance
    return units + sum(_scaled(amount, of, rounding) for of, amount in base_units.items())


def _scaled(base_units: int, of: Asset, rounding: Rounding) -> int:
    """Ledger units; a negative amount is rounded to the same side of the comparison."""
    scale = 10**of.surplus_decimals
    if base_units >= 0:
        return divide(base_units, scale, rounding)
    opposite = Rounding.DOWN if rounding is Rounding.UP else Rounding.UP
    return -divide(-base_units, scale, opposite)
