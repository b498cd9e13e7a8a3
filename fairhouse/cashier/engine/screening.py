"""What screening is asked about money that comes and goes."""

from datetime import datetime
from uuid import UUID

from fairhouse.cashier.types import (
    CashierPolicy,
    Deposit,
    DepositState,
    SightingState,
    Withdrawal,
)
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player
from fairhouse.kernel.currencies import Asset, asset, currency
from fairhouse.kernel.money import format_units
from fairhouse.platform.database import Tx
from fairhouse.screening import api as screening
from fairhouse.screening.types import Movement, Subject, Verdict


async def screen_deposit(tx: Tx, deposit: Deposit, policy: CashierPolicy) -> Verdict:
    """What is known of where a deposit came from; asked as soon as it stands in a block.

    What was credited stays credited: what is found later is a case, not a reversal.
    """
    is_settled = deposit.state in {DepositState.CREDITED, DepositState.UNRECOGNISED}
    if is_settled or deposit.asset is None:
        return Verdict.CLEAR
    of = asset(deposit.asset)
    movement = Movement(
        id=deposit.id,
        subject=Subject.DEPOSIT,
        brand_id=deposit.brand_id,
        player_id=deposit.player_id,
        chain=deposit.chain,
        currency=of.currency,
        address=deposit.from_address,
        tx_hash=deposit.tx_hash,
        own_address=deposit.address,
        amount=format_units(deposit.base_units, of.decimals),
        at=deposit.seen_at,
    )
    if deposit.sighting.state is not SightingState.INCLUDED:
        return (await screening.known(tx, movement=movement, policy=policy.screening)).verdict
    return (await screening.screen(tx, movement=movement, policy=policy.screening)).verdict


def movement_out(
    id_: UUID, player: Player, of: Asset, *, units: int, destination: str, at: datetime
) -> Movement:
    """A withdrawal, or the wish for one, as screening sees it."""
    return Movement(
        id=id_,
        subject=Subject.WITHDRAWAL,
        brand_id=player.brand_id,
        player_id=player.id,
        chain=of.chain,
        currency=of.currency,
        address=destination,
        tx_hash="",
        own_address="",
        amount=format_units(units, currency(of.currency).scale),
        at=at,
    )


async def screened(tx: Tx, movement: Movement, policy: CashierPolicy) -> Verdict:
    """What is known of a destination, without asking."""
    return (await screening.known(tx, movement=movement, policy=policy.screening)).verdict


async def ask_about(tx: Tx, withdrawal: Withdrawal, policy: CashierPolicy) -> None:
    """Have the destination of a requested withdrawal looked at."""
    movement = movement_out(
        withdrawal.id,
        await identity.player(tx, player_id=withdrawal.player_id),
        asset(withdrawal.asset),
        units=withdrawal.units,
        destination=withdrawal.destination,
        at=withdrawal.requested_at,
    )
    await screening.screen(tx, movement=movement, policy=policy.screening)
