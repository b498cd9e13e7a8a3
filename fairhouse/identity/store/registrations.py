"""Registrations that wait for their mailbox to be proven, and mailed codes."""

from datetime import datetime, timedelta
from uuid import UUID

from fairhouse.identity.records import MailedCode, PendingRegistration
from fairhouse.identity.types import CodePurpose, PlayerId, RegistrationId
from fairhouse.platform.database import Record, Tx


def _registration(row: Record) -> PendingRegistration:
    return PendingRegistration(
        id=RegistrationId(row["id"]),
        brand_id=row["brand_id"],
        email_index=row["email_index"],
        code_hash=row["code_hash"],
        attempts_left=row["attempts_left"],
        sealed_data=row["sealed_data"],
        username=row["username"],
        password_hash=row["password_hash"],
        sealed_entry=row["sealed_entry"],
        referral=row["referral"],
        language=row["language"],
        terms_version=row["terms_version"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


async def insert(tx: Tx, pending: PendingRegistration, *, is_mailed: bool) -> None:
    await tx.execute(
        """insert into identity.registration
               (id, brand_id, email_index, code_hash, attempts_left, mails, sealed_data, username,
                password_hash, language, terms_version, created_at, expires_at, sealed_entry,
                referral)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)""",
        pending.id,
        pending.brand_id,
        pending.email_index,
        pending.code_hash,
        pending.attempts_left,
        int(is_mailed),
        pending.sealed_data,
        pending.username,
        pending.password_hash,
        pending.language,
        pending.terms_version,
        pending.created_at,
        pending.expires_at,
        pending.sealed_entry,
        pending.referral,
    )


async def lock_mailbox(tx: Tx, *, brand_id: int, email_index: bytes) -> None:
    """Registrations of one mailbox go one by one, until the transaction ends."""
    await tx.lock("identity.mailbox", brand_id, email_index.hex())


async def lock(tx: Tx, registration_id: RegistrationId) -> PendingRegistration | None:
    """The registration, with its mailbox locked first: all take the two in this order."""
    mailbox = await tx.fetchrow(
        "select brand_id, email_index from identity.registration where id = $1", registration_id
    )
    if mailbox is None:
        return None
    await lock_mailbox(tx, brand_id=mailbox["brand_id"], email_index=mailbox["email_index"])
    row = await tx.fetchrow(
        "select * from identity.registration where id = $1 for update", registration_id
    )
    return _registration(row) if row else None


async def mails_in_last_hour(tx: Tx, *, brand_id: int, email_index: bytes) -> int:
    """How many registration mails this mailbox was sent within the hour."""
    count: int = await tx.fetchval(
        """select coalesce(sum(mails), 0)::int from identity.registration
           where brand_id = $1 and email_index = $2 and created_at > $3""",
        brand_id,
        email_index,
        tx.now - timedelta(hours=1),
    )
    return count


async def replace_code(tx: Tx, registration_id: RegistrationId, code_hash: bytes | None) -> None:
    """A new code; the attempts stay spent, so that resending gives no more guesses."""
    await tx.execute(
        "update identity.registration set code_hash = $2, mails = mails + 1 where id = $1",
        registration_id,
        code_hash,
    )


async def spend_attempt(tx: Tx, registration_id: RegistrationId) -> None:
    await tx.execute(
        "update identity.registration set attempts_left = attempts_left - 1 where id = $1",
        registration_id,
    )


async def delete_for_email(tx: Tx, *, brand_id: int, email_index: bytes) -> None:
    await tx.execute(
        "delete from identity.registration where brand_id = $1 and email_index = $2",
        brand_id,
        email_index,
    )


async def delete_expired(tx: Tx, before: datetime) -> int:
    return await tx.execute("delete from identity.registration where expires_at < $1", before)


def _code(row: Record) -> MailedCode:
    return MailedCode(
        id=row["id"],
        player_id=PlayerId(row["player_id"]),
        brand_id=row["brand_id"],
        code_hash=row["code_hash"],
        attempts_left=row["attempts_left"],
        email_index=row["email_index"],
        sealed_email=row["sealed_email"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


async def insert_code(tx: Tx, code: MailedCode, purpose: CodePurpose) -> None:
    """The newest code of a purpose is the only one that works."""
    await end_codes(tx, code.player_id, purpose)
    await tx.execute(
        """insert into identity.code
               (id, player_id, brand_id, purpose, code_hash, attempts_left, email_index,
                sealed_email, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        code.id,
        code.player_id,
        code.brand_id,
        purpose,
        code.code_hash,
        code.attempts_left,
        code.email_index,
        code.sealed_email,
        code.created_at,
        code.expires_at,
    )


async def end_codes(tx: Tx, player_id: PlayerId, purpose: CodePurpose) -> None:
    await tx.execute(
        """update identity.code set ended_at = $3
           where player_id = $1 and purpose = $2 and ended_at is null""",
        player_id,
        purpose,
        tx.now,
    )


async def codes_in_last_hour(tx: Tx, player_id: PlayerId, purpose: CodePurpose) -> int:
    count: int = await tx.fetchval(
        """select count(*)::int from identity.code
           where player_id = $1 and purpose = $2 and created_at > $3""",
        player_id,
        purpose,
        tx.now - timedelta(hours=1),
    )
    return count


async def find_reset(tx: Tx, code_hash: bytes) -> MailedCode | None:
    row = await tx.fetchrow(
        """select * from identity.code
           where code_hash = $1 and purpose = 'reset_password' and ended_at is null
             and expires_at > $2""",
        code_hash,
        tx.now,
    )
    return _code(row) if row else None


async def lock_reset(tx: Tx, code_hash: bytes) -> MailedCode | None:
    """The open reset of this token, held until the transaction ends: it works once."""
    row = await tx.fetchrow(
        """select * from identity.code
           where code_hash = $1 and purpose = 'reset_password' and ended_at is null
             and expires_at > $2 and attempts_left > 0 for update""",
        code_hash,
        tx.now,
    )
    return _code(row) if row else None


async def lock_email_change(tx: Tx, player_id: PlayerId) -> MailedCode | None:
    row = await tx.fetchrow(
        """select * from identity.code
           where player_id = $1 and purpose = 'change_email' and ended_at is null
             and expires_at > $2 and attempts_left > 0 for update""",
        player_id,
        tx.now,
    )
    return _code(row) if row else None


async def spend_code_attempt(tx: Tx, code_id: UUID) -> None:
    await tx.execute(
        "update identity.code set attempts_left = attempts_left - 1 where id = $1", code_id
    )


async def delete_old_codes(tx: Tx, before: datetime) -> int:
    return await tx.execute("delete from identity.code where expires_at < $1", before)
