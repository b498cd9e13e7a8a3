"""Forgotten and changed passwords, changed e-mail addresses."""

import secrets
from dataclasses import replace
from typing import Final

from fairhouse.identity.api.registration import wrong_code
from fairhouse.identity.engine.guard import (
    bad_credentials,
    count_failure,
    credentials_changed,
    forget_failures,
)
from fairhouse.identity.engine.letters import mail_account, mail_address
from fairhouse.identity.engine.personal import (
    code_hash,
    data_context,
    email_index,
    new_digits,
    pack,
    person_key,
    personal_data_of,
    unpack,
)
from fairhouse.identity.engine.second_factor import use_second_factor
from fairhouse.identity.records import Account, MailedCode
from fairhouse.identity.rules import (
    CODE_ATTEMPTS,
    CODE_LIFE,
    MAILS_PER_HOUR_MAX,
    check_mailbox_lasts,
    clean_code,
    clean_email,
    email_key,
)
from fairhouse.identity.store import credentials, players, registrations, sessions
from fairhouse.identity.types import (
    BrandTerms,
    CodePurpose,
    CredentialKind,
    Denied,
    PasswordHash,
    PasswordProof,
    PlayerId,
    PlayerStatus,
    SecondFactorRequired,
    Session,
    StepUpRequired,
    Unauthenticated,
    WrongCode,
)
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.crypto import Sealer, constant_time_equal, new_token, token_hash
from fairhouse.platform.database import Tx

