"""Keeps what binds players on the road up to date with what the tables say.

Whatever changes a guard leaves its time in `protection`. We read what changed since we last looked,
with a minute's overlap for transactions that committed late, and tell the road about players whom
we have not told it about yet. News of `protection` wakes the loop; the requests of this process
that change a guard take the step themselves, so that their answer is true when it is given.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.platform.database import Database
from fairhouse.protection.api import changed_since
from fairhouse.protection.types import GuardChange

OVERLAP: Final = timedelta(minutes=1)
PAGE: Final = 1_000


class GuardWatch:
    """What this process has told its road of changed guards."""

    def __init__(self, db: Database, refresh: Callable[[Iterable[UUID]], None]) -> None:
        self._db = db
        self._refresh = refresh
        self._newest: datetime | None = None
        self._told: dict[UUID, datetime] = {}
        """By player the change that the road was told about; older ones are forgotten."""

    async def step(self) -> int:
        """Tell the road what is new; for `Process.loop`."""
        newest = self._newest or self._db.now()
        found = await self._changes(newest - OVERLAP)
        new = [one for one in found if self._told.get(one.player_id) != one.at]
        if new:
            self._refresh([one.player_id for one in new])
        self._told = {one.player_id: one.at for one in found}
        self._newest = max([newest, *(one.at for one in found)])
        return 0

    async def _changes(self, since: datetime) -> list[GuardChange]:
        """All from a time on, in pages by time."""
        found: dict[UUID, GuardChange] = {}
        async with self._db.read() as tx:
            while True:
                page = await changed_since(tx, since=since, limit=PAGE)
                found.update((one.player_id, one) for one in page)
                if len(page) < PAGE or page[-1].at == since:
                    return list(found.values())
                since = page[-1].at
