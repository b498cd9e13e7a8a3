"""From commands to journal lines: load, form, write; split where it fails.

Two batches overlap: while one is being written, the next forms as if that were committed. Before
the next is sent, whatever the database refused of the first is taken back from it.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from fairhouse.betting.engine.answering import Answers, OnCommitted, id_conflict
from fairhouse.betting.engine.forming import Forming, undo
from fairhouse.betting.engine.house import House
from fairhouse.betting.engine.leases import Leases, elsewhere
from fairhouse.betting.engine.measuring import Meter, Outcome
from fairhouse.betting.engine.memory import Memory
from fairhouse.betting.engine.work import Exclusive, Group, Work
from fairhouse.betting.store import lanes
from fairhouse.betting.store.batch import commit_batch
from fairhouse.betting.tables import Batch, BatchResult
from fairhouse.betting.types import BATCH_MAX, Busy
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import (
    Connection,
    Database,
    DatabaseBusy,
    DatabaseUnavailable,
    is_gone,
    is_starved,
)

_log = structlog.get_logger("betting")

TRIES_MAX: Final = 8
"""How often a command that fails alone, on a lock or on stale memory, is tried again."""

HALF_MIN: Final = 32
"""Fewer commands are not worth two statements: with 16, two owners that share 64 in flight did half
as much."""
GATHER_BELOW: Final = 24
GATHER_S: Final = 0.002
"""A batch of fewer commands than that leaves no sooner after the one before it."""

LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    DatabaseUnavailable,
    OSError,
)
_CONTENDED: Final = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.QueryCanceledError,
    DatabaseBusy,
)
_STALE: Final = "FH001"
"""The SQLSTATE of betting.fail."""


@dataclass(slots=True, eq=False)
class Flight:
    """A batch on its way to the database."""

    forming: Forming
    sent: Batch
    task: "asyncio.Task[BatchResult]"

    @property
    def groups(self) -> list[Group]:
        """By player."""
        return self.forming.groups

    def land(self) -> None:
        """It has its result: its players have nothing under way."""
        for group in self.groups:
            group.player.flying = None

    def fail(self, error: Exception) -> None:
        """Tell everybody in it the same."""
        for group in self.groups:
            for work in group.works:
                work.fail(error)


class Committer:
    """Turns commands into committed bets. What it cannot finish now it returns, in order."""

    def __init__(
        self,
        *,
        db: Database,
        memory: Memory,
        house: House,
        leases: Leases,
        meter: Meter,
        on_committed: OnCommitted | None,
        on_written: Callable[[], None],
    ) -> None:
        """`on_written` is called when a batch that was launched has its result."""
        self._db = db
        self._memory = memory
        self._house = house
        self._leases = leases
        self._meter = meter
        self._on_written = on_written
        self._answers = Answers(db, memory, on_committed)
        self._flight: Flight | None = None
        self._next: Forming | None = None
        self._launched_at_s = time.monotonic()

    def room(self, queued: int) -> int:
        """How many more commands the forming batch takes, of so many.

        Half of all that is here, so that one half forms while the other is written.
        """
        formed = self._next.size if self._next else 0
        flying = self._flight.forming.size if self._flight else 0
        half = (formed + flying + queued + 1) // 2
        return min(max(half, HALF_MIN), BATCH_MAX) - formed

    @property
    def is_busy(self) -> bool:
        """Whether a batch is being written, or forms."""
        return self._flight is not None or self._next is not None

    @property
    def is_flying(self) -> bool:
        """Whether a batch is being written, or has its result and nobody was told yet."""
        return self._flight is not None

    @property
    def is_unsure(self) -> bool:
        """Whether `make_sure` has something to do."""
        return self._memory.is_in_doubt or bool(self._leases.fresh)

    @property
    def has_landed(self) -> bool:
        """Whether the batch that was being written has its result."""
        return self._flight is not None and self._flight.task.done()

    def forget_all(self) -> list[Work]:
        """Memory is in doubt. Returns what was formed and not sent: nothing happened to it.

        Only with nothing under way.
        """
        assert self._flight is None
        formed = self.take_back()
        self._answers.cautious.clear()
        self._memory.forget_all()
        return formed

    def refresh_guards(self, player_ids: Iterable[UUID]) -> None:
        """Read again what binds these players, before their next command is decided."""
        self._memory.unguarded.update(
            player_id for player_id in player_ids if player_id in self._memory.players
        )

    def note_folded(self, cursors: Mapping[int, int]) -> None:
        """By lane the lane_seq up to which hot rows have the journal."""
        self._memory.folded.update(cursors)

    async def abandon(self) -> None:
        """Leave no statement behind on the connection: in a crash a batch may be under way, and
        whether it was committed is not known.
        """
        if self._flight is None:
            return
        task = self._flight.task
        task.cancel()
        self._meter.ends(Outcome.LOST)
        self._flight.fail(DatabaseUnavailable())
        self._flight = None
        await asyncio.gather(task, return_exceptions=True)

    def take_back(self) -> list[Work]:
        """Take the forming batch apart: its commands in order, as if never decided."""
        forming, self._next = self._next, None
        return forming.drop(list(forming.groups)) + forming.later if forming else []

    async def form(self, works: Sequence[Work]) -> None:
        """Add these commands to the next batch; what needs no batch is answered."""
        if self._next is None:
            self._next = self._forming(check_all=False)
        await self._form_into(self._next, works)

    def _forming(self, *, check_all: bool) -> Forming:
        return Forming(
            memory=self._memory,
            house=self._house,
            house_lane=self._leases.house_lane,
            next_seq=self._leases.next_seq,
            at=self._db.now(),
            check_all=check_all,
        )

    async def _form_into(self, forming: Forming, works: Sequence[Work]) -> None:
        works = [
            work for work in works if not (work.answer.done() or self._answers.from_memory(work))
        ]
        cautious = self._answers.cautious
        forming.add(works, cautious)
        if forming.missing:
            missing, forming.missing = forming.missing, []
            async with self._db.tx() as tx:
                await self._memory.load(tx, missing, forming.house_lane)
            forming.add(missing, cautious, loaded=True)
        for work, bet in forming.answered:
            work.resolve(bet)
        forming.answered.clear()
        if forming.refused:
            refused, forming.refused = forming.refused, []
            await self._answers.refuse(refused)

    def due_in_s(self) -> float:
        """How long the formed batch should still gather before it leaves; 0 when it should go.

        A small batch keeps its distance from the one before: a statement costs as much as forty of
        its lines. Whoever bets alone never waits.
        """
        if self._next is None or self._next.size >= GATHER_BELOW:
            return 0
        return max(self._launched_at_s + GATHER_S - time.monotonic(), 0)

    def launch(self, connection: Connection) -> list[Work]:
        """Send the formed batch on its way, if it is due; returns what did not fit into it."""
        assert self._flight is None
        forming = self._next
        if forming is None or self.due_in_s() > 0:
            return []
        self._next = None
        self._launched_at_s = time.monotonic()
        if forming.groups:
            self._flight = self._send(connection, forming)
            self._flight.task.add_done_callback(self._written)
        return forming.later

    def _written(self, _: "asyncio.Task[BatchResult]") -> None:
        self._on_written()

    def _send(self, connection: Connection, forming: Forming) -> Flight:
        sent = forming.fly(self._memory.fresh_since_ms(int(forming.at.timestamp() * 1000)))
        used = {group.player.lane for group in forming.groups} | {forming.house_lane}
        writing = commit_batch(connection, self._leases.epochs(used), sent)
        self._meter.begins(forming.groups, forming.size, used)
        return Flight(forming, sent, asyncio.create_task(writing))

    async def land(self, connection: Connection) -> list[Work]:
        """Wait for the batch under way; send the next one, then answer everybody.

        Returns commands that wait for the batch after. Raises one of LOST when the connection is
        gone: everybody in the batch has been told then that the outcome is unknown.
        """
        flight = self._flight
        assert flight is not None
        try:
            result = await flight.task
        except Exception as error:  # noqa: BLE001 - told to whom it concerns
            return await self._failed(connection, flight, error)
        self._flight = None
        flight.land()
        self._meter.ends(Outcome.FENCED if result.fenced else Outcome.COMMITTED)
        if result.fenced:
            return self._fenced(flight)
        dropped = self._take_back_refused(flight.groups, result)
        later = self.launch(connection)
        if self._next is not None:
            later = self._next.release()
        # Let the next batch leave before the answers of this one keep us busy.
        await asyncio.sleep(0)
        return await self._answer(flight, result) + dropped + later

    async def _answer(self, flight: Flight, result: BatchResult) -> list[Work]:
        return await self._answers.give(flight.groups, flight.sent.whats, flight.sent.at, result)

    def _take_back_refused(self, groups: Sequence[Group], result: BatchResult) -> list[Work]:
        """Players who were refused: undo them, and what was formed as if they were not."""
        if not result.refused:
            return []
        refused = [group for group in groups if group.cash_account in result.refused]
        formed = [group.player.forming for group in refused]
        waiting = [group for group in formed if group is not None]
        dropped = self._next.drop(waiting) if self._next else []
        for group in refused:
            undo(group)
        return dropped

    def _fenced(self, flight: Flight) -> list[Work]:
        """One of the lanes is lost: nothing was written, and what follows must not be believed."""
        self._leases.due_now()
        flight.fail(elsewhere())
        return self.forget_all()

    async def _failed(self, connection: Connection, flight: Flight, error: Exception) -> list[Work]:
        """The statement failed as a whole: find the guilty command, so that the others go on."""
        self._flight = None
        works = [work for group in flight.groups for work in group.works]
        if isinstance(error, LOST) or is_gone(connection) or is_starved(error):
            self._meter.ends(Outcome.LOST)
            flight.fail(DatabaseUnavailable())
            raise DatabaseUnavailable from error
        self._meter.ends(Outcome.SPLIT)
        waiting = self.forget_all()
        return await self._split(connection, works, error) + waiting

    async def _split(
        self, connection: Connection, works: list[Work], error: Exception
    ) -> list[Work]:
        """Write the halves one after the other, and theirs; the guilty one ends up alone."""
        later: list[Work] = []
        # An id that is taken is looked up first: perhaps nobody is guilty.
        parts = [works] if _is_id_taken(error) else _halves(works)
        try:
            while parts:
                left = await self._commit_or_halve(connection, parts.pop(), parts)
                # Nothing of a player may overtake what they asked before.
                if parts:
                    parts[-1] = left + parts[-1]
                else:
                    later = left
        except BaseException:
            for work in works:
                work.fail(DatabaseUnavailable())
            raise
        return later

    async def _commit_or_halve(
        self, connection: Connection, part: list[Work], parts: list[list[Work]]
    ) -> list[Work]:
        try:
            return await self._commit_alone(connection, part)
        except LOST:
            self._meter.ends(Outcome.LOST)
            raise
        except Exception as error:
            if is_gone(connection) or is_starved(error):
                self._meter.ends(Outcome.LOST)
                raise DatabaseUnavailable from error
            self._memory.forget_all()
            if len(part) == 1:
                self._meter.ends(Outcome.FAILED)
                return await self._failed_alone(part[0], error)
            self._meter.ends(Outcome.SPLIT)
            parts += _halves(part)
            return []

    async def _commit_alone(self, connection: Connection, part: list[Work]) -> list[Work]:
        """One batch with nothing else under way, every id looked up before."""
        await self.make_sure()
        forming = self._forming(check_all=True)
        await self._form_into(forming, part)
        if not forming.groups:
            return forming.later
        flight = self._send(connection, forming)
        result = await flight.task
        flight.land()
        self._meter.ends(Outcome.FENCED if result.fenced else Outcome.COMMITTED)
        if result.fenced:
            return self._fenced(flight) + forming.later
        self._take_back_refused(flight.groups, result)
        return await self._answer(flight, result) + forming.later

    async def make_sure(self) -> None:
        """Fold what the journal has of our lanes, so that players can be loaded from it.

        After lanes were taken, and when memory is in doubt; only with nothing under way.
        """
        if self.is_unsure:
            await self._memory.make_sure(self._db, self._leases.held)
            self._leases.fresh.clear()

    async def _failed_alone(self, work: Work, error: Exception) -> list[Work]:
        """One command that the database refuses as a whole, by itself."""
        if _is_id_taken(error):
            work.fail(id_conflict())
        elif _is_stale(error) or isinstance(error, _CONTENDED):
            work.tries += 1
            if work.tries < TRIES_MAX:
                await asyncio.sleep(0.001 * 2**work.tries)
                return [work]
            _log.warning("a command met too much contention", error=repr(error))
            work.fail(Busy("This player's rows are busy; repeat with the same id."))
        else:
            await self._answers.refuse([(work, error)])
        return []

    async def run_exclusive(self, item: Exclusive) -> None:
        """Run a job alone in its player's lane, with nothing under way; afterwards the player is
        loaded anew: the job has made their row whole.
        """
        bettor = item.bettor
        try:
            epoch = self._leases.epoch(bettor.lane)
            async with self._db.tx() as tx:
                if not await lanes.is_held(tx, bettor.lane, epoch):
                    raise elsewhere()
                await item.job(tx, await self._memory.player(tx, bettor))
        except LOST:
            item.fail(DatabaseUnavailable())
            raise
        except Refusal as refusal:
            item.fail(refusal)
        except Exception as error:  # noqa: BLE001 - goes to the one who asked
            self._memory.forget_all()
            item.fail(error)
        else:
            self._memory.forget(bettor.player_id)
            item.finish()


def _halves(works: list[Work]) -> list[list[Work]]:
    """The parts to try next, the first one last."""
    middle = len(works) // 2
    return [works[middle:], works[:middle]] if middle else [works]


def _is_id_taken(error: Exception) -> bool:
    """Another lane has committed an entry under the same id at this moment."""
    return isinstance(error, asyncpg.UniqueViolationError) and str(error.table_name).startswith(
        "entry"
    )


def _is_stale(error: Exception) -> bool:
    """The database does not stand where the owner believed; memory is forgotten by now."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return True
    return isinstance(error, asyncpg.PostgresError) and error.sqlstate == _STALE
