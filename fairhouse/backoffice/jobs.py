"""The watches over the audit log and over what games return."""

from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from fairhouse.backoffice import api
from fairhouse.backoffice.api.games import WINDOWS
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.reports import api as reports
from fairhouse.reports.api import DriftRules, Judgement
from fairhouse.reports.types import ResultKey

EVERY_S = 300.0
DRIFT_EVERY_S: Final = 5.0


class AuditBroken(Exception):
    """A chain of the audit log does not hold; the message names the first break of each."""


_log = structlog.get_logger("audit")
_breaks = Gauge("fairhouse_audit_breaks", "Audit chains that do not hold; there is never to be one")
_entries = Gauge("fairhouse_audit_entries", "Entries of the audit log at the last verification")


async def watch_audit(db: Database, sealer: Sealer) -> int:
    """Verify every chain, then authenticate and log how far each has come; a job, idle afterwards.

    With a broken chain there are no new checkpoints: the last good ones stay the evidence. Raises
    AuditBroken, so that the process counts as ill until somebody has looked.
    """
    key = api.audit_key(sealer)
    async with db.read() as tx:
        verdict = await api.verify_audit(tx, key=key)
    _breaks.set(len(verdict.breaks))
    _entries.set(verdict.entries)
    for broken in verdict.breaks:
        _log.error("audit chain broken", stream=broken.stream, seq=broken.seq, flaw=broken.flaw)
    if verdict.breaks:
        raise AuditBroken(
            "; ".join(f"{one.stream} #{one.seq} {one.flaw}" for one in verdict.breaks)
        )
    async with db.tx() as tx:
        made = await api.make_checkpoints(tx, key=key)
    for checkpoint in made:
        _log.info(
            "audit checkpoint",
            stream=checkpoint.stream,
            seq=checkpoint.seq,
            hash=checkpoint.hash.hex(),
            mac=checkpoint.mac.hex(),
        )
    return 0


_drift = Gauge(
    "fairhouse_game_return_above_z",
    "Standard errors by which a game returned more than published, in 24 hours",
    ["brand", "game", "version"],
)
_low = Gauge(
    "fairhouse_game_return_below_z",
    "Standard errors by which a game returned less than published, in 24 hours",
    ["brand", "game", "version"],
)
_stopped = Counter("fairhouse_games_stopped_by_drift_total", "Versions that the watch stopped")


async def watch_drift(db: Database, drift: DriftRules) -> int:
    """Follow the journal, then stop every version that returned far too much; the worker's.

    Returns how many entries were read, so that it goes on at once while it is behind.
    """
    read = await reports.fold_results(db)
    for name, window in WINDOWS.items():
        async with db.read() as tx:
            found = await api.judgements(tx, window=window)
        if name == "day":
            _tell(found)
        for key, judgement in found.items():
            if judgement.stops(drift):
                await _stop(db, key, judgement, drift)
    return read


def _tell(found: dict[ResultKey, Judgement]) -> None:
    _drift.clear()
    _low.clear()
    above: dict[tuple[str, str, str], list[float]] = {}
    below: dict[tuple[str, str, str], list[float]] = {}
    for key, one in found.items():
        labels = (str(key.brand_id), key.game, key.version)
        above.setdefault(labels, []).append(float(one.above_z))
        below.setdefault(labels, []).append(float(one.below_z))
    for labels, values in above.items():
        _drift.labels(*labels).set(max(values))
        _low.labels(*labels).set(max(below[labels]))


async def _stop(db: Database, key: ResultKey, found: Judgement, drift: DriftRules) -> None:
    async with db.tx() as tx:
        is_stopped = await api.stop_drifting(tx, key=key, found=found, drift=drift)
    if is_stopped:
        _stopped.inc()
        _log.error(
            "game stopped: it returned too much",
            brand=key.brand_id,
            game=key.game,
            version=key.version,
            table_hash=key.table_hash,
            bets=found.bets,
            returned=str(found.actual),
            standard_errors=str(found.above_z),
        )
