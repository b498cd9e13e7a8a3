"""Passkeys of players: asking an authenticator, and believing its answer once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairhouse.identity.api.credentials import require_step_up
from fairhouse.identity.codecs import passkeys as codec
from fairhouse.identity.codecs.passkeys import PasskeyRefused, Site
from fairhouse.identity.engine.challenges import Answerable, Question, ask, refused, stale, take
from fairhouse.identity.engine.letters import mail_account
from fairhouse.identity.engine.tickets import give_ticket
from fairhouse.identity.engine.ways import external_index
from fairhouse.identity.events import PasskeySuspected
from fairhouse.identity.records import StoredCredential
from fairhouse.identity.store import credentials, players
from fairhouse.identity.types import (
    AssertionRefused,
    BrandTerms,
    CredentialKind,
    PasskeyFacts,
    Proven,
    Purpose,
    RegistrationRequired,
    Session,
    Ticket,
)
from fairhouse.messages import api as messages
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.outbox import announce

CHALLENGE_BYTES: Final = 32
HANDLE_BYTES: Final = 32
LABEL: Final = "Passkey"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PasskeyQuestion:
    """What the page hands to the browser, and the token that its answer comes back with."""

    challenge: str
    options: dict[str, Any]


async def ask_new_passkey(
    tx: Tx,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    site: Site,
    session: Session | None,
    name: str = "",
) -> PasskeyQuestion:
    """Ask for a new passkey: for the session's account, or to begin one with.

    Refuses with StepUpRequired and RegistrationRequired for somebody logged in.
    """
    # CHECK
    known: list[bytes] = []
    handle = secrets.token_bytes(HANDLE_BYTES)
    if session is not None:
        await require_step_up(tx, session=session)
        account = await players.find(tx, session.player_id)
        if account is None or account.player.username is None:
            raise RegistrationRequired("Guests have no passkeys; register first.")
        name = account.player.username
        stored = await credentials.of_player(tx, session.player_id)
        passkeys = [one.passkey for one in stored if one.passkey is not None]
        known = [one.raw_id for one in passkeys]
        handle = passkeys[0].user_handle if passkeys else handle
    # RECORD
    secret = secrets.token_bytes(CHALLENGE_BYTES)
    question = Question(
        kind=CredentialKind.PASSKEY,
        purpose=Purpose.LINK if session else Purpose.REGISTER,
        content={"challenge": secret.hex(), "handle": handle.hex()},
        brand_id=brand.id,
        session=session,
    )
    options = codec.creation_options(
        site, challenge=secret, user_handle=handle, user_name=name or brand.name, known=known
    )
    return PasskeyQuestion(await ask(tx, sealer, question), options)


async def new_passkey(
    db: Database,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    site: Site,
    session: Session | None,
    challenge: str,
    credential: Json,
    label: str | None = None,
) -> Proven:
    """A passkey that was just made, to be linked or to open an account with.

    Refuses with AssertionRefused; the question is used up whatever comes of it.
    """
    purpose = Purpose.LINK if session else Purpose.REGISTER
    asked = await _taken(db, sealer, brand, challenge, purpose, session)
    try:
        made = codec.read_created(
            credential, site=site, challenge=bytes.fromhex(asked.content["challenge"])
        )
    except PasskeyRefused as error:
        raise _refused(error) from error
    return Proven(
        kind=CredentialKind.PASSKEY,
        external=made.raw_id.hex(),
        label=" ".join((label or "").split()) or LABEL,
        passkey=PasskeyFacts(
            raw_id=made.raw_id,
            user_handle=bytes.fromhex(asked.content["handle"]),
            public_key=made.public_key,
            sign_count=made.sign_count,
            is_backed_up=made.is_backed_up,
            transports=made.transports,
        ),
    )


async def ticket_for_passkey(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, proven: Proven
) -> Ticket:
    """A new account may begin with this passkey."""
    return await give_ticket(tx, sealer, brand=brand, proven=proven, purpose=Purpose.REGISTER)


async def ask_passkey(
    tx: Tx, *, sealer: Sealer, brand: BrandTerms, site: Site, session: Session | None
) -> PasskeyQuestion:
    """Ask for any passkey of this site to log in with; or, inside a session, for one's own."""
    allowed: list[bytes] = []
    if session is not None:
        stored = await credentials.of_player(tx, session.player_id)
        allowed = [one.passkey.raw_id for one in stored if one.passkey is not None]
    secret = secrets.token_bytes(CHALLENGE_BYTES)
    question = Question(
        kind=CredentialKind.PASSKEY,
        purpose=Purpose.STEP_UP if session else Purpose.ENTER,
        content={"challenge": secret.hex()},
        brand_id=brand.id,
        session=session,
    )
    options = codec.request_options(site, challenge=secret, allowed=allowed)
    return PasskeyQuestion(await ask(tx, sealer, question), options)


