"""Ways in besides the password, and passkeys."""

import asyncpg

from fairhouse.identity.records import StoredCredential
from fairhouse.identity.types import (
    Credential,
    CredentialId,
    CredentialKind,
    CredentialTaken,
    PasskeyFacts,
    PlayerId,
)
from fairhouse.platform.database import Record, Tx

_COLUMNS = """
    c.id, c.player_id, c.kind, c.provider, c.sealed_external, c.sealed_label, c.created_at,
    c.last_used_at, k.raw_id, k.user_handle, k.public_key, k.sign_count, k.is_backed_up,
    k.transports
"""
_FROM = "identity.credential c left join identity.passkey k on k.credential_id = c.id"


def _stored(row: Record) -> StoredCredential:
    is_passkey = row["raw_id"] is not None
    return StoredCredential(
        credential=Credential(
            id=CredentialId(row["id"]),
            kind=CredentialKind(row["kind"]),
            provider=row["provider"],
            label="",
            created_at=row["created_at"],
            last_used_at=row["last_used_at"],
            is_backed_up=row["is_backed_up"],
        ),
        player_id=PlayerId(row["player_id"]),
        sealed_external=row["sealed_external"],
        sealed_label=row["sealed_label"],
        passkey=facts(row) if is_passkey else None,
    )


def facts(row: Record) -> PasskeyFacts:
    """A passkey's columns."""
    return PasskeyFacts(
        raw_id=row["raw_id"],
        user_handle=row["user_handle"],
        public_key=row["public_key"],
        sign_count=row["sign_count"],
        is_backed_up=row["is_backed_up"],
        transports=tuple(row["transports"]),
    )


async def insert(tx: Tx, stored: StoredCredential, *, brand_id: int, external_index: bytes) -> None:
    """Refuses with CredentialTaken: the unique index decides between two at once."""
    one = stored.credential
    try:
        async with tx.savepoint():
            await tx.execute(
                """insert into identity.credential
                       (id, brand_id, player_id, kind, provider, external_index, sealed_external,
                        sealed_label, created_at, last_used_at)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
                one.id,
                brand_id,
                stored.player_id,
                one.kind,
                one.provider,
                external_index,
                stored.sealed_external,
                stored.sealed_label,
                one.created_at,
                one.last_used_at,
            )
    except asyncpg.UniqueViolationError as error:
        raise CredentialTaken(
            "This opens another account already; log in with it and remove it there first."
        ) from error
    if stored.passkey is not None:
        await _insert_passkey(tx, one.id, stored.passkey)


async def _insert_passkey(tx: Tx, credential_id: CredentialId, passkey: PasskeyFacts) -> None:
    await tx.execute(
        """insert into identity.passkey
               (credential_id, raw_id, public_key, sign_count, is_backed_up, transports,
                user_handle)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        credential_id,
        passkey.raw_id,
        passkey.public_key,
        passkey.sign_count,
        passkey.is_backed_up,
        list(passkey.transports),
        passkey.user_handle,
    )


async def find(
    tx: Tx, *, brand_id: int, kind: CredentialKind, external_index: bytes
) -> StoredCredential | None:
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from {_FROM}
            where c.brand_id = $1 and c.kind = $2 and c.external_index = $3""",
        brand_id,
        kind,
        external_index,
    )
    return _stored(row) if row else None


async def of_player(tx: Tx, player_id: PlayerId) -> list[StoredCredential]:
    rows = await tx.fetch(
        f"select {_COLUMNS} from {_FROM} where c.player_id = $1 order by c.created_at, c.id",
        player_id,
    )
    return [_stored(row) for row in rows]


async def kinds_of(tx: Tx, player_id: PlayerId) -> list[CredentialKind]:
    """Of every way in besides the password; passkeys first."""
    rows = await tx.fetch(
        """select kind from identity.credential where player_id = $1
           order by kind <> 'passkey', created_at""",
        player_id,
    )
    return [CredentialKind(row["kind"]) for row in rows]


async def used(tx: Tx, credential_id: CredentialId) -> None:
    await tx.execute(
        "update identity.credential set last_used_at = $2 where id = $1", credential_id, tx.now
    )


async def counted(tx: Tx, credential_id: CredentialId, *, count: int, is_backed_up: bool) -> None:
    """What the passkey said of itself at its last use."""
    await tx.execute(
        """update identity.passkey set sign_count = $2, is_backed_up = $3
           where credential_id = $1""",
        credential_id,
        count,
        is_backed_up,
    )


async def rename(
    tx: Tx, *, player_id: PlayerId, credential_id: CredentialId, sealed_label: bytes
) -> bool:
    touched = await tx.execute(
        "update identity.credential set sealed_label = $3 where id = $1 and player_id = $2",
        credential_id,
        player_id,
        sealed_label,
    )
    return touched == 1


async def delete(tx: Tx, *, player_id: PlayerId, credential_id: CredentialId) -> bool:
    touched = await tx.execute(
        "delete from identity.credential where id = $1 and player_id = $2",
        credential_id,
        player_id,
    )
    return touched == 1
