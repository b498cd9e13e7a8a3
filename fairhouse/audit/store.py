"""All SQL of the audit log."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fairhouse.audit.types import AuditEntry, Checkpoint, Hold, Program
from fairhouse.platform.database import Record, Tx

_ENTRY = (
    "select stream, seq, at, actor, action, subject, reason, details, component, previous_hash,"
    " hash from audit.entry"
)
BATCH = 1_000


async def chain_end(tx: Tx, stream: str) -> tuple[int, bytes] | None:
    """Number and hash of the newest entry. The caller holds the stream's lock."""
    row = await tx.fetchrow(
        "select seq, hash from audit.entry where stream = $1 order by seq desc limit 1", stream
    )
    return (row["seq"], row["hash"]) if row else None


async def add_entry(tx: Tx, entry: AuditEntry) -> None:
    """Append."""
    await tx.execute(
        "insert into audit.entry (stream, seq, at, actor, action, subject, reason, details,"
        " component, previous_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        entry.stream,
        entry.seq,
        entry.at,
        entry.actor,
        entry.action,
        entry.subject,
        entry.reason,
        dict(entry.details),
        entry.component,
        entry.previous_hash,
        entry.hash,
    )


async def streams(tx: Tx) -> list[str]:
    """Every chain that an entry or a checkpoint speaks of."""
    rows = await tx.fetch(
        "select stream from audit.entry union select stream from audit.checkpoint order by stream"
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
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[AuditEntry]:
    """The newest first. `filters` may name stream, subject, actor and action."""
    at, stream, seq = before or (None, None, None)
    rows = await tx.fetch(
        f"""
        {_ENTRY}
        where stream = any($1) and ($2::timestamptz is null or (at, stream, seq) < ($2, $3, $4))
          and ($5::text is null or subject = $5) and ($6::text is null or actor = $6)
          and ($7::text is null or action = $7) and ($8::text is null or stream = $8)
          and ($9::timestamptz is null or at >= $9) and ($10::timestamptz is null or at < $10)
        order by at desc, stream desc, seq desc limit $11
        """,
        streams_,
        at,
        stream,
        seq,
        filters.get("subject") or None,
        filters.get("actor") or None,
        filters.get("action") or None,
        filters.get("stream") or None,
        since,
        until,
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
            "insert into audit.checkpoint (stream, seq, hash, mac, signature, public_key, at)"
            " values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
            made.stream,
            made.seq,
            made.hash,
            made.mac,
            made.signature,
            made.public_key,
            tx.now,
        )
    )


async def checkpoints(tx: Tx, stream: str) -> list[Checkpoint]:
    """All of a chain, in order."""
    rows = await tx.fetch(
        "select stream, seq, hash, mac, signature, public_key from audit.checkpoint"
        " where stream = $1 order by seq",
        stream,
    )
    return [Checkpoint(**dict(row)) for row in rows]


# --- Programs


async def schema_text(tx: Tx) -> str:
    """Tables, columns, constraints, functions, triggers, views and rights of ours, as one text."""
    return str(await tx.fetchval("select audit.schema_text()"))


async def newest_program(tx: Tx) -> Program | None:
    """What was approved last."""
    row = await tx.fetchrow(
        "select digest, manifest, actor, reason, at from audit.program order by id desc limit 1"
    )
    return None if row is None else Program(**dict(row))


async def add_program(tx: Tx, made: Program) -> None:
    """Append."""
    await tx.execute(
        "insert into audit.program (digest, manifest, actor, reason, at)"
        " values ($1, $2, $3, $4, $5)",
        made.digest,
        dict(made.manifest),
        made.actor,
        made.reason,
        made.at,
    )


async def programs(tx: Tx, limit: int) -> list[Program]:
    """The newest first, without their files."""
    rows = await tx.fetch(
        "select digest, '{}'::jsonb as manifest, actor, reason, at from audit.program"
        " order by id desc limit $1",
        limit,
    )
    return [Program(**dict(row)) for row in rows]


async def is_noted(tx: Tx, digest: str) -> bool:
    """Whether this state was written down since the last approval."""
    return bool(
        await tx.fetchval(
            "select exists (select from audit.program_mismatch where digest = $1 and at >="
            " coalesce((select max(at) from audit.program), '-infinity'))",
            digest,
        )
    )


async def note_mismatch(tx: Tx, digest: str) -> None:
    """It is written down."""
    await tx.execute(
        "insert into audit.program_mismatch (digest, at) values ($1, $2)", digest, tx.now
    )


# --- Legal holds

_HOLD = (
    "select h.id, h.subject, h.brand_id, h.reason, h.placed_by, h.at from audit.hold h"
    " where not exists (select from audit.hold_lifted l where l.hold_id = h.id)"
)


async def add_hold(tx: Tx, made: Hold) -> None:
    """Append."""
    await tx.execute(
        "insert into audit.hold (id, subject, brand_id, reason, placed_by, at)"
        " values ($1, $2, $3, $4, $5, $6)",
        made.id,
        made.subject,
        made.brand_id,
        made.reason,
        made.placed_by,
        made.at,
    )


async def hold(tx: Tx, hold_id: UUID) -> Hold | None:
    """One that is in force."""
    row = await tx.fetchrow(f"{_HOLD} and h.id = $1", hold_id)
    return None if row is None else Hold(**dict(row))


async def lift_hold(tx: Tx, hold_id: UUID, actor: str, reason: str) -> bool:
    """False when it was lifted before."""
    return bool(
        await tx.execute(
            "insert into audit.hold_lifted (hold_id, reason, lifted_by, at)"
            " values ($1, $2, $3, $4) on conflict do nothing",
            hold_id,
            reason,
            actor,
            tx.now,
        )
    )


async def holds(tx: Tx, subjects: Sequence[str]) -> list[Hold]:
    """In force, the oldest first."""
    rows = await tx.fetch(f"{_HOLD} and h.subject = any($1) order by h.at, h.id", list(subjects))
    return [Hold(**dict(row)) for row in rows]
