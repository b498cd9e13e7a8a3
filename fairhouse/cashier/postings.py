"""What the books do for a deposit and a withdrawal: pure lists of linked transfers.

Every id is derived from what it is about and the round it happens in, so that repeating a step
after a crash posts the same transfers again, which changes nothing.
"""

from typing import Final
from uuid import UUID

from fairhouse.cashier.types import (
    DEPOSIT_PREFIX,
    WITHDRAWAL_PREFIX,
    Deposit,
    DepositState,
    Receivable,
    Withdrawal,
)
from fairhouse.kernel.currencies import Asset, CurrencyCode, asset
from fairhouse.kernel.ids import derived_id, to_wire, unix_ms_of
from fairhouse.kernel.money import to_base_units, to_ledger_units
from fairhouse.ledger.api import crossing_in, crossing_out
from fairhouse.ledger.types import AccountCode, AccountKey, Kind, Transfer

_NAMESPACE: Final = "cashier"


def cash_key(brand_id: int, currency: CurrencyCode, player_id: UUID) -> AccountKey:
    """What the player may play with and take out."""
    return AccountKey(brand_id, AccountCode.PLAYER_CASH, currency, owner=player_id)


# --- Deposits


def credit(
    deposit: Deposit,
    *,
    round_: int,
    since: DepositState,
    returned_units: int,
    rate_id: UUID,
    value: int,
) -> list[Transfer]:
    """The whole deposit into the player's balance, less what an earlier reversal left owing.

    `returned_units`: that part. `since`: where it stands in the books already, if it does.
    """
    of, ref = _asset_and_ref(deposit)
    source = _source_key(deposit, of, since)
    returned = to_base_units(returned_units, of)
    transfers: list[Transfer] = []
    if returned:
        transfers.append(
            Transfer(
                id=_id(deposit.id, "receivable_returned", round_), debit=source,
                credit=_receivable_key(deposit.brand_id, of, deposit.player_id), amount=returned,
                reason="deposit_returned", ref=ref,
            )
        )  # fmt: skip
    if deposit.base_units > returned:
        transfers += crossing_in(
            crossing_id=_id(deposit.id, "credit", round_), asset=of,
            base_units=deposit.base_units - returned, chain_account=source,
            currency_account=cash_key(deposit.brand_id, of.currency, deposit.player_id),
            reason="deposit", ref=ref, rate_id=rate_id, value_ref=value,
        )  # fmt: skip
    return transfers


def suspend(deposit: Deposit, *, round_: int) -> list[Transfer]:
    """Arrived for good, but too small to credit alone."""
    of, ref = _asset_and_ref(deposit)
    return [
        Transfer(
            id=_id(deposit.id, "suspend", round_), debit=_addresses_key(deposit, of),
            credit=_suspense_key(deposit, of), amount=deposit.base_units,
            reason="deposit_below_minimum", ref=ref,
        )
    ]  # fmt: skip


def hold_back(deposit: Deposit, *, round_: int) -> list[Transfer]:
    """Arrived for good, from where nothing may come: nobody's until compliance has decided."""
    of, ref = _asset_and_ref(deposit)
    return [
        Transfer(
            id=_id(deposit.id, "hold_back", round_), debit=_addresses_key(deposit, of),
            credit=_held_key(deposit, of), amount=deposit.base_units,
            reason="deposit_held", ref=ref,
        )
    ]  # fmt: skip


def reverse_uncredited(deposit: Deposit) -> list[Transfer]:
    """A deposit that was in suspense or on hold left the chain again."""
    of, ref = _asset_and_ref(deposit)
    return [
        Transfer(
            id=_id(deposit.id, "reverse", deposit.rounds),
            debit=_source_key(deposit, of, deposit.state),
            credit=_addresses_key(deposit, of), amount=deposit.base_units,
            reason="deposit_reversed", ref=ref,
        )
    ]  # fmt: skip


def reverse_credit(deposit: Deposit, *, taken_units: int) -> list[Transfer]:
    """A credited deposit left the chain: `taken_units` come from the balance, the rest is owed."""
    of, ref = _asset_and_ref(deposit)
    addresses = _addresses_key(deposit, of)
    owed = to_base_units(deposit.units - taken_units, of)
    _, dust = to_ledger_units(deposit.base_units, of)
    transfers: list[Transfer] = []
    if taken_units:
        transfers += crossing_out(
            crossing_id=_id(deposit.id, "reverse", deposit.rounds), asset=of, units=taken_units,
            currency_account=cash_key(deposit.brand_id, of.currency, deposit.player_id),
            chain_account=addresses, reason="deposit_reversed", ref=ref,
        )  # fmt: skip
    if owed:
        transfers.append(
            Transfer(
                id=_id(deposit.id, "receivable", deposit.rounds),
                debit=_receivable_key(deposit.brand_id, of, deposit.player_id), credit=addresses,
                amount=owed, reason="deposit_reversed", ref=ref,
            )
        )  # fmt: skip
    if dust:
        transfers.append(
            Transfer(
                id=_id(deposit.id, "reverse_dust", deposit.rounds),
                debit=AccountKey(deposit.brand_id, AccountCode.DUST, of.id), credit=addresses,
                amount=dust, reason="deposit_reversed", ref=ref,
            )
        )  # fmt: skip
    return transfers


