"""Events with the wire view of the moment, written in the transaction that made it so."""

from fairhouse.cashier.events import DEPOSIT_EVENTS, WITHDRAWAL_EVENTS
from fairhouse.cashier.store import withdrawals as store
from fairhouse.cashier.types import CashierPolicy, Deposit, Withdrawal
from fairhouse.cashier.views import deposit_view, withdrawal_view
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce


async def announce_deposit(tx: Tx, deposit: Deposit, policy: CashierPolicy) -> None:
    """Tell where the deposit stands."""
    view = deposit_view(deposit, policy)
    event = DEPOSIT_EVENTS[deposit.state]
    await announce(
        tx,
        event(
            brand_id=deposit.brand_id, subject=view.id, player_id=deposit.player_id, deposit=view
        ),
    )


async def announce_withdrawal(tx: Tx, withdrawal: Withdrawal, policy: CashierPolicy) -> None:
    """Tell where the withdrawal stands, with its whole timeline."""
    view = withdrawal_view(withdrawal, await store.timeline(tx, withdrawal.id), policy)
    event = WITHDRAWAL_EVENTS[withdrawal.state]
    await announce(
        tx,
        event(
            brand_id=withdrawal.brand_id,
            subject=view.id,
            player_id=withdrawal.player_id,
            withdrawal=view,
        ),
    )
