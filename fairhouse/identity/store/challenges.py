"""Questions and tickets that work once, and what must not work twice."""

from datetime import datetime, timedelta
from uuid import UUID

from fairhouse.identity.records import Challenge
from fairhouse.identity.types import PlayerId, Purpose, SessionId
from fairhouse.platform.database import Record, Tx


def _challenge(row: Record) -> Challenge:
    return Challenge(
        id=row["id"],
        brand_id=row["brand_id"],
        player_id=PlayerId(row["player_id"]) if row["player_id"] else None,
        session_id=SessionId(row["session_id"]) if row["session_id"] else None,
        kind=row["kind"],
        purpose=Purpose(row["purpose"]),
        sealed_content=row["sealed_content"],
        attempts_left=row["attempts_left"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


async def insert(tx: Tx, challenge: Challenge, *, secret_hash: bytes) -> None:
    await tx.execute(
        """insert into identity.challenge
               (id, secret_hash, brand_id, player_id, session_id, kind, purpose, sealed_content,
                attempts_left, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        challenge.id,
        secret_hash,
        challenge.brand_id,
        challenge.player_id,
        challenge.session_id,
        challenge.kind,
        challenge.purpose,
        challenge.sealed_content,
        challenge.attempts_left,
        challenge.created_at,
        challenge.expires_at,
    )


async def take(tx: Tx, secret_hash: bytes) -> Challenge | None:
    """The challenge, once: of two that take it one finds nothing."""
    row = await tx.fetchrow(
        "delete from identity.challenge where secret_hash = $1 and expires_at > $2 returning *",
        secret_hash,
        tx.now,
    )
    return _challenge(row) if row else None


async def lock(tx: Tx, secret_hash: bytes) -> Challenge | None:
    """The challenge, held until the transaction ends; it stays."""
    row = await tx.fetchrow(
        """select * from identity.challenge where secret_hash = $1 and expires_at > $2
           for update""",
        secret_hash,
        tx.now,
    )
    return _challenge(row) if row else None


async def spend_attempt(tx: Tx, challenge: Challenge) -> None:
    """One less; without any left it is gone."""
    if challenge.attempts_left <= 1:
        await delete(tx, challenge.id)
        return
    await tx.execute(
        "update identity.challenge set attempts_left = attempts_left - 1 where id = $1",
        challenge.id,
    )


async def delete(tx: Tx, challenge_id: UUID) -> None:
    await tx.execute("delete from identity.challenge where id = $1", challenge_id)


async def use_assertion(tx: Tx, assertion_hash: bytes, *, until: datetime) -> bool:
    """True once per assertion."""
    touched = await tx.execute(
        """insert into identity.used_assertion (assertion_hash, expires_at) values ($1, $2)
           on conflict do nothing""",
        assertion_hash,
        until,
    )
    return touched == 1


async def phone_codes_since(tx: Tx, *, brand_id: int, phone_index: bytes, age: timedelta) -> int:
    """Codes sent to one number."""
    count: int = await tx.fetchval(
        """select count(*)::int from identity.phone_code
           where brand_id = $1 and phone_index = $2 and created_at > $3""",
        brand_id,
        phone_index,
        tx.now - age,
    )
    return count


async def phone_codes_of_brand(tx: Tx, *, brand_id: int, age: timedelta) -> int:
    """Codes sent by one brand."""
    count: int = await tx.fetchval(
        """select count(*)::int from identity.phone_code
           where brand_id = $1 and created_at > $2""",
        brand_id,
        tx.now - age,
    )
    return count


async def insert_phone_code(tx: Tx, *, brand_id: int, phone_index: bytes) -> None:
    await tx.execute(
        """insert into identity.phone_code (id, brand_id, phone_index, created_at)
           values ($1, $2, $3, $4)""",
        tx.new_id(),
        brand_id,
        phone_index,
        tx.now,
    )


async def lock_phone(tx: Tx, *, brand_id: int, phone_index: bytes) -> None:
    """Codes to one number go one by one, and so does what a brand spends."""
    await tx.lock("identity.phone_brand", brand_id)
    await tx.lock("identity.phone", brand_id, phone_index.hex())


async def delete_old(tx: Tx, before: datetime, *, phone_codes_before: datetime) -> int:
    gone = await tx.execute("delete from identity.challenge where expires_at < $1", before)
    gone += await tx.execute("delete from identity.used_assertion where expires_at < $1", before)
    return gone + await tx.execute(
        "delete from identity.phone_code where created_at < $1", phone_codes_before
    )
