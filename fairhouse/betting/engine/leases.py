"""The lanes that this process owns: a fair share, leases kept, lost lanes noticed, numbers given.

Every process says which lanes it would own and looks at who else is alive. Whoever has more than
its share lets the surplus go in good order: it takes nothing more for those lanes, finishes what is
queued, and releases them (`leaving`); whoever has less takes what is free or has run out.
"""

import asyncio
import math
import os
import socket
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import structlog

from fairhouse.betting.store import lanes
from fairhouse.betting.tables import LaneHold, OwnerSight, Sight
from fairhouse.betting.types import LaneElsewhere
from fairhouse.platform.database import Connection, is_gone

_log = structlog.get_logger("betting")

_RETRY_S: Final = 0.1
_RENEWALS_PER_LEASE: Final = 3
_HOST_LETTERS_MAX: Final = 24


class Leases:
    """What is ours, as far as we know; the fence in every batch knows for certain."""

    def __init__(
        self, wanted: tuple[int, ...], lease_s: float, *, address: str | None = None
    ) -> None:
        host = socket.gethostname()[:_HOST_LETTERS_MAX]
        self.owner = f"{host}:{os.getpid()}:{os.urandom(4).hex()}"
        self.address = address
        """Where other processes forward requests for our lanes to."""
        self._wanted = frozenset(wanted)
        self._lease_s = lease_s
        self._held: dict[int, LaneHold] = {}
        self._leaving: frozenset[int] = frozenset()
        self._is_leaving = False
        self._share: int | None = None
        self._sight = Sight({}, ())
        self._last_seqs: dict[int, int] = {}
        self._life = 0
        self._due_at_s = time.monotonic()
        self.fresh: set[int] = set()
        """Taken, and their journal not yet folded (`Memory.make_sure`)."""

    def __contains__(self, lane: int) -> bool:
        """Whether a new command of this lane is ours to take."""
        return lane in self._held and lane not in self._leaving

    def holds(self, lane: int) -> bool:
        """Whether we may still write the lane, also while it is leaving us."""
        return lane in self._held

    @property
    def tag(self) -> str:
        """The application name of all our connections that write lanes, since the last loss."""
        return f"{self.owner}#{self._life}"

    @property
    def held(self) -> frozenset[int]:
        """Every lane that we may write."""
        return frozenset(self._held)

    @property
    def leaving(self) -> frozenset[int]:
        """Lanes to let go once nothing of theirs is queued."""
        return self._leaving

    @property
    def is_complete(self) -> bool:
        """Whether we hold exactly our share."""
        return self._share == len(self._held) and not self._is_leaving

    @property
    def has_peers(self) -> bool:
        """Whether another process would take our lanes."""
        return any(
            peer.name != self.owner and not peer.is_leaving and peer.lanes & self._wanted
            for peer in self._sight.owners
        )

    @property
    def house_lane(self) -> int:
        """The lane whose house accounts this owner books to: one house row per batch."""
        if not self._held:
            raise elsewhere()
        return min(self._held)

    @property
    def holdings(self) -> list[LaneHold]:
        """The same lanes with their epochs and newest sequence numbers."""
        return [self._held[lane] for lane in sorted(self._held)]

    def address_of(self, lane: int) -> str | None:
        """Where the lane's owner takes requests; None when nobody does."""
        if lane in self:
            return self.address
        seen = self._sight.lanes.get(lane)
        return None if seen is None or seen.is_free else seen.address

    def last_seq(self, lane: int) -> int | None:
        """The newest sequence number that we gave in this lane; None when it was never ours."""
        hold = self._held.get(lane)
        return self._last_seqs.get(lane) if hold is None else hold.lane_seq

    def wait_s(self) -> float:
        """Seconds until `keep` is due; 0 when it is."""
        return max(self._due_at_s - time.monotonic(), 0)

    def due_now(self) -> None:
        """A fence did not hold, or a lane changed hands: look at once."""
        self._due_at_s = 0

    def begin_leaving(self) -> None:
        """Hand everything over and take nothing more."""
        self._is_leaving = True
        self.due_now()

    def forget(self) -> None:
        """The connection is gone: nothing is ours until it is taken again."""
        self._drop(self.held)
        self._leaving = frozenset()
        self._share = None
        self._due_at_s = 0

    def epochs(self, used: set[int]) -> dict[int, int]:
        """The epochs of these lanes, in the order in which they are locked.

        Refuses with LaneElsewhere when one of them is not ours any more.
        """
        if not used <= self._held.keys():
            raise elsewhere()
        return {lane: self._held[lane].epoch for lane in sorted(used)}

    def epoch(self, lane: int) -> int:
        """Refuses with LaneElsewhere when the lane is not ours."""
        hold = self._held.get(lane)
        if hold is None:
            raise elsewhere()
        return hold.epoch

    def next_seq(self, lane: int) -> int:
        """The lane's next sequence number; one that is not committed is left out for ever."""
        hold = self._held[lane]
        hold.lane_seq += 1
        return hold.lane_seq

    @asynccontextmanager
    async def attending(self, connection: Connection, wake: asyncio.Event) -> AsyncGenerator[None]:
        """Keep lanes over this connection: named after us, and told when lanes change hands."""
        self._life += 1
        await connection.execute("select set_config('application_name', $1, false)", self.tag)

        def on_news(*_: object) -> None:
            self.due_now()
            wake.set()

        await connection.add_listener(lanes.CHANNEL, on_news)
        try:
            yield
        finally:
            if not is_gone(connection):
                await connection.remove_listener(lanes.CHANNEL, on_news)

    async def keep(self, connection: Connection, *, take_more: bool) -> frozenset[int]:
        """Renew what is ours, mark our surplus as leaving, take what we lack and may.

        Returns the lanes whose former memory is worth nothing: those lost and those taken.
        """
        changed: frozenset[int] = frozenset()
        self._due_at_s = math.inf
        try:
            changed = await self._keep(connection, take_more=take_more)
        except asyncpg.LockNotAvailableError:
            _log.info("a lane row is busy; again in a moment")
        pause_s = self._lease_s / _RENEWALS_PER_LEASE
        if not self.is_complete:
            pause_s = min(_RETRY_S, pause_s)
        # News that came meanwhile have set it to now: they may be newer than what we saw.
        self._due_at_s = min(self._due_at_s, time.monotonic() + pause_s)
        return changed

    async def _keep(self, connection: Connection, *, take_more: bool) -> frozenset[int]:
        me = OwnerSight(self.owner, self._wanted, self._is_leaving)
        await lanes.register(connection, me, self.address, self._lease_s)
        lost = await self._renew(connection)
        self._sight = await lanes.look(connection)
        self._share = share_of(self.owner, self._sight.owners)
        held = sorted(self._held)
        # The lowest stay: the house account of the lowest is the one we book to.
        self._leaving = frozenset(held[self._share :])
        lacking = self._share - len(held)
        free = [
            lane
            for lane in sorted(self._wanted - self._held.keys())
            if self._sight.lanes[lane].is_free or self._sight.lanes[lane].owner == self.owner
        ]
        if not take_more or lacking <= 0 or not free:
            return lost
        taken = await lanes.take(connection, self.owner, self.tag, free[:lacking], self._lease_s)
        self._held.update({hold.lane: hold for hold in taken})
        self.fresh |= {hold.lane for hold in taken}
        if taken:
            _log.info("lanes taken", lanes=sorted(hold.lane for hold in taken))
        return lost | {hold.lane for hold in taken}

    async def _renew(self, connection: Connection) -> frozenset[int]:
        if not self._held:
            return frozenset()
        epochs = self.epochs(set(self._held))
        kept = await lanes.renew(connection, self.owner, epochs, self._lease_s)
        lost = self.held.difference(kept)
        self._drop(lost)
        if lost:
            _log.warning("lanes lost", lanes=sorted(lost))
        return lost

    async def let_go(self, connection: Connection, busy: Iterable[int]) -> frozenset[int]:
        """Release the leaving lanes that nothing is queued for; returns which."""
        idle = self._leaving.difference(busy)
        if not idle:
            return frozenset()
        try:
            await lanes.release(connection, self.owner, sorted(idle))
        except asyncpg.LockNotAvailableError:
            return frozenset()
        self._drop(idle)
        self._leaving -= idle
        _log.info("lanes handed over", lanes=sorted(idle))
        return idle

    def _drop(self, dropped: frozenset[int]) -> None:
        for lane in dropped:
            self._last_seqs[lane] = self._held.pop(lane).lane_seq
        self.fresh -= dropped

    async def release(self, connection: Connection) -> None:
        """Give everything up, so that nobody has to wait for it."""
        held = sorted(self._held)
        self.forget()
        await lanes.release(connection, self.owner, held)
        await lanes.leave(connection, self.owner)


def share_of(owner: str, owners: Sequence[OwnerSight]) -> int:
    """How many lanes are this owner's, when all of them share fairly.

    Lane by lane, to whoever wants it and has the fewest so far: the numbers differ by one at most.
    What others want must be the same lanes, or none of them.
    """
    staying = sorted((one for one in owners if not one.is_leaving), key=lambda one: one.name)
    counts: Counter[str] = Counter()
    for lane in sorted({lane for one in staying for lane in one.lanes}):
        wanting = [one.name for one in staying if lane in one.lanes]
        counts[min(wanting, key=lambda name: counts[name])] += 1
    return counts[owner]


def elsewhere() -> LaneElsewhere:
    """The refusal for a lane that is not ours, or is being handed over."""
    return LaneElsewhere(
        "Bets of this player are being taken over by another process; repeat in a moment with the "
        "same id.",
        retry_after_ms=500,
    )
