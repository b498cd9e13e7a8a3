"""When people were last looked for."""

from datetime import datetime
from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.platform.database import Tx


async def set_scanned(tx: Tx, player_id: PlayerId, *, brand_id: int, matches: int) -> None:
    """Looked for now."""
    await tx.execute(
        "insert into screening.person_scan (player_id, brand_id, scanned_at, matches)"
        " values ($1, $2, $3, $4) on conflict (player_id)"
        " do update set scanned_at = $3, matches = $4",
        player_id,
        brand_id,
        tx.now,
        matches,
    )


async def due(tx: Tx, *, scanned_before: datetime, limit: int) -> list[PlayerId]:
    """Who was last looked for before then, the longest ago first."""
    rows = await tx.fetch(
        "select player_id from screening.person_scan where scanned_at < $1"
        " order by scanned_at limit $2",
        scanned_before,
        limit,
    )
    return [PlayerId(row["player_id"]) for row in rows]


async def skip(tx: Tx, player_id: UUID) -> None:
    """Nobody knows any more who this is: the person was erased."""
    await tx.execute(
        "update screening.person_scan set scanned_at = 'infinity' where player_id = $1", player_id
    )


async def scanned_at(tx: Tx, player_id: PlayerId) -> datetime | None:
    """When a player was last looked for."""
    return await tx.fetchval(
        "select scanned_at from screening.person_scan where player_id = $1", player_id
    )
