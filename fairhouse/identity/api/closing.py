"""Accounts that end or sleep: closed by their player, under age, dormant."""

from datetime import timedelta
from typing import Final

from fairhouse.brands import api as brands
from fairhouse.identity.api.credentials import require_step_up
from fairhouse.identity.engine.letters import mail_account
from fairhouse.identity.engine.sessions import end_sessions
from fairhouse.identity.events import (
    AccountClosedByPlayer,
    AccountDormant,
    DormancyNoticed,
    MinorFound,
)
from fairhouse.identity.records import Account
from fairhouse.identity.store import accounts, players
from fairhouse.identity.types import (
    AccountClosed,
    Closure,
    Player,
    PlayerId,
    PlayerKind,
    PlayerStatus,
    RegistrationRequired,
    RevokeReason,
    Session,
)
from fairhouse.kernel.refusals import NotFound
from fairhouse.messages import api as messages
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.outbox import announce

PAGE: Final = 100


async def _locked(tx: Tx, player_id: PlayerId) -> Account:
    account = await players.lock(tx, player_id)
    if account is None:
        raise NotFound("player_id: no such player.", param="player_id")
    return account


def check_open(player: Player) -> None:
    """For deposits and play. Refuses with AccountClosed."""
    if player.closed_at is not None:
        raise AccountClosed("This account is closed; you can take out what is in it.")


async def close_account(tx: Tx, *, sealer: Sealer, session: Session) -> None:
    """End play and deposits at the player's wish; money can be taken out, records stay.

    Open rounds are finished as always. Other sessions end. Refuses with StepUpRequired,
    RegistrationRequired and AccountClosed.
    """
    # CHECK
    account = await _locked(tx, session.player_id)
    player = account.player
    if player.kind is PlayerKind.GUEST:
        raise RegistrationRequired("A guest's account ends with its session.")
    await require_step_up(tx, session=session)
    check_open(player)
    # RECORD
    await accounts.close(tx, player.id, Closure.PLAYER)
    await end_sessions(tx, account, but=session.id, reason=RevokeReason.CLOSED)
    # ANNOUNCE
    await mail_account(tx, sealer, account, "account_closed", {})
    await messages.notify(
        tx, brand_id=player.brand_id, player_id=player.id, kind="account_closed", fields={}
    )
    await announce(tx, AccountClosedByPlayer(player.brand_id, player.id))


async def mark_minor(tx: Tx, *, sealer: Sealer, player_id: PlayerId) -> None:
    """Somebody under age: closed and locked at once, told why; the cashier returns deposits.

    The caller audits actor and reason. Refuses with NotFound.
    """
    # CHECK
    account = await _locked(tx, player_id)
    player = account.player
    # RECORD
    await accounts.close(tx, player_id, Closure.MINOR)
    await players.set_status(tx, player_id, PlayerStatus.LOCKED)
    await end_sessions(tx, account, but=None, reason=RevokeReason.CLOSED)
    # ANNOUNCE
    await mail_account(tx, sealer, account, "account_closed_minor", {})
    await announce(tx, MinorFound(player.brand_id, player_id))


async def watch_dormant(db: Database, *, sealer: Sealer) -> int:
    """Tell who has not been here for long, and mark as dormant who then did not come.

    A job for the worker, hourly; takes a page at a time. Nothing is taken from anybody: what may
    follow is the jurisdiction's to say. Returns how many it touched.
    """
    touched = 0
    for brand in brands.all_brands():
        rules = brand.jurisdiction.dormant
        notice = timedelta(days=rules.notice_days)
        after = timedelta(days=rules.after_days)
        async with db.tx() as tx:
            due = await accounts.asleep(
                tx, brand_id=brand.id, since=tx.now - after + notice, limit=PAGE
            )
            for player_id in due:
                await _notice(tx, sealer, player_id, days=rules.notice_days)
            asleep = await accounts.make_dormant(
                tx,
                brand_id=brand.id,
                since=tx.now - after,
                noticed_before=tx.now - notice,
                limit=PAGE,
            )
            for player_id in asleep:
                await announce(tx, AccountDormant(brand.id, player_id))
        touched += len(due) + len(asleep)
    return touched


async def _notice(tx: Tx, sealer: Sealer, player_id: PlayerId, *, days: int) -> None:
    account = await players.find(tx, player_id)
    assert account is not None
    brand_id = account.player.brand_id
    await accounts.notice_dormancy(tx, player_id)
    await mail_account(tx, sealer, account, "dormant_soon", {"days": days})
    await messages.notify(
        tx, brand_id=brand_id, player_id=player_id, kind="dormant_soon", fields={"days": days}
    )
    await announce(tx, DormancyNoticed(brand_id, player_id))
