"""All SQL of the back office."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fairhouse.backoffice.types import Adjustment, AdjustmentReview, LimitWish, Note
from fairhouse.platform.database import Record, Tx
from fairhouse.protection.types import LimitKind, Period


async def add_note(tx: Tx, *, brand_id: int, player_id: UUID, staff_id: UUID, text: str) -> UUID:
    """Append; returns its id."""
    id_ = tx.new_id()
    await tx.execute(
        "insert into backoffice.note (id, brand_id, player_id, staff_id, text, at)"
        " values ($1, $2, $3, $4, $5, $6)",
        id_,
        brand_id,
        player_id,
        staff_id,
        text,
        tx.now,
    )
    return id_


async def notes(tx: Tx, player_id: UUID, limit: int) -> list[Note]:
    """The newest first."""
    rows = await tx.fetch(
        "select id, staff_id, text, at from backoffice.note where player_id = $1"
        " order by id desc limit $2",
        player_id,
        limit,
    )
    return [Note(**dict(row)) for row in rows]


_WISH = (
    "select w.id, w.brand_id, w.player_id, w.kind, w.period, w.from_amount, w.to_amount,"
    " w.staff_id, w.reason, w.at, d.is_approved, d.staff_id as decided_by, d.at as decided_at"
    " from backoffice.limit_wish w left join backoffice.limit_wish_decision d on d.wish_id = w.id"
)


async def add_wish(tx: Tx, wish: LimitWish) -> None:
    """Write a wish down."""
    await tx.execute(
        "insert into backoffice.limit_wish (id, brand_id, player_id, kind, period, from_amount,"
        " to_amount, staff_id, reason, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        wish.id,
        wish.brand_id,
        wish.player_id,
        wish.kind,
        wish.period,
        wish.from_amount,
        wish.to_amount,
        wish.staff_id,
        wish.reason,
        wish.at,
    )


async def decide_wish(
    tx: Tx, wish_id: UUID, *, is_approved: bool, staff_id: UUID, reason: str
) -> bool:
    """False when it was decided before."""
    return bool(
        await tx.execute(
            "insert into backoffice.limit_wish_decision (wish_id, is_approved, staff_id, reason,"
            " at) values ($1, $2, $3, $4, $5) on conflict do nothing",
            wish_id,
            is_approved,
            staff_id,
            reason,
            tx.now,
        )
    )


async def wish(tx: Tx, wish_id: UUID) -> LimitWish | None:
    """One wish with what became of it."""
    row = await tx.fetchrow(f"{_WISH} where w.id = $1", wish_id)
    return None if row is None else _wish(row)


async def wishes(tx: Tx, player_id: UUID) -> list[LimitWish]:
    """Those of a player that wait, the newest first."""
    rows = await tx.fetch(
        f"{_WISH} where w.player_id = $1 and d.wish_id is null order by w.id desc", player_id
    )
    return [_wish(row) for row in rows]


async def open_wishes(tx: Tx, brand_ids: Sequence[int], limit: int) -> list[LimitWish]:
    """Those of these brands that wait, the newest first."""
    rows = await tx.fetch(
        f"{_WISH} where w.brand_id = any($1::integer[]) and d.wish_id is null"
        " order by w.id desc limit $2",
        list(brand_ids),
        limit,
    )
    return [_wish(row) for row in rows]


def _wish(row: Record) -> LimitWish:
    values: dict[str, Any] = dict(row)
    values.update(kind=LimitKind(row["kind"]), period=Period(row["period"]))
    return LimitWish(**values)


async def restriction(tx: Tx, staff_id: UUID) -> tuple[int, ...] | None:
    """The brands that a member of staff is limited to; None when they are not."""
    found = await tx.fetchval(
        "select brands from backoffice.restriction where staff_id = $1", staff_id
    )
    return None if found is None else tuple(found)


async def restrictions(tx: Tx) -> dict[UUID, tuple[int, ...]]:
    """Everybody who is limited."""
    rows = await tx.fetch("select staff_id, brands from backoffice.restriction")
    return {row["staff_id"]: tuple(row["brands"]) for row in rows}


async def restrict(tx: Tx, staff_id: UUID, brands: Sequence[int]) -> None:
    """Limit to these brands; an empty sequence ends the limit."""
    if not brands:
        await tx.execute("delete from backoffice.restriction where staff_id = $1", staff_id)
        return
    await tx.execute(
        "insert into backoffice.restriction (staff_id, brands, at) values ($1, $2, $3)"
        " on conflict (staff_id) do update set brands = excluded.brands, at = excluded.at",
        staff_id,
        list(brands),
        tx.now,
    )


# --- Adjustments


async def add_adjustment(tx: Tx, made: Adjustment) -> None:
    """Write it down; the ledger moves the money in the same transaction."""
    await tx.execute(
        "insert into backoffice.adjustment (id, brand_id, player_id, currency, units, value,"
        " made_by, approved_by, reason, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        made.id,
        made.brand_id,
        made.player_id,
        made.currency,
        made.units,
        made.value,
        made.made_by,
        made.approved_by,
        made.reason,
        made.at,
    )


async def adjustments(
    tx: Tx, brand_ids: Sequence[int], since: date, until: date
) -> list[Adjustment]:
    """Those of [since, until) in UTC, in order."""
    rows = await tx.fetch(
        "select id, brand_id, player_id, currency, units, value, made_by, approved_by, reason, at"
        " from backoffice.adjustment where brand_id = any($1::integer[])"
        " and at >= $2::date::timestamptz and at < $3::date::timestamptz order by at, id",
        list(brand_ids),
        since,
        until,
    )
    return [Adjustment(**dict(row)) for row in rows]


async def add_adjustment_review(
    tx: Tx, brand_id: int, day: date, staff_id: UUID, note: str
) -> None:
    """Once per day and person."""
    await tx.execute(
        "insert into backoffice.adjustment_review (brand_id, day, staff_id, note, at)"
        " values ($1, $2, $3, $4, $5) on conflict do nothing",
        brand_id,
        day,
        staff_id,
        note,
        tx.now,
    )


async def adjustment_reviews(tx: Tx, brand_ids: Sequence[int], day: date) -> list[AdjustmentReview]:
    """Who looked at a day's."""
    rows = await tx.fetch(
        "select brand_id, day, staff_id, note, at from backoffice.adjustment_review"
        " where brand_id = any($1::integer[]) and day = $2 order by at",
        list(brand_ids),
        day,
    )
    return [AdjustmentReview(**dict(row)) for row in rows]
