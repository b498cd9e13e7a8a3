"""Sessions of players. Only the SHA-256 of a token is here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fairhouse.identity.types import PlayerId, PlayerKind, RevokeReason, Session, SessionId
from fairhouse.platform.database import Record, Tx

_COLUMNS = """
    s.id, s.player_id, s.brand_id, p.kind, p.lane, p.language, p.terms_version, s.created_at,
    s.last_seen_at, s.expires_at, s.step_up_until, s.previous_login_at, s.idle_s,
    p.closed_at is not null as is_closed
"""


@dataclass(frozen=True, slots=True)
class StoredDevice:
    """A line of the device list with its address still sealed."""

    session: Session
    summary: str
    sealed_ip: bytes | None


def _session(row: Record) -> Session:
    return Session(
        id=SessionId(row["id"]),
        player_id=PlayerId(row["player_id"]),
        brand_id=row["brand_id"],
        kind=PlayerKind(row["kind"]),
        lane=row["lane"],
        language=row["language"],
        terms_version=row["terms_version"],
        created_at=row["created_at"],
        last_seen_at=row["last_seen_at"],
        expires_at=row["expires_at"],
        step_up_until=row["step_up_until"],
        previous_login_at=row["previous_login_at"],
        idle_s=row["idle_s"],
        is_closed=row["is_closed"],
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a session comes from, as far as it is kept."""

    summary: str
    sealed_ip: bytes | None
    device_hash: bytes | None
    signals_hash: bytes | None


async def insert(tx: Tx, session: Session, *, token_hash: bytes, origin: Origin) -> None:
    await tx.execute(
        """insert into identity.session
               (id, token_hash, player_id, brand_id, device, sealed_ip, created_at, last_seen_at,
                expires_at, previous_login_at, step_up_until, idle_s, device_hash, signals_hash)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)""",
        session.id,
        token_hash,
        session.player_id,
        session.brand_id,
        origin.summary,
        origin.sealed_ip,
        session.created_at,
        session.last_seen_at,
        session.expires_at,
        session.previous_login_at,
        session.step_up_until,
        session.idle_s,
        origin.device_hash,
        origin.signals_hash,
    )


async def find(tx: Tx, token_hash: bytes) -> Session | None:
    """The session of an active player that nobody revoked; it may be idle or at its end."""
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from identity.session s
            join identity.player p on p.id = s.player_id
            where s.token_hash = $1 and s.revoked_at is null and p.status = 'active'""",
        token_hash,
    )
    return _session(row) if row else None


async def find_many(tx: Tx, token_hashes: Sequence[bytes]) -> dict[bytes, Session]:
    """As `find`, by token hash; those that are not found are left out."""
    rows = await tx.fetch(
        f"""select s.token_hash, {_COLUMNS} from identity.session s
            join identity.player p on p.id = s.player_id
            where s.token_hash = any($1) and s.revoked_at is null and p.status = 'active'""",
        token_hashes,
    )
    return {row["token_hash"]: _session(row) for row in rows}


async def find_by_id(tx: Tx, session_id: SessionId) -> Session | None:
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from identity.session s
            join identity.player p on p.id = s.player_id
            where s.id = $1 and s.revoked_at is null and p.status = 'active'""",
        session_id,
    )
    return _session(row) if row else None


async def touch_many(tx: Tx, session_ids: Sequence[SessionId]) -> None:
    """They were used now; what another process holds at the moment is left to the next time."""
    await tx.execute(
        """with mine as (
               select id from identity.session where id = any($1) for no key update skip locked
           )
           update identity.session s set last_seen_at = $2 from mine
           where s.id = mine.id and s.revoked_at is null and s.last_seen_at < $2""",
        session_ids,
        tx.now,
    )


async def devices(tx: Tx, player_id: PlayerId) -> list[StoredDevice]:
    rows = await tx.fetch(
        f"""select {_COLUMNS}, s.device, s.sealed_ip from identity.session s
            join identity.player p on p.id = s.player_id
            where s.player_id = $1 and s.revoked_at is null and s.expires_at > $2
            order by s.last_seen_at desc limit 100""",
        player_id,
        tx.now,
    )
    return [StoredDevice(_session(row), row["device"], row["sealed_ip"]) for row in rows]


async def origin(tx: Tx, session_id: SessionId) -> tuple[PlayerId, str, bytes | None] | None:
    """Whose it is, the device's summary and the sealed address."""
    row = await tx.fetchrow(
        "select player_id, device, sealed_ip from identity.session where id = $1", session_id
    )
    return (PlayerId(row["player_id"]), row["device"], row["sealed_ip"]) if row else None


async def is_known_device(
    tx: Tx, player_id: PlayerId, device: str, device_hash: bytes | None
) -> bool:
    """Whether the player was seen with this device before; without a cookie, with such a one."""
    found: bool = await tx.fetchval(
        """select exists (
               select from identity.session where player_id = $1
               and (device_hash = $3 or ($3::bytea is null and device = $2))
           )""",
        player_id,
        device,
        device_hash,
    )
    return found


async def set_step_up(tx: Tx, session_id: SessionId, until: datetime) -> None:
    await tx.execute(
        "update identity.session set step_up_until = $2 where id = $1", session_id, until
    )


async def revoke(
    tx: Tx, *, player_id: PlayerId, session_id: SessionId, reason: RevokeReason
) -> bool:
    """False when there is no such live session of this player."""
    touched = await tx.execute(
        """update identity.session set revoked_at = $3, revoke_reason = $4
           where id = $1 and player_id = $2 and revoked_at is null""",
        session_id,
        player_id,
        tx.now,
        reason,
    )
    return touched == 1


async def revoke_all(
    tx: Tx, *, player_id: PlayerId, but: SessionId | None, reason: RevokeReason
) -> list[SessionId]:
    rows = await tx.fetch(
        """update identity.session set revoked_at = $3, revoke_reason = $4
           where player_id = $1 and revoked_at is null and id is distinct from $2
           returning id""",
        player_id,
        but,
        tx.now,
        reason,
    )
    return [SessionId(row["id"]) for row in rows]


async def delete_old(tx: Tx, before: datetime) -> int:
    return await tx.execute("delete from identity.session where expires_at < $1", before)
