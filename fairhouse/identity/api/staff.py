"""Staff: accounts with roles, a second factor from the first login, sessions of their own."""

from collections.abc import Iterable, Sequence

from pyotp import random_base32
from pyotp.totp import TOTP

from fairhouse.identity.engine.guard import bad_credentials
from fairhouse.identity.engine.passwords import Passwords
from fairhouse.identity.records import Failures, StaffAccount
from fairhouse.identity.rules import (
    STAFF_SESSION_LIFE,
    TOUCH_EVERY,
    after_failure,
    clean_code,
    clean_handle,
    device_summary,
    is_staff_session_live,
    matching_totp_step,
)
from fairhouse.identity.store import staff as store
from fairhouse.identity.types import (
    Client,
    Denied,
    Forbidden,
    PasswordHash,
    Role,
    SessionId,
    Staff,
    StaffId,
    StaffLoggedIn,
    StaffSession,
    TotpEnrolment,
    UsernameTaken,
)
from fairhouse.kernel.refusals import Malformed, NotFound
from fairhouse.platform.crypto import Sealer, new_token, token_hash
from fairhouse.platform.database import Database, Tx

ISSUER = "Fairhouse staff"


def _context(handle: str) -> str:
    return f"identity.staff:{handle}"


async def create_staff(
    tx: Tx,
    *,
    sealer: Sealer,
    handle: str,
    name: str,
    roles: Iterable[Role],
    password: PasswordHash,
    totp_secret: str | None = None,
) -> tuple[Staff, TotpEnrolment]:
    """A new staff member and the secret for their authenticator, told once.

    `totp_secret` is for demos and tests. Refuses with Malformed (handle, roles) and
    UsernameTaken (handle).
    """
    # CHECK
    clean = clean_handle(handle)
    held = frozenset(roles)
    if not held:
        raise Malformed(f"roles must name at least one of {', '.join(Role)}.", param="roles")
    # DECIDE
    member = Staff(
        id=StaffId(tx.new_id()),
        handle=clean,
        name=name,
        roles=held,
        disabled=False,
        created_at=tx.now,
    )
    secret = totp_secret or random_base32()
    # RECORD
    sealed = sealer.seal(secret.encode(), context=_context(clean))
    if not await store.insert(tx, member, password_hash=password.phc, sealed_totp_secret=sealed):
        raise UsernameTaken("handle is taken; choose another.", param="handle")
    uri = TOTP(secret).provisioning_uri(name=clean, issuer_name=ISSUER)
    return member, TotpEnrolment(secret, uri)


async def hire_staff(
    db: Database,
    *,
    sealer: Sealer,
    passwords: Passwords,
    handle: str,
    name: str,
    roles: Iterable[Role],
    password: str,
) -> tuple[Staff, TotpEnrolment]:
    """For the command line: check and hash the password, then `create_staff`.

    Refuses with WeakPassword, Malformed (handle, roles) and UsernameTaken (handle).
    """
    hashed = await passwords.hash(password, known=(handle, name))
    async with db.tx() as tx:
        return await create_staff(
            tx, sealer=sealer, handle=handle, name=name, roles=roles, password=hashed
        )


async def log_in_staff(
    db: Database,
    *,
    sealer: Sealer,
    passwords: Passwords,
    handle: str,
    password: str,
    totp: str,
    client: Client,
) -> StaffLoggedIn:
    """Password and code together, always both; the slow hash runs outside of any transaction.

    Three failures in 30 minutes lock for 30. Refuses with BadCredentials for every cause alike.
    """
    async with db.read() as tx:
        found = await store.find_by_handle(tx, handle.strip())
    phc = found.password_hash if found else None
    matches = await passwords.matches(phc, password)
    async with db.tx() as tx:
        outcome = await _log_in(
            tx, sealer=sealer, seen=found, matches=matches, totp=totp, client=client
        )
    if isinstance(outcome, Denied):
        raise outcome.refusal
    return outcome


async def _log_in(
    tx: Tx,
    *,
    sealer: Sealer,
    seen: StaffAccount | None,
    matches: bool,
    totp: str,
    client: Client,
) -> StaffLoggedIn | Denied:
    # CHECK
    account = await store.lock_by_handle(tx, seen.staff.handle) if seen else None
    if (
        seen is None
        or account is None
        or account.staff.disabled
        or account.failures.is_locked(tx.now)
        or account.password_hash != seen.password_hash
    ):
        return Denied(bad_credentials())
    # A code is only spent with a right password: a stranger cannot use it up.
    if not matches or not await _use_code(tx, sealer, account, totp):
        await store.set_failures(tx, account.staff.id, after_failure(account.failures, tx.now))
        return Denied(bad_credentials())
    # DECIDE
    session = StaffSession(
        id=SessionId(tx.new_id()),
        staff=account.staff,
        created_at=tx.now,
        expires_at=tx.now + STAFF_SESSION_LIFE,
    )
    token = new_token()
    # RECORD
    await store.set_failures(tx, account.staff.id, Failures())
    await store.insert_session(
        tx,
        session,
        token_hash=token_hash(token),
        device=device_summary(client.user_agent),
    )
    return StaffLoggedIn(session=session, token=token)


async def _use_code(tx: Tx, sealer: Sealer, account: StaffAccount, totp: str) -> bool:
    context = _context(account.staff.handle)
    secret = sealer.open(account.sealed_totp_secret, context=context).decode()
    step = matching_totp_step(
        secret,
        clean_code(totp),
        unix_s=tx.now.timestamp(),
        last_used_step=account.last_used_step,
    )
    return step is not None and await store.use_step(tx, account.staff.id, step)


async def staff_session(tx: Tx, *, token: str) -> StaffSession | None:
    """The live staff session of a token: 30 minutes idle or 12 hours end it.

    Needs a writing transaction: it notes the use.
    """
    found = await store.find_session(tx, token_hash(token))
    if found is None:
        return None
    session, last_seen_at = found
    if not is_staff_session_live(
        now=tx.now, last_seen_at=last_seen_at, expires_at=session.expires_at
    ):
        return None
    if tx.now - last_seen_at >= TOUCH_EVERY:
        await store.touch_session(tx, session.id)
    return session


async def log_out_staff(tx: Tx, *, session: StaffSession) -> None:
    """End this staff session."""
    await store.revoke_session(tx, session.id)


async def staff_member(tx: Tx, *, staff_id: StaffId) -> Staff:
    """Refuses with NotFound."""
    found = await store.find(tx, staff_id)
    if found is None:
        raise NotFound("staff_id: no such staff member.", param="staff_id")
    return found


async def staff_members(tx: Tx) -> Sequence[Staff]:
    """Everybody, by handle."""
    return await store.find_all(tx)


async def disable_staff(tx: Tx, *, staff_id: StaffId) -> None:
    """End the access at once; the row stays, the audit log refers to it. Refuses with NotFound."""
    await staff_member(tx, staff_id=staff_id)
    await store.disable(tx, staff_id)


def require_role(staff: Staff, *roles: Role) -> None:
    """Pass with one of the roles; an admin has none of the others' by right.

    Refuses with Forbidden.
    """
    if staff.roles.isdisjoint(roles):
        names = ", ".join(roles)
        raise Forbidden(f"This needs one of the roles {names}; ask somebody who has it.")
