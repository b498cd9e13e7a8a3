"""Logging in and out, and the device list.

Logging in has three steps, so that no transaction waits for a slow hash: `password_challenge` in a
read, `Passwords.check` outside, `log_in` in a transaction that locks the account.
"""

from collections.abc import Sequence

from fairhouse.identity.engine.entering import let_in
from fairhouse.identity.engine.guard import bad_credentials, count_failure
from fairhouse.identity.engine.personal import email_index, person_key
from fairhouse.identity.engine.second_factor import use_second_factor
from fairhouse.identity.engine.sessions import (
    ip_context,
)
from fairhouse.identity.events import SessionRevoked
from fairhouse.identity.records import Account
from fairhouse.identity.rules import clean_email, is_session_live, short_ip
from fairhouse.identity.store import players, sessions
from fairhouse.identity.types import (
    AccountLocked,
    BrandTerms,
    Client,
    Denied,
    Device,
    LoggedIn,
    PasswordChallenge,
    PasswordProof,
    PlayerId,
    PlayerStatus,
    RevokeReason,
    SecondFactorRequired,
    Session,
    SessionId,
)
from fairhouse.kernel.refusals import NotFound
from fairhouse.platform.crypto import Sealer, token_hash
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce


async def password_challenge(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, email: str, nobodys_hash: str
) -> PasswordChallenge:
    """Which hash to check a password against; a stranger's is nobody's, at the same cost.

    Refuses with Malformed (email).
    """
    index = email_index(sealer, brand.id, clean_email(email))
    account = await players.find_by_email(tx, brand.id, index)
    if account is None or account.password_hash is None:
        return PasswordChallenge(player_id=None, phc=nobodys_hash)
    return PasswordChallenge(player_id=account.player.id, phc=account.password_hash)


async def own_challenge(tx: Tx, *, player_id: PlayerId, nobodys_hash: str) -> PasswordChallenge:
    """The same for somebody who is logged in and must prove it again."""
    account = await players.find(tx, player_id)
    if account is None or account.password_hash is None:
        return PasswordChallenge(player_id=None, phc=nobodys_hash)
    return PasswordChallenge(player_id=player_id, phc=account.password_hash)


async def log_in(
    tx: Tx, *, sealer: Sealer, proof: PasswordProof, totp: str | None, client: Client
) -> LoggedIn | Denied:
    """Begin a session, or count a failure; commit, then raise what is Denied.

    Denied carries BadCredentials for every wrong, unknown or locked case alike,
    SecondFactorRequired when the password is right and a code is needed, AccountLocked when staff
    locked it.
    """
    # CHECK
    account = await _provable(tx, proof)
    if account is None:
        return Denied(bad_credentials())
    if not proof.matches:
        await count_failure(tx, sealer, account)
        return Denied(bad_credentials())
    player = account.player
    if player.status is PlayerStatus.LOCKED:
        return Denied(AccountLocked("This account is locked; write to support."))
    if player.totp_enabled:
        if not totp:
            return Denied(SecondFactorRequired("totp: enter the code of your app.", param="totp"))
        if not await use_second_factor(tx, sealer, player.id, totp):
            await count_failure(tx, sealer, account)
            return Denied(bad_credentials())
    # RECORD
    if proof.rehashed:
        await players.set_password(tx, player.id, proof.rehashed)
    return await let_in(tx, sealer, account, client)


async def _provable(tx: Tx, proof: PasswordProof) -> Account | None:
    """The locked account, unless it is nobody's, closed, locked by failures, or changed since."""
    if proof.challenge.player_id is None:
        return None
    account = await players.lock(tx, proof.challenge.player_id)
    if (
        account is None
        or account.player.status is PlayerStatus.CLOSED
        or account.failures.is_locked(tx.now)
        or account.password_hash != proof.challenge.phc
    ):
        return None
    return account


async def session(tx: Tx, *, token: str) -> Session | None:
    """The live session of a token; the hot road asks a `SessionCache` instead."""
    found = await sessions.find(tx, token_hash(token))
    if found is None or not is_session_live(
        now=tx.now,
        kind=found.kind,
        last_seen_at=found.last_seen_at,
        expires_at=found.expires_at,
        idle_s=found.idle_s,
    ):
        return None
    return found


async def log_out(tx: Tx, *, session: Session) -> None:
    """End this session."""
    await _revoke(tx, session, session.id, RevokeReason.LOGGED_OUT)


async def revoke_session(tx: Tx, *, session: Session, session_id: SessionId) -> None:
    """End one session of the same player, from the device list. Refuses with NotFound."""
    if not await _revoke(tx, session, session_id, RevokeReason.REVOKED):
        raise NotFound("id: no such session on your device list.", param="id")


async def _revoke(tx: Tx, session: Session, session_id: SessionId, reason: RevokeReason) -> bool:
    ended = await sessions.revoke(
        tx, player_id=session.player_id, session_id=session_id, reason=reason
    )
    if ended:
        await announce(tx, SessionRevoked(session.brand_id, session.player_id, session_id, reason))
    return ended


async def sessions_of(tx: Tx, *, sealer: Sealer, player_id: PlayerId) -> Sequence[Device]:
    """The devices that are logged in, the last used first."""
    stored = await sessions.devices(tx, player_id)
    key = await person_key(tx, sealer, player_id)
    devices: list[Device] = []
    for line in stored:
        found = line.session
        if not is_session_live(
            now=tx.now,
            kind=found.kind,
            last_seen_at=found.last_seen_at,
            expires_at=found.expires_at,
            idle_s=found.idle_s,
        ):
            continue
        sealed = line.sealed_ip
        ip = key.open(sealed, context=ip_context(found.id)).decode() if key and sealed else ""
        devices.append(
            Device(
                session_id=found.id,
                summary=line.summary,
                ip=short_ip(ip),
                created_at=found.created_at,
                last_seen_at=found.last_seen_at,
            )
        )
    return devices
