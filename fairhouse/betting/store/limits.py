"""House limits: what is in force, what is wished, and who decided."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fairhouse.betting.types import HouseLimit, LimitChange
from fairhouse.platform.database import Record, Tx

_CHANGE = (
    "select c.id, c.brand_id, c.game, c.currency, c.stake_min, c.stake_max, c.profit_share_bp,"
    " c.replaces, c.proposed_by, c.reason, c.at, d.is_approved, d.staff_id as decided_by,"
    " d.reason as decided_reason, d.at as decided_at"
    " from betting.house_limit_change c"
    " left join betting.house_limit_decision d on d.change_id = c.id"
)


async def in_force(tx: Tx) -> list[HouseLimit]:
    """Every limit that staff have set, of all brands."""
    rows = await tx.fetch(
        "select brand_id, game, currency, stake_min, stake_max, profit_share_bp"
        " from betting.house_limit"
    )
    return [_limit(row) for row in rows]


async def lock_key(tx: Tx, wished: HouseLimit) -> UUID | None:
    """One at a time per brand and currency; the change in force for this game, if any."""
    await tx.lock("betting.house_limit", f"{wished.brand_id}:{wished.currency}")
    return await tx.fetchval(
        "select change_id from betting.house_limit"
        " where brand_id = $1 and game = $2 and currency = $3",
        wished.brand_id,
        wished.game,
        wished.currency,
    )


async def add_change(
    tx: Tx, wished: HouseLimit, *, replaces: UUID | None, staff_id: UUID, reason: str
) -> UUID:
    """Write a wish down; returns its id."""
    id_ = tx.new_id()
    await tx.execute(
        "insert into betting.house_limit_change (id, brand_id, game, currency, stake_min,"
        " stake_max, profit_share_bp, replaces, proposed_by, reason, at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id_,
        wished.brand_id,
        wished.game,
        wished.currency,
        wished.stake_min,
        wished.stake_max,
        wished.profit_share_bp,
        replaces,
        staff_id,
        reason,
        tx.now,
    )
    return id_


async def add_decision(
    tx: Tx, change_id: UUID, *, is_approved: bool, staff_id: UUID, reason: str
) -> None:
    """Write the decision down; the caller holds the key's lock and knows there is none."""
    await tx.execute(
        "insert into betting.house_limit_decision (change_id, is_approved, staff_id, reason, at)"
        " values ($1, $2, $3, $4, $5)",
        change_id,
        is_approved,
        staff_id,
        reason,
        tx.now,
    )


async def put_in_force(tx: Tx, change: LimitChange) -> None:
    """From the owners' next refresh on, the change is what binds; the database checks it again."""
    limit = change.limit
    values = (limit.brand_id, limit.game, limit.currency)
    numbers = (limit.stake_min, limit.stake_max, limit.profit_share_bp)
    if change.replaces is None:
        sql = "insert into betting.house_limit values ($1, $2, $3, $4, $5, $6, $7)"
    else:
        sql = (
            "update betting.house_limit set stake_min = $4, stake_max = $5, profit_share_bp = $6,"
            " change_id = $7 where brand_id = $1 and game = $2 and currency = $3"
        )
    touched = await tx.execute(sql, *values, *numbers, change.id)
    assert touched == 1


async def change(tx: Tx, change_id: UUID) -> LimitChange | None:
    """One wish with what became of it."""
    row = await tx.fetchrow(f"{_CHANGE} where c.id = $1", change_id)
    return None if row is None else _change(row)


async def changes(
    tx: Tx, brand_ids: Sequence[int], *, is_open: bool, limit: int
) -> list[LimitChange]:
    """Of these brands, the newest first: those that wait, or those that were decided."""
    rows = await tx.fetch(
        f"{_CHANGE} where c.brand_id = any($1::integer[]) and (d.change_id is null) = $2"
        " order by c.id desc limit $3",
        list(brand_ids),
        is_open,
        limit,
    )
    return [_change(row) for row in rows]


async def waiting(tx: Tx, wished: HouseLimit) -> UUID | None:
    """The undecided wish about the same game and currency."""
    return await tx.fetchval(
        "select c.id from betting.house_limit_change c"
        " where c.brand_id = $1 and c.game = $2 and c.currency = $3 and not exists"
        " (select from betting.house_limit_decision d where d.change_id = c.id) limit 1",
        wished.brand_id,
        wished.game,
        wished.currency,
    )


def _limit(row: Record) -> HouseLimit:
    return HouseLimit(
        brand_id=row["brand_id"],
        game=row["game"],
        currency=row["currency"],
        stake_min=row["stake_min"],
        stake_max=row["stake_max"],
        profit_share_bp=row["profit_share_bp"],
    )


def _change(row: Record) -> LimitChange:
    decided_at: datetime | None = row["decided_at"]
    return LimitChange(
        id=row["id"],
        limit=_limit(row),
        replaces=row["replaces"],
        proposed_by=row["proposed_by"],
        reason=row["reason"],
        at=row["at"],
        is_approved=row["is_approved"],
        decided_by=row["decided_by"],
        decided_reason=row["decided_reason"],
        decided_at=decided_at,
    )
