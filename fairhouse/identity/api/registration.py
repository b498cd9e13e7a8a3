"""Coming in: guests, registrations, terms.

A registration becomes an account only when its mailbox is proven. Until then nothing tells an
address that is taken from one that is free: the same answer, the same work, one mail each.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from fairhouse.identity.engine.opening import (
    Opening,
    check_mailbox,
    insert_guest,
    known_referral,
    open_account,
)
from fairhouse.identity.engine.personal import (
    code_hash,
    email_index,
    new_digits,
    pack,
    unpack,
)
from fairhouse.identity.engine.sessions import Beginning, begin_session
from fairhouse.identity.engine.tickets import take_ticket
from fairhouse.identity.engine.ways import pack_proven, unpack_proven
from fairhouse.identity.events import GuestStarted
from fairhouse.identity.records import PendingRegistration
from fairhouse.identity.rules import (
    CODE_ATTEMPTS,
    MAILS_PER_HOUR_MAX,
    REGISTRATION_LIFE,
    check_age,
    check_mailbox_lasts,
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
    LoggedIn,
    PasswordHash,
    PersonalData,
    PlayerId,
    PlayerKind,
    Proven,
    RegistrationId,
    RegistrationRequired,
    Session,
    TermsOutdated,
    UsernameTaken,
    WrongCode,
)
from fairhouse.kernel.refusals import Malformed
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
    player = await insert_guest(tx, sealer, brand.id, language)
    guest = await begin_session(tx, sealer, player, client, Beginning(is_proven=False))
    # ANNOUNCE
    await announce(tx, GuestStarted(brand.id, player.id))
    return guest


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
    password: PasswordHash | None,
    birth_date: date,
    terms_version: str,
    username: str,
    language: str,
    ticket: str | None = None,
    referral: str | None = None,
) -> Registering:
    """Keep a registration and mail a code to its mailbox; the account opens when it comes back.

    Without a password it needs the `ticket` of another way in that was just proven: refuses with
    AssertionRefused when that is gone or late.

    Refuses with Malformed (email, username, language, birth_date), NotOfAge, TermsOutdated and
    UsernameTaken; never because of the e-mail: a taken one gets the same answer, and its owner a
    mail.
    """
    # CHECK
    address, name = clean_email(email), clean_username(username)
    check_mailbox_lasts(address)
    sent_by = await known_referral(tx, brand_id=brand.id, code=referral)
    clean_language(language)
    check_age(birth_date, today=tx.now.date(), minimum=brand.minimum_age)
    check_terms(brand, terms_version)
    if await players.find_by_username(tx, brand.id, name):
        raise UsernameTaken("username is taken; choose another.", param="username")
    proven = None
    if ticket is not None:
        proven = await take_ticket(tx, sealer, brand=brand, token=ticket)
    elif password is None:
        raise Malformed(
            "password: give a password, or the ticket of another way in.", param="password"
        )
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
        password_hash=password.phc if password else None,
        sealed_entry=_sealed_entry(sealer, registration_id, proven),
        language=language,
        terms_version=terms_version,
        created_at=tx.now,
        expires_at=tx.now + REGISTRATION_LIFE,
        referral=sent_by,
    )
    await registrations.insert(tx, pending, is_mailed=is_mailed)
    if is_mailed:
        await _mail_code(tx, sealer, pending, address, code)
    return Registering(registration_id, pending.expires_at)


def _sealed_entry(
    sealer: Sealer, registration_id: RegistrationId, proven: Proven | None
) -> bytes | None:
    if proven is None:
        return None
    return sealer.seal(pack_proven(proven).encode(), context=_context(registration_id))


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
    assert data.email is not None, "a registration waits for its mailbox"
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
    await check_mailbox(tx, brand_id=brand.id, email_index=pending.email_index)
    # DECIDE
    opening = _opening(sealer, pending, username)
    # RECORD
    session = await open_account(tx, sealer, brand, opening, client=client, guest=guest)
    await registrations.delete_for_email(tx, brand_id=brand.id, email_index=pending.email_index)
    return session


def _opening(sealer: Sealer, pending: PendingRegistration, username: str | None) -> Opening:
    context = _context(pending.id)
    entry = pending.sealed_entry
    return Opening(
        username=pending.username if username is None else clean_username(username),
        data=unpack(sealer.open(pending.sealed_data, context=context)),
        email_index=pending.email_index,
        password_hash=pending.password_hash,
        proven=unpack_proven(sealer.open(entry, context=context).decode()) if entry else None,
        language=pending.language,
        terms_version=pending.terms_version,
        referral=pending.referral,
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
