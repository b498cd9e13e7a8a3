"""Personal data: sealed under a key per person, found by blind index, shown to few."""

import secrets
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from fairhouse.identity.records import Account
from fairhouse.identity.rules import CODE_DIGITS, email_key
from fairhouse.identity.store import players
from fairhouse.identity.types import PersonalData, PlayerId
from fairhouse.platform.crypto import DataKey, Sealer
from fairhouse.platform.database import Tx

BASE32: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without l, o, 0 and 1, which people mistake."""


class _Sealed(msgspec.Struct):
    email: str | None
    birth_date: date


def email_index(sealer: Sealer, brand_id: int, email: str) -> bytes:
    """Equal for the same mailbox at the same brand; two brands' indexes cannot be joined."""
    return sealer.blind_index(email_key(email), purpose=f"identity.email:{brand_id}")


def pack(data: PersonalData) -> bytes:
    return msgspec.json.encode(_Sealed(data.email, data.birth_date))


def unpack(plain: bytes) -> PersonalData:
    found = msgspec.json.decode(plain, type=_Sealed)
    return PersonalData(found.email, found.birth_date)


def data_context(player_id: PlayerId) -> str:
    return f"identity.player:{player_id}"


def _key_context(player_id: PlayerId) -> str:
    return f"identity.person_key:{player_id}"


async def make_key(tx: Tx, sealer: Sealer, player_id: PlayerId) -> DataKey:
    """A new person's key, stored sealed."""
    key, sealed = sealer.new_data_key(context=_key_context(player_id))
    await players.insert_key(tx, player_id, sealed)
    return key


async def person_key(tx: Tx, sealer: Sealer, player_id: PlayerId) -> DataKey | None:
    """The person's key; None after erasure."""
    sealed = await players.key(tx, player_id)
    return sealer.data_key(sealed, context=_key_context(player_id)) if sealed else None


async def personal_data_of(tx: Tx, sealer: Sealer, account: Account) -> PersonalData | None:
    """None for guests and erased people."""
    player_id = account.player.id
    key = await person_key(tx, sealer, player_id)
    if key is None or account.sealed_data is None:
        return None
    return unpack(key.open(account.sealed_data, context=data_context(player_id)))


def new_digits() -> str:
    """A six-digit code."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def new_recovery_code() -> str:
    """Four groups of four, 80 bits: `abcd-efgh-jkmn-pqrs`."""
    groups = ("".join(secrets.choice(BASE32) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def code_hash(sealer: Sealer, scope: UUID, code: str) -> bytes:
    """Keyed, since six digits are guessed at once from a bare hash; bound to what it proves."""
    return sealer.blind_index(f"{scope}:{code}", purpose="identity.code")