_MINUTES: Final = int(CODE_LIFE.total_seconds() // 60)


async def request_password_reset(tx: Tx, *, sealer: Sealer, brand: BrandTerms, email: str) -> None:
    """Mail a link with a token to the owner of this address, if there is one; say nothing.

    At most 5 an hour; the newest token is the only one that works. Refuses with Malformed (email).
    """
    # CHECK
    index = email_index(sealer, brand.id, clean_email(email))
    account = await players.find_by_email(tx, brand.id, index)
    if account is None or account.player.status is PlayerStatus.CLOSED:
        return
    player_id, purpose = account.player.id, CodePurpose.RESET_PASSWORD
    await players.lock(tx, player_id)
    if await registrations.codes_in_last_hour(tx, player_id, purpose) >= MAILS_PER_HOUR_MAX:
        return
    # DECIDE
    token = new_token()
    code = MailedCode(
        id=tx.new_id(),
        player_id=player_id,
        brand_id=brand.id,
        code_hash=token_hash(token),
        attempts_left=CODE_ATTEMPTS,
        email_index=None,
        sealed_email=None,
        created_at=tx.now,
        expires_at=tx.now + CODE_LIFE,
    )
    # RECORD
    await registrations.insert_code(tx, code, purpose)
    fields = {"code": token, "minutes": _MINUTES}
    await mail_account(tx, sealer, account, "reset_password", fields)


async def reset_known_words(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, code: str
) -> tuple[str, ...]:
    """What the new password must not be made of. Refuses with WrongCode."""
    found = await registrations.find_reset(tx, token_hash(code.strip()))
    if found is None or found.brand_id != brand.id:
        raise wrong_code()
    return await known_words(tx, sealer=sealer, player_id=found.player_id)


async def known_words(tx: Tx, *, sealer: Sealer, player_id: PlayerId) -> tuple[str, ...]:
    """E-mail and name of a player: what an attacker would try first in a password."""
    account = await players.find(tx, player_id)
    if account is None:
        return ()
    data = await personal_data_of(tx, sealer, account)
    words = (account.player.username, data.email if data else None)
    return tuple(word for word in words if word)


async def reset_password(
    tx: Tx,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    code: str,
    password: PasswordHash,
    totp: str | None = None,
) -> PlayerId | Denied:
    """Set a new password with the token of the mail, which works once, and end the lock.

    Needs a second factor where one is on. All sessions end and withdrawals are held for 24 hours.
    Returns whose. Commit, then raise what is Denied: WrongCode or SecondFactorRequired.
    """
    # CHECK
    found = await registrations.lock_reset(tx, token_hash(code.strip()))
    if found is None or found.brand_id != brand.id:
        return Denied(wrong_code())
    account = await players.lock(tx, found.player_id)
    if account is None or account.player.status is PlayerStatus.CLOSED:
        return Denied(wrong_code())
    if account.player.totp_enabled:
        if not totp:
            return Denied(SecondFactorRequired("totp: enter the code of your app.", param="totp"))
        if not await use_second_factor(tx, sealer, account.player.id, totp):
            await registrations.spend_code_attempt(tx, found.id)
            return Denied(WrongCode("totp is wrong or was used; try the next one.", param="totp"))
    # RECORD
    await registrations.end_codes(tx, account.player.id, CodePurpose.RESET_PASSWORD)
    await players.set_password(tx, account.player.id, password.phc)
    await forget_failures(tx, account)
    # ANNOUNCE
    await credentials_changed(tx, sealer, account, what="password", keep=None)
    return account.player.id


async def _proven(
    tx: Tx, sealer: Sealer, session: Session, proof: PasswordProof
) -> Account | Denied:
    """The locked account of a session whose owner has just given the password."""
    if proof.challenge.player_id != session.player_id:
        return Denied(bad_credentials())
    account = await players.lock(tx, session.player_id)
    if (
        account is None
        or account.player.status is not PlayerStatus.ACTIVE
        or account.failures.is_locked(tx.now)
        or account.password_hash != proof.challenge.phc
    ):
        return Denied(bad_credentials())
    if not proof.matches:
        await count_failure(tx, sealer, account)
        return Denied(bad_credentials())
    await forget_failures(tx, account)
    return account


async def _owner(
    tx: Tx, sealer: Sealer, session: Session, proof: PasswordProof | None
) -> Account | Denied:
    """By the password; where there is none, by a fresh step-up."""
    if proof is not None:
        return await _proven(tx, sealer, session, proof)
    account = await players.lock(tx, session.player_id)
    if account is None or account.player.status is not PlayerStatus.ACTIVE:
        return Denied(bad_credentials())
    if account.password_hash is not None:
        raise Malformed("password: give your password.", param="password")
    await require_step_up(tx, session=session)
    return account


async def change_password(
    tx: Tx, *, sealer: Sealer, session: Session, proof: PasswordProof, password: PasswordHash
) -> Denied | None:
    """Replace the password; the other sessions end and withdrawals are held for 24 hours.

    `proof` is of the current one. Commit, then raise what is Denied (BadCredentials).
    """
    # CHECK
    account = await _proven(tx, sealer, session, proof)
    if isinstance(account, Denied):
        return account
    # RECORD
    await players.set_password(tx, account.player.id, password.phc)
    await registrations.end_codes(tx, account.player.id, CodePurpose.RESET_PASSWORD)
    # ANNOUNCE
    await credentials_changed(tx, sealer, account, what="password", keep=session.id)
    return None


async def request_email_change(
    tx: Tx,
    *,
    sealer: Sealer,
    session: Session,
    proof: PasswordProof | None,
    email: str,
) -> Denied | None:
    """Mail a code to the new address and tell the old one; nothing changes yet.

    An account without a password has a fresh step-up instead of the `proof`.

    A taken address is answered the same and its owner mailed. Where a second factor is on it must
    be fresh: refuses with StepUpRequired; with Malformed (email); commit, then raise what is
    Denied (BadCredentials).
    """
    # CHECK
    address = clean_email(email)
    check_mailbox_lasts(address)
    account = await _owner(tx, sealer, session, proof)
    if isinstance(account, Denied):
        return account
    player, purpose = account.player, CodePurpose.CHANGE_EMAIL
    if player.totp_enabled:
        await require_step_up(tx, session=session)
    current = await personal_data_of(tx, sealer, account)
    assert current is not None
    if current.email is not None and email_key(current.email) == email_key(address):
        raise Malformed("email is your address already; give another one.", param="email")
    if await registrations.codes_in_last_hour(tx, player.id, purpose) >= MAILS_PER_HOUR_MAX:
        return None
    # DECIDE
    index = email_index(sealer, player.brand_id, address)
    owner = await players.find_by_email(tx, player.brand_id, index)
    digits, code_id = new_digits(), tx.new_id()
    key = await person_key(tx, sealer, player.id)
    assert key is not None
    code = MailedCode(
        id=code_id,
        player_id=player.id,
        brand_id=player.brand_id,
        code_hash=code_hash(sealer, code_id, digits) if owner is None else None,
        attempts_left=CODE_ATTEMPTS,
        email_index=index,
        sealed_email=key.seal(
            pack(replace(current, email=address)), context=f"identity.code:{code_id}"
        ),
        created_at=tx.now,
        expires_at=tx.now + CODE_LIFE,
    )
    # RECORD
    await registrations.insert_code(tx, code, purpose)
    await mail_account(tx, sealer, account, "email_change_requested", {})
    if owner is None:
        fields = {"code": digits, "minutes": _MINUTES}
        await mail_address(tx, sealer, account, address, "email_change_code", fields)
    else:
        await mail_account(tx, sealer, owner, "already_registered", {})
    return None


async def confirm_email_change(
    tx: Tx, *, sealer: Sealer, session: Session, code: str
) -> Denied | None:
    """Use the new address from now on; the old one is told, other sessions end, 24 h hold.

    Refuses with EmailTaken when another account proved the address meanwhile. Commit, then raise
    what is Denied (WrongCode).
    """
    # CHECK
    account = await players.lock(tx, session.player_id)
    found = await registrations.lock_email_change(tx, session.player_id)
    if account is None or found is None or found.email_index is None or not found.sealed_email:
        return Denied(wrong_code())
    expected = found.code_hash or secrets.token_bytes(32)
    if not constant_time_equal(code_hash(sealer, found.id, clean_code(code)), expected):
        await registrations.spend_code_attempt(tx, found.id)
        return Denied(wrong_code())
    # DECIDE
    player_id = account.player.id
    key = await person_key(tx, sealer, player_id)
    assert key is not None
    plain = key.open(found.sealed_email, context=f"identity.code:{found.id}")
    # RECORD, telling the old address before it is replaced
    held = await credentials_changed(tx, sealer, account, what="email", keep=session.id)
    await players.set_email(
        tx,
        player_id,
        email_index=found.email_index,
        sealed_data=key.seal(plain, context=data_context(player_id)),
    )
    await registrations.end_codes(tx, player_id, CodePurpose.CHANGE_EMAIL)
    await registrations.end_codes(tx, player_id, CodePurpose.RESET_PASSWORD)
    fields = {"held_until": f"{held:%Y-%m-%d %H:%M} UTC"}
    changed = unpack(plain).email
    assert changed is not None
    await mail_address(tx, sealer, account, changed, "email_changed", fields)
    return None


async def require_step_up(tx: Tx, *, session: Session) -> None:
    """Pass when credentials were proven within 5 minutes in this session, read fresh.

    Refuses with StepUpRequired, and with Unauthenticated when the session has ended.
    """
    found = await sessions.find_by_id(tx, session.id)
    if found is None:
        raise Unauthenticated("This session has ended; log in again.")
    if found.step_up_until is not None and tx.now < found.step_up_until:
        return
    methods = await _step_up_methods(tx, session)
    raise StepUpRequired(
        f"Confirm first that it is you: by {' or '.join(methods)}.",
        method=methods[0],
        methods=",".join(methods),
    )


async def _step_up_methods(tx: Tx, session: Session) -> list[str]:
    """What proves the owner again, the handiest first. Where a second factor is on, one of two
    factors is needed.
    """
    account = await players.find(tx, session.player_id)
    kinds = list(dict.fromkeys(await credentials.kinds_of(tx, session.player_id)))
    if account is not None and account.player.totp_enabled:
        return ["totp", *(kind for kind in kinds if kind is CredentialKind.PASSKEY)]
    if account is not None and account.password_hash is not None:
        return ["password", *kinds]
    return list(kinds) or ["password"]


async def prove_password(
    tx: Tx, *, sealer: Sealer, session: Session, proof: PasswordProof
) -> Account | Denied:
    """For `step_up`: a counted password proof of the session's owner."""
    return await _proven(tx, sealer, session, proof)
