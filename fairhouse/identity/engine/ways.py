"""Ways in besides the password: found by index, kept sealed, one account each."""

from dataclasses import replace
from typing import Final

import msgspec

from fairhouse.identity.engine.personal import person_key
from fairhouse.identity.records import Account, StoredCredential
from fairhouse.identity.store import credentials
from fairhouse.identity.types import (
    Credential,
    CredentialId,
    CredentialKind,
    PlayerId,
    Proven,
    TooManyCredentials,
    WaysIn,
)
from fairhouse.platform.crypto import DataKey, Sealer
from fairhouse.platform.database import Tx

CREDENTIALS_MAX: Final = 20
LABEL_CHARS_MAX: Final = 60


def external_index(
    sealer: Sealer, brand_id: int, kind: CredentialKind, *, provider: str, external: str
) -> bytes:
    """Equal for the same outside name at the same brand; two brands' cannot be joined."""
    text = f"{provider}\n{external}"
    return sealer.blind_index(text, purpose=f"identity.credential:{kind}:{brand_id}")


def index_of(sealer: Sealer, brand_id: int, proven: Proven) -> bytes:
    """The index of what was just proven."""
    return external_index(
        sealer, brand_id, proven.kind, provider=proven.provider, external=proven.external
    )


def context(part: str, credential_id: CredentialId) -> str:
    return f"identity.credential.{part}:{credential_id}"


async def find_owner(
    tx: Tx, sealer: Sealer, brand_id: int, proven: Proven
) -> StoredCredential | None:
    """The credential that was proven, if an account of the brand has it."""
    index = index_of(sealer, brand_id, proven)
    return await credentials.find(tx, brand_id=brand_id, kind=proven.kind, external_index=index)


async def add(
    tx: Tx, sealer: Sealer, *, brand_id: int, player_id: PlayerId, proven: Proven
) -> None:
    """Keep a new way in. Refuses with CredentialTaken and TooManyCredentials."""
    if len(await credentials.kinds_of(tx, player_id)) >= CREDENTIALS_MAX:
        raise TooManyCredentials(
            f"An account has at most {CREDENTIALS_MAX} ways in; remove one first.",
            most=CREDENTIALS_MAX,
        )
    key = await person_key(tx, sealer, player_id)
    assert key is not None, "an erased person gets no way in"
    credential_id = CredentialId(tx.new_id())
    label = proven.label[:LABEL_CHARS_MAX]
    stored = StoredCredential(
        credential=Credential(
            id=credential_id,
            kind=proven.kind,
            provider=proven.provider,
            label="",
            created_at=tx.now,
            last_used_at=None,
        ),
        player_id=player_id,
        sealed_external=key.seal(
            proven.external.encode(), context=context("external", credential_id)
        ),
        sealed_label=key.seal(label.encode(), context=context("label", credential_id)),
        passkey=proven.passkey,
    )
    index = index_of(sealer, brand_id, proven)
    await credentials.insert(tx, stored, brand_id=brand_id, external_index=index)


async def ways_of(tx: Tx, sealer: Sealer, account: Account) -> WaysIn:
    """Everything that opens the account, with labels opened."""
    player_id = account.player.id
    stored = await credentials.of_player(tx, player_id)
    key = await person_key(tx, sealer, player_id) if stored else None
    return WaysIn(
        has_password=has_password(account),
        credentials=tuple(_opened(one, key) for one in stored if key is not None),
    )


def has_password(account: Account) -> bool:
    """Only together with a mailbox to name: a password alone finds no account."""
    return account.password_hash is not None and account.player.email_verified


def _opened(stored: StoredCredential, key: DataKey) -> Credential:
    one = stored.credential
    label = key.open(stored.sealed_label, context=context("label", one.id)).decode()
    return replace(one, label=label)


def pack_proven(proven: Proven) -> str:
    """For a ticket or a waiting registration."""
    return msgspec.json.encode(proven).decode()


def unpack_proven(text: str) -> Proven:
    return msgspec.json.decode(text, type=Proven)
