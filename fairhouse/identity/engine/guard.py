"""What follows a failed proof, and what follows changed credentials."""

from datetime import datetime
from typing import Final

from fairhouse.identity.engine.letters import mail_account
from fairhouse.identity.engine.sessions import end_sessions
from fairhouse.identity.events import CredentialsChanged, LoginFailed
from fairhouse.identity.records import Account, Failures
from fairhouse.identity.rules import LOCK, WITHDRAWAL_HOLD, after_failure
from fairhouse.identity.store import players
from fairhouse.identity.types import BadCredentials, RevokeReason, SessionId
from fairhouse.messages import api as messages
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

LOCK_MINUTES: Final = int(LOCK.total_seconds() // 60)


def bad_credentials() -> BadCredentials:
    """One sentence for every cause, so that it tells nothing."""
    return BadCredentials(
        "email, password or code is wrong, or the account is locked after three failed attempts. "
        f"Try again, wait {LOCK_MINUTES} minutes, or reset the password.",
        param="password",
    )


async def count_failure(tx: Tx, sealer: Sealer, account: Account) -> None:
    """Count a wrong password or code; the third in a row locks, and the owner is told."""
    player = account.player
    failures = after_failure(account.failures, tx.now)
    if failures == account.failures:
        return
    await players.set_failures(tx, player.id, failures)
    is_locked = failures.is_locked(tx.now)
    if is_locked:
        await mail_account(tx, sealer, account, "account_locked", {"minutes": LOCK_MINUTES})
    await announce(tx, LoginFailed(player.brand_id, player.id, is_locked))


async def forget_failures(tx: Tx, account: Account) -> None:
    """After a right proof."""
    if account.failures != Failures():
        await players.set_failures(tx, account.player.id, Failures())


async def credentials_changed(
    tx: Tx, sealer: Sealer, account: Account, *, what: str, keep: SessionId | None
) -> datetime:
    """End the other sessions, hold withdrawals, tell the player; returns the end of a hold.

    `what` is "password", "email", "totp_on", "totp_off", "way_added" or "way_removed". Call it
    before an e-mail address is replaced: the mail goes to the address that was proven so far.
    Switching a second factor on holds nothing: whoever can do that could have withdrawn before,
    and nobody should pay for becoming safer.
    """
    player = account.player
    until = tx.now + WITHDRAWAL_HOLD
    held = max(until, player.withdrawals_held_until or until)
    kind = what if what.startswith(("totp", "way")) else f"{what}_changed"
    fields = {"held_until": f"{held:%Y-%m-%d %H:%M} UTC"}
    if what != "totp_on":
        await players.hold_withdrawals(tx, player.id, until)
    await end_sessions(tx, account, but=keep, reason=RevokeReason.CREDENTIALS_CHANGED)
    await mail_account(tx, sealer, account, kind, fields)
    await messages.notify(
        tx, brand_id=player.brand_id, player_id=player.id, kind=kind, fields=fields
    )
    await announce(tx, CredentialsChanged(player.brand_id, player.id, what))
    return held
