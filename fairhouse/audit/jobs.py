"""The watch over the audit log."""

from typing import Final

import structlog
from prometheus_client import Gauge

from fairhouse.audit import api
from fairhouse.audit.types import Significant
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database

EVERY_S: Final = 300.0
CLOCK_EVERY_S: Final = 5.0
SKEW_MAX_S: Final = 0.5
"""LOG-01: beyond it a process writes nothing."""


class AuditBroken(Exception):
    """A chain of the audit log does not hold; the message names the first break of each."""


_log = structlog.get_logger("audit")
_breaks = Gauge("fairhouse_audit_breaks", "Audit chains that do not hold; there is never to be one")
_entries = Gauge("fairhouse_audit_entries", "Entries of the audit log at the last verification")


async def watch_audit(db: Database, sealer: Sealer) -> int:
    """Verify every chain, then sign and log how far each has come; a job, idle afterwards.

    With a broken chain there are no new checkpoints: the last good ones stay the evidence. Raises
    AuditBroken, so that the process counts as ill until somebody has looked.
    """
    keys = api.audit_keys(sealer)
    async with db.read() as tx:
        verdict = await api.verify(tx, keys=keys)
    _breaks.set(len(verdict.breaks))
    _entries.set(verdict.entries)
    for broken in verdict.breaks:
        _log.error("audit chain broken", stream=broken.stream, seq=broken.seq, flaw=broken.flaw)
    if verdict.breaks:
        raise AuditBroken(
            "; ".join(f"{one.stream} #{one.seq} {one.flaw}" for one in verdict.breaks)
        )
    async with db.tx() as tx:
        made = await api.make_checkpoints(tx, keys=keys)
    for checkpoint in made:
        _log.info(
            "audit checkpoint",
            stream=checkpoint.stream,
            seq=checkpoint.seq,
            hash=checkpoint.hash.hex(),
            mac=checkpoint.mac.hex(),
            signature=(checkpoint.signature or b"").hex(),
            public_key=(checkpoint.public_key or b"").hex(),
        )
    return 0


class ClockDrifted(Exception):
    """Our clock and the database's are apart; the message says by how much."""


_skew = Gauge("fairhouse_clock_skew_seconds", "Our clock ahead of the database's", ["process"])


async def watch_clock(db: Database) -> int:
    """Halt this process's writes while its clock is more than half a second off, and say so once.

    A measurement that took long proves nothing: only what is off beyond its own error counts. Each
    process runs it for itself. The event is written all the same, with the transaction's own
    time and how far off it is. Raises ClockDrifted while it lasts, so that the process is ill.
    """
    skew_s, error_s = await db.skew_s()
    _skew.labels(db.process).set(skew_s)
    is_off, was_off = abs(skew_s) - error_s > SKEW_MAX_S, db.halted is not None
    if is_off:
        db.halt(
            f"The clock of this process is {skew_s:+.3f} s off the database's. Nothing is written "
            "until it is right again; repeat the request with the same key."
        )
    if is_off is not was_off:
        async with db.tx(even_if_halted=True) as tx:
            await api.significant(
                tx,
                kind=Significant.CLOCK_DRIFT,
                brand_id=None,
                actor="job:clock",
                subject=db.process,
                reason="beyond half a second: writes halted" if is_off else "right again",
                before={"writes": not was_off},
                after={"writes": not is_off},
                details={"skew_ms": round(skew_s * 1000)},
            )
    if is_off:
        raise ClockDrifted(f"{skew_s:+.3f} s")
    db.halt(None)
    return 0
