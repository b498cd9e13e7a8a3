"""How old the lists are, said loudly, and who answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fairhouse.platform.database import Database
from fairhouse.screening.engine import floor
from fairhouse.screening.engine.asking import Asker
from fairhouse.screening.engine.importing import is_stale
from fairhouse.screening.store import checks, lists
from fairhouse.screening.types import OFAC


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
