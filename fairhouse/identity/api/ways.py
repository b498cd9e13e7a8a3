"""One account, many ways in: entering with any of them, adding and removing them.

Whoever proves an outside name (a signature, an assertion, a code) arrives here with a `Proven`.
It opens the account that has it, or earns a ticket: for the second factor, or for a new account.
An e-mail address never joins it to an account: only a session of that account does.
"""

from dataclasses import dataclass
from datetime import date, datetime

from fairhouse.identity.api.credentials import require_step_up
from fairhouse.identity.api.registration import check_terms
from fairhouse.identity.engine.challenges import fits, opened, stale
from fairhouse.identity.engine.entering import let_in
from fairhouse.identity.engine.guard import bad_credentials, count_failure, credentials_changed
from fairhouse.identity.engine.opening import Opening, check_mailbox, known_referral, open_account
from fairhouse.identity.engine.personal import email_index, person_key
from fairhouse.identity.engine.second_factor import use_second_factor
from fairhouse.identity.engine.tickets import give_ticket, take_ticket
from fairhouse.identity.engine.ways import (
    LABEL_CHARS_MAX,
    add,
    context,
    find_owner,
    has_password,
    unpack_proven,
    ways_of,
)
from fairhouse.identity.records import Account, StoredCredential
from fairhouse.identity.rules import (
    STEP_UP_LIFE,
    check_age,
    clean_language,
    clean_username,
)
from fairhouse.identity.store import challenges, credentials, players, registrations, sessions
from fairhouse.identity.types import (
    AccountLocked,
    BrandTerms,
    Client,
    CodePurpose,
    CredentialId,
    Denied,
    EmailNeeded,
    LastWayIn,
    LoggedIn,
    PasswordHash,
    PersonalData,
    PlayerId,
    PlayerKind,
    PlayerStatus,
    Proven,
    Purpose,
    RegistrationRequired,
    Session,
    StepUpRequired,
    Ticket,
    Unauthenticated,
    UsernameTaken,
    WaysIn,
)
from fairhouse.kernel.refusals import Malformed, NotFound
from fairhouse.platform.crypto import Sealer, token_hash
from fairhouse.platform.database import Tx


async def ways_in(tx: Tx, *, sealer: Sealer, player_id: PlayerId) -> WaysIn:
    """Everything that opens the player's account. Refuses with NotFound."""
    account = await players.find(tx, player_id)
    if account is None:
        raise NotFound("player_id: no such player.", param="player_id")
    return await ways_of(tx, sealer, account)


async def enter(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, proven: Proven, client: Client
) -> LoggedIn | Ticket | Denied:
    """Log in with what was just proven; a ticket where a code, or an account, is missing.

    A passkey is two factors and asks for no code. Commit, then raise what is Denied
    (AccountLocked).
    """
    # CHECK
    owner = await _locked_owner(tx, sealer, brand, proven)
    if owner is None:
        return await give_ticket(tx, sealer, brand=brand, proven=proven, purpose=Purpose.REGISTER)
    denied = _barred(tx, owner.account, proven)
    if denied is not None:
        return denied
    if owner.account.player.totp_enabled and not proven.is_two_factors:
        return await give_ticket(
            tx, sealer, brand=brand, proven=proven, purpose=Purpose.SECOND_FACTOR
        )
    # RECORD
    return await _let_in(tx, sealer, owner, client)


@dataclass(frozen=True, slots=True)
class _Owner:
    """A locked account and the way in that was proven."""

    account: Account
    stored: StoredCredential


async def _locked_owner(tx: Tx, sealer: Sealer, brand: BrandTerms, proven: Proven) -> _Owner | None:
    """Whose it is, held; a way in that was removed before we held the account is nobody's."""
    found = await find_owner(tx, sealer, brand.id, proven)
    account = await players.lock(tx, found.player_id) if found else None
    stored = await find_owner(tx, sealer, brand.id, proven) if account else None
    if account is None or stored is None or stored.player_id != account.player.id:
        return None
    return _Owner(account, stored)


def _barred(tx: Tx, account: Account, proven: Proven) -> Denied | None:
    """Why this account is not entered: its owner is told, for they have proven to be the one."""
    if account.player.status is not PlayerStatus.ACTIVE:
        return Denied(AccountLocked("This account is locked or closed; write to support."))
    if account.failures.is_locked(tx.now) and not proven.is_two_factors:
        return Denied(
            AccountLocked(
                "This account is locked after failed attempts; wait 30 minutes, or use a passkey."
            )
        )
    return None


