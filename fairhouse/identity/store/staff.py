"""Staff and their sessions."""

from datetime import datetime
from uuid import UUID

from fairhouse.identity.records import Failures, StaffAccount
from fairhouse.identity.types import Role, SessionId, Staff, StaffId, StaffSession
from fairhouse.platform.database import Record, Tx

_COLUMNS = """
    t.id, t.handle, t.name, t.roles, t.password_hash, t.sealed_totp_secret, t.last_used_step,
    t.failures_at, t.locked_until, t.created_at, t.disabled_at,
    (select max(g.expires_at) from identity.glass g where g.staff_id = t.id) as glass_until
"""


def _staff(row: Record, now: datetime) -> Staff:
    glass: datetime | None = row["glass_until"]
    is_broken = glass is not None and now < glass
    return Staff(
        id=StaffId(row["id"]),
        handle=row["handle"],
        name=row["name"],
        roles=frozenset(Role) if is_broken else frozenset(Role(role) for role in row["roles"]),
        disabled=row["disabled_at"] is not None,
        created_at=row["created_at"],
        glass_until=glass if is_broken else None,
    )


def _account(row: Record, now: datetime) -> StaffAccount:
    return StaffAccount(
        staff=_staff(row, now),
        password_hash=row["password_hash"],
        sealed_totp_secret=row["sealed_totp_secret"],
        last_used_step=row["last_used_step"],
        failures=Failures(tuple(row["failures_at"]), row["locked_until"]),
    )


async def insert(tx: Tx, staff: Staff, *, password_hash: str, sealed_totp_secret: bytes) -> bool:
    """False when the handle is in use."""
    touched = await tx.execute(
        """insert into identity.staff
               (id, handle, name, roles, password_hash, sealed_totp_secret, created_at)
           values ($1, $2, $3, $4, $5, $6, $7) on conflict (handle) do nothing""",
        staff.id,
        staff.handle,
        staff.name,
        sorted(staff.roles),
        password_hash,
        sealed_totp_secret,
        staff.created_at,
    )
    return touched == 1


async def find(tx: Tx, staff_id: StaffId) -> Staff | None:
    row = await tx.fetchrow(f"select {_COLUMNS} from identity.staff t where t.id = $1", staff_id)
    return _staff(row, tx.now) if row else None


async def find_by_handle(tx: Tx, handle: str) -> StaffAccount | None:
    row = await tx.fetchrow(
        f"select {_COLUMNS} from identity.staff t where t.handle = lower($1)", handle
    )
    return _account(row, tx.now) if row else None


async def lock_by_handle(tx: Tx, handle: str) -> StaffAccount | None:
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from identity.staff t
            where t.handle = lower($1) for no key update of t""",
        handle,
    )
    return _account(row, tx.now) if row else None


async def lock_by_id(tx: Tx, staff_id: UUID) -> StaffAccount | None:
    row = await tx.fetchrow(
        f"select {_COLUMNS} from identity.staff t where t.id = $1 for no key update of t", staff_id
    )
    return _account(row, tx.now) if row else None


async def find_all(tx: Tx) -> list[Staff]:
    rows = await tx.fetch(f"select {_COLUMNS} from identity.staff t order by t.handle")
    return [_staff(row, tx.now) for row in rows]


async def set_failures(tx: Tx, staff_id: StaffId, failures: Failures) -> None:
    await tx.execute(
        """update identity.staff
           set failures_at = $2, locked_until = $3 where id = $1""",
        staff_id,
        list(failures.recent),
        failures.locked_until,
    )


async def use_step(tx: Tx, staff_id: StaffId, step: int) -> bool:
    touched = await tx.execute(
        """update identity.staff set last_used_step = $2
           where id = $1 and (last_used_step is null or last_used_step < $2)""",
        staff_id,
        step,
    )
    return touched == 1


async def disable(tx: Tx, staff_id: StaffId) -> None:
    await tx.execute(
        "update identity.staff set disabled_at = $2 where id = $1 and disabled_at is null",
        staff_id,
        tx.now,
    )
    await tx.execute(
        """update identity.staff_session set revoked_at = $2
           where staff_id = $1 and revoked_at is null""",
        staff_id,
        tx.now,
    )


async def insert_session(tx: Tx, session: StaffSession, *, token_hash: bytes, device: str) -> None:
    await tx.execute(
        """insert into identity.staff_session
               (id, token_hash, staff_id, device, created_at, last_seen_at, expires_at)
           values ($1, $2, $3, $4, $5, $5, $6)""",
        session.id,
        token_hash,
        session.staff.id,
        device,
        session.created_at,
        session.expires_at,
    )


async def find_session(tx: Tx, token_hash: bytes) -> tuple[StaffSession, datetime] | None:
    """The session and when it was last seen."""
    row = await tx.fetchrow(
        f"""select {_COLUMNS}, s.id as session_id, s.created_at as started_at, s.expires_at,
                s.last_seen_at
            from identity.staff_session s join identity.staff t on t.id = s.staff_id
            where s.token_hash = $1 and s.revoked_at is null and t.disabled_at is null""",
        token_hash,
    )
    if row is None:
        return None
    session = StaffSession(
        id=SessionId(row["session_id"]),
        staff=_staff(row, tx.now),
        created_at=row["started_at"],
        expires_at=row["expires_at"],
    )
    return session, row["last_seen_at"]


async def touch_session(tx: Tx, session_id: SessionId) -> None:
    await tx.execute(
        "update identity.staff_session set last_seen_at = $2 where id = $1", session_id, tx.now
    )


async def revoke_session(tx: Tx, session_id: SessionId) -> None:
    await tx.execute(
        """update identity.staff_session set revoked_at = $2
           where id = $1 and revoked_at is null""",
        session_id,
        tx.now,
    )


async def delete_old_sessions(tx: Tx, before: datetime) -> int:
    return await tx.execute("delete from identity.staff_session where expires_at < $1", before)