async def prove_passkey(
    db: Database,
    *,
    sealer: Sealer,
    brand: BrandTerms,
    site: Site,
    session: Session | None,
    challenge: str,
    credential: Json,
) -> Proven:
    """Which passkey answered. A counter that ran backwards is a copy: refused, its owner told.

    Refuses with AssertionRefused; the question is used up whatever comes of it.
    """
    purpose = Purpose.STEP_UP if session else Purpose.ENTER
    asked = await _taken(db, sealer, brand, challenge, purpose, session)
    secret = bytes.fromhex(asked.content["challenge"])
    async with db.tx() as tx:
        try:
            found = await _answered(tx, sealer, brand, site, secret, credential)
        except PasskeyRefused as error:
            raise _refused(error) from error
    if found is None:
        raise refused("counter", "This passkey was copied; use another way in, and remove it.")
    return Proven(
        kind=CredentialKind.PASSKEY, external=found.raw_id.hex(), label=LABEL, passkey=found
    )


async def _answered(
    tx: Tx, sealer: Sealer, brand: BrandTerms, site: Site, secret: bytes, credential: Json
) -> PasskeyFacts | None:
    """The passkey, its counter moved on under its account's lock; None for a copy."""
    raw_id = codec.raw_id_of(credential)
    stored = await _locked(tx, sealer, brand, raw_id)
    if stored is None or stored.passkey is None:
        raise PasskeyRefused("nobody here has this passkey")
    facts = stored.passkey
    if codec.user_handle_of(credential) not in {None, facts.user_handle}:
        raise PasskeyRefused("the passkey says that it is somebody else's")
    said = codec.read_asserted(credential, site=site, challenge=secret, public_key=facts.public_key)
    if not codec.counter_runs_on(before=facts.sign_count, now=said.sign_count):
        await _tell_of_copy(tx, sealer, stored)
        return None
    await credentials.counted(
        tx, stored.credential.id, count=said.sign_count, is_backed_up=said.is_backed_up
    )
    return facts


async def _locked(
    tx: Tx, sealer: Sealer, brand: BrandTerms, raw_id: bytes
) -> StoredCredential | None:
    kind = CredentialKind.PASSKEY
    index = external_index(sealer, brand.id, kind, provider="", external=raw_id.hex())
    found = await credentials.find(tx, brand_id=brand.id, kind=kind, external_index=index)
    if found is None or await players.lock(tx, found.player_id) is None:
        return None
    return await credentials.find(tx, brand_id=brand.id, kind=kind, external_index=index)


async def _tell_of_copy(tx: Tx, sealer: Sealer, stored: StoredCredential) -> None:
    account = await players.find(tx, stored.player_id)
    assert account is not None
    brand_id = account.player.brand_id
    await mail_account(tx, sealer, account, "passkey_suspected", {})
    await messages.notify(
        tx, brand_id=brand_id, player_id=stored.player_id, kind="passkey_suspected", fields={}
    )
    await announce(tx, PasskeySuspected(brand_id, stored.player_id, stored.credential.id))


async def _taken(
    db: Database,
    sealer: Sealer,
    brand: BrandTerms,
    token: str,
    purpose: Purpose,
    session: Session | None,
) -> Answerable:
    async with db.tx() as tx:
        found = await take(
            tx,
            sealer,
            token=token,
            purpose=purpose,
            brand_id=brand.id,
            kind=CredentialKind.PASSKEY,
            session=session,
        )
    if found is None or "challenge" not in found.content:
        raise stale()
    return found


def _refused(error: PasskeyRefused) -> AssertionRefused:
    return refused("passkey", f"The passkey's answer is refused: {error}.")
