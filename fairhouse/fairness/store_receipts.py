"""SQL of the receipt keys."""

from dataclasses import dataclass
from datetime import datetime

from fairhouse.fairness.types import ReceiptKey
from fairhouse.platform.database import Record, Tx


@dataclass(frozen=True, slots=True, repr=False)
class StoredKey:
    """A key with its private half still sealed."""

    key: ReceiptKey
    sealed: bytes


async def lock(tx: Tx) -> None:
    """One change of the keys at a time."""
    await tx.lock("fairness.receipt_key", 0)


async def keys(tx: Tx) -> list[StoredKey]:
    """All keys ever, oldest first."""
    rows = await tx.fetch("select * from fairness.receipt_key order by active_from")
    return [_stored(row) for row in rows]


async def add(
    tx: Tx, *, key_id: str, public_key: bytes, sealed: bytes, active_from: datetime
) -> None:
    """A new key."""
    await tx.execute(
        """
        insert into fairness.receipt_key
            (id, public_key, private_key_sealed, created_at, active_from)
        values ($1, $2, $3, $4, $5)
        """,
        key_id,
        public_key,
        sealed,
        tx.now,
        active_from,
    )


async def revoke(tx: Tx, key_id: str, because: str) -> None:
    """The key signs no more."""
    touched = await tx.execute(
        """
        update fairness.receipt_key set revoked_at = $2, revoked_because = $3
        where id = $1 and revoked_at is null
        """,
        key_id,
        tx.now,
        because,
    )
    assert touched == 1


def _stored(row: Record) -> StoredKey:
    key = ReceiptKey(
        id=row["id"],
        public_key=row["public_key"],
        created_at=row["created_at"],
        active_from=row["active_from"],
        revoked_at=row["revoked_at"],
        revoked_because=row["revoked_because"],
    )
    return StoredKey(key, row["private_key_sealed"])
