"""All SQL of the back office."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fairhouse.backoffice.types import AuditEntry, Checkpoint, LimitWish, Note
from fairhouse.platform.database import Record, Tx
from fairhouse.protection.types import LimitKind, Period

_ENTRY = (
    "select stream, seq, at, actor, action, subject, reason, details, previous_hash, hash"
    " from backoffice.audit"
)
BATCH = 1_000


async def chain_end(tx: Tx, stream: str) -> tuple[int, bytes] | None:
    """Number and hash of the newest entry. The caller holds the stream's lock."""
    row = await tx.fetchrow(
        "select seq, hash from backoffice.audit where stream = $1 order by seq desc limit 1",
        stream,
    )
    return (row["seq"], row["hash"]) if row else None


async def add_entry(tx: Tx, entry: AuditEntry) -> None:
    """Append."""
    await tx.execute(
        "insert into backoffice.audit (stream, seq, at, actor, action, subject, reason, details,"
        " previous_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        entry.stream,
        entry.seq,
        entry.at,
        entry.actor,
        entry.action,
        entry.subject,
        entry.reason,
        dict(entry.details),
        entry.previous_hash,
        entry.hash,
    )


async def streams(tx: Tx) -> list[str]:
    """Every chain that an entry or a checkpoint speaks of."""
    rows = await tx.fetch(
        "select stream from backoffice.audit union select stream from backoffice.checkpoint"
        " order by stream"
    )
    return [row["stream"] for row in rows]


async def chain(tx: Tx, stream: str) -> AsyncGenerator[AuditEntry]:
    """A whole chain in order, in batches."""
    after = -(2**62)
    while True:
        rows = await tx.fetch(
            f"{_ENTRY} where stream = $1 and seq > $2 order by seq limit $3", stream, after, BATCH
        )
        for row in rows:
            yield _entry(row)
        if len(rows) < BATCH:
            return
        after = rows[-1]["seq"]


async def entries(
    tx: Tx,
    *,
    streams_: Sequence[str],
    before: tuple[datetime, str, int] | None,
    filters: Mapping[str, str],
    limit: int,
) -> list[AuditEntry]:
    """The newest first. `filters` may name subject, actor and action."""
    at, stream, seq = before or (None, None, None)
    rows = await tx.fetch(
        f"""
        {_ENTRY}
        where stream = any($1) and ($2::timestamptz is null or (at, stream, seq) < ($2, $3, $4))
          and ($5::text is null or subject = $5) and ($6::text is null or actor = $6)
          and ($7::text is null or action = $7)
        order by at desc, stream desc, seq desc limit $8
        """,
        streams_,
        at,
        stream,
        seq,
        filters.get("subject") or None,
        filters.get("actor") or None,
        filters.get("action") or None,
        limit,
    )
    return [_entry(row) for row in rows]


def _entry(row: Record) -> AuditEntry:
    values: dict[str, Any] = dict(row)
    return AuditEntry(**values)


async def add_checkpoint(tx: Tx, made: Checkpoint) -> bool:
    """False when there is one at that number already."""
    return bool(
        await tx.execute(
            "insert into backoffice.checkpoint (stream, seq, hash, mac, at)"
            " values ($1, $2, $3, $4, $5) on conflict do nothing",
            made.stream,
            made.seq,
            made.hash,
            made.mac,
            tx.now,
        )
    )


async def checkpoints(tx: Tx, stream: str) -> list[Checkpoint]:
    """All of a chain, in order."""
    rows = await tx.fetch(
        "select stream, seq, hash, mac from backoffice.checkpoint where stream = $1 order by seq",
        stream,
    )
    return [Checkpoint(**dict(row)) for row in rows]


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
