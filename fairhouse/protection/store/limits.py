"""Limits, what waits, and the history."""

from collections.abc import Sequence
from uuid import UUID

from fairhouse.identity.types import PlayerId, StaffId
from fairhouse.platform.database import Record, Tx
from fairhouse.protection.types import (
    Actor,
    Change,
    Limit,
    LimitKind,
    LimitSource,
    PendingChange,
    Period,
)


async def limits(tx: Tx, player_id: UUID) -> list[Limit]:
    """All in force, of every source."""
    rows = await tx.fetch(
        "select kind, period, source, amount, set_at from protection.player_limit"
        " where player_id = $1 order by kind, period, source",
        player_id,
    )
    return [
        Limit(
            LimitKind(row["kind"]),
            Period(row["period"]),
            LimitSource(row["source"]),
            row["amount"],
            row["set_at"],
        )
        for row in rows
    ]


async def put_limit(tx: Tx, *, player_id: UUID, brand_id: int, limit: Limit) -> None:
    """Set or replace."""
    await tx.execute(
        "insert into protection.player_limit"
        " (player_id, brand_id, kind, period, source, amount, set_at)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict (player_id, kind, period, source)"
        " do update set amount = excluded.amount, set_at = excluded.set_at",
        player_id,
        brand_id,
        limit.kind,
        limit.period,
        limit.source,
        limit.amount,
        limit.set_at,
    )


async def drop_limit(
    tx: Tx, *, player_id: UUID, kind: LimitKind, period: Period, source: LimitSource
) -> None:
    """It no longer binds."""
    await tx.execute(
        "delete from protection.player_limit"
        " where player_id = $1 and kind = $2 and period = $3 and source = $4",
        player_id,
        kind,
        period,
        source,
    )


async def pending(tx: Tx, player_id: UUID) -> list[PendingChange]:
    """What waits."""
    rows = await tx.fetch(
        "select kind, period, amount, asked_at, ready_at from protection.pending_change"
        " where player_id = $1 order by kind, period",
        player_id,
    )
    return [_pending(row) for row in rows]


def _pending(row: Record) -> PendingChange:
    return PendingChange(
        LimitKind(row["kind"]),
        Period(row["period"]),
        row["amount"],
        row["asked_at"],
        row["ready_at"],
    )


async def put_pending(tx: Tx, *, player_id: UUID, brand_id: int, change: PendingChange) -> None:
    """A new wish replaces the one before, and its wait begins anew."""
    await tx.execute(
        "insert into protection.pending_change"
        " (player_id, brand_id, kind, period, amount, asked_at, ready_at)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict (player_id, kind, period) do update"
        " set amount = $5, asked_at = $6, ready_at = $7, announced_at = null",
        player_id,
        brand_id,
        change.kind,
        change.period,
        change.amount,
        change.asked_at,
        change.ready_at,
    )


async def drop_pending(tx: Tx, *, player_id: UUID, kind: LimitKind, period: Period) -> bool:
    """True when something waited."""
    return bool(
        await tx.execute(
            "delete from protection.pending_change"
            " where player_id = $1 and kind = $2 and period = $3",
            player_id,
            kind,
            period,
        )
    )


async def take_ready(tx: Tx, *, limit: int) -> list[tuple[PlayerId, int, PendingChange]]:
    """Changes whose wait is over and whose player was not told: (player, brand, change)."""
    rows = await tx.fetch(
        "update protection.pending_change p set announced_at = $1 from ("
        "  select player_id, kind, period from protection.pending_change"
        "  where announced_at is null and ready_at <= $1"
        "  order by ready_at limit $2 for update skip locked) as due"
        " where (p.player_id, p.kind, p.period) = (due.player_id, due.kind, due.period)"
        " returning p.player_id, p.brand_id, p.kind, p.period, p.amount, p.asked_at, p.ready_at",
        tx.now,
        limit,
    )
    return [(PlayerId(row["player_id"]), row["brand_id"], _pending(row)) for row in rows]


async def add_change(tx: Tx, change: Change) -> None:
    """One line of the history."""
    await tx.execute(
        "insert into protection.change (id, player_id, brand_id, at, actor, staff_id, action,"
        " kind, period, from_amount, to_amount, reason)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        change.id,
        change.player_id,
        change.brand_id,
        change.at,
        change.actor,
        change.staff_id,
        change.action,
        change.kind,
        change.period,
        change.from_amount,
        change.to_amount,
        change.reason,
    )


async def changes(tx: Tx, *, player_id: UUID, before: UUID | None, limit: int) -> Sequence[Change]:
    """Newest first."""
    rows = await tx.fetch(
        "select * from protection.change where player_id = $1 and ($2::uuid is null or id < $2)"
        " order by id desc limit $3",
        player_id,
        before,
        limit,
    )
    return [
        Change(
            id=row["id"],
            player_id=PlayerId(row["player_id"]),
            brand_id=row["brand_id"],
            at=row["at"],
            actor=Actor(row["actor"]),
            staff_id=StaffId(row["staff_id"]) if row["staff_id"] else None,
            action=row["action"],
            kind=LimitKind(row["kind"]) if row["kind"] else None,
            period=Period(row["period"]) if row["period"] else None,
            from_amount=row["from_amount"],
            to_amount=row["to_amount"],
            reason=row["reason"],
        )
        for row in rows
    ]


async def setting(tx: Tx, player_id: UUID) -> int | None:
    """Minutes between reality checks."""
    return await tx.fetchval(
        "select reality_check_minutes from protection.setting where player_id = $1", player_id
    )


async def put_setting(tx: Tx, *, player_id: UUID, brand_id: int, minutes: int | None) -> None:
    """Minutes between reality checks; None: no checks."""
    await tx.execute(
        "insert into protection.setting (player_id, brand_id, reality_check_minutes, updated_at)"
        " values ($1, $2, $3, $4) on conflict (player_id)"
        " do update set reality_check_minutes = $3, updated_at = $4",
        player_id,
        brand_id,
        minutes,
        tx.now,
    )
