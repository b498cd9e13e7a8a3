"""What players hold and were told about it, and accounts that are over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.platform.database import Tx


async def unreminded(
    tx: Tx, brand_id: int, currencies: Sequence[str], since: datetime, limit: int
) -> dict[UUID, dict[str, int]]:
    """Ledger units by currency of players who hold something and were not told since."""
    rows = await tx.fetch(
        "select c.player_id, c.currency, c.units from reports.player_cash c"
        " join reports.player p on p.id = c.player_id"
        " where c.brand_id = $1 and c.units > 0 and c.currency = any($2)"
        " and p.erased_at is null and p.kind = 'registered' and p.created_at <= $3"
        " and not exists (select from reports.funds_reminder r"
        " where r.player_id = c.player_id and r.at > $3)"
        " order by c.player_id, c.currency limit $4",
        brand_id,
        list(currencies),
        since,
        limit,
    )
    found: dict[UUID, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["player_id"], {})[row["currency"]] = row["units"]
    return found


async def note_reminder(tx: Tx, player_id: UUID, brand_id: int, amounts: str) -> None:
    """They were told."""
    await tx.execute(
        "insert into reports.funds_reminder (player_id, brand_id, amounts, at)"
        " values ($1, $2, $3, $4)",
        player_id,
        brand_id,
        amounts,
        tx.now,
    )


async def closed_accounts(tx: Tx, brand_id: int, before: datetime, limit: int) -> list[UUID]:
    """Closed, not erased, and last used before this."""
    rows = await tx.fetch(
        "select player_id from reports.closed_account where brand_id = $1 and last_at < $2"
        " order by last_at limit $3",
        brand_id,
        before,
        limit,
    )
    return [row["player_id"] for row in rows]
