"""The audit log: write, read, verify."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fairhouse.backoffice import rules, store
from fairhouse.backoffice.types import (
    Action,
    Actor,
    AuditEntry,
    Break,
    Checkpoint,
    Deed,
    Verdict,
)
from fairhouse.identity.types import STAFF_PREFIX
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx

ENTRIES_MAX = 1_000


def audit_key(sealer: Sealer) -> bytes:
    """What checkpoints are authenticated with; derived from the master key."""
    return sealer.blind_index("checkpoint", purpose="backoffice.audit")


async def record(
    tx: Tx,
    *,
    actor: Actor,
    action: Action,
    brand_id: int | None,
    subject: str,
    reason: str,
    details: Mapping[str, str | int | bool | None] | None = None,
) -> None:
    """Write down what a member of staff does, in the transaction that does it.

    Call it last: it holds the end of the chain until the transaction ends. `subject` and
    `details` refer, they never hold personal data.
    """
    deed = Deed(
        stream=rules.stream_of(brand_id),
        actor=to_wire(STAFF_PREFIX, actor.staff.id),
        action=action,
        subject=subject,
        reason=reason,
        details=dict(details or {}),
    )
    await append(tx, deed=deed)


async def append(tx: Tx, *, deed: Deed) -> AuditEntry:
    """The next link of a chain, for deeds of nobody in particular too."""
    await tx.lock("backoffice.audit", deed.stream)
    seq, previous = await store.chain_end(tx, deed.stream) or (0, rules.GENESIS)
    entry = rules.linked(deed, seq=seq + 1, previous_hash=previous, at=tx.now)
    await store.add_entry(tx, entry)
    return entry


async def audit_entries(
    tx: Tx,
    *,
    actor: Actor,
    before: tuple[datetime, str, int] | None = None,
    filters: Mapping[str, str] | None = None,
    limit: int = 50,
) -> Sequence[AuditEntry]:
    """The newest first, of the house and the actor's brands. Refuses with Forbidden."""
    rules.check_may(actor, Action.READ_AUDIT)
    streams = [rules.HOUSE, *(rules.stream_of(brand_id) for brand_id in actor.brands)]
    return await store.entries(
        tx,
        streams_=streams,
        before=before,
        filters=filters or {},
        limit=min(limit, ENTRIES_MAX),
    )


async def make_checkpoints(tx: Tx, *, key: bytes) -> Sequence[Checkpoint]:
    """Authenticate how far each chain has come; returns those that are new.

    The caller logs them: a copy outside of this database is what convicts its owner.
    """
    made: list[Checkpoint] = []
    for stream in await store.streams(tx):
        end = await store.chain_end(tx, stream)
        if end is None:
            continue
        found = rules.checkpoint(key, stream=stream, seq=end[0], hash_=end[1])
        if await store.add_checkpoint(tx, found):
            made.append(found)
    return made


async def verify_audit(tx: Tx, *, key: bytes) -> Verdict:
    """Every chain from its first entry to its last, against every checkpoint."""
    entries = 0
    breaks: list[Break] = []
    streams = await store.streams(tx)
    for stream in streams:
        count, broken = await _verify(tx, key, stream)
        entries += count
        if broken is not None:
            breaks.append(broken)
    return Verdict(entries, len(streams), tuple(breaks))


async def note_verification(tx: Tx, *, actor: Actor, verdict: Verdict) -> None:
    """Write down that somebody verified the log, and what they were shown."""
    await record(
        tx,
        actor=actor,
        action=Action.VERIFY_AUDIT,
        brand_id=None,
        subject="audit",
        reason="verified from the page of the log",
        details={
            "entries": verdict.entries,
            "breaks": " ".join(f"{one.stream}#{one.seq}" for one in verdict.breaks),
        },
    )


async def _verify(tx: Tx, key: bytes, stream: str) -> tuple[int, Break | None]:
    checkpoints = await store.checkpoints(tx, stream)
    wanted = {item.seq for item in checkpoints}
    hashes: dict[int, bytes] = {}
    before: AuditEntry | None = None
    count = 0
    async for entry in store.chain(tx, stream):
        broken = rules.break_at(before, entry)
        if broken is not None:
            return count, broken
        if entry.seq in wanted:
            hashes[entry.seq] = entry.hash
        before = entry
        count += 1
    last = before.seq if before else 0
    return count, rules.first_missed_checkpoint(key, checkpoints, hashes, last)