async def _let_in(tx: Tx, sealer: Sealer, owner: _Owner, client: Client) -> LoggedIn:
    await credentials.used(tx, owner.stored.credential.id)
    return await let_in(tx, sealer, owner.account, client)


async def enter_with_code(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, ticket: str, totp: str, client: Client
) -> LoggedIn | Denied:
    """Finish a login that asked for a code: five tries, each counted like a wrong password.

    Commit, then raise what is Denied (AssertionRefused, BadCredentials, AccountLocked).
    """
    # CHECK
    challenge = await challenges.lock(tx, token_hash(ticket))
    if not fits(
        challenge, kind=None, purpose=Purpose.SECOND_FACTOR, brand_id=brand.id, session_id=None
    ):
        return Denied(stale())
    assert challenge is not None
    proven = unpack_proven(opened(sealer, challenge).content["proven"])
    owner = await _locked_owner(tx, sealer, brand, proven)
    if owner is None:
        return Denied(stale())
    denied = _barred(tx, owner.account, proven)
    if denied is not None:
        return denied
    if not await use_second_factor(tx, sealer, owner.account.player.id, totp):
        await challenges.spend_attempt(tx, challenge)
        await count_failure(tx, sealer, owner.account)
        return Denied(bad_credentials())
    # RECORD
    await challenges.delete(tx, challenge.id)
    return await _let_in(tx, sealer, owner, client)


async def open_with_ticket(
    tx: Tx,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    ticket: str,
    username: str,
    birth_date: date,
    terms_version: str,
    language: str,
    client: Client,
    guest: Session | None = None,
    referral: str | None = None,
) -> LoggedIn:
    """Open an account at once: with the address that the provider proved, or without any where
    the jurisdiction allows that.

    Refuses with Malformed (username, language, birth_date), NotOfAge, TermsOutdated,
    UsernameTaken, AssertionRefused, EmailNeeded, EmailTaken, NotEligible and CredentialTaken; the
    ticket then stays good.
    """
    # CHECK
    name = clean_username(username)
    clean_language(language)
    check_age(birth_date, today=tx.now.date(), minimum=brand.minimum_age)
    check_terms(brand, terms_version)
    if await players.find_by_username(tx, brand.id, name):
        raise UsernameTaken("username is taken; choose another.", param="username")
    proven = await take_ticket(tx, sealer, brand=brand, token=ticket)
    if proven.email is None and not brand.allows_anonymous:
        raise EmailNeeded("email: an address is needed here; register with it.", param="email")
    index = email_index(sealer, brand.id, proven.email) if proven.email else None
    if index is not None:
        await registrations.lock_mailbox(tx, brand_id=brand.id, email_index=index)
        await check_mailbox(tx, brand_id=brand.id, email_index=index)
    # RECORD
    opening = Opening(
        username=name,
        data=PersonalData(proven.email, birth_date),
        email_index=index,
        password_hash=None,
        proven=proven,
        language=language,
        terms_version=terms_version,
        referral=await known_referral(tx, brand_id=brand.id, code=referral),
    )
    return await open_account(tx, sealer, brand, opening, client=client, guest=guest)


async def _own(tx: Tx, session: Session) -> Account:
    """The locked account of a registered player's live session."""
    account = await players.lock(tx, session.player_id)
    if account is None or await sessions.find_by_id(tx, session.id) is None:
        raise Unauthenticated("This session has ended; log in again.")
    if account.player.kind is PlayerKind.GUEST:
        raise RegistrationRequired("Guests have no ways in; register first.")
    return account


async def link(tx: Tx, *, sealer: Sealer, session: Session, proven: Proven) -> WaysIn:
    """Add a way in to the session's account; other sessions end, withdrawals are held.

    Refuses with StepUpRequired, CredentialTaken, TooManyCredentials and RegistrationRequired.
    """
    # CHECK
    account = await _own(tx, session)
    await require_step_up(tx, session=session)
    # RECORD
    player = account.player
    await add(tx, sealer, brand_id=player.brand_id, player_id=player.id, proven=proven)
    # ANNOUNCE
    await credentials_changed(tx, sealer, account, what="way_added", keep=session.id)
    return await ways_of(tx, sealer, account)


