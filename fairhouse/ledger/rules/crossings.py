"""Crossings between the currency book and the asset book, and the resolutions of holds.

Whatever crosses, at every moment and for every asset: clearing in base units (the chain side) =
clearing in ledger units (the currency side) scaled up; what fell below the scale stands on `dust`.
"""

from uuid import UUID

from fairhouse.kernel.currencies import Asset
from fairhouse.kernel.ids import derived_id
from fairhouse.kernel.money import to_base_units, to_ledger_units
from fairhouse.ledger.types import AccountCode, AccountKey, Kind, Transfer


def asset_owner(asset: Asset) -> UUID:
    """The owner under which `clearing` is kept apart for each asset of a currency."""
    return derived_id("ledger.asset", asset.id)


def clearing_key(brand_id: int, asset: Asset) -> AccountKey:
    """`clearing:<asset>` on the currency side."""
    return AccountKey(brand_id, AccountCode.CLEARING, asset.currency, owner=asset_owner(asset))


def clearing_base_key(brand_id: int, asset: Asset) -> AccountKey:
    """`clearing:<asset>` on the chain side."""
    return AccountKey(brand_id, AccountCode.CLEARING_BASE, asset.id)


def dust_key(brand_id: int, asset: Asset) -> AccountKey:
    """What arrived below the ledger's scale, in base units."""
    return AccountKey(brand_id, AccountCode.DUST, asset.id)


def crossing_in(
    *,
    crossing_id: UUID,
    asset: Asset,
    base_units: int,
    chain_account: AccountKey,
    currency_account: AccountKey,
    reason: str,
    ref: str,
    rate_id: UUID | None = None,
    value_ref: int | None = None,
) -> list[Transfer]:
    """Value from the chain into the currency book: at most three linked transfers.

    `chain_account` is debited by all `base_units`, `currency_account` credited with the whole
    ledger units in them; the remainder goes to dust. `crossing_id` should be a derived id of what
    was observed, so that the same observation can never cross twice. Asserts that the ledger units
    fit a bigint: an absurd amount of a worthless token belongs to suspense, not to a player.
    """
    brand_id = chain_account.brand_id
    units, dust = to_ledger_units(base_units, asset)
    between = clearing_base_key(brand_id, asset)
    legs = [
        Transfer(
            id=_leg_id(crossing_id, "chain"), debit=chain_account, credit=between,
            amount=base_units, reason=reason, ref=ref,
        )
    ]  # fmt: skip
    if dust:
        legs.append(
            Transfer(
                id=_leg_id(crossing_id, "dust"), debit=between, credit=dust_key(brand_id, asset),
                amount=dust, reason="dust", ref=ref,
            )
        )  # fmt: skip
    if units:
        legs.append(
            Transfer(
                id=_leg_id(crossing_id, "currency"), debit=clearing_key(brand_id, asset),
                credit=currency_account, amount=units, reason=reason, ref=ref,
                rate_id=rate_id, value_ref=value_ref,
            )
        )  # fmt: skip
    return legs


def crossing_hold(
    *,
    hold_id: UUID,
    asset: Asset,
    units: int,
    currency_account: AccountKey,
    reason: str,
    ref: str,
    rate_id: UUID | None = None,
    value_ref: int | None = None,
) -> Transfer:
    """The hold of a crossing out that is to come: posted by `crossing_out(pending_id=hold_id)`."""
    return Transfer(
        id=hold_id,
        debit=currency_account,
        credit=clearing_key(currency_account.brand_id, asset),
        amount=units,
        reason=reason,
        ref=ref,
        kind=Kind.PENDING,
        rate_id=rate_id,
        value_ref=value_ref,
    )


def crossing_out(
    *,
    crossing_id: UUID,
    asset: Asset,
    units: int,
    currency_account: AccountKey,
    chain_account: AccountKey,
    reason: str,
    ref: str,
    pending_id: UUID | None = None,
    rate_id: UUID | None = None,
    value_ref: int | None = None,
) -> list[Transfer]:
    """Value from the currency book out to the chain: two linked transfers, always exact.

    `currency_account` is debited by `units` (by posting `pending_id` when it was held before) and
    `chain_account` credited with the same in base units.
    """
    brand_id = currency_account.brand_id
    return [
        Transfer(
            id=_leg_id(crossing_id, "currency"), debit=currency_account,
            credit=clearing_key(brand_id, asset), amount=units, reason=reason, ref=ref,
            kind=Kind.SINGLE if pending_id is None else Kind.POST, pending_id=pending_id,
            rate_id=rate_id, value_ref=value_ref,
        ),
        Transfer(
            id=_leg_id(crossing_id, "chain"), debit=clearing_base_key(brand_id, asset),
            credit=chain_account, amount=to_base_units(units, asset), reason=reason, ref=ref,
        ),
    ]  # fmt: skip


def post_of(hold: Transfer, *, id_: UUID, amount: int | None = None) -> Transfer:
    """The post of a hold: all of it, or `amount` of it with the rest released."""
    return _resolution(hold, id_, Kind.POST, hold.amount if amount is None else amount)


def void_of(hold: Transfer, *, id_: UUID) -> Transfer:
    """The void of a hold."""
    return _resolution(hold, id_, Kind.VOID, hold.amount)


def _resolution(hold: Transfer, id_: UUID, kind: Kind, amount: int) -> Transfer:
    assert hold.kind is Kind.PENDING
    return Transfer(
        id=id_, debit=hold.debit, credit=hold.credit, amount=amount, reason=hold.reason,
        ref=hold.ref, kind=kind, pending_id=hold.id,
        rate_id=hold.rate_id, value_ref=hold.value_ref,
    )  # fmt: skip


def _leg_id(crossing_id: UUID, leg: str) -> UUID:
    unix_ms = crossing_id.int >> 80 if crossing_id.version == 7 else 0
    return derived_id("ledger.crossing", str(crossing_id), leg, unix_ms=unix_ms)
