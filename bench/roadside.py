"""One process's end of the road with everything that the API's process runs beside it.

Keep it beside `fairhouse.app.player`: what is added to the road's company there belongs here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.stage import SEALER
from fairhouse.app.player import FEED_EVERY_S, FOLD_EVERY_S, HOUSE_EVERY_S
from fairhouse.app.subscriptions import Newsroom
from fairhouse.betting.api import Road, WriterSettings
from fairhouse.betting.types import Bet
from fairhouse.brands.api import PauseBoard
from fairhouse.games.api import Games
from fairhouse.identity.api import SessionCache
from fairhouse.platform.database import Database
from fairhouse.platform.loops import run_loop
from fairhouse.platform.push import Hub

READY_S = 60


@dataclass(slots=True)
class Roadside:
    """A road in motion, and the loops beside it."""

    road: Road
    _running: asyncio.Task[None]
    _loops: list[asyncio.Task[None]]

    @staticmethod
    async def started(db: Database, lanes: tuple[int, ...]) -> "Roadside":
        """Own these lanes; returns when they are ours."""
        heard: list[Newsroom] = []

        def on_committed(bets: Sequence[Bet]) -> None:
            heard[0].on_committed(bets)

        road = Road(
            db, sealer=SEALER, settings=WriterSettings(lanes=lanes), on_committed=on_committed
        )
        games = Games(db, road, sealer=SEALER, pauses=lambda _: {})
        news = Newsroom(
            db,
            Hub(),
            SessionCache(db),
            PauseBoard(),
            games,
            road.refresh_house,
            on_player=lambda _: None,  # nobody has a socket here
        )
        heard.append(news)
        await road.refresh_house()
        running = asyncio.create_task(road.run())
        await asyncio.wait_for(road.ready(), READY_S)
        loops = [
            asyncio.create_task(run_loop(name, every, step))
            for name, every, step in _loops(db, road, news)
        ]
        return Roadside(road, running, loops)

    async def stop(self) -> None:
        """Finish what is queued and give the lanes up."""
        self.road.stop()
        await self._running
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)


def _loops(
    db: Database, road: Road, news: Newsroom
) -> list[tuple[str, float, Callable[[], Awaitable[int | None]]]]:
    async def house() -> int:
        await road.refresh_house()
        return 0

    return [
        ("house", HOUSE_EVERY_S, house),
        ("feed", FEED_EVERY_S, news.publish_bets),
        ("hot rows", FOLD_EVERY_S, road.fold),
    ]
