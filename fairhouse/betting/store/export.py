"""A player's bets in the order they were made, for the whole history."""

from uuid import UUID

from fairhouse.platform.database import Tx


async def bet_ids(tx: Tx, player_id: UUID, after: UUID, until: UUID, limit: int) -> list[UUID]:
    """Ids in (after, until] of a player's bets, oldest first."""
    rows = await tx.fetch(
        """
        select own.id from betting.player_account a
        cross join lateral (
            select e.id from betting.entry e
            where e.cash_account = a.cash_account and e.kind in ('instant', 'open')
              and e.id > $2 and e.id <= $3
            order by e.id limit $4
        ) as own
        where a.player_id = $1
        order by own.id limit $4
        """,
        player_id,
        after,
        until,
        limit,
    )
    return [row["id"] for row in rows]
