"""One batch from commands to answers: load, form, write, answer; split where it fails."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter, Histogram

from fairhouse.betting.engine.forming import Formed, Former
from fairhouse.betting.engine.house import House
from fairhouse.betting.engine.leases import Leases, elsewhere
from fairhouse.betting.engine.memory import Memory
from fairhouse.betting.engine.work import Exclusive, Work
from fairhouse.betting.store import lanes, reads
from fairhouse.betting.store.batch import commit_batch
from fairhouse.betting.tables import Group, GroupResult
from fairhouse.betting.types import (
    Bet,
    Busy,
    Entry,
    EntryKind,
    Place,
    bet_of_entry,
    bet_of_round,
)
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.money import format_units
from fairhouse.kernel.refusals import IdempotencyConflict, Refusal
from fairhouse.ledger.types import InsufficientFunds
from fairhouse.platform.database import (
    Connection,
    Database,
    DatabaseBusy,
    DatabaseUnavailable,
    Tx,
    is_gone,
)

_log = structlog.get_logger("betting")

TRIES_MAX: Final = 8
"""How often a command that fails alone, on a lock or on stale memory, is tried again."""

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

_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_waited = Histogram("fairhouse_bet_queue_seconds", "From request to its batch", buckets=_SECONDS)
_took = Histogram("fairhouse_bet_commit_seconds", "One batch statement", buckets=_SECONDS)
_size = Histogram(
    "fairhouse_bet_batch_size", "Entries in a batch", buckets=(1, 4, 16, 64, 128, 256, 512)
)
_splits = Counter("fairhouse_bet_batch_splits_total", "Batches that failed and were split")

OnCommitted = Callable[[Sequence[Entry]], None]


class Committer:
    """Turns batches into answers. Whatever it cannot finish now it returns, in order."""

    def __init__(
        self,
        *,
        db: Database,
        memory: Memory,
        house: House,
        leases: Leases,
        on_committed: OnCommitted | None,
    ) -> None:
        self._db = db
        self._memory = memory
        self._house = house
        self._leases = leases
        self._on_committed = on_committed
        self._cautious: set[UUID] = set()

    def forget_all(self) -> None:
        """Memory is in doubt."""
        self._memory.forget_all()

    async def commit(self, connection: Connection, batch: list[Work]) -> list[Work]:
        """Answer these commands; returns those that wait for the next batch.

        Raises one of LOST when the connection is gone: everybody in the batch has been told then
        that the outcome is unknown.
        """
        later: list[Work] = []
        parts: list[list[Work]] = [batch]
        try:
            while parts:
                part = parts.pop()
                left = await self._commit_or_split(connection, part, parts)
                # Nothing of a player may overtake what they asked before.
                if parts:
                    parts[-1] = left + parts[-1]
                else:
                    later = left
        except BaseException:
            for work in batch:
                work.fail(DatabaseUnavailable())
            raise
        self._cautious &= {work.command.bettor.player_id for work in later}
        return later

    async def _commit_or_split(
        self, connection: Connection, part: list[Work], parts: list[list[Work]]
    ) -> list[Work]:
        """Commit one part, or put its halves on the stack; the guilty ends up alone."""
        try:
            return await self._commit_part(connection, part)
        except LOST:
            raise
        except Exception as error:
            if is_gone(connection):
                raise DatabaseUnavailable from error
            self._memory.forget_all()
            if len(part) == 1:
                return await self._failed_alone(part[0], error)
            _splits.inc()
            middle = len(part) // 2
            parts += [part[middle:], part[:middle]]
            return []

    async def _commit_part(self, connection: Connection, part: list[Work]) -> list[Work]:
        part = [work for work in part if not work.answer.done()]
        house_lane = self._leases.house_lane
        if not self._memory.is_ready_for(part, house_lane):
            async with self._db.tx() as tx:
                await self._memory.load(tx, part, house_lane)
        formed = self._form([work for work in part if not self._is_answered(work)], house_lane)
        for work, bet in formed.answered:
            work.resolve(bet)
        if formed.refused:
            await self._refuse(formed.refused)
        if not formed.groups:
            return formed.later
        started_s = time.monotonic()
        used = {group.player.lane for group in formed.groups} | {house_lane}
        result = await commit_batch(connection, self._leases.epochs(used), formed.groups)
        _measure(formed, started_s)
        if result.fenced:
            self._leases.due_now()
            self._memory.forget_all()
            for work in sum(formed.work, start=formed.later):
                work.fail(elsewhere())
            return []
        return await self._answer(formed, result.groups)

    def _form(self, ready: list[Work], house_lane: int) -> Formed:
        accounts = self._memory.house_accounts

        def house_account(brand_id: int, of: CurrencyCode) -> int:
            return accounts[brand_id, of, house_lane]

        former = Former(
            players=self._memory.players,
            closed=self._memory.closed,
            house=self._house,
            house_account=house_account,
            next_seq=self._leases.next_seq,
            cautious=frozenset(self._cautious),
            now=self._db.now(),
        )
        return former.form(ready)

    def _is_answered(self, work: Work) -> bool:
        """Answer repetitions of what was accepted lately from memory."""
        command = work.command
        found = self._memory.answer_to(command) if isinstance(command, Place) else None
        if found is None or not isinstance(command, Place):
            return False
        fingerprint, bet = found
        try:
            check_same(command, bet.player_id, fingerprint)
        except IdempotencyConflict as refusal:
            work.fail(refusal)
        else:
            work.resolve(bet)
        return True

    async def _answer(self, formed: Formed, results: Sequence[GroupResult]) -> list[Work]:
        """Tell everybody; returns what is to be tried again, before what waits anyway."""
        again: list[Work] = []
        known: list[Work] = []
        committed: list[Entry] = []
        for group, works, result in zip(formed.groups, formed.work, results, strict=True):
            if result.accepted:
                committed += self._accepted(group, works, result.available)
            elif result.known:
                known += works
            elif len(works) > 1:
                self._cautious.add(group.player.player_id)
                again += works
            else:
                works[0].fail(_insufficient(group, result.available))
        self._memory.trim()
        self._tell(committed)
        if known:
            again += await self._answer_known(known)
        return again + formed.later

    def _tell(self, committed: Sequence[Entry]) -> None:
        """Whoever listens must not stand in the way of what is committed."""
        if self._on_committed is None or not committed:
            return
        try:
            self._on_committed(committed)
        except Exception as error:  # noqa: BLE001 - a listener's fault
            _log.error("a listener of committed bets failed", exc_info=error)

    def _accepted(self, group: Group, works: list[Work], available: int) -> list[Entry]:
        entries = [
            msgspec.structs.replace(entry, balance_after=available + entry.balance_after)
            for entry in group.entries
        ]
        rounds = {
            change.after.id: msgspec.structs.replace(
                change.after, balance_after=available + change.after.balance_after
            )
            for change in group.rounds
        }
        for entry, work in zip(entries, works, strict=True):
            if entry.kind is EntryKind.INSTANT:
                bet = bet_of_entry(entry)
                self._memory.remember(entry, bet)
            else:
                bet = bet_of_round(rounds[entry.round_id])
            work.resolve(bet)
        self._memory.apply(group, list(rounds.values()))
        return entries

    async def _answer_known(self, works: list[Work]) -> list[Work]:
        """Some ids are in the journal already: answer those, try the others again."""
        places = {work.command.bet_id: work for work in works if isinstance(work.command, Place)}
        async with self._db.tx() as tx:
            found = await accepted_bets(tx, [work.command for work in places.values()])  # type: ignore[misc]
        left: list[Work] = []
        for work in works:
            answer = found.get(work.command.bet_id) if isinstance(work.command, Place) else None
            if isinstance(answer, Bet):
                work.resolve(answer)
            elif answer is not None:
                work.fail(answer)
            else:
                left.append(work)
        assert len(left) < len(works), "a group is known by one of its ids"
        return left

    async def _refuse(self, refused: Sequence[tuple[Work, Exception]]) -> None:
        """A refusal; but what was accepted before answers as it did then."""
        places = [work.command for work, _ in refused if isinstance(work.command, Place)]
        found: Mapping[UUID, Bet | Refusal] = {}
        if places:
            async with self._db.tx() as tx:
                found = await accepted_bets(tx, places)
        for work, error in refused:
            answer = found.get(work.command.bet_id) if isinstance(work.command, Place) else None
            if isinstance(answer, Bet):
                work.resolve(answer)
            else:
                if not isinstance(error, Refusal):
                    _log.error("a command cannot be decided", exc_info=error)
                work.fail(answer or error)

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
            _log.error("a command fails alone", exc_info=error)
            work.fail(error)
        return []

    async def run_exclusive(self, item: Exclusive) -> None:
        """Run a job alone in its player's lane; afterwards the player is loaded anew."""
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
        except Exception as error:  # noqa: BLE001 - goes to the one who asked
            item.fail(error)
        else:
            item.finish()
        finally:
            self._memory.forget(bettor.player_id)


