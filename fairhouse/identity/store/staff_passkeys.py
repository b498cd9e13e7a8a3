"""Passkeys of staff, and broken glass."""

from datetime import datetime
from uuid import UUID

import asyncpg

from fairhouse.identity.records import StaffPasskey
from fairhouse.identity.types import CredentialTaken, PasskeyFacts, StaffId
from fairhouse.platform.database import Record, Tx


def _passkey(row: Record) -> StaffPasskey:
    return StaffPasskey(
        id=row["id"],
        staff_id=row["staff_id"],
        label=row["label"],
        facts=PasskeyFacts(
            raw_id=row["raw_id"],
            user_handle=row["user_handle"],
            public_key=row["public_key"],
            sign_count=row["sign_count"],
            is_backed_up=row["is_backed_up"],
            transports=tuple(row["transports"]),
        ),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )


async def insert(tx: Tx, staff_id: StaffId, label: str, facts: PasskeyFacts) -> None:
    """Refuses with CredentialTaken."""
    try:
        async with tx.savepoint():
            await tx.execute(
                """insert into identity.staff_passkey
                       (id, staff_id, raw_id, public_key, sign_count, is_backed_up, transports,
                        label, created_at, user_handle)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
                tx.new_id(),
                staff_id,
                facts.raw_id,
                facts.public_key,
                facts.sign_count,
                facts.is_backed_up,
                list(facts.transports),
                label,
                tx.now,
                facts.user_handle,
            )
    except asyncpg.UniqueViolationError as error:
        raise CredentialTaken("This passkey is somebody's already.") from error


async def of_staff(tx: Tx, staff_id: StaffId) -> list[StaffPasskey]:
    rows = await tx.fetch(
        "select * from identity.staff_passkey where staff_id = $1 order by created_at, id",
        staff_id,
    )
    return [_passkey(row) for row in rows]


async def lock_by_raw_id(tx: Tx, raw_id: bytes) -> StaffPasskey | None:
    row = await tx.fetchrow(
        "select * from identity.staff_passkey where raw_id = $1 for update", raw_id
    )
    return _passkey(row) if row else None


async def used(tx: Tx, passkey_id: UUID, *, count: int, is_backed_up: bool) -> None:
    await tx.execute(
        """update identity.staff_passkey
           set sign_count = $2, is_backed_up = $3, last_used_at = $4 where id = $1""",
        passkey_id,
        count,
        is_backed_up,
        tx.now,
    )


async def delete(tx: Tx, staff_id: StaffId, passkey_id: UUID) -> bool:
    touched = await tx.execute(
        "delete from identity.staff_passkey where id = $1 and staff_id = $2", passkey_id, staff_id
    )
    return touched == 1


async def break_glass(tx: Tx, staff_id: StaffId, *, reason: str, until: datetime) -> None:
    await tx.execute(
        """insert into identity.glass (id, staff_id, reason, broken_at, expires_at)
           values ($1, $2, $3, $4, $5)""",
        tx.new_id(),
        staff_id,
        reason,
        tx.now,
        until,
    )
