"""What a player keeps here: a phrase in every mail, a code for friends, a list of addresses."""

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Final

from fairhouse.identity.api.credentials import require_step_up
from fairhouse.identity.engine.letters import phrase_context, phrase_of
from fairhouse.identity.engine.personal import BASE32, person_key
from fairhouse.identity.engine.ways import LABEL_CHARS_MAX
from fairhouse.identity.records import Account
from fairhouse.identity.rules import clean_phrase, looks_alike
from fairhouse.identity.store import accounts, players
from fairhouse.identity.types import (
    AddressBook,
    AddressId,
    AddressLookalike,
    AddressNotListed,
    AddressTooNew,
    BookEntry,
    PlayerId,
    PlayerKind,
    RegistrationRequired,
    Session,
)
from fairhouse.kernel.refusals import Malformed, NotFound
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx

COOL_OFF: Final = timedelta(hours=24)
ENTRIES_MAX: Final = 100
_CODE_CHARS: Final = 8


async def _own(tx: Tx, player_id: PlayerId) -> Account:
    account = await players.lock(tx, player_id)
    if account is None or account.player.kind is PlayerKind.GUEST:
        raise RegistrationRequired("Register first: guests keep nothing here.")
    return account


async def phrase(tx: Tx, *, sealer: Sealer, player_id: PlayerId) -> str | None:
    """The player's words in our mails."""
    account = await players.find(tx, player_id)
    return await phrase_of(tx, sealer, account) if account else None


async def set_phrase(tx: Tx, *, sealer: Sealer, session: Session, phrase: str | None) -> str | None:
    """Words that every mail repeats from now on; None for none.

    Refuses with StepUpRequired (who reads a mailbox must not choose them) and Malformed (phrase).
    """
    # CHECK
    account = await _own(tx, session.player_id)
    await require_step_up(tx, session=session)
    text = clean_phrase(phrase) if phrase else None
    key = await person_key(tx, sealer, account.player.id)
    assert key is not None
    # RECORD
    context = phrase_context(account.player.id)
    sealed = key.seal(text.encode(), context=context) if text else None
    await accounts.set_phrase(tx, account.player.id, sealed)
    return text


async def referral_code(tx: Tx, *, player_id: PlayerId) -> str:
    """The player's code for friends, made when it is first asked for."""
    await _own(tx, player_id)
    found = await accounts.referral_code(tx, player_id)
    while found is None:
        code = "".join(secrets.choice(BASE32) for _ in range(_CODE_CHARS))
        found = code if await accounts.set_referral_code(tx, player_id, code) else None
    return found


async def referred_by(tx: Tx, *, player_id: PlayerId) -> PlayerId | None:
    """Who sent the player here."""
    return await accounts.referred_by(tx, player_id)


async def address_book(tx: Tx, *, sealer: Sealer, player_id: PlayerId) -> AddressBook:
    """The player's list, oldest first."""
    is_on, off_at = await accounts.whitelist(tx, player_id)
    stored = await accounts.addresses(tx, player_id)
    key = await person_key(tx, sealer, player_id) if stored else None
    entries = [
        replace(entry, label=key.open(sealed, context=_label(entry.id)).decode())
        for entry, sealed in stored
        if key is not None
    ]
    return AddressBook(is_on, off_at, tuple(entries))


def _label(address_id: AddressId) -> str:
    return f"identity.address:{address_id}"


async def list_address(
    tx: Tx,
    *,
    sealer: Sealer,
    session: Session,
    chain: str,
    address: str,
    label: str,
    is_confirmed: bool,
) -> AddressBook:
    """Add an address, in its chain's one spelling. While only listed ones are paid it is usable
    after a day; after changed credentials not before withdrawals are.

    Refuses with StepUpRequired, Malformed (label, address) and AddressLookalike.
    """
    # CHECK
    account = await _own(tx, session.player_id)
    await require_step_up(tx, session=session)
    player, text = account.player, " ".join(label.split())
    if not 1 <= len(text) <= LABEL_CHARS_MAX:
        raise Malformed(f"label must be 1 to {LABEL_CHARS_MAX} characters.", param="label")
    listed = [entry for entry, _ in await accounts.addresses(tx, player.id)]
    if len(listed) >= ENTRIES_MAX:
        raise Malformed(
            f"address: your list is full ({ENTRIES_MAX}); remove some.", param="address"
        )
    similar = next((one for one in listed if looks_alike(one.address, address)), None)
    if similar is not None and not is_confirmed:
        raise AddressLookalike(
            "address begins and ends like one of your list and is another; compare every "
            "character, then confirm.",
            param="address",
            similar_to=similar.address,
        )
    # DECIDE
    is_on, _ = await accounts.whitelist(tx, player.id)
    usable_at = max(tx.now, player.withdrawals_held_until or tx.now)
    entry = BookEntry(
        id=AddressId(tx.new_id()),
        chain=chain,
        address=address,
        label=text,
        created_at=tx.now,
        usable_at=max(usable_at, tx.now + COOL_OFF) if is_on else usable_at,
    )
    key = await person_key(tx, sealer, player.id)
    assert key is not None
    # RECORD
    sealed = key.seal(text.encode(), context=_label(entry.id))
    await accounts.insert_address(
        tx, player.id, entry, brand_id=player.brand_id, sealed_label=sealed
    )
    return await address_book(tx, sealer=sealer, player_id=player.id)


async def unlist_address(
    tx: Tx, *, sealer: Sealer, session: Session, address_id: AddressId
) -> AddressBook:
    """Take an address off the list. Refuses with NotFound."""
    await _own(tx, session.player_id)
    if not await accounts.delete_address(tx, session.player_id, address_id):
        raise NotFound("id: no such address on your list.", param="id")
    return await address_book(tx, sealer=sealer, player_id=session.player_id)


async def set_whitelist(tx: Tx, *, sealer: Sealer, session: Session, is_on: bool) -> AddressBook:
    """Pay only listed addresses from now on; or, after a day, any. Refuses with StepUpRequired."""
    # CHECK
    account = await _own(tx, session.player_id)
    await require_step_up(tx, session=session)
    was_on, off_at = await accounts.whitelist(tx, account.player.id)
    # DECIDE
    if not is_on and was_on:
        off_at = off_at or tx.now + COOL_OFF
    # RECORD
    await accounts.set_whitelist(
        tx, account.player.id, is_on=is_on or was_on, off_at=None if is_on else off_at
    )
    return await address_book(tx, sealer=sealer, player_id=account.player.id)


async def check_listed(tx: Tx, *, player_id: PlayerId, chain: str, address: str) -> None:
    """For a withdrawal, in its transaction. Refuses with AddressNotListed and AddressTooNew where
    the player lets only listed addresses be paid.
    """
    is_on, _ = await accounts.whitelist(tx, player_id)
    if not is_on:
        return
    usable_at = await accounts.address_usable_at(tx, player_id, chain=chain, address=address)
    if usable_at is None:
        raise AddressNotListed(
            "destination is not on your list, and you let only listed addresses be paid.",
            param="destination",
        )
    if tx.now < usable_at:
        raise AddressTooNew(
            f"destination can be paid from {usable_at:%Y-%m-%d %H:%M} UTC on.",
            param="destination",
            usable_at=usable_at.isoformat(),
        )
