"""What the worker finds out for itself before coins leave.

The API writes withdrawals, and the API may be somebody else's one day. Nothing in the row is
believed that can be worked out from books and prices, and no payment follows one that may still
be made. What remains possible: docs/decisions/0080-what-a-stolen-api-can-do.md.
"""

from typing import Final

from fairhouse.cashier import postings
from fairhouse.cashier.types import WITHDRAWAL_PREFIX, Withdrawal
from fairhouse.custody import api as custody
from fairhouse.custody.types import FamilyId, FamilyState
from fairhouse.identity import api as identity
from fairhouse.kernel.currencies import asset
from fairhouse.kernel.ids import derived_id, to_wire, unix_ms_of
from fairhouse.kernel.money import Money, to_base_units
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Tx
from fairhouse.rates import api as rates

_DEAD: Final = frozenset({FamilyState.FAILED_ON_CHAIN, FamilyState.CANCELLED_UNSIGNED})


class NotVouched(Exception):
    """The row says something that books, prices or custody contradict; it waits for a person."""


async def vouch(tx: Tx, withdrawal: Withdrawal) -> None:
    """Raises NotVouched, naming what does not fit. The caller holds the row's lock."""
    of = asset(withdrawal.asset)
    player = await identity.player(tx, player_id=withdrawal.player_id)
    owned = (player.brand_id, of.currency, of.chain)
    if owned != (withdrawal.brand_id, withdrawal.currency, withdrawal.chain):
        raise NotVouched("brand, currency or chain is not the player's or the asset's")
    if withdrawal.base_units != to_base_units(withdrawal.receives_units, of):
        raise NotVouched("what is to be paid is not what was asked for, less the fee")
    rate = await rates.rate_of(tx, rate_id=withdrawal.rate_id, base=of.currency)
    if withdrawal.value != rates.value_of(Money(withdrawal.units, of.currency), rate):
        raise NotVouched("its value is not that of its amount")
    await _check_hold(tx, withdrawal)
    await _check_earlier_attempts(tx, withdrawal)


async def _check_hold(tx: Tx, withdrawal: Withdrawal) -> None:
    held = postings.hold(withdrawal)
    entries = await ledger.entries_of(tx, ref=to_wire(WITHDRAWAL_PREFIX, withdrawal.id))
    found = [
        (item.id, item.kind, item.debit, item.credit, item.amount, item.resolved_by)
        for item in entries
    ]
    if found != [(held.id, held.kind, held.debit, held.credit, held.amount, None)]:
        raise NotVouched("the books do not hold its amount")


async def _check_earlier_attempts(tx: Tx, withdrawal: Withdrawal) -> None:
    for attempt in range(withdrawal.attempt):
        family = await custody.family(tx, family_id=family_id_of(withdrawal, attempt))
        if family.state not in _DEAD:
            raise NotVouched(f"attempt {attempt} is {family.state} and may still be paid")


def family_id_of(withdrawal: Withdrawal, attempt: int) -> FamilyId:
    """The transaction family of an attempt; the same attempt can never have a second one."""
    unix_ms = unix_ms_of(withdrawal.id)
    return FamilyId(derived_id("cashier.family", str(withdrawal.id), str(attempt), unix_ms=unix_ms))
