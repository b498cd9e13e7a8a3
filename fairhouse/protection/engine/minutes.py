"""Time played: noted in memory at each request, written once a minute in one statement."""

from datetime import datetime
from uuid import UUID

from fairhouse.identity.types import PlayerId
from fairhouse.platform.database import Database
from fairhouse.platform.outbox import announce
from fairhouse.protection.events import GuardChanged
from fairhouse.protection.store import counts, guards

_DAY_MINUTES = 24 * 60


class PlayClock:
    """One process's notes of who was here in which minute. A minute is counted once for a player,
    however many processes and requests saw them in it.
    """

    def __init__(self) -> None:
        self._seen: dict[int, set[UUID]] = {}

    def note(self, player_id: UUID, now: datetime) -> None:
        """The player asked for something at `now`."""
        minute = now.toordinal() * _DAY_MINUTES + now.hour * 60 + now.minute
        players = self._seen.get(minute)
        if players is None:
            players = self._seen[minute] = set()
        players.add(player_id)

    async def flush(self, db: Database) -> int:
        """Write the minutes that are over; tells lane owners whose time is used up by them.

        Minutes go in the order of time, each in a transaction of its own; what could not be written
        is tried again with the next flush.
        """
        now = db.now()
        current = now.toordinal() * _DAY_MINUTES + now.hour * 60 + now.minute
        for minute in sorted(key for key in self._seen if key < current):
            await _write(db, minute, self._seen[minute])
            del self._seen[minute]
        return 0


async def _write(db: Database, minute: int, players: set[UUID]) -> None:
    day = datetime.fromordinal(minute // _DAY_MINUTES).date()
    async with db.tx() as tx:
        reached = await counts.add_minute(
            tx, player_ids=list(players), day=day, minute=minute % _DAY_MINUTES
        )
        for player_id, brand_id in reached:
            await guards.touch(tx, player_id=player_id, brand_id=brand_id)
            await announce(tx, GuardChanged(brand_id, PlayerId(player_id), "session_time"))
