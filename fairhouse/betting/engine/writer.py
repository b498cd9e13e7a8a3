"""The lane owner: takes lanes, and commits what is queued for them, batch after batch.

One writer per process owns any number of lanes. When it is idle it takes what is queued, at most
512 commands, without a timer: under load batches fill up while the last one commits. It has one
connection of its own; each batch is one statement on it (`store.batch`).
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from fairhouse.betting.engine.committing import LOST, Committer
from fairhouse.betting.engine.house import House
from fairhouse.betting.engine.leases import Leases, elsewhere
from fairhouse.betting.engine.memory import Memory
from fairhouse.betting.engine.work import Exclusive, Work
from fairhouse.betting.store import batch
from fairhouse.betting.types import BATCH_MAX, LANES, Bet, Bettor, Busy, Entry, Place, Step
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Connection, Database

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
        settings: WriterSettings | None = None,
        on_committed: Callable[[Sequence[Entry]], None] | None = None,
    ) -> None:
        self._db = db
        self._settings = settings or WriterSettings()
        self._leases = Leases(
            self._settings.lanes, self._settings.lease_s, address=self._settings.address
        )
        self._committer = Committer(
            db=db,
            memory=Memory(sealer),
            house=house,
            leases=self._leases,
            on_committed=on_committed,
        )
        self._queue: deque[Work | Exclusive] = deque()
        self._wake = asyncio.Event()
        self._ready = asyncio.Event()
        self._empty = asyncio.Event()
        self._stopping = False

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

    async def submit(self, command: Place | Step) -> Bet:
        """Queue a command and wait for its answer.

        Refuses with Busy, LaneElsewhere, DatabaseUnavailable (outcome unknown: repeat with the
        same id), and with whatever the command meets.
        """
        self._check_takes(command.bettor)
        answer: asyncio.Future[Bet] = asyncio.get_running_loop().create_future()
        self._queue.append(Work(command, answer, time.monotonic()))
        self._wake.set()
        return await answer

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
        return self._stopping and not self._queue

    def _drop_everything(self) -> None:
        """In doubt: nobody keeps waiting, nothing stays believed."""
        self._leases.forget()
        self._ready.clear()
        self._committer.forget_all()
        while self._queue:
            self._queue.popleft().fail(elsewhere())

    async def _serve(self, connection: Connection) -> None:
        await batch.prepare(connection, lock_timeout_ms=self._settings.lock_timeout_ms)
        async with self._leases.attending(connection, self._wake):
            while not self._is_done:
                if self._leases.wait_s() == 0:
                    await self._keep_lanes(connection)
                if self._leases.leaving:
                    await self._let_go(connection)
                if self._queue:
                    await self._work(connection)
                else:
                    await self._sleep()
                # Let those who were answered go on: their next command joins the next batch.
                await asyncio.sleep(0)
            await self._leases.release(connection)

    async def _work(self, connection: Connection) -> None:
        first = self._queue[0]
        if isinstance(first, Exclusive):
            self._queue.popleft()
            await self._committer.run_exclusive(first)
            return
        taken = self._take_batch()
        if taken:
            later = await self._committer.commit(connection, taken)
            self._queue.extendleft(reversed(later))

    def _take_batch(self) -> list[Work]:
        taken: list[Work] = []
        while self._queue and len(taken) < BATCH_MAX:
            item = self._queue[0]
            if isinstance(item, Exclusive):
                break
            self._queue.popleft()
            if item.answer.done():
                continue
            if self._leases.holds(item.command.bettor.lane):
                taken.append(item)
            else:
                item.fail(elsewhere())
        return taken

    async def _keep_lanes(self, connection: Connection) -> None:
        changed = await self._leases.keep(connection, take_more=not self._stopping)
        if changed:
            self._committer.forget_all()
        if self._leases.is_complete:
            self._ready.set()
        else:
            self._ready.clear()
        self._note_empty()

    async def _let_go(self, connection: Connection) -> None:
        """Release lanes that are to leave us, once all that was queued for them is answered."""
        busy = {_lane_of(item) for item in self._queue}
        if await self._leases.let_go(connection, busy):
            self._committer.forget_all()
        self._note_empty()

    def _note_empty(self) -> None:
        if self._leases.held:
            self._empty.clear()
        else:
            self._empty.set()

    async def _sleep(self) -> None:
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(self._leases.wait_s(), 0.001))


def _lane_of(item: Work | Exclusive) -> int:
    return item.bettor.lane if isinstance(item, Exclusive) else item.command.bettor.lane
