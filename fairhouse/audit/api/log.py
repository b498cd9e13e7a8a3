"""Write, read and verify the audit log."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from functools import partial

from fairhouse.audit import rules, store
from fairhouse.audit.rules import Keys, events_of
from fairhouse.audit.types import (
    AuditEntry,
    Break,
    Checkpoint,
    Deed,
    Fact,
    Facts,
    Significant,
    Verdict,
)
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx

ENTRIES_MAX = 1_000


def audit_keys(sealer: Sealer) -> Keys:
    """What checkpoints are authenticated and signed with; derived from the master key."""
    return rules.keys_of(partial(sealer.blind_index, purpose="backoffice.audit"))


async def record(
    tx: Tx,
    *,
    stream: str,
    actor: str,
    deed: str,
    subject: str,
    reason: str,
    before: Fact = None,
    after: Fact = None,
    details: Facts | None = None,
) -> None:
    """Write down what is done, in the transaction that does it; nothing is written unless it is.

    `stream` is `stream_of(brand_id)` for deeds, `events_of` for significant events, `personal_of`
    for looks at personal data. `actor` is a wire id or `job:<name>`; `deed` is `noun.verb`.
    `subject`, `reason` and all facts refer, they never hold personal data. May be called at any
    point: the entry joins its chain just before the commit.
    """
    facts = dict(details or {})
    if before is not None or after is not None:
        facts |= {"before": before, "after": after}
    await append(
        tx,
        deed=Deed(
            stream=stream,
            actor=actor,
            action=deed,
            subject=subject,
            reason=reason,
            details=facts,
        ),
    )


async def significant(
    tx: Tx,
    *,
    kind: Significant,
    brand_id: int | None,
    actor: str,
    subject: str,
    reason: str,
    before: Fact = None,
    after: Fact = None,
    details: Facts | None = None,
) -> None:
    """Write down what a regulator asks for whenever it happens, in the chain of such events."""
    await record(
        tx,
        stream=events_of(brand_id),
        actor=actor,
        deed=f"event.{kind}",
        subject=subject,
        reason=reason,
        before=before,
        after=after,
        details=details,
    )


async def append(tx: Tx, *, deed: Deed) -> None:
    """The same for a deed that is put together already."""
    written = rules.clean_facts(deed.details)
    whole = Deed(
        stream=deed.stream,
        actor=deed.actor,
        action=deed.action,
        subject=deed.subject,
        reason=rules.clean_reason(deed.reason),
        details=written,
        component=deed.component or tx.process,
    )
    tx.at_end(f"audit:{deed.stream}", partial(_join, deed=whole))


async def _join(tx: Tx, deed: Deed) -> None:
    await tx.lock("backoffice.audit", deed.stream)
    seq, previous = await store.chain_end(tx, deed.stream) or (0, rules.GENESIS)
    entry = rules.linked(deed, seq=seq + 1, previous_hash=previous, at=tx.now)
    await store.add_entry(tx, entry)


async def entries(
    tx: Tx,
    *,
    streams: Sequence[str],
    before: tuple[datetime, str, int] | None = None,
    filters: Mapping[str, str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
) -> Sequence[AuditEntry]:
    """The newest first, of these chains; `filters` may name stream, subject, actor and action."""
    return await store.entries(
        tx,
        streams_=streams,
        before=before,
        filters=filters or {},
        since=since,
        until=until,
        limit=min(limit, ENTRIES_MAX),
    )


def whole_chain(tx: Tx, stream: str) -> AsyncGenerator[AuditEntry]:
    """A chain from its first entry to its last, a thousand at a time."""
    return store.chain(tx, stream)


async def make_checkpoints(tx: Tx, *, keys: Keys) -> Sequence[Checkpoint]:
    """Authenticate how far each chain has come; returns those that are new.

    The caller logs them: a copy outside of this database is what convicts its owner.
    """
    made: list[Checkpoint] = []
    for stream in await store.streams(tx):
        end = await store.chain_end(tx, stream)
        if end is None:
            continue
        found = rules.checkpoint(keys, stream=stream, seq=end[0], hash_=end[1])
        if await store.add_checkpoint(tx, found):
            made.append(found)
    return made


async def verify(tx: Tx, *, keys: Keys) -> Verdict:
    """Every chain from its first entry to its last, against every checkpoint."""
    count = 0
    breaks: list[Break] = []
    streams = await store.streams(tx)
    for stream in streams:
        held, broken = await _verify(tx, keys, stream)
        count += held
        if broken is not None:
            breaks.append(broken)
    return Verdict(count, len(streams), tuple(breaks))


async def _verify(tx: Tx, keys: Keys, stream: str) -> tuple[int, Break | None]:
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
    return count, rules.first_missed_checkpoint(keys, checkpoints, hashes, last)
