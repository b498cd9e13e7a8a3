"""The player's second factor: authenticator codes, recovery codes, and the fresh proof."""

from collections.abc import Sequence
from datetime import datetime

from pyotp import random_base32
from pyotp.totp import TOTP

from fairhouse.identity.api.credentials import prove_password, require_step_up
from fairhouse.identity.api.registration import wrong_code
from fairhouse.identity.engine.guard import (
    bad_credentials,
    count_failure,
    credentials_changed,
    forget_failures,
)
from fairhouse.identity.engine.personal import (
    code_hash,
    new_recovery_code,
    person_key,
    personal_data_of,
)
from fairhouse.identity.engine.second_factor import (
    matching_step,
    secret_context,
    use_second_factor,
)
from fairhouse.identity.records import Account
from fairhouse.identity.rules import RECOVERY_CODES, STEP_UP_LIFE, clean_code
from fairhouse.identity.store import factors, players, sessions
from fairhouse.identity.types import (
    AlreadyEnrolled,
    BrandTerms,
    Denied,
    NotEnrolled,
    PasswordProof,
    PlayerId,
    PlayerKind,
    RegistrationRequired,
    Session,
    StepUpRequired,
    TotpEnrolment,
    Unauthenticated,
)
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx


async def _registered(tx: Tx, session: Session) -> Account:
    """The locked account of a registered player's session."""
    account = await players.lock(tx, session.player_id)
    if account is None or await sessions.find_by_id(tx, session.id) is None:
        raise Unauthenticated("This session has ended; log in again.")
    if account.player.kind is PlayerKind.GUEST:
        raise RegistrationRequired("Guests have no second factor; register first.")
    return account


async def enrol_totp(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, session: Session
) -> TotpEnrolment:
    """A new secret, which counts when one of its codes was confirmed.

    Refuses with StepUpRequired (a fresh password), AlreadyEnrolled and RegistrationRequired.
    """
    # CHECK
    account = await _registered(tx, session)
    if account.player.totp_enabled:
        raise AlreadyEnrolled("A second factor is on; switch it off before setting up another.")
    await require_step_up(tx, session=session)
    # DECIDE
    player_id = account.player.id
    secret = random_base32()
    key = await person_key(tx, sealer, player_id)
    data = await personal_data_of(tx, sealer, account)
    assert key is not None
    assert data is not None
    # RECORD
    sealed = key.seal(secret.encode(), context=secret_context(player_id))
    await factors.put_unconfirmed(tx, player_id, sealed)
    uri = TOTP(secret).provisioning_uri(
        name=data.email or account.player.username or "account", issuer_name=brand.name
    )
    return TotpEnrolment(secret=secret, uri=uri)


async def confirm_totp(
    tx: Tx, *, sealer: Sealer, session: Session, code: str
) -> Sequence[str] | Denied:
    """Switch the second factor on with its first code; returns the recovery codes, told once.

    Other sessions end. Refuses with NotEnrolled, AlreadyEnrolled; commit, then raise what is Denied
    (WrongCode).
    """
    # CHECK
    account = await _registered(tx, session)
    player_id = account.player.id
    totp = await factors.totp(tx, player_id)
    if totp is None:
        raise NotEnrolled("Begin with POST /v1/totp/enrol.")
    if totp.is_confirmed:
        raise AlreadyEnrolled("A second factor is on already.")
    if account.failures.is_locked(tx.now):
        return Denied(wrong_code())
    step = await matching_step(tx, sealer, player_id, totp, clean_code(code))
    if step is None:
        await count_failure(tx, sealer, account)
        return Denied(wrong_code())
    # RECORD
    await factors.confirm(tx, player_id, step)
    await forget_failures(tx, account)
    codes = await _new_recovery_codes(tx, sealer, player_id)
    # ANNOUNCE
    await credentials_changed(tx, sealer, account, what="totp_on", keep=session.id)
    return codes


async def _new_recovery_codes(tx: Tx, sealer: Sealer, player_id: PlayerId) -> list[str]:
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    hashes = [code_hash(sealer, player_id, clean_code(code)) for code in codes]
    await factors.replace_recovery_codes(tx, player_id, hashes)
    return codes


async def _use_own_factor(tx: Tx, sealer: Sealer, account: Account, code: str) -> Denied | None:
    """A counted use of the account's second factor. Refuses with NotEnrolled."""
    if not account.player.totp_enabled:
        raise NotEnrolled("No second factor is on.")
    if account.failures.is_locked(tx.now):
        return Denied(wrong_code())
    if not await use_second_factor(tx, sealer, account.player.id, code):
        await count_failure(tx, sealer, account)
        return Denied(wrong_code())
    await forget_failures(tx, account)
    return None


async def disable_totp(tx: Tx, *, sealer: Sealer, session: Session, code: str) -> Denied | None:
    """Switch the second factor off with a code of it (or a recovery code).

    Other sessions end and withdrawals are held for 24 hours. Refuses with NotEnrolled; commit,
    then raise what is Denied (WrongCode).
    """
    # CHECK
    account = await _registered(tx, session)
    denied = await _use_own_factor(tx, sealer, account, code)
    if denied:
        return denied
    # RECORD
    await factors.delete(tx, account.player.id)
    # ANNOUNCE
    await credentials_changed(tx, sealer, account, what="totp_off", keep=session.id)
    return None


async def renew_recovery_codes(
    tx: Tx, *, sealer: Sealer, session: Session, code: str
) -> Sequence[str] | Denied:
    """Ten new recovery codes in place of the old. Refuses like `disable_totp`."""
    # CHECK
    account = await _registered(tx, session)
    denied = await _use_own_factor(tx, sealer, account, code)
    if denied:
        return denied
    # RECORD
    return await _new_recovery_codes(tx, sealer, account.player.id)


async def recovery_codes_left(tx: Tx, *, player_id: PlayerId) -> int:
    """How many recovery codes are unused."""
    return await factors.recovery_codes_left(tx, player_id)


async def step_up(
    tx: Tx,
    *,
    sealer: Sealer,
    session: Session,
    code: str | None = None,
    proof: PasswordProof | None = None,
) -> datetime | Denied:
    """Prove it again: five minutes in which this session may move money or change credentials.

    With a second factor on, `code` counts; otherwise the password's `proof`. Returns until when.
    Refuses with StepUpRequired when the wrong one of the two was given; commit, then raise what
    is Denied (WrongCode or BadCredentials).
    """
    # CHECK
    account = await _registered(tx, session)
    if account.player.totp_enabled:
        if not code:
            raise StepUpRequired(
                "code: a code of your authenticator app is needed.", param="code", method="totp"
            )
        denied = await _use_own_factor(tx, sealer, account, code)
        if denied:
            return denied
    else:
        if proof is None:
            raise StepUpRequired(
                "password: your password is needed.", param="password", method="password"
            )
        proven = await prove_password(tx, sealer=sealer, session=session, proof=proof)
        if isinstance(proven, Denied):
            return Denied(bad_credentials())
    # RECORD
    until = tx.now + STEP_UP_LIFE
    await sessions.set_step_up(tx, session.id, until)
    return until
