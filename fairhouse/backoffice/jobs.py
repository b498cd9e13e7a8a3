"""The watch over what games return."""

from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from fairhouse.backoffice import api
from fairhouse.backoffice.api.games import WINDOWS
from fairhouse.platform.database import Database
from fairhouse.reports import api as reports
from fairhouse.reports.api import DriftRules, Judgement
from fairhouse.reports.types import ResultKey

DRIFT_EVERY_S: Final = 5.0


_log = structlog.get_logger("backoffice")

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
