"""Players, their keys, their acceptances."""

from datetime import datetime
from uuid import UUID

import asyncpg

from fairhouse.identity.records import Account, Failures
from fairhouse.identity.types import (
    Closure,
    EmailTaken,
    Player,
    PlayerId,
    PlayerKind,
    PlayerStatus,
    UsernameTaken,
)
from fairhouse.platform.database import Record, Tx

_COLUMNS = """
    p.id, p.brand_id, p.kind, p.lane, p.username, p.status, p.email_verified_at, p.created_at,
    p.withdrawals_held_until, p.terms_version, p.language, p.is_test, p.password_hash,
    p.failures_at, p.locked_until, p.sealed_data, p.last_login_at,
    p.closed_at, p.closure, p.dormant_at, p.sealed_phrase,
    exists (
        select from identity.totp t where t.player_id = p.id and t.confirmed_at is not null
    ) as totp_enabled
"""


def _player(row: Record) -> Player:
    return Player(
        id=PlayerId(row["id"]),
        brand_id=row["brand_id"],
        kind=PlayerKind(row["kind"]),
        lane=row["lane"],
        username=row["username"],
        status=PlayerStatus(row["status"]),
        email_verified=row["email_verified_at"] is not None,
        created_at=row["created_at"],
        withdrawals_held_until=row["withdrawals_held_until"],
        terms_version=row["terms_version"],
        language=row["language"],
        totp_enabled=row["totp_enabled"],
        is_test=row["is_test"],
        closed_at=row["closed_at"],
        closure=Closure(row["closure"]) if row["closure"] else None,
        dormant_at=row["dormant_at"],
    )


def _account(row: Record) -> Account:
    return Account(
        player=_player(row),
        password_hash=row["password_hash"],
        failures=Failures(tuple(row["failures_at"]), row["locked_until"]),
        sealed_data=row["sealed_data"],
        last_login_at=row["last_login_at"],
        sealed_phrase=row["sealed_phrase"],
    )


async def find(tx: Tx, player_id: PlayerId) -> Account | None:
    row = await tx.fetchrow(f"select {_COLUMNS} from identity.player p where p.id = $1", player_id)
    return _account(row) if row else None


async def find_many(tx: Tx, player_ids: list[PlayerId]) -> list[Player]:
    rows = await tx.fetch(
        f"select {_COLUMNS} from identity.player p where p.id = any($1)", player_ids
    )
    return [_player(row) for row in rows]


