"""Which programs were approved to run, and whether they are what runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from fairhouse.audit import engine, rules, store
from fairhouse.audit.api.log import record, significant
from fairhouse.audit.types import HOUSE, Comparison, Program, Significant
from fairhouse.platform.database import Tx

NAMED_MAX: Final = 20


async def measure_program(tx: Tx, *, root: Path, settings: Path | None = None) -> Mapping[str, str]:
    """SHA-256 of every file that runs, of the settings, and of the database's definitions."""
    return engine.measure(root, settings=settings, schema=await store.schema_text(tx))


async def install_program(
    tx: Tx, *, manifest: Mapping[str, str], actor: str, reason: str
) -> Program:
    """Approve what is installed as what is to run; the log says who, why, and what changed."""
    # CHECK
    before = await store.newest_program(tx)
    digest = rules.digest_of(manifest)
    if before is not None and before.digest == digest:
        return before
    # RECORD
    made = Program(digest=digest, manifest=manifest, actor=actor, reason=reason, at=tx.now)
    await store.add_program(tx, made)
    changed = rules.changes(before.manifest if before else {}, manifest)
    await record(
        tx,
        stream=HOUSE,
        actor=actor,
        deed="program.install",
        subject=f"program:{digest[:16]}",
        reason=reason,
        before={"digest": before.digest if before else None},
        after={"digest": digest, "files": len(manifest)},
        details={"changed": len(changed), "first": list(changed)[:NAMED_MAX]},
    )
    return made


async def compare_program(tx: Tx, *, manifest: Mapping[str, str]) -> Comparison:
    """What runs against what was approved last."""
    approved = await store.newest_program(tx)
    changed = rules.changes(approved.manifest, manifest) if approved else {}
    return Comparison(
        digest=rules.digest_of(manifest),
        approved=approved,
        changed=changed,
        at=tx.now,
    )


async def note_program(tx: Tx, *, found: Comparison, actor: str) -> bool:
    """Write down what does not agree, once per state; True when it was new."""
    if found.agrees or await store.is_noted(tx, found.digest):
        return False
    await store.note_mismatch(tx, found.digest)
    await significant(
        tx,
        kind=Significant.PROGRAM_MISMATCH,
        brand_id=None,
        actor=actor,
        subject=f"program:{found.digest[:16]}",
        reason=f"{len(found.changed)} parts are not what was approved",
        before={"digest": found.approved.digest if found.approved else None},
        after={"digest": found.digest},
        details={"first": [f"{name}: {how}" for name, how in found.changed.items()][:NAMED_MAX]},
    )
    return True


async def programs(tx: Tx, *, limit: int = 50) -> Sequence[Program]:
    """What was approved to run, the newest first, without the files."""
    return await store.programs(tx, limit)
