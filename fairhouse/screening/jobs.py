"""Screening's part of the worker, and how old its lists are."""

from typing import Final

import structlog
from prometheus_client import Gauge

from fairhouse.platform.database import Database
from fairhouse.screening.engine.health import health
from fairhouse.screening.types import OFAC

ASK_EVERY_S: Final = 1.0
AGE_EVERY_S: Final = 3600.0

__all__ = ["health", "watch_age"]

_log = structlog.get_logger("screening")
_age = Gauge("fairhouse_screening_list_age_days", "Days since a list was published", ["list"])


async def watch_age(db: Database) -> int:
    """Say it in the log and in the metrics as well."""
    found = await health(db, None)
    _age.labels(OFAC).set(found["age_days"])
    if found["warning"]:
        _log.warning("sanctions list", warning=found["warning"])
    return 0
