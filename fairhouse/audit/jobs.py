"""The watch over the audit log."""

from typing import Final

import structlog
from prometheus_client import Gauge

from fairhouse.audit import api
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database

EVERY_S: Final = 300.0


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
