"""What must hold over the sums of the books."""

from collections.abc import Iterable, Mapping

from fairhouse.kernel.currencies import ASSETS
from fairhouse.kernel.money import to_base_units
from fairhouse.ledger.tables import ClearingStanding
from fairhouse.ledger.types import AccountCode, Imbalance


def clearing_imbalances(standings: Iterable[ClearingStanding]) -> list[Imbalance]:
    """Chain side in base units = currency side scaled up; the dust has left the chain side."""
    found: list[Imbalance] = []
    for item in standings:
        asset = next(known for known in ASSETS.values() if known.id == item.asset_id)
        sign = -1 if item.currency_units < 0 else 1
        expected = sign * to_base_units(abs(item.currency_units), asset)
        if expected != item.base_units:
            subject = f"{item.brand_id}/{AccountCode.CLEARING_BASE}/{asset.id}"
            found.append(Imbalance("clearing", subject, expected, item.base_units))
    return found


def counter_imbalances(
    invariant: str, rows: Iterable[tuple[str, Mapping[str, tuple[int, int]]]]
) -> list[Imbalance]:
    """One finding for each counter of each subject whose expected and actual values differ."""
    return [
        Imbalance(invariant, f"{subject} {counter}", expected, actual)
        for subject, counters in rows
        for counter, (expected, actual) in counters.items()
        if expected != actual
    ]