async def lock(tx: Tx, player_id: PlayerId) -> Account | None:
    """The account, held until the transaction ends: proofs of one player come one by one."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from identity.player p where p.id = $1 for no key update of p",
        player_id,
    )
    return _account(row) if row else None


async def find_by_email(tx: Tx, brand_id: int, email_index: bytes) -> Account | None:
    row = await tx.fetchrow(
        f"select {_COLUMNS} from identity.player p where p.brand_id = $1 and p.email_index = $2",
        brand_id,
        email_index,
    )
    return _account(row) if row else None


async def find_by_username(tx: Tx, brand_id: int, username: str) -> Account | None:
    row = await tx.fetchrow(
        f"""select {_COLUMNS} from identity.player p
            where p.brand_id = $1 and lower(p.username) = lower($2)""",
        brand_id,
        username,
    )
    return _account(row) if row else None


async def insert_guest(
    tx: Tx, *, player_id: PlayerId, brand_id: int, lane: int, language: str
) -> None:
    await tx.execute(
        """insert into identity.player (id, brand_id, kind, lane, language, created_at)
           values ($1, $2, 'guest', $3, $4, $5)""",
        player_id,
        brand_id,
        lane,
        language,
        tx.now,
    )


async def make_registered(
    tx: Tx,
    *,
    player_id: PlayerId,
    username: str,
    email_index: bytes | None,
    sealed_data: bytes,
    password_hash: str | None,
    language: str,
    terms_version: str,
) -> None:
    """A guest's row becomes a registered player's, with a proven mailbox or without one.

    Refuses with EmailTaken or UsernameTaken: the unique indexes decide between two at once.
    """
    try:
        async with tx.savepoint():
            touched = await tx.execute(
                """update identity.player set kind = 'registered', username = $2,
                       email_index = $3, sealed_data = $4, password_hash = $5, language = $6,
                       terms_version = $7, registered_at = $8::timestamptz,
                       email_verified_at = case when $3::bytea is not null then $8::timestamptz end
                   where id = $1 and kind = 'guest'""",
                player_id,
                username,
                email_index,
                sealed_data,
                password_hash,
                language,
                terms_version,
                tx.now,
            )
    except asyncpg.UniqueViolationError as error:
        raise _taken(error) from error
    assert touched == 1


def _taken(error: asyncpg.UniqueViolationError) -> EmailTaken | UsernameTaken:
    if error.constraint_name == "player_username":  # pyright: ignore[reportAttributeAccessIssue]
        return UsernameTaken(
            "username was taken meanwhile; send another one with the code.", param="username"
        )
    return EmailTaken(
        "email: this mailbox has an account already; log in, or reset the password.",
        param="email",
    )


async def set_email(tx: Tx, player_id: PlayerId, *, email_index: bytes, sealed_data: bytes) -> None:
    """Refuses with EmailTaken."""
    try:
        async with tx.savepoint():
            await tx.execute(
                """update identity.player
                   set email_index = $2, sealed_data = $3, email_verified_at = $4 where id = $1""",
                player_id,
                email_index,
                sealed_data,
                tx.now,
            )
    except asyncpg.UniqueViolationError as error:
        raise _taken(error) from error


async def set_failures(tx: Tx, player_id: PlayerId, failures: Failures) -> None:
    await tx.execute(
        """update identity.player
           set failures_at = $2, locked_until = $3 where id = $1""",
        player_id,
        list(failures.recent),
        failures.locked_until,
    )


async def set_last_login(tx: Tx, player_id: PlayerId) -> None:
    await tx.execute(
        """update identity.player
           set last_login_at = $2, dormant_at = null, dormant_noticed_at = null where id = $1""",
        player_id,
        tx.now,
    )


async def set_password(tx: Tx, player_id: PlayerId, password_hash: str | None) -> None:
    await tx.execute(
        "update identity.player set password_hash = $2 where id = $1", player_id, password_hash
    )


async def hold_withdrawals(tx: Tx, player_id: PlayerId, until: datetime) -> None:
    """Never shortens a hold."""
    await tx.execute(
        """update identity.player
           set withdrawals_held_until = greatest(withdrawals_held_until, $2) where id = $1""",
        player_id,
        until,
    )


async def set_status(tx: Tx, player_id: PlayerId, status: PlayerStatus) -> None:
    await tx.execute("update identity.player set status = $2 where id = $1", player_id, status)


async def set_language(tx: Tx, player_id: PlayerId, language: str) -> None:
    await tx.execute("update identity.player set language = $2 where id = $1", player_id, language)


async def set_test(tx: Tx, player_id: PlayerId, *, is_test: bool) -> None:
    await tx.execute("update identity.player set is_test = $2 where id = $1", player_id, is_test)


async def accept_terms(tx: Tx, *, player_id: PlayerId, brand_id: int, version: str) -> None:
    """Keep the acceptance; the same again changes nothing."""
    await tx.execute(
        """insert into identity.terms_acceptance
               (player_id, brand_id, terms_version, accepted_at)
           values ($1, $2, $3, $4) on conflict do nothing""",
        player_id,
        brand_id,
        version,
        tx.now,
    )
    await tx.execute(
        "update identity.player set terms_version = $2 where id = $1", player_id, version
    )


async def insert_key(tx: Tx, player_id: PlayerId, sealed_key: bytes) -> None:
    await tx.execute(
        """insert into identity.person_key (player_id, sealed_key, created_at)
           values ($1, $2, $3)""",
        player_id,
        sealed_key,
        tx.now,
    )


async def key(tx: Tx, player_id: PlayerId) -> bytes | None:
    found: bytes | None = await tx.fetchval(
        "select sealed_key from identity.person_key where player_id = $1", player_id
    )
    return found


async def erase(tx: Tx, player_id: PlayerId) -> None:
    """Delete the person's key and everything that could still point at the person."""
    await tx.execute("delete from identity.person_key where player_id = $1", player_id)
    for table in ("totp", "recovery_code", "code", "challenge", "credential", "address"):
        await tx.execute(f"delete from identity.{table} where player_id = $1", player_id)
    await tx.execute("update identity.session set sealed_ip = null where player_id = $1", player_id)
    await tx.execute(
        """update identity.player set status = 'closed', username = null, email_index = null,
               sealed_data = null, password_hash = null, sealed_phrase = null, erased_at = $2
           where id = $1""",
        player_id,
        tx.now,
    )


async def restrict(tx: Tx, *, brand_id: int, email_index: bytes, reason: str) -> None:
    await tx.execute(
        """insert into identity.restricted_email (brand_id, email_index, reason, created_at)
           values ($1, $2, $3, $4)
           on conflict (brand_id, email_index) do update set reason = excluded.reason""",
        brand_id,
        email_index,
        reason,
        tx.now,
    )


async def is_restricted(tx: Tx, *, brand_id: int, email_index: bytes) -> bool:
    found: UUID | None = await tx.fetchval(
        "select 1 from identity.restricted_email where brand_id = $1 and email_index = $2",
        brand_id,
        email_index,
    )
    return found is not None
