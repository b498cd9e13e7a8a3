"""What the owners put in: coins in a vault become the bankroll that bets are won from."""

from uuid import UUID

from fairhouse.brands.types import BrandId
from fairhouse.cashier.events import BankrollBacked
from fairhouse.cashier.types import NothingToBack, ReasonMissing
from fairhouse.kernel.currencies import asset
from fairhouse.kernel.ids import derived_id
from fairhouse.kernel.money import format_units, to_base_units
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

BANKROLL_LANE = 0
"""The bankroll is the sum over all lanes; what is put in goes to the first."""


async def back_bankroll(
    tx: Tx,
    *,
    request_id: UUID,
    brand_id: BrandId,
    asset_id: str,
    units: int,
    reason: str,
    actor: str,
) -> None:
    """Turn `units` (ledger units) of what the treasury sent to a vault into bankroll.

    `request_id` makes a repetition harmless. Refuses with UnknownAsset, ReasonMissing, and with
    NothingToBack when the vaults hold less than that from outside; nothing is backed twice.
    """
    # CHECK
    of = asset(asset_id)
    text = " ".join(reason.split())
    if not text:
        raise ReasonMissing("reason must say why the bankroll is raised.", param="reason")
    outside = AccountKey(brand_id, AccountCode.EXTERNAL, of.id)
    await tx.lock("cashier.back_bankroll", brand_id, of.id)
    # DECIDE
    base_units = to_base_units(units, of)
    lines = ledger.crossing_in(
        crossing_id=derived_id("cashier.bankroll", str(request_id)),
        asset=of,
        base_units=base_units,
        chain_account=outside,
        currency_account=AccountKey(
            brand_id, AccountCode.HOUSE_BANKROLL, of.currency, lane=BANKROLL_LANE
        ),
        reason="bankroll_backed",
        ref=f"bankroll:{request_id}",
    )
    # RECORD
    await ledger.post(tx, transfers=lines)
    left = (await ledger.balance(tx, key=outside)).posted
    if left < 0:
        there = format_units(left + base_units, of.decimals)
        raise NothingToBack(
            f"amount is more than the {there} that came from outside and is not backed yet; send "
            "coins to the hot wallet first.",
            param="amount",
        )
    # ANNOUNCE
    await announce(
        tx,
        BankrollBacked(
            brand_id=brand_id,
            subject=f"bankroll:{request_id}",
            asset=of.id,
            units=units,
            reason=text,
            actor=actor,
        ),
    )
