"""Opening an account: a guest's row, or a new one, becomes a registered player's."""

from dataclasses import dataclass

from fairhouse.identity.engine.letters import mail_account
from fairhouse.identity.engine.personal import data_context, make_key, pack, person_key
from fairhouse.identity.engine.sessions import Beginning, begin_session, end_sessions
from fairhouse.identity.engine.ways import add
from fairhouse.identity.events import PlayerRegistered
from fairhouse.identity.rules import LANES
from fairhouse.identity.store import accounts, players
from fairhouse.identity.types import (
    BrandTerms,
    Client,
    EmailTaken,
    LoggedIn,
    NotEligible,
    PersonalData,
    Player,
    PlayerId,
    PlayerKind,
    Proven,
    RevokeReason,
    Session,
)
from fairhouse.kernel.refusals import Malformed
from fairhouse.messages import api as messages
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce


@dataclass(frozen=True, slots=True)
class Opening:
    """A checked registration: all that a new account is made of."""

    username: str
    data: PersonalData
    email_index: bytes | None
    password_hash: str | None
    proven: Proven | None
    """The way in that it begins with, when that is no password."""
    language: str
    terms_version: str
    referral: str | None = None
    """The code of who sent them here."""


async def player_of(tx: Tx, player_id: PlayerId) -> Player:
    account = await players.find(tx, player_id)
    assert account is not None
    return account.player


async def insert_guest(tx: Tx, sealer: Sealer, brand_id: int, language: str) -> Player:
    """A visitor's row with a key of their own."""
    player_id = PlayerId(tx.new_id())
    await players.insert_guest(
        tx,
        player_id=player_id,
        brand_id=brand_id,
        lane=player_id.int % LANES,
        language=language,
    )
    await make_key(tx, sealer, player_id)
    return await player_of(tx, player_id)


async def known_referral(tx: Tx, *, brand_id: int, code: str | None) -> str | None:
    """The code, when somebody of the brand has it. Refuses with Malformed (referral)."""
    text = (code or "").strip().lower()
    if not text:
        return None
    if not await accounts.has_referral_code(tx, brand_id=brand_id, code=text):
        raise Malformed("referral: nobody has this code; leave it out, or ask.", param="referral")
    return text


async def check_mailbox(tx: Tx, *, brand_id: int, email_index: bytes) -> None:
    """For a proven mailbox, whose owner may know. Refuses with NotEligible and EmailTaken."""
    if await players.is_restricted(tx, brand_id=brand_id, email_index=email_index):
        raise NotEligible("An account cannot be opened for this person; ask support.")
    if await players.find_by_email(tx, brand_id, email_index):
        raise EmailTaken(
            "email: this mailbox has an account already; log in, or reset the password.",
            param="email",
        )


async def open_account(
    tx: Tx,
    sealer: Sealer,
    brand: BrandTerms,
    opening: Opening,
    *,
    client: Client,
    guest: Session | None,
) -> LoggedIn:
    """The account, logged in; a guest of this brand keeps play money and bets.

    Refuses with EmailTaken, UsernameTaken and CredentialTaken: unique indexes decide.
    """
    was_guest = guest is not None and guest.kind is PlayerKind.GUEST and guest.brand_id == brand.id
    # RECORD
    player = await _register(
        tx, sealer, brand, opening, guest.player_id if guest is not None and was_guest else None
    )
    if opening.referral is not None:
        await accounts.set_referrer(tx, player.id, brand_id=brand.id, code=opening.referral)
    if opening.proven is not None:
        await add(tx, sealer, brand_id=brand.id, player_id=player.id, proven=opening.proven)
    session = await begin_session(tx, sealer, player, client, Beginning(is_proven=True))
    account = await players.find(tx, player.id)
    assert account is not None
    await mail_account(tx, sealer, account, "welcome", {"username": opening.username})
    # ANNOUNCE
    await messages.notify(
        tx, brand_id=player.brand_id, player_id=player.id, kind="welcome", fields={}
    )
    await announce(tx, PlayerRegistered(brand.id, player.id, was_guest))
    return session


async def _register(
    tx: Tx, sealer: Sealer, brand: BrandTerms, opening: Opening, guest_id: PlayerId | None
) -> Player:
    guest = await players.lock(tx, guest_id) if guest_id else None
    if guest is None or guest.player.kind is not PlayerKind.GUEST:
        player_id = (await insert_guest(tx, sealer, brand.id, opening.language)).id
    else:
        player_id = guest.player.id
        await end_sessions(tx, guest, but=None, reason=RevokeReason.UPGRADED)
    key = await person_key(tx, sealer, player_id)
    assert key is not None
    await players.make_registered(
        tx,
        player_id=player_id,
        username=opening.username,
        email_index=opening.email_index,
        sealed_data=key.seal(pack(opening.data), context=data_context(player_id)),
        password_hash=opening.password_hash,
        language=opening.language,
        terms_version=opening.terms_version,
    )
    await players.accept_terms(
        tx, player_id=player_id, brand_id=brand.id, version=opening.terms_version
    )
    await players.set_last_login(tx, player_id)
    return await player_of(tx, player_id)
