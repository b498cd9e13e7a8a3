"""Players as other modules and staff see them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fairhouse.identity.engine.letters import mail_account
from fairhouse.identity.engine.personal import email_index, personal_data_of
from fairhouse.identity.engine.sessions import end_sessions
from fairhouse.identity.events import PlayerErased, PlayerStatusChanged
from fairhouse.identity.records import Account
from fairhouse.identity.rules import clean_email, clean_language
from fairhouse.identity.store import challenges, players, registrations, sessions, staff
from fairhouse.identity.types import (
    PersonalData,
    Player,
    PlayerId,
    PlayerStatus,
    RevokeReason,
)
from fairhouse.kernel.refusals import NotFound
from fairhouse.messages import api as messages
from fairhouse.messages.types import Fields
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.outbox import announce


async def _locked(tx: Tx, player_id: PlayerId) -> Account:
    account = await players.lock(tx, player_id)
    if account is None:
        raise NotFound("player_id: no such player.", param="player_id")
    return account


async def player(tx: Tx, *, player_id: PlayerId) -> Player:
    """Refuses with NotFound."""
    account = await players.find(tx, player_id)
    if account is None:
        raise NotFound("player_id: no such player.", param="player_id")
    return account.player


async def players_by_id(tx: Tx, *, player_ids: Sequence[PlayerId]) -> Mapping[PlayerId, Player]:
    """Many at once; those that do not exist are absent."""
    found = await players.find_many(tx, list(player_ids))
    return {one.id: one for one in found}


async def personal_data(tx: Tx, *, sealer: Sealer, player_id: PlayerId) -> PersonalData | None:
    """E-mail and birth date, decrypted; None for guests and erased people.

    The caller writes an audit line when staff asked. Refuses with NotFound.
    """
    account = await players.find(tx, player_id)
    if account is None:
        raise NotFound("player_id: no such player.", param="player_id")
    return await personal_data_of(tx, sealer, account)


async def find_player(
    tx: Tx, *, sealer: Sealer, brand_id: int, email_or_username: str
) -> Player | None:
    """By the whole e-mail address or username; parts cannot be searched, they are not stored."""
    text = email_or_username.strip()
    if "@" in text:
        index = email_index(sealer, brand_id, clean_email(text))
        account = await players.find_by_email(tx, brand_id, index)
    else:
        account = await players.find_by_username(tx, brand_id, text)
    return account.player if account else None


async def hold_of(tx: Tx, *, player_id: PlayerId) -> datetime | None:
    """Until when withdrawals are held after changed credentials; None when they are not."""
    until = (await player(tx, player_id=player_id)).withdrawals_held_until
    return until if until is not None and tx.now < until else None


async def set_status(tx: Tx, *, player_id: PlayerId, status: PlayerStatus) -> None:
    """Lock, close or reopen by staff; a locked or closed player's sessions end at once.

    The caller audits actor and reason. Refuses with NotFound.
    """
    # CHECK
    account = await _locked(tx, player_id)
    # RECORD
    await players.set_status(tx, player_id, status)
    if status is not PlayerStatus.ACTIVE:
        reason = RevokeReason.LOCKED if status is PlayerStatus.LOCKED else RevokeReason.CLOSED
        await end_sessions(tx, account, but=None, reason=reason)
    # ANNOUNCE
    before = account.player.status
    await announce(tx, PlayerStatusChanged(account.player.brand_id, player_id, status, before))


async def set_language(tx: Tx, *, player_id: PlayerId, language: str) -> None:
    """Refuses with Malformed (language)."""
    await players.set_language(tx, player_id, clean_language(language))


async def flag_test_account(tx: Tx, *, player_id: PlayerId, is_test: bool) -> None:
    """Test accounts cannot withdraw and are left out of reports. Refuses with NotFound."""
    await _locked(tx, player_id)
    await players.set_test(tx, player_id, is_test=is_test)


async def restrict_email(tx: Tx, *, sealer: Sealer, brand_id: int, email: str, reason: str) -> None:
    """Nobody may register with this mailbox; a player who has it is locked at once."""
    # DECIDE
    index = email_index(sealer, brand_id, clean_email(email))
    account = await players.find_by_email(tx, brand_id, index)
    # RECORD
    await players.restrict(tx, brand_id=brand_id, email_index=index, reason=reason)
    if account is not None:
        await set_status(tx, player_id=account.player.id, status=PlayerStatus.LOCKED)


async def erase_player(tx: Tx, *, player_id: PlayerId) -> None:
    """Delete the person's key: e-mail, birth date, addresses and secrets can never be read again.

    The account is closed; bets and transfers stay, under an id that leads to nobody.
    """
    # CHECK
    account = await _locked(tx, player_id)
    # RECORD
    await end_sessions(tx, account, but=None, reason=RevokeReason.CLOSED)
    await players.erase(tx, player_id)
    await messages.forget_player(tx, player_id=player_id)
    # ANNOUNCE
    await announce(tx, PlayerErased(account.player.brand_id, player_id))


async def mail_player(
    tx: Tx, *, sealer: Sealer, player_id: PlayerId, template: str, fields: Fields
) -> bool:
    """Queue a mail to a player in their language; False for guests and erased people."""
    account = await players.find(tx, player_id)
    return account is not None and await mail_account(tx, sealer, account, template, fields)


async def forget_ended(db: Database) -> int:
    """Delete what has served: expired registrations, codes and sessions; returns how many rows.

    A job for the worker, hourly. Sessions are kept as long as they could have lasted, codes until
    they expire; what they did is in the event log.
    """
    async with db.tx() as tx:
        gone = await registrations.delete_expired(tx, tx.now)
        gone += await registrations.delete_old_codes(tx, tx.now)
        gone += await sessions.delete_old(tx, tx.now)
        gone += await challenges.delete_old(
            tx, tx.now, phone_codes_before=tx.now - timedelta(days=2)
        )
        return gone + await staff.delete_old_sessions(tx, tx.now)
