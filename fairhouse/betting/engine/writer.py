"""The lane owner: takes lanes, and commits what is queued for them, batch after batch.

One writer per process owns any number of lanes. It sends what is queued, at most 512 commands,
without a timer: under load the next batch forms while the last one is being written. It has one
connection of its own; each batch is one statement on it (`store.batch`).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from fairhouse.betting.engine.answering import OnCommitted
from fairhouse.betting.engine.committing import LOST, Committer
from fairhouse.betting.engine.house import House
from fairhouse.betting.engine.leases import Leases, elsewhere
from fairhouse.betting.engine.measuring import Meter
from fairhouse.betting.engine.memory import Memory
from fairhouse.betting.engine.work import Exclusive, Work
from fairhouse.betting.store import batch
from fairhouse.betting.types import LANES, Bet, Bettor, Busy, Place, Step
from fairhouse.brands.types import Jurisdiction
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Connection, Database, DatabaseUnavailable

_log = structlog.get_logger("betting")

_RECONNECT_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """Bounds of a lane owner."""

    lanes: tuple[int, ...] = tuple(range(LANES))
    """The lanes it tries to own."""
    queue_max: int = 8_192
    """Commands that may wait; beyond them it says Busy."""
    lease_s: float = 5.0
    """After this time without renewal another process may take its lanes."""
    lock_timeout_ms: int = 250
    """How long a batch waits for rows that a deposit or withdrawal holds."""
    slow_ms: int = 100
    """A batch whose statement takes longer is logged with its plan."""
    address: str | None = None
    """Where other processes forward requests for its lanes to."""


class LaneWriter:
    """Commands in, committed bets out. `run` works until cancelled or stopped."""

    def __init__(
        self,
        db: Database,
        *,
        sealer: Sealer,
        house: House,
        jurisdiction: Callable[[int], Jurisdiction],
        settings: WriterSettings | None = None,
        on_committed: OnCommitted | None = None,
    ) -> None:
        self._db = db
        self._settings = settings or WriterSettings()
        self._leases = Leases(
            self._settings.lanes, self._settings.lease_s, address=self._settings.address
        )
        self._queue: deque[Work | Exclusive] = deque()
        self._taken: deque[list[Work]] = deque()
        """What left the queue and may not be answered yet, for the case that all goes wrong."""
        self.meter = Meter(self._queue, self._leases, slow_after_us=self._settings.slow_ms * 1_000)
        self._wake = asyncio.Event()
        self._committer = Committer(
            db=db,
            memory=Memory(sealer, jurisdiction),
            house=house,
            leases=self._leases,
            meter=self.meter,
            on_committed=on_committed,
            on_written=self._wake.set,
        )
        self._ready = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._empty = asyncio.Event()
        self._stopping = False

    def _new_future(self) -> "asyncio.Future[Bet]":
        """Before Python 3.12 asking for the running loop is a system call: once is enough."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop.create_future()

    async def ready(self) -> None:
        """Wait until our share of the lanes is ours."""
        await self._ready.wait()

    @property
    def is_ready(self) -> bool:
        """Whether our share of the lanes is ours now."""
        return self._ready.is_set()

    @property
    def leases(self) -> Leases:
        """Which lanes are whose."""
        return self._leases

    async def hand_over(self) -> None:
        """Let other processes have our lanes, one by one as their queues run empty; commands for
        them are refused with LaneElsewhere meanwhile. Returns at once when nobody would take them.
        """
        if not self._leases.has_peers:
            return
        self._leases.begin_leaving()
        self._wake.set()
        await self._empty.wait()

    def submit(self, command: Place | Step) -> "asyncio.Future[Bet]":
        """Queue a command; the answer comes when it is committed, or refused.

        Refuses with Busy, LaneElsewhere, DatabaseUnavailable (outcome unknown: repeat with the
        same id), and with whatever the command meets.
        """
        self._check_takes(command.bettor)
        answer: asyncio.Future[Bet] = self._new_future()
        self._queue.append(Work(command, answer, time.monotonic()))
        self._wake.set()
        return answer

    async def submit_exclusive(self, exclusive: Exclusive) -> None:
        """Queue a job that runs alone in its player's lane, and wait for it."""
        self._check_takes(exclusive.bettor)
        self._queue.append(exclusive)
        self._wake.set()
        await exclusive.done

    def _check_takes(self, bettor: Bettor) -> None:
        if self._stopping or bettor.lane not in self._leases:
            raise elsewhere()
        if len(self._queue) >= self._settings.queue_max:
            raise Busy(
                "More bets are waiting than can be taken; repeat in a moment with the same id.",
                retry_after_ms=200,
            )

    def refresh_guards(self, player_ids: Iterable[UUID]) -> None:
        """Read again what binds these players, before their next command is decided."""
        self._committer.refresh_guards(player_ids)

    def note_folded(self, cursors: Mapping[int, int]) -> None:
        """By lane the lane_seq up to which hot rows have the journal: who has nothing beyond it
        may leave memory.
        """
        self._committer.note_folded(cursors)

    def stop(self) -> None:
        """Take nothing more; `run` finishes what is queued, gives the lanes up and ends."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Own lanes and write batches, reconnecting as long as it takes."""
        try:
            while not self._is_done:
                await self._serve_until_lost()
        finally:
            self._drop_everything()

    async def _serve_until_lost(self) -> None:
        """Whatever goes wrong, nobody keeps waiting, and the lanes are taken anew."""
        try:
            async with self._db.connection() as connection:
                await self._serve(connection)
            return
        except LOST as error:
            _log.warning("lane owner lost its connection", error=repr(error))
        except Exception as error:  # noqa: BLE001 - the road must outlive whatever it meets
            _log.error("lane owner failed", exc_info=error)
        self._drop_everything()
        await asyncio.sleep(_RECONNECT_S)

    @property
    def _is_done(self) -> bool:
        return self._stopping and not self._queue and not self._committer.is_busy

    def _drop_everything(self) -> None:
        """In doubt: nobody keeps waiting, nothing stays believed."""
        self._leases.forget()
        self._ready.clear()
        self._put_first(self._committer.forget_all())
        while self._queue:
            self._queue.popleft().fail(elsewhere())
        while self._taken:
            for work in self._taken.popleft():
                work.fail(DatabaseUnavailable())

    async def _serve(self, connection: Connection) -> None:
        self.meter.backend_pid = connection.get_server_pid()
        await batch.prepare(connection, lock_timeout_ms=self._settings.lock_timeout_ms)
        async with self._leases.attending(connection, self._wake):
            try:
                while not self._is_done:
                    await self._work(connection)
                    await self._sleep()
            finally:
                await self._committer.abandon()
            await self._leases.release(connection)

    async def _work(self, connection: Connection) -> None:
        """One turn: what came in joins the next batch, and is sent when none is under way."""
        self._wake.clear()
        self._db.check_writes()
        if self._needs_quiet:
            await self._be_quiet(connection)
        await self._form()
        if self._committer.has_landed:
            self._put_first(await self._committer.land(connection))
        elif not self._committer.is_flying:
            self._put_first(self._committer.launch(connection))

    @property
    def _needs_quiet(self) -> bool:
        """Leases are due, lanes to be folded or let go, or a job wants to be alone."""
        return (
            self._leases.wait_s() == 0
            or bool(self._leases.leaving)
            or self._committer.is_unsure
            or (bool(self._queue) and isinstance(self._queue[0], Exclusive))
        )

    async def _be_quiet(self, connection: Connection) -> None:
        """Finish what is under way, then do what must not meet a batch."""
        self._put_first(self._committer.take_back())
        if self._committer.is_flying:
            self._put_first(await self._committer.land(connection))
        if self._leases.wait_s() == 0:
            await self._keep_lanes(connection)
        if self._leases.leaving:
            await self._let_go(connection)
        await self._committer.make_sure()
        while self._queue and isinstance(self._queue[0], Exclusive):
            job = self._queue.popleft()
            assert isinstance(job, Exclusive)
            await self._committer.run_exclusive(job)
            await self._committer.make_sure()

    async def _form(self) -> None:
        """Take what is queued into the next batch."""
        taken: list[Work] = []
        room = self._committer.room(len(self._queue))
        while self._queue and len(taken) < room:
            item = self._queue[0]
            if isinstance(item, Exclusive):
                break
            self._queue.popleft()
            if self._leases.holds(item.command.bettor.lane):
                taken.append(item)
            else:
                item.fail(elsewhere())
        if taken:
            while self._taken and all(work.answer.done() for work in self._taken[0]):
                self._taken.popleft()
            self._taken.append(taken)
            await self._committer.form(taken)

    def _put_first(self, works: Sequence[Work]) -> None:
        self._queue.extendleft(reversed(works))

    async def _keep_lanes(self, connection: Connection) -> None:
        changed = await self._leases.keep(connection, take_more=not self._stopping)
        if changed:
            self._put_first(self._committer.forget_all())
        if self._leases.is_complete:
            self._ready.set()
        else:
            self._ready.clear()
        self._note_empty()

    async def _let_go(self, connection: Connection) -> None:
        """Release lanes that are to leave us, once all that was queued for them is answered."""
        busy = {_lane_of(item) for item in self._queue}
        if await self._leases.let_go(connection, busy):
            self._put_first(self._committer.forget_all())
        self._note_empty()

    def _note_empty(self) -> None:
        if self._leases.held:
            self._empty.clear()
        else:
            self._empty.set()

    async def _sleep(self) -> None:
        """Until there is something to do: a command, a written batch, news of lanes, a lease."""
        wait_s = self._leases.wait_s()
        if not self._committer.is_flying:
            gather_s = self._committer.due_in_s()
            if self._is_done or (gather_s == 0 and (self._queue or self._committer.is_busy)):
                await asyncio.sleep(0)
                return
            if self._committer.is_busy:
                wait_s = min(wait_s, gather_s)
        timer = asyncio.get_running_loop().call_later(wait_s, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()


def _lane_of(item: Work | Exclusive) -> int:
    return item.bettor.lane if isinstance(item, Exclusive) else item.command.bettor.lane
