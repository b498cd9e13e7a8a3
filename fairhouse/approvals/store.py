"""All SQL of approvals."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fairhouse.approvals.types import Wish
from fairhouse.platform.database import Record, Tx

_WISH = (
    "select w.id, w.kind, w.brand_id, w.subject, w.before, w.after, w.wished_by, w.reason, w.at,"
    " d.is_approved, d.staff_id as decided_by, d.at as decided_at, d.reason as decision_reason"
    " from approvals.wish w left join approvals.decision d on d.wish_id = w.id"
)


async def add(tx: Tx, wish: Wish) -> None:
    """Write a wish down."""
    await tx.execute(
        "insert into approvals.wish (id, kind, brand_id, subject, before, after, wished_by,"
        " reason, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        wish.id,
        wish.kind,
        wish.brand_id,
        wish.subject,
        dict(wish.before),
        dict(wish.after),
        wish.wished_by,
        wish.reason,
        wish.at,
    )


async def decide(tx: Tx, wish_id: UUID, *, is_approved: bool, staff_id: UUID, reason: str) -> bool:
    """False when it was decided before."""
    return bool(
        await tx.execute(
            "insert into approvals.decision (wish_id, is_approved, staff_id, reason, at)"
            " values ($1, $2, $3, $4, $5) on conflict do nothing",
            wish_id,
            is_approved,
            staff_id,
            reason,
            tx.now,
        )
    )


async def wish(tx: Tx, wish_id: UUID) -> Wish | None:
    """One wish with what became of it."""
    row = await tx.fetchrow(f"{_WISH} where w.id = $1", wish_id)
    return None if row is None else _wish(row)


async def waiting(tx: Tx, kind: str, brand_id: int | None, subject: str) -> Wish | None:
    """The undecided wish about a thing."""
    row = await tx.fetchrow(
        f"{_WISH} where w.kind = $1 and w.brand_id is not distinct from $2 and w.subject = $3"
        " and d.wish_id is null limit 1",
        kind,
        brand_id,
        subject,
    )
    return None if row is None else _wish(row)


async def wishes(
    tx: Tx,
    *,
    brand_ids: Sequence[int],
    with_house: bool,
    kinds: Sequence[str] | None,
    subject: str | None,
    is_open: bool,
    limit: int,
) -> list[Wish]:
    """The newest first."""
    rows = await tx.fetch(
        f"{_WISH} where (w.brand_id = any($1::integer[]) or ($2 and w.brand_id is null))"
        " and ($3::text[] is null or w.kind = any($3)) and ($4::text is null or w.subject = $4)"
        " and (d.wish_id is null) = $5 order by w.id desc limit $6",
        list(brand_ids),
        with_house,
        None if kinds is None else list(kinds),
        subject,
        is_open,
        limit,
    )
    return [_wish(row) for row in rows]


def _wish(row: Record) -> Wish:
    values: dict[str, Any] = dict(row)
    return Wish(**values)
