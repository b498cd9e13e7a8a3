"""Screening's part of the worker, and how old its lists are."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import structlog
from prometheus_client import Gauge

from fairhouse.platform.database import Database
from fairhouse.screening.engine import floor
from fairhouse.screening.engine.asking import Asker
from fairhouse.screening.engine.importing import is_stale
from fairhouse.screening.store import checks, lists
from fairhouse.screening.types import OFAC

ASK_EVERY_S: Final = 1.0
AGE_EVERY_S: Final = 3600.0

_log = structlog.get_logger("screening")
_age = Gauge("fairhouse_screening_list_age_days", "Days since a list was published", ["list"])


async def health(db: Database, asker: Asker | None) -> Mapping[str, Any]:
    """`/healthz/screening`: how old the list is, said loudly, and who answers."""
    async with db.read() as tx:
        newest = await lists.newest(tx, OFAC)
        count, oldest = await checks.waiting(tx)
        today = tx.now.date()
    published_on = newest.published_on if newest else floor.PUBLISHED_ON
    is_fixture = newest is None or newest.is_fixture
    return {
        "list": OFAC,
        "version": newest.version if newest else floor.VERSION,
        "sha256": newest.sha256.hex() if newest else None,
        "published_on": published_on.isoformat(),
        "age_days": (today - published_on).days,
        "warning": warning(published_on, today, is_fixture=is_fixture),
        "waiting": count,
        "waiting_since": oldest.isoformat() if oldest else None,
        "providers": asker.report() if asker else {},
    }


def warning(published_on: date, today: date, *, is_fixture: bool) -> str | None:
    """What staff must know about the list; None when it is current."""
    days = (today - published_on).days
    if is_fixture:
        return (
            f"FIXTURE: sanctioned addresses as of {published_on}, {days} days old. "
            "Import OFAC's sdn_advanced.xml (runbook list-update)."
        )
    if is_stale(published_on, today):
        return f"OUTDATED: the sanctions list is {days} days old (runbook list-update)."
    return None


async def watch_age(db: Database) -> int:
    """Say it in the log and in the metrics as well."""
    found = await health(db, None)
    _age.labels(OFAC).set(found["age_days"])
    if found["warning"]:
        _log.warning("sanctions list", warning=found["warning"])
    return 0
