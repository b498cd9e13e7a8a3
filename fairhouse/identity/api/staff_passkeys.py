"""Passkeys of staff, and the glass that is broken when nobody else can act."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from fairhouse.identity.api.passkeys import CHALLENGE_BYTES, PasskeyQuestion
from fairhouse.identity.codecs import passkeys as codec
from fairhouse.identity.codecs.passkeys import PasskeyRefused, Site
from fairhouse.identity.engine.challenges import Answerable, Question, ask, refused, stale, take
from fairhouse.identity.engine.guard import bad_credentials
from fairhouse.identity.records import StaffPasskey
from fairhouse.identity.rules import STAFF_SESSION_LIFE, device_summary
from fairhouse.identity.store import staff as staff_store
from fairhouse.identity.store import staff_passkeys as store
from fairhouse.identity.types import (
    AssertionRefused,
    Client,
    CredentialKind,
    PasskeyFacts,
    Purpose,
    SessionId,
    StaffLoggedIn,
    StaffSession,
    StepUpRequired,
)
from fairhouse.kernel.refusals import Malformed, NotFound
from fairhouse.platform.crypto import Sealer, new_token, token_hash
from fairhouse.platform.database import Database, Tx

GLASS_LIFE: Final = timedelta(minutes=30)
GLASS_NEEDS_LOGIN_WITHIN: Final = timedelta(minutes=10)
LABEL_CHARS_MAX: Final = 60
REASON_CHARS_MIN: Final = 10

Json = Mapping[str, Any]


async def staff_passkeys(tx: Tx, *, session: StaffSession) -> Sequence[StaffPasskey]:
    """One's own, oldest first."""
    return await store.of_staff(tx, session.staff.id)


async def ask_staff_passkey(
    tx: Tx, *, sealer: Sealer, site: Site, session: StaffSession | None
) -> PasskeyQuestion:
    """For a new passkey of the session's owner; without a session, to log in with any."""
    secret = secrets.token_bytes(CHALLENGE_BYTES)
    content = {"challenge": secret.hex()}
    if session is None:
        options = codec.request_options(site, challenge=secret, allowed=[])
    else:
        content["staff"] = str(session.staff.id)
        known = [one.facts.raw_id for one in await store.of_staff(tx, session.staff.id)]
        options = codec.creation_options(
            site,
            challenge=secret,
            user_handle=session.staff.id.bytes,
            user_name=session.staff.handle,
            known=known,
        )
    question = Question(CredentialKind.PASSKEY, Purpose.STAFF, content, brand_id=None)
    return PasskeyQuestion(await ask(tx, sealer, question), options)


async def _taken(db: Database, sealer: Sealer, token: str, staff: str | None) -> Answerable:
    async with db.tx() as tx:
        found = await take(
            tx,
            sealer,
            token=token,
            purpose=Purpose.STAFF,
            brand_id=None,
            kind=CredentialKind.PASSKEY,
        )
    if found is None or found.content.get("staff") != staff:
        raise stale()
    return found


async def add_staff_passkey(
    db: Database,
    *,
    sealer: Sealer,
    site: Site,
    session: StaffSession,
    challenge: str,
    credential: Json,
    label: str,
) -> None:
    """Keep a new passkey. Refuses with AssertionRefused, CredentialTaken and Malformed (label)."""
    # CHECK
    name = " ".join(label.split())
    if not 1 <= len(name) <= LABEL_CHARS_MAX:
        raise Malformed(f"label must be 1 to {LABEL_CHARS_MAX} characters.", param="label")
    asked = await _taken(db, sealer, challenge, str(session.staff.id))
    try:
        made = codec.read_created(
            credential, site=site, challenge=bytes.fromhex(asked.content["challenge"])
        )
    except PasskeyRefused as error:
        raise _refused(error) from error
    # RECORD
    facts = PasskeyFacts(
        raw_id=made.raw_id,
        user_handle=session.staff.id.bytes,
        public_key=made.public_key,
        sign_count=made.sign_count,
        is_backed_up=made.is_backed_up,
        transports=made.transports,
    )
    async with db.tx() as tx:
        await store.insert(tx, session.staff.id, name, facts)


def _refused(error: PasskeyRefused) -> AssertionRefused:
    return refused("passkey", f"The passkey's answer is refused: {error}.")


async def remove_staff_passkey(tx: Tx, *, session: StaffSession, passkey_id: UUID) -> None:
    """Password and code always remain. Refuses with NotFound."""
    if not await store.delete(tx, session.staff.id, passkey_id):
        raise NotFound("id: no such passkey of yours.", param="id")


async def log_in_staff_by_passkey(
    db: Database,
    *,
    sealer: Sealer,
    site: Site,
    challenge: str,
    credential: Json,
    client: Client,
) -> StaffLoggedIn:
    """A passkey with user verification is password and code in one.

    Refuses with AssertionRefused, and with BadCredentials for whoever is locked or disabled.
    """
    # CHECK
    asked = await _taken(db, sealer, challenge, None)
    secret = bytes.fromhex(asked.content["challenge"])
    async with db.tx() as tx:
        try:
            found = await store.lock_by_raw_id(tx, codec.raw_id_of(credential))
            if found is None or codec.user_handle_of(credential) not in {
                None,
                found.facts.user_handle,
            }:
                raise PasskeyRefused("nobody here has this passkey")
            said = codec.read_asserted(
                credential, site=site, challenge=secret, public_key=found.facts.public_key
            )
        except PasskeyRefused as error:
            raise _refused(error) from error
        if not codec.counter_runs_on(before=found.facts.sign_count, now=said.sign_count):
            raise refused("counter", "This passkey was copied; log in by code and remove it.")
        # RECORD
        await store.used(tx, found.id, count=said.sign_count, is_backed_up=said.is_backed_up)
        return await _let_in(tx, found, client)


async def _let_in(tx: Tx, found: StaffPasskey, client: Client) -> StaffLoggedIn:
    account = await staff_store.lock_by_id(tx, found.staff_id)
    if account is None or account.staff.disabled or account.failures.is_locked(tx.now):
        raise bad_credentials()
    session = StaffSession(
        id=SessionId(tx.new_id()),
        staff=account.staff,
        created_at=tx.now,
        expires_at=tx.now + STAFF_SESSION_LIFE,
    )
    token = new_token()
    await staff_store.insert_session(
        tx,
        session,
        token_hash=token_hash(token),
        device=device_summary(client.user_agent),
    )
    return StaffLoggedIn(session=session, token=token)


async def break_glass(tx: Tx, *, session: StaffSession, reason: str) -> datetime:
    """Every role for half an hour; what needs two people still does.

    Needs a login of the last ten minutes. The caller writes the alarm in this transaction. Refuses
    with StepUpRequired and Malformed (reason). Returns until when.
    """
    # CHECK
    why = " ".join(reason.split())
    if not REASON_CHARS_MIN <= len(why) <= 500:
        raise Malformed(
            f"reason must be {REASON_CHARS_MIN} to 500 characters: everybody will ask.",
            param="reason",
        )
    if tx.now - session.created_at > GLASS_NEEDS_LOGIN_WITHIN:
        raise StepUpRequired("Log in again first: this needs a fresh login.", method="login")
    # RECORD
    until = tx.now + GLASS_LIFE
    await store.break_glass(tx, session.staff.id, reason=why, until=until)
    return until
