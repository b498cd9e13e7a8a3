"""Second factors of players: TOTP secrets and recovery codes."""

from fairhouse.identity.records import Totp
from fairhouse.identity.types import PlayerId
from fairhouse.platform.database import Tx


async def totp(tx: Tx, player_id: PlayerId) -> Totp | None:
    row = await tx.fetchrow(
        """select sealed_secret, confirmed_at, last_used_step from identity.totp
           where player_id = $1""",
        player_id,
    )
    if row is None:
        return None
    return Totp(row["sealed_secret"], row["confirmed_at"] is not None, row["last_used_step"])


async def put_unconfirmed(tx: Tx, player_id: PlayerId, sealed_secret: bytes) -> None:
    """Begin, or begin again: an unconfirmed secret is replaced."""
    await tx.execute(
        """insert into identity.totp (player_id, sealed_secret, created_at) values ($1, $2, $3)
           on conflict (player_id) do update
           set sealed_secret = excluded.sealed_secret, created_at = excluded.created_at
           where identity.totp.confirmed_at is null""",
        player_id,
        sealed_secret,
        tx.now,
    )


async def confirm(tx: Tx, player_id: PlayerId, step: int) -> None:
    await tx.execute(
        """update identity.totp set confirmed_at = $2, last_used_step = $3
           where player_id = $1 and confirmed_at is null""",
        player_id,
        tx.now,
        step,
    )


async def use_step(tx: Tx, player_id: PlayerId, step: int) -> bool:
    """Compare and set: False when this or a later step was used already."""
    touched = await tx.execute(
        """update identity.totp set last_used_step = $2
           where player_id = $1 and (last_used_step is null or last_used_step < $2)""",
        player_id,
        step,
    )
    return touched == 1


async def replace_recovery_codes(tx: Tx, player_id: PlayerId, hashes: list[bytes]) -> None:
    await tx.execute("delete from identity.recovery_code where player_id = $1", player_id)
    await tx.executemany(
        """insert into identity.recovery_code (player_id, code_hash, created_at)
           values ($1, $2, $3)""",
        [(player_id, code_hash, tx.now) for code_hash in hashes],
    )


async def use_recovery_code(tx: Tx, player_id: PlayerId, code_hash: bytes) -> bool:
    """True once per code."""
    touched = await tx.execute(
        """update identity.recovery_code set used_at = $3
           where player_id = $1 and code_hash = $2 and used_at is null""",
        player_id,
        code_hash,
        tx.now,
    )
    return touched == 1


async def recovery_codes_left(tx: Tx, player_id: PlayerId) -> int:
    count: int = await tx.fetchval(
        """select count(*)::int from identity.recovery_code
           where player_id = $1 and used_at is null""",
        player_id,
    )
    return count


async def delete(tx: Tx, player_id: PlayerId) -> None:
    await tx.execute("delete from identity.totp where player_id = $1", player_id)
    await tx.execute("delete from identity.recovery_code where player_id = $1", player_id)
