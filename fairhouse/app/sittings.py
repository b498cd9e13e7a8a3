"""How long a player has been betting and what it came to: shown on every game (UKGC RTS 13C).

`GET /v1/sitting` reads it from the journal. Whoever bets while their socket is open here is told of
every change: once a second we read what the journal got in the lanes of those players, up to the
same number in each lane for all of them. So what is pushed is the journal's sum at that number,
whichever process wrote it; nothing is kept but what can be read again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from fairhouse.app.subscriptions import message
from fairhouse.app.ws import player_channel
from fairhouse.betting import api as betting
from fairhouse.betting.types import Sitting
from fairhouse.identity.types import Session
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.money import format_units
from fairhouse.platform.database import Database, Tx
from fairhouse.platform.push import Hub


class SittingView(BaseModel):
    """Bets without a pause of half an hour between them."""

    since: datetime | None
    """The first bet; null: no sitting runs."""
    net: dict[str, str]
    """By currency: won less staked. The stake of an open round counts as staked."""


def view(found: Sitting) -> SittingView:
    """As it is told."""
    net = {
        str(code): format_units(units, currency(code).scale) for code, units in found.nets.items()
    }
    return SittingView(since=found.since, net=net)


def routes(db: Database, player: Callable[[Request], Awaitable[Session]]) -> APIRouter:
    """`/v1/sitting`."""
    router = APIRouter(tags=["account"])

    @router.get("/v1/sitting")
    async def sitting(session: Annotated[Session, Depends(player)]) -> SittingView:
        """How long the player has been betting, and what it came to; pushed as `sitting`."""
        async with db.read() as tx:
            return view(await betting.sitting(tx, player_id=session.player_id))

    return router


@dataclass(slots=True)
class _Held:
    lane: int
    sitting: Sitting


class Sittings:
    """What this process tells of sittings."""

    def __init__(self, db: Database, hub: Hub) -> None:
        self._db = db
        self._hub = hub
        self._new: set[UUID] = set()
        self._held: dict[UUID, _Held] = {}
        self._seen: dict[int, int] = {}
        """By lane: up to where every held sitting is complete."""

    def note(self, player_id: UUID) -> None:
        """Somebody bet whose socket is open here."""
        if player_id not in self._held:
            self._new.add(player_id)

    async def step(self) -> int:
        """Tell what changed; for `Process.loop`."""
        self._forget_gone()
        new, self._new = self._new, set()
        if not new and not self._held:
            self._seen.clear()
            return 0
        async with self._db.read() as tx:
            changed = await self._read(tx, new)
        for player_id in changed:
            text = message("sitting", view(self._held[player_id].sitting).model_dump(mode="json"))
            self._hub.publish(player_channel(player_id), text, state="sitting")
        return 0

    def _forget_gone(self) -> None:
        gone = [one for one in self._held if not self._hub.has_listeners(player_channel(one))]
        for player_id in gone:
            del self._held[player_id]

    async def _read(self, tx: Tx, new: set[UUID]) -> set[UUID]:
        """Bring every sitting to the same number of its lane; returns whose changed."""
        lanes = await betting.lanes_of(tx, player_ids=list(new)) if new else {}
        held = {one.lane for one in self._held.values()}
        wanted = held | set(lanes.values())
        newest = await betting.newest_seqs(tx, lanes=sorted(wanted))
        ranges = {
            lane: (self._seen[lane], upto)
            for lane, upto in newest.items()
            if lane in held and self._seen[lane] < upto
        }
        more = await betting.moved(tx, ranges=ranges, players=list(self._held)) if ranges else {}
        for player_id, found in more.items():
            one = self._held[player_id]
            longer = betting.continued(one.sitting, found)
            if longer is None or not betting.is_whole(longer, tx.now):
                lanes[player_id] = one.lane
            else:
                one.sitting = longer
        for player_id, lane in lanes.items():
            upto = newest.get(lane, 0)
            found = await betting.sitting(tx, player_id=player_id, upto=upto)
            self._held[player_id] = _Held(lane, found)
        self._seen = {lane: newest.get(lane, self._seen.get(lane, 0)) for lane in wanted}
        return more.keys() | lanes.keys()
