"""Bets that other processes commit, for the sockets of this one.

A player's socket may be open here while another process owns their lane. Every quarter of a second
we read what was committed in foreign lanes beyond what we know: by (lane, lane_seq), which is the
order of commits. It is bounded: who cannot keep up sees the newest. Nothing is read while nobody
listens, or while all lanes are ours.
"""

from typing import Final

from fairhouse.app.subscriptions import Newsroom
from fairhouse.betting import api as betting
from fairhouse.betting.api import Road
from fairhouse.betting.types import LANES, Told
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.push import Hub

TOLD_MAX: Final = 500
"""Per lane and step; more than 30,000 a second over all."""


class LaneTail:
    """Where we stand in the lanes that are not ours."""

    def __init__(self, db: Database, road: Road, hub: Hub, news: Newsroom) -> None:
        self._db = db
        self._road = road
        self._hub = hub
        self._news = news
        self._places: dict[int, int] = {}

    async def step(self) -> int:
        """Tell what is new; for `Process.loop`."""
        foreign = {lane for lane in range(LANES) if not self._road.owns(lane)}
        if not foreign and not self._places:
            return 0
        if not self._hub.has_any:
            self._places.clear()
            return 0
        self._news.begin_elsewhere()
        async with self._db.read() as tx:
            found = await self._read(tx, foreign)
        # A lane that became ours tells its own news by now, perhaps newer than these.
        moved = [one for one in found if one.lane not in foreign]
        await self._news.on_elsewhere([one for one in found if one.lane in foreign], moved)
        return 0

    async def _read(self, tx: Tx, foreign: set[int]) -> list[Told]:
        newest = await betting.newest_seqs(tx, lanes=sorted(foreign | self._places.keys()))
        ranges: dict[int, tuple[int, int]] = {}
        for lane, upto in newest.items():
            after = self._places.get(lane, self._road.last_seq(lane))
            if after is not None and after < upto:
                ranges[lane] = (after, upto)
        self._places = {lane: newest.get(lane, self._places.get(lane, 0)) for lane in foreign}
        return await betting.told(tx, ranges=ranges, limit=TOLD_MAX) if ranges else []