async def accepted_bets(tx: Tx, commands: Sequence[Place]) -> dict[UUID, Bet | Refusal]:
    """What was accepted under these commands' ids: the bet, or a refusal when it was another."""
    by_id = {command.bet_id: command for command in commands}
    entries = await reads.entries(tx, list(by_id))
    opened = [entry.round_id for entry in entries if entry.kind is EntryKind.OPEN]
    rounds = await reads.rounds(tx, opened) if opened else {}
    found: dict[UUID, Bet | Refusal] = {}
    for entry in entries:
        command = by_id[entry.round_id] if entry.id == entry.round_id else None
        try:
            if command is None:
                raise id_conflict()
            check_same(command, entry.player_id, entry.fingerprint)
        except IdempotencyConflict as conflict:
            found[entry.id] = conflict
            continue
        is_instant = entry.kind is EntryKind.INSTANT
        found[entry.id] = (
            bet_of_entry(entry) if is_instant else bet_of_round(rounds[entry.round_id])
        )
    return found


def check_same(command: Place, player_id: UUID, fingerprint: bytes) -> None:
    """Refuses with IdempotencyConflict; whose the other bet is, is not told."""
    if command.bettor.player_id != player_id or command.fingerprint != fingerprint:
        raise id_conflict()


def id_conflict() -> IdempotencyConflict:
    """The id belongs to another bet, whoever made it."""
    return IdempotencyConflict(
        "This id was used for another bet; make a new id for a new bet.", param="id"
    )


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


def _insufficient(group: Group, available: int) -> InsufficientFunds:
    scale = currency(group.currency).scale
    assert group.need > available, "only a stake can be uncovered"
    return InsufficientFunds(
        f"stake is {format_units(group.need, scale)} {group.currency} but only "
        f"{format_units(available, scale)} is available.",
        param="stake",
        currency=group.currency,
        available=format_units(available, scale),
    )


def _measure(formed: Formed, started_s: float) -> None:
    now_s = time.monotonic()
    _took.observe(now_s - started_s)
    _size.observe(sum(len(works) for works in formed.work))
    for works in formed.work:
        _waited.observe(started_s - works[0].waiting_since_s)