async def rename_way(
    tx: Tx, *, sealer: Sealer, session: Session, credential_id: CredentialId, label: str
) -> None:
    """Call a way in by another name. Refuses with Malformed (label) and NotFound."""
    # CHECK
    text = " ".join(label.split())
    if not 1 <= len(text) <= LABEL_CHARS_MAX:
        raise Malformed(f"label must be 1 to {LABEL_CHARS_MAX} characters.", param="label")
    account = await _own(tx, session)
    key = await person_key(tx, sealer, account.player.id)
    assert key is not None
    # RECORD
    sealed = key.seal(text.encode(), context=context("label", credential_id))
    if not await credentials.rename(
        tx, player_id=account.player.id, credential_id=credential_id, sealed_label=sealed
    ):
        raise _no_such_way()


def _no_such_way() -> NotFound:
    return NotFound("id: no such way in on your list.", param="id")


async def remove_way(
    tx: Tx, *, sealer: Sealer, session: Session, credential_id: CredentialId
) -> WaysIn:
    """Take a way in away; other sessions end, withdrawals are held.

    Refuses with StepUpRequired, NotFound and LastWayIn: of two that go at once one stays, for both
    hold the account's lock.
    """
    # CHECK
    account = await _own(tx, session)
    await require_step_up(tx, session=session)
    await _check_not_last(tx, sealer, account)
    # RECORD
    if not await credentials.delete(tx, player_id=account.player.id, credential_id=credential_id):
        raise _no_such_way()
    # ANNOUNCE
    await credentials_changed(tx, sealer, account, what="way_removed", keep=session.id)
    return await ways_of(tx, sealer, account)


async def _check_not_last(tx: Tx, sealer: Sealer, account: Account) -> None:
    if (await ways_of(tx, sealer, account)).count <= 1:
        raise LastWayIn("This is the only way into your account; add another one first.")


async def remove_password(tx: Tx, *, sealer: Sealer, session: Session) -> WaysIn:
    """Log in without a password from now on. Refuses like `remove_way`; NotFound without one."""
    # CHECK
    account = await _own(tx, session)
    await require_step_up(tx, session=session)
    if account.password_hash is None:
        raise NotFound("There is no password to remove.")
    if has_password(account):
        await _check_not_last(tx, sealer, account)
    # RECORD
    await players.set_password(tx, account.player.id, None)
    await registrations.end_codes(tx, account.player.id, CodePurpose.RESET_PASSWORD)
    # ANNOUNCE
    await credentials_changed(tx, sealer, account, what="way_removed", keep=session.id)
    return await ways_in(tx, sealer=sealer, player_id=account.player.id)


async def add_password(
    tx: Tx, *, sealer: Sealer, session: Session, password: PasswordHash
) -> WaysIn:
    """A first password for an account with a mailbox; an existing one is changed elsewhere.

    Refuses with StepUpRequired, EmailNeeded, and Malformed (password) when there is one.
    """
    # CHECK
    account = await _own(tx, session)
    await require_step_up(tx, session=session)
    if not account.player.email_verified:
        raise EmailNeeded("email: a password needs an address to log in with.", param="email")
    if account.password_hash is not None:
        raise Malformed("password: there is one already; change it instead.", param="password")
    # RECORD
    await players.set_password(tx, account.player.id, password.phc)
    # ANNOUNCE
    await credentials_changed(tx, sealer, account, what="password", keep=session.id)
    return await ways_in(tx, sealer=sealer, player_id=account.player.id)


async def step_up_with(
    tx: Tx, *, sealer: Sealer, session: Session, proven: Proven
) -> datetime | Denied:
    """Prove it again with a way in of one's own; returns until when that counts.

    With a second factor on only a passkey does. Refuses with StepUpRequired; commit, then raise
    what is Denied (AssertionRefused).
    """
    # CHECK
    account = await _own(tx, session)
    found = await find_owner(tx, sealer, session.brand_id, proven)
    if found is None or found.player_id != session.player_id:
        return Denied(stale())
    if account.player.totp_enabled and not proven.is_two_factors:
        raise StepUpRequired("code: a code of your app, or a passkey.", method="totp", param="code")
    # RECORD
    await credentials.used(tx, found.credential.id)
    until = tx.now + STEP_UP_LIFE
    await sessions.set_step_up(tx, session.id, until)
    return until