def repay(receivable: Receivable, *, units: int) -> list[Transfer]:
    """The player's balance pays off part of what a vanished deposit left owing."""
    of = asset(receivable.asset)
    before = str(receivable.repaid_units)
    return crossing_out(
        crossing_id=_id(receivable.deposit_id, "repay", receivable.round, before),
        asset=of,
        units=units,
        currency_account=cash_key(receivable.brand_id, of.currency, receivable.player_id),
        chain_account=_receivable_key(receivable.brand_id, of, receivable.player_id),
        reason="receivable_repaid",
        ref=to_wire(DEPOSIT_PREFIX, receivable.deposit_id),
    )


# --- Withdrawals


def hold(withdrawal: Withdrawal) -> Transfer:
    """Everything the withdrawal costs, out of the player's reach and not yet moved."""
    owner = withdrawal.player_id
    return Transfer(
        id=_id(withdrawal.id, "hold", 0),
        debit=cash_key(withdrawal.brand_id, withdrawal.currency, owner),
        credit=AccountKey(
            withdrawal.brand_id, AccountCode.WITHDRAWAL_HOLD, withdrawal.currency, owner=owner
        ),
        amount=withdrawal.units,
        reason="withdrawal",
        ref=to_wire(WITHDRAWAL_PREFIX, withdrawal.id),
        kind=Kind.PENDING,
        rate_id=withdrawal.rate_id,
        value_ref=withdrawal.value,
    )


def release(withdrawal: Withdrawal) -> list[Transfer]:
    """The hold is voided: the player has it back."""
    held = hold(withdrawal)
    return [_resolution(withdrawal, held, Kind.VOID)]


def pay(withdrawal: Withdrawal) -> list[Transfer]:
    """The chain has it: the hold is posted, the fee earned, the rest crosses out."""
    held = hold(withdrawal)
    of = asset(withdrawal.asset)
    transfers = [_resolution(withdrawal, held, Kind.POST)]
    if withdrawal.fee_units:
        transfers.append(
            Transfer(
                id=_id(withdrawal.id, "fee", 0), debit=held.credit,
                credit=AccountKey(
                    withdrawal.brand_id, AccountCode.FEE_REVENUE, withdrawal.currency
                ),
                amount=withdrawal.fee_units, reason="withdrawal_fee", ref=held.ref,
                rate_id=withdrawal.rate_id,
            )
        )  # fmt: skip
    return transfers + crossing_out(
        crossing_id=_id(withdrawal.id, "pay", 0),
        asset=of,
        units=withdrawal.receives_units,
        currency_account=held.credit,
        chain_account=AccountKey(
            withdrawal.brand_id, AccountCode.WITHDRAWAL_IN_FLIGHT, withdrawal.asset
        ),
        reason="withdrawal_paid",
        ref=held.ref,
        rate_id=withdrawal.rate_id,
    )


def _resolution(withdrawal: Withdrawal, held: Transfer, kind: Kind) -> Transfer:
    return Transfer(
        id=_id(withdrawal.id, "resolution", 0), debit=held.debit, credit=held.credit,
        amount=held.amount, reason=held.reason, ref=held.ref, kind=kind, pending_id=held.id,
        rate_id=held.rate_id, value_ref=held.value_ref,
    )  # fmt: skip


# --- Keys and ids


def _asset_and_ref(deposit: Deposit) -> tuple[Asset, str]:
    assert deposit.asset is not None, "what is not recognised is never booked"
    return asset(deposit.asset), to_wire(DEPOSIT_PREFIX, deposit.id)


def _addresses_key(deposit: Deposit, of: Asset) -> AccountKey:
    return AccountKey(deposit.brand_id, AccountCode.DEPOSIT_ADDRESSES, of.id)


def _suspense_key(deposit: Deposit, of: Asset) -> AccountKey:
    return AccountKey(deposit.brand_id, AccountCode.SUSPENSE_BELOW_MINIMUM, of.id)


def _held_key(deposit: Deposit, of: Asset) -> AccountKey:
    return AccountKey(deposit.brand_id, AccountCode.COMPLIANCE_HOLD, of.id)


def _source_key(deposit: Deposit, of: Asset, since: DepositState) -> AccountKey:
    """Where the books have a deposit that was not credited yet."""
    if since is DepositState.BELOW_MINIMUM:
        return _suspense_key(deposit, of)
    if since is DepositState.HELD:
        return _held_key(deposit, of)
    return _addresses_key(deposit, of)


def _receivable_key(brand_id: int, of: Asset, player_id: UUID) -> AccountKey:
    return AccountKey(brand_id, AccountCode.REORG_RECEIVABLE, of.id, owner=player_id)


def _id(subject: UUID, what: str, round_: int, *more: str) -> UUID:
    unix_ms = unix_ms_of(subject)
    return derived_id(_NAMESPACE, str(subject), what, str(round_), *more, unix_ms=unix_ms)
