"""The use cases of the rates module."""

from uuid import UUID

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce
from fairhouse.rates import rules, store
from fairhouse.rates.events import PriceHeld, PricesRecorded
from fairhouse.rates.rules import value_of
from fairhouse.rates.tables import JudgedRate
from fairhouse.rates.types import (
    ConfirmationReasonMissing,
    PriceList,
    Rate,
    RateSettings,
    RateUnavailable,
    Snapshot,
    UnknownSnapshot,
)

__all__ = [
    "confirm_snapshot",
    "latest",
    "rate_of",
    "record_snapshot",
    "snapshot",
    "value_of",
]


async def record_snapshot(tx: Tx, *, document: bytes, settings: RateSettings) -> Snapshot:
    """Record a feed's signed document; the same one again changes nothing.

    A price that moved by more than the limit is recorded but held: its currency has no rate before
    a person confirms the snapshot, or the price comes back. Refuses with PricesRejected.
    """
    # CHECK
    signed = rules.parse_signed(document)
    rules.verify(signed, settings.public_keys)
    prices = rules.parse_prices(signed.payload)
    await tx.lock("rates.record_snapshot")
    newest = await store.newest_snapshot(tx)
    if newest is not None and newest.signed.payload == signed.payload:
        return Snapshot(prices, signed, newest.held)
    rules.check_time(prices, newest.at if newest else None, settings, tx.now)
    # DECIDE
    rates = rules.rates_of(prices)
    good = await store.last_good_rates(tx, [rate.base for rate in rates], prices.quote)
    judged = [
        JudgedRate(rate, rules.is_absurd(rate, good.get(rate.base), settings.jump_max_percent))
        for rate in rates
    ]
    held = frozenset(item.rate.base for item in judged if item.held)
    # RECORD
    added = await store.add(tx, prices, signed, judged)
    assert added, "a newer snapshot has a new id"
    # ANNOUNCE
    await _announce(tx, prices, held)
    return Snapshot(prices, signed, held)


async def _announce(tx: Tx, prices: PriceList, held: frozenset[CurrencyCode]) -> None:
    await announce(tx, PricesRecorded(brand_id=0, subject=str(prices.id)))
    for code in sorted(held):
        await announce(tx, PriceHeld(0, str(prices.id), code, prices.prices[code]))


async def confirm_snapshot(tx: Tx, *, snapshot_id: UUID, actor: str, reason: str) -> bool:
    """A staff member vouches for the prices that jumped in a snapshot.

    Returns False when somebody did before. Refuses with UnknownSnapshot and
    ConfirmationReasonMissing.
    """
    # CHECK
    text = " ".join(reason.split())
    if not 3 <= len(text) <= 500:
        raise ConfirmationReasonMissing("reason must be 3 to 500 characters.", param="reason")
    if await store.snapshot(tx, snapshot_id) is None:
        raise UnknownSnapshot("There is no such snapshot of prices.", param="snapshot_id")
    # RECORD
    added = await store.confirm(tx, snapshot_id, actor, text)
    # ANNOUNCE
    if added:
        await announce(tx, PricesRecorded(brand_id=0, subject=str(snapshot_id)))
    return added


async def latest(
    tx: Tx, *, base: str, quote: str = "USD", settings: RateSettings | None = None
) -> Rate:
    """The newest rate of a currency.

    Refuses with RateUnavailable when there is none, it is stale, or its jump is not confirmed:
    whatever depends on a threshold fails closed. Play money has no rate.
    """
    # CHECK
    found = await store.newest_rate(tx, base, quote)
    if found is None:
        raise RateUnavailable(f"There is no price of {base} in {quote}.", param="currency")
    if found.held:
        raise RateUnavailable(
            f"The price of {base} jumped and waits for confirmation.", param="currency"
        )
    if not rules.is_fresh(found.rate, settings or RateSettings(public_keys=()), tx.now):
        raise RateUnavailable(
            f"The newest price of {base} is of {found.rate.at:%Y-%m-%d %H:%M:%SZ}, which is too "
            "old.",
            param="currency",
        )
    return found.rate


async def snapshot(tx: Tx) -> Snapshot:
    """The newest signed price list, for anyone to check. Refuses with RateUnavailable."""
    stored = await store.newest_snapshot(tx)
    if stored is None:
        raise RateUnavailable("No prices are recorded yet.")
    return Snapshot(rules.parse_prices(stored.signed.payload), stored.signed, stored.held)


async def rate_of(tx: Tx, *, rate_id: UUID, base: str) -> Rate:
    """The rate that was stored beside a value. Refuses with UnknownSnapshot."""
    found = await store.rate_of(tx, rate_id, base)
    if found is None:
        raise UnknownSnapshot(f"No snapshot {rate_id} has a price of {base}.", param="rate_id")
    return found
