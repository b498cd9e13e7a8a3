"""Coming in: guests, registrations, terms.

A registration becomes an account only when its mailbox is proven. Until then nothing tells an
address that is taken from one that is free: the same answer, the same work, one mail each.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from fairhouse.identity.engine.letters import mail_address
from fairhouse.identity.engine.personal import (
    code_hash,
    data_context,
    email_index,
    make_key,
    new_digits,
    pack,
    person_key,
    unpack,
)
from fairhouse.identity.engine.sessions import Beginning, begin_session, end_sessions
from fairhouse.identity.events import GuestStarted, PlayerRegistered
from fairhouse.identity.records import PendingRegistration
from fairhouse.identity.rules import (
    CODE_ATTEMPTS,
    LANES,
    MAILS_PER_HOUR_MAX,
    REGISTRATION_LIFE,
    check_age,
    clean_code,
    clean_email,
    clean_language,
    clean_username,
)
from fairhouse.identity.store import players, registrations
from fairhouse.identity.types import (
    BrandTerms,
    Client,
    Denied,
    EmailTaken,
    LoggedIn,
    NotEligible,
    PasswordHash,
    PersonalData,
    Player,
    PlayerId,
    PlayerKind,
    RegistrationId,
    RegistrationRequired,
    RevokeReason,
    Session,
    TermsOutdated,
    UsernameTaken,
    WrongCode,
)
from fairhouse.messages import api as messages
from fairhouse.platform.crypto import Sealer, constant_time_equal
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

_MINUTES: Final = int(REGISTRATION_LIFE.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Registering:
    """What everybody who registers is told, whoever they are."""

    id: RegistrationId
    expires_at: datetime


async def start_guest(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, language: str, client: Client
) -> LoggedIn:
    """A visitor who may play with play money. Refuses with Malformed (language)."""
    # CHECK
    clean_language(language)
    # RECORD
    player = await _insert_guest(tx, sealer, brand.id, language)
    guest = await begin_session(tx, sealer, player, client, Beginning(is_proven=False))
    # ANNOUNCE
    await announce(tx, GuestStarted(brand.id, player.id))
    return guest


async def _insert_guest(tx: Tx, sealer: Sealer, brand_id: int, language: str) -> Player:
    player_id = PlayerId(tx.new_id())
    await players.insert_guest(
        tx,
        player_id=player_id,
        brand_id=brand_id,
        lane=player_id.int % LANES,
        language=language,
    )
    await make_key(tx, sealer, player_id)
    return await _player(tx, player_id)


async def _player(tx: Tx, player_id: PlayerId) -> Player:
    account = await players.find(tx, player_id)
    assert account is not None
    return account.player


def check_terms(brand: BrandTerms, terms_version: str) -> None:
    """Refuses with TermsOutdated."""
    if terms_version != brand.terms_version:
        raise TermsOutdated(
            f"terms_version must be {brand.terms_version}, the version in force; show it and ask "
            "again.",
            param="terms_version",
            terms_version=brand.terms_version,
        )


async def register(
    tx: Tx,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    email: str,
    password: PasswordHash,
    birth_date: date,
    terms_version: str,
    username: str,
    language: str,
) -> Registering:
    """Keep a registration and mail a code to its mailbox; the account opens when it comes back.

    Refuses with Malformed (email, username, language, birth_date), NotOfAge, TermsOutdated and
    UsernameTaken; never because of the e-mail: a taken one gets the same answer, and its owner a
    mail.
    """
    # CHECK
    address, name = clean_email(email), clean_username(username)
    clean_language(language)
    check_age(birth_date, today=tx.now.date(), minimum=brand.minimum_age)
    check_terms(brand, terms_version)
    if await players.find_by_username(tx, brand.id, name):
        raise UsernameTaken("username is taken; choose another.", param="username")
    # DECIDE
    index = email_index(sealer, brand.id, address)
    registration_id = RegistrationId(tx.new_id())
    await registrations.lock_mailbox(tx, brand_id=brand.id, email_index=index)
    owner = await players.find_by_email(tx, brand.id, index)
    sent = await registrations.mails_in_last_hour(tx, brand_id=brand.id, email_index=index)
    is_mailed = sent < MAILS_PER_HOUR_MAX
    code = new_digits()
    hashed = code_hash(sealer, registration_id, code)
    data = pack(PersonalData(address, birth_date))
    # RECORD
    pending = PendingRegistration(
        id=registration_id,
        brand_id=brand.id,
        email_index=index,
        code_hash=hashed if owner is None else None,
        attempts_left=CODE_ATTEMPTS,
        sealed_data=sealer.seal(data, context=_context(registration_id)),
        username=name,
        password_hash=password.phc,
        language=language,
        terms_version=terms_version,
        created_at=tx.now,
        expires_at=tx.now + REGISTRATION_LIFE,
    )
    await registrations.insert(tx, pending, is_mailed=is_mailed)
    if is_mailed:
        await _mail_code(tx, sealer, pending, address, code)
    return Registering(registration_id, pending.expires_at)


def _context(registration_id: RegistrationId) -> str:
    return f"identity.registration:{registration_id}"


async def _mail_code(
    tx: Tx, sealer: Sealer, pending: PendingRegistration, address: str, code: str
) -> None:
    """The code; or, to the owner of a taken address, that there is an account already."""
    is_free = pending.code_hash is not None
    await messages.send_mail(
        tx,
        sealer=sealer,
        brand_id=pending.brand_id,
        to=address,
        template="registration_code" if is_free else "already_registered",
        language=pending.language,
        fields={"code": code, "minutes": _MINUTES} if is_free else {},
    )


async def resend_registration(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, registration_id: RegistrationId
) -> None:
    """Mail a new code for a registration that waits; the old one stops working.

    Says nothing either way; at most 5 mails per mailbox and hour, and no new attempts.
    """
    # CHECK
    pending = await _waiting(tx, brand, registration_id)
    if pending is None:
        return
    sent = await registrations.mails_in_last_hour(
        tx, brand_id=brand.id, email_index=pending.email_index
    )
    if sent >= MAILS_PER_HOUR_MAX:
        return
    # DECIDE
    code = new_digits()
    hashed = code_hash(sealer, pending.id, code) if pending.code_hash else None
    # RECORD
    await registrations.replace_code(tx, pending.id, hashed)
    data = unpack(sealer.open(pending.sealed_data, context=_context(pending.id)))
    await _mail_code(tx, sealer, pending, data.email, code)


async def _waiting(
    tx: Tx, brand: BrandTerms, registration_id: RegistrationId
) -> PendingRegistration | None:
    pending = await registrations.lock(tx, registration_id)
    if pending is None or pending.brand_id != brand.id or pending.expires_at <= tx.now:
        return None
    return pending


def wrong_code() -> WrongCode:
    """One sentence for every cause."""
    return WrongCode(
        "code is wrong, used or expired, or was tried too often; ask for a new one.", param="code"
    )


async def confirm_registration(
    tx: Tx,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    registration_id: RegistrationId,
    code: str,
    client: Client,
    guest: Session | None = None,
    username: str | None = None,
) -> LoggedIn | Denied:
    """Prove the mailbox: the account opens and is logged in.

    A `guest` session becomes the account and keeps its play money and bets. `username` replaces
    the one registered with, for when that was taken meanwhile. Refuses with UsernameTaken,
    EmailTaken (the mailbox is theirs, so they may know) and NotEligible. Commit, then raise what
    is Denied: a wrong code is counted.
    """
    # CHECK
    pending = await _waiting(tx, brand, registration_id)
    if pending is None or pending.attempts_left == 0:
        return Denied(wrong_code())
    expected = pending.code_hash or secrets.token_bytes(32)
    if not constant_time_equal(code_hash(sealer, pending.id, clean_code(code)), expected):
        await registrations.spend_attempt(tx, pending.id)
        return Denied(wrong_code())
    if await players.is_restricted(tx, brand_id=brand.id, email_index=pending.email_index):
        raise NotEligible("An account cannot be opened for this person; ask support.")
    if await players.find_by_email(tx, brand.id, pending.email_index):
        raise EmailTaken(
            "email: this mailbox has an account already; log in, or reset the password.",
            param="email",
        )
    # DECIDE
    chosen = pending if username is None else replace(pending, username=clean_username(username))
    # RECORD
    was_guest = guest is not None and guest.kind is PlayerKind.GUEST and guest.brand_id == brand.id
    player_id = guest.player_id if guest is not None and was_guest else None
    player = await _open_account(tx, sealer, chosen, player_id)
    session = await begin_session(tx, sealer, player, client, Beginning(is_proven=True))
    await _welcome(tx, sealer, chosen, player)
    # ANNOUNCE
    await announce(tx, PlayerRegistered(brand.id, player.id, was_guest))
    return session


async def _open_account(
    tx: Tx, sealer: Sealer, pending: PendingRegistration, guest_id: PlayerId | None
) -> Player:
    """A guest's row, or a new one, becomes the registered player's."""
    guest = await players.lock(tx, guest_id) if guest_id else None
    if guest is None or guest.player.kind is not PlayerKind.GUEST:
        player_id = (await _insert_guest(tx, sealer, pending.brand_id, pending.language)).id
    else:
        player_id = guest.player.id
        await end_sessions(tx, guest, but=None, reason=RevokeReason.UPGRADED)
    key = await person_key(tx, sealer, player_id)
    assert key is not None
    data = sealer.open(pending.sealed_data, context=_context(pending.id))
    await players.make_registered(
        tx,
        player_id=player_id,
        username=pending.username,
        email_index=pending.email_index,
        sealed_data=key.seal(data, context=data_context(player_id)),
        password_hash=pending.password_hash,
        language=pending.language,
        terms_version=pending.terms_version,
    )
    await players.accept_terms(
        tx,
        player_id=player_id,
        brand_id=pending.brand_id,
        version=pending.terms_version,
    )
    await players.set_last_login(tx, player_id)
    await registrations.delete_for_email(
        tx, brand_id=pending.brand_id, email_index=pending.email_index
    )
    return await _player(tx, player_id)


async def _welcome(tx: Tx, sealer: Sealer, pending: PendingRegistration, player: Player) -> None:
    account = await players.find(tx, player.id)
    assert account is not None
    data = unpack(sealer.open(pending.sealed_data, context=_context(pending.id)))
    fields = {"username": pending.username}
    await mail_address(tx, sealer, account, data.email, "welcome", fields)
    await messages.notify(
        tx, brand_id=player.brand_id, player_id=player.id, kind="welcome", fields={}
    )


async def accept_terms(
    tx: Tx, *, brand: BrandTerms, player_id: PlayerId, terms_version: str
) -> None:
    """Accept the terms in force, after a change.

    Refuses with TermsOutdated and RegistrationRequired.
    """
    # CHECK
    check_terms(brand, terms_version)
    account = await players.lock(tx, player_id)
    if account is None or account.player.kind is PlayerKind.GUEST:
        raise RegistrationRequired("Guests play without terms; register first.")
    # RECORD
    await players.accept_terms(tx, player_id=player_id, brand_id=brand.id, version=terms_version)
