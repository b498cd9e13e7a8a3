"""What a process knows of the rounds now, and tells the sockets that follow a game.

It reads the books whenever something was committed, and a few times a second besides; the
multiplier it counts by its own clock from the run's beginning, like everybody who watches. What it
tells is news: money is decided by the runner and the road.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import structlog

from fairhouse.betting import api as betting
from fairhouse.games.crash import rules, store
from fairhouse.games.crash.types import CRASH, LIVE, ROUND_PREFIX, Round, State
from fairhouse.games.crash.views import RoundView, SeatView, round_view, seat_of, seat_of_bet
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.outbox import listening
from fairhouse.platform.push import Hub

TICK_S: Final = 0.25
"""Four times a second."""
SWARM_S: Final = 0.05
SEATS_MAX: Final = 5_000
TOLD_MAX: Final = 500
"""Seats in one message."""
RECONNECT_S: Final = 1.0

_log = structlog.get_logger("crash")
_encode: Final = msgspec.json.Encoder().encode


def channel(game: str, brand_id: int) -> str:
    """Everything that a brand's players see of a game's rounds."""
    return f"live:{game}:{brand_id}"


class _Followed:
    """One game as it was told last."""

    def __init__(self) -> None:
        self.round: Round | None = None
        self.address: str | None = None
        self.seats: set[UUID] = set()
        self.left: set[UUID] = set()
        self.left_since: datetime | None = None


class Stage:
    """One process's view of all live games."""

    def __init__(
        self, db: Database, hub: Hub | None, brand_ids: Callable[[], Sequence[int]]
    ) -> None:
        """Without a hub it only knows, and tells nobody."""
        self._db = db
        self._hub = hub
        self._brand_ids = brand_ids
        self._games = {game: _Followed() for game in LIVE}
        self.changed = asyncio.Event()
        """Set when a round moved on: there may be something to settle."""

    def newest(self, game: str) -> Round | None:
        """The round under way, or the last one, as far as this process has heard."""
        return self._games[game].round

    def runner_address(self, game: str) -> str | None:
        """Where cash-outs of the game are judged; None while nobody runs it."""
        return self._games[game].address

    async def follow(self) -> None:
        """Until cancelled; reconnects as long as it takes."""
        while True:
            try:
                async with listening(self._db, store.CHANNEL) as wake:
                    await self._follow(wake)
            except Exception as error:  # noqa: BLE001 - sockets must hear of the next round
                _log.warning("crash news interrupted", error=repr(error))
            await asyncio.sleep(RECONNECT_S)

    async def _follow(self, wake: asyncio.Event) -> None:
        while True:
            await self.refresh()
            for game in LIVE:
                self.tick(game)
            try:
                await asyncio.wait_for(wake.wait(), TICK_S)
            except TimeoutError:
                continue
            wake.clear()
            # News come in swarms when thousands leave: look once for all of them.
            await asyncio.sleep(SWARM_S)

    async def refresh(self) -> None:
        """Read what is new, and tell it."""
        async with self._db.read() as tx:
            for game in LIVE:
                await self._refresh(tx, game)

    async def _refresh(self, tx: Tx, game: str) -> None:
        followed = self._games[game]
        held = await store.lease(tx, game)
        followed.address = held.address if held.is_valid else None
        found = await store.newest_round(tx, game)
        if found is None:
            return
        before = followed.round
        if before is None or before.id != found.id:
            followed.seats, followed.left, followed.left_since = set(), set(), None
        followed.round = found
        if before is None or (before.id, before.state) != (found.id, found.state):
            self.changed.set()
            for brand_id in self._brand_ids():
                self._tell(game, brand_id, "round", round_view(found, brand_id), whole=True)
        if self._has_watchers(game):
            await self._tell_seats(tx, followed, found)
            await self._tell_left(tx, followed, found)

    async def _tell_seats(self, tx: Tx, followed: _Followed, found: Round) -> None:
        if found.state not in {State.BETTING, State.LOCKED}:
            return
        having = {"round": to_wire(ROUND_PREFIX, found.id)}
        bets = await betting.open_of_game(tx, game=found.game, having=having, limit=SEATS_MAX)
        fresh = [bet for bet in bets if bet.id not in followed.seats]
        followed.seats |= {bet.id for bet in fresh}
        seats: defaultdict[int, list[SeatView]] = defaultdict(list)
        for bet in fresh:
            seats[bet.brand_id].append(seat_of_bet(bet))
        self._tell_many(found, "bets", seats)

    async def _tell_left(self, tx: Tx, followed: _Followed, found: Round) -> None:
        if found.state not in {State.RUNNING, State.CRASHED} or found.game != CRASH:
            return
        since = followed.left_since
        left = await store.left(tx, found.id, since)
        fresh = [one for one in left if one.entrant.bet_id not in followed.left]
        if not fresh:
            return
        followed.left |= {one.entrant.bet_id for one in fresh}
        followed.left_since = max(one.written_at for one in fresh)
        seats: defaultdict[int, list[SeatView]] = defaultdict(list)
        for one in fresh:
            seats[one.entrant.brand_id].append(seat_of(one.entrant, one.taken.multiplier))
        self._tell_many(found, "cash_outs", seats)

    def tick(self, game: str) -> None:
        """The multiplier of a running crash by our clock, for whoever watches."""
        found = self._games[game].round
        if found is None or found.state is not State.RUNNING or game != CRASH:
            return
        assert found.started_at is not None
        at_ms = (self._db.now() - found.started_at) // timedelta(milliseconds=1)
        if at_ms < 0:
            return
        tick = {
            "round": to_wire(ROUND_PREFIX, found.id),
            "at_ms": at_ms,
            "multiplier": rules.shown(rules.multiplier_at(at_ms)),
        }
        for brand_id in self._brand_ids():
            self._tell(game, brand_id, "tick", tick, whole=True)

    def _has_watchers(self, game: str) -> bool:
        hub = self._hub
        return hub is not None and any(
            hub.has_listeners(channel(game, brand_id)) for brand_id in self._brand_ids()
        )

    def _tell_many(self, found: Round, kind: str, seats: defaultdict[int, list[SeatView]]) -> None:
        wire = to_wire(ROUND_PREFIX, found.id)
        for brand_id, views in seats.items():
            for first in range(0, len(views), TOLD_MAX):
                told = [asdict(view) for view in views[first : first + TOLD_MAX]]
                self._tell(found.game, brand_id, kind, {"round": wire, kind: told})

    def _tell(
        self, game: str, brand_id: int, kind: str, data: object, *, whole: bool = False
    ) -> None:
        """`whole`: a newer message of this kind makes this one worthless."""
        name = channel(game, brand_id)
        if self._hub is None or not self._hub.has_listeners(name):
            return
        content = asdict(data) if isinstance(data, RoundView) else data
        text = _encode({"type": f"{game}.{kind}", "data": content}).decode()
        self._hub.publish(name, text, state=f"{game}.{kind}" if whole else None)
