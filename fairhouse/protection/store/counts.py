"""What protection counts itself: minutes of play and gross deposits."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.platform.database import Tx
from fairhouse.protection.types import Cause, FlaggedDeposit

_ADD_MINUTE: Final = """
insert into protection.activity as a (player_id, day, minutes, last_minute)
select player_id, $2, 1, $3 from unnest($1::uuid[]) as player_id order by player_id
on conflict (player_id, day) do update set minutes = a.minutes + 1, last_minute = $3
where a.last_minute < $3
returning player_id
"""

# A minute at a time is added, so a limit is reached exactly once.
_REACHED: Final = """
select l.player_id, l.brand_id from protection.player_limit l
where l.player_id = any($1) and l.kind = 'session' and l.amount = (
    select sum(a.minutes) from protection.activity a
    where a.player_id = l.player_id and a.day between date_trunc(l.period, $2::date)::date and $2
)
group by l.player_id, l.brand_id
"""


async def add_minute(
    tx: Tx, *, player_ids: Sequence[UUID], day: date, minute: int
) -> list[tuple[UUID, int]]:
    """Count minute `minute` (0..1439) of `day` once for each of these players.

    Returns those whose time is used up by it, with their brands.
    """
    rows = await tx.fetch(_ADD_MINUTE, sorted(set(player_ids)), day, minute)
    counted = [row["player_id"] for row in rows]
    if not counted:
        return []
    reached = await tx.fetch(_REACHED, counted, day)
    return [(row["player_id"], row["brand_id"]) for row in reached]


async def minutes(tx: Tx, *, player_id: UUID, since: date) -> int:
    """Minutes played since the beginning of a day."""
    return int(
        await tx.fetchval(
            "select coalesce(sum(minutes), 0) from protection.activity"
            " where player_id = $1 and day >= $2",
            player_id,
            since,
        )
    )


async def deposited(tx: Tx, *, player_id: UUID, since: datetime) -> int:
    """Gross deposits credited since then, micro-units."""
    return int(
        await tx.fetchval(
            "select coalesce(sum(value), 0)::bigint from protection.deposit"
            " where player_id = $1 and at >= $2 and reversed_at is null",
            player_id,
            since,
        )
    )


async def add_deposit(
    tx: Tx,
    *,
    deposit_id: UUID,
    player_id: UUID,
    brand_id: int,
    value: int,
    beyond: int,
    cause: Cause | None,
) -> bool:
    """False when it was counted before; a reversed one counts again as it did at first."""
    return bool(
        await tx.execute(
            "insert into protection.deposit"
            " (deposit_id, player_id, brand_id, value, beyond, cause, at)"
            " values ($1, $2, $3, $4, $5, $6, $7)"
            " on conflict (deposit_id) do update set reversed_at = null"
            " where protection.deposit.reversed_at is not null",
            deposit_id,
            player_id,
            brand_id,
            value,
            beyond,
            cause,
            tx.now,
        )
    )


async def flagged(
    tx: Tx, *, brand_ids: Sequence[int], player_id: UUID | None, limit: int
) -> list[FlaggedDeposit]:
    """Newest first."""
    rows = await tx.fetch(
        "select deposit_id, player_id, brand_id, value, beyond, cause, at from protection.deposit"
        " where cause is not null and reversed_at is null and brand_id = any($1)"
        " and ($2::uuid is null or player_id = $2) order by at desc limit $3",
        list(brand_ids),
        player_id,
        limit,
    )
    return [
        FlaggedDeposit(
            deposit_id=row["deposit_id"],
            player_id=PlayerId(row["player_id"]),
            brand_id=row["brand_id"],
            value=row["value"],
            beyond=row["beyond"],
            cause=Cause(row["cause"]),
            at=row["at"],
        )
        for row in rows
    ]


async def reverse_deposit(tx: Tx, deposit_id: UUID) -> None:
    """The chain took it back: it no longer counts."""
    await tx.execute(
        "update protection.deposit set reversed_at = $2"
        " where deposit_id = $1 and reversed_at is null",
        deposit_id,
        tx.now,
    )
