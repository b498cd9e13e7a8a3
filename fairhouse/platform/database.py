"""The unit of work over asyncpg: `async with db.tx() as tx`.

One request or step is one transaction. `tx.now` is read once when the transaction begins;
everything decided in it uses that time.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from fairhouse.kernel.ids import uuid7
from fairhouse.kernel.refusals import Unavailable

T = TypeVar("T")
Record: TypeAlias = asyncpg.Record
Clock = Callable[[], datetime]
Connection: TypeAlias = "asyncpg.Connection[Record] | PoolConnectionProxy[Record]"

RETRIES: Final = 6
_JSONB_VERSION: Final = b"\x01"

_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
# These also arise elsewhere: they count as ours while connecting, or when the connection is gone.
_PERHAPS_LOST: Final = (OSError, TimeoutError, asyncpg.InterfaceError)
_CONTENDED: Final = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached, or was lost on the way.

    Lost during COMMIT, the outcome is unknown: repeat with the same key and the first answer
    comes back.
    """

    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__("The database cannot be reached. Repeat the request with the same key.")


class DatabaseBusy(Unavailable):
    """Another transaction was in the way and nothing was changed; the same request may pass."""

    code = "database_busy"

    def __init__(self) -> None:
        super().__init__("Too many requests touch the same rows. Repeat with the same key.")


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """Bounds of one process's use of the database."""

    size_min: int = 1
    size_max: int = 10
    statement_timeout_ms: int = 15_000
    lock_timeout_ms: int = 5_000
    idle_in_transaction_timeout_ms: int = 30_000
    acquire_timeout_s: int = 10
    silence_timeout_s: int = 5
    """How much longer than its statement's bound an answer may take before the link counts as
    lost: a server, or something before it, that neither answers nor hangs up.
    """
    application_name: str = "fairhouse"


class WritesHalted(Unavailable):
    """This process may not write now; the message says why, and nothing was changed."""

    code = "writes_halted"


class Tx:
    """One running transaction. It knows its time; SQL parameters are $1, $2, …"""

    __slots__ = ("_connection", "_last", "now", "process")

    def __init__(self, connection: Connection, now: datetime, process: str = "fairhouse") -> None:
        self._connection = connection
        self._last: list[tuple[str, Callable[[Tx], Awaitable[None]]]] = []
        self.now: datetime = now
        """The time of everything in this transaction, UTC."""
        self.process: str = process
        """Which process of ours it belongs to, as its connections are named."""

    def new_id(self) -> UUID:
        """A fresh uuid7 of `now`."""
        return uuid7(int(self.now.timestamp() * 1000), os.urandom(10))

    async def fetch(self, sql: str, *values: object) -> list[Record]:
        """All rows."""
        return await self._answer(self._connection.fetch(sql, *values))

    async def fetchrow(self, sql: str, *values: object) -> Record | None:
        """The first row, or None."""
        return await self._answer(self._connection.fetchrow(sql, *values))

    async def fetchval(self, sql: str, *values: object) -> Any:
        """The first column of the first row, or None."""
        return await self._answer(self._connection.fetchval(sql, *values))

    async def execute(self, sql: str, *values: object) -> int:
        """Run a statement; returns how many rows it touched."""
        status = await self._answer(self._connection.execute(sql, *values))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def executemany(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Run one statement for many rows of parameters, in one round trip."""
        await self._answer(self._connection.executemany(sql, rows))

    async def _answer(self, asked: Awaitable[T]) -> T:
        try:
            return await asked
        except TimeoutError as error:
            # Neither answered nor hung up: nobody uses this link again.
            _hang_up(self._connection)
            raise DatabaseUnavailable from error

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """What fails inside is undone alone; the transaction goes on."""
        kept = len(self._last)
        try:
            async with self._connection.transaction():
                yield
        except BaseException:
            del self._last[kept:]
            raise

    async def lock(self, *key: object) -> None:
        """Wait for the advisory lock of this name until the transaction ends."""
        name = ":".join(str(part) for part in key)
        await self._connection.execute(
            "select pg_advisory_xact_lock(hashtextextended($1, 0))", name
        )

    def at_end(self, key: str, step: "Callable[[Tx], Awaitable[None]]") -> None:
        """Do this as the last thing before the commit, in the same transaction.

        For what holds a lock that everybody wants (the end of a chain): it is held only for the
        commit itself. Steps run in the order of their keys, so that transactions that take several
        such locks never wait for each other in a circle.
        """
        self._last.append((key, step))

    async def finish(self) -> None:
        """Run what was left for the end; the unit of work calls it before the commit."""
        waiting = sorted(self._last, key=lambda item: item[0])
        self._last.clear()
        for _, step in waiting:
            await step(self)

    @property
    def connection(self) -> Connection:
        """The bare asyncpg connection, for COPY and prepared statements on the hot road."""
        return self._connection


class Database:
    """The pool of one process under one role."""

    def __init__(self, pool: "asyncpg.Pool[Record]", settings: PoolSettings, clock: Clock) -> None:
        self._pool = pool
        self._settings = settings
        self._clock = clock
        self._halted: str | None = None

    @classmethod
    async def connect(
        cls, url: str, settings: PoolSettings | None = None, *, clock: Clock = system_clock
    ) -> "Database":
        """Open the pool. Refuses with DatabaseUnavailable."""
        chosen = settings or PoolSettings()
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=chosen.size_min,
                max_size=chosen.size_max,
                init=_prepare,
                command_timeout=chosen.statement_timeout_ms / 1_000 + chosen.silence_timeout_s,
                server_settings=_server_settings(chosen),
            )
        except (*_LOST, *_PERHAPS_LOST) as error:
            raise DatabaseUnavailable from error
        return cls(pool, chosen, clock)

    async def close(self) -> None:
        """Close the pool; what still runs is cut off after a moment."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=5)
        except TimeoutError:
            self._pool.terminate()

    def now(self) -> datetime:
        """The injected clock's time."""
        return self._clock()

    @property
    def process(self) -> str:
        """What its connections are named."""
        return self._settings.application_name

    @property
    def halted(self) -> str | None:
        """Why this process may not write; None when it may."""
        return self._halted

    def halt(self, why: str | None) -> None:
        """Write nothing from now on, because of this; None: write again."""
        self._halted = why

    def check_writes(self) -> None:
        """Refuses with WritesHalted."""
        if self._halted is not None:
            raise WritesHalted(self._halted)

    async def skew_s(self, tries: int = 3) -> tuple[float, float]:
        """How far our clock is ahead of the database's, and by how much that may be wrong, in
        seconds; the best of some tries.

        The database's time is the only one that all processes share. What the way to it takes is
        counted half before and half after, as in NTP (RFC 5905); the shortest way errs least, and
        never by more than its half.
        """
        best: tuple[float, float] | None = None
        async with self.connection() as connection:
            for _ in range(tries):
                before = self._clock()
                there = cast("datetime", await connection.fetchval("select clock_timestamp()"))
                after = self._clock()
                way_s = (after - before).total_seconds()
                skew_s = (before - there).total_seconds() + way_s / 2
                if best is None or way_s < best[0]:
                    best = (way_s, skew_s)
        assert best is not None
        return best[1], best[0] / 2

    @asynccontextmanager
    async def tx(self, *, even_if_halted: bool = False) -> AsyncGenerator[Tx]:
        """One read-committed transaction: committed at the end, undone on any exception.

        Refuses with DatabaseUnavailable, DatabaseBusy or WritesHalted.
        """
        if not even_if_halted:
            self.check_writes()
        async with self._transaction("read_committed", readonly=False) as tx:
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        """One read-only snapshot (repeatable read): several queries see the same moment.

        Refuses with DatabaseUnavailable.
        """
        async with self._transaction("repeatable_read", readonly=True) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(
        self, isolation: Literal["read_committed", "repeatable_read"], *, readonly: bool
    ) -> AsyncGenerator[Tx]:
        async with self.connection() as connection:
            try:
                async with connection.transaction(isolation=isolation, readonly=readonly):
                    tx = Tx(connection, self._clock(), self._settings.application_name)
                    yield tx
                    await tx.finish()
            except _CONTENDED as error:
                raise DatabaseBusy from error
            except _LOST as error:
                raise DatabaseUnavailable from error
            except _PERHAPS_LOST as error:
                if is_gone(connection):
                    raise DatabaseUnavailable from error
                raise
            except asyncpg.PostgresError as error:
                if is_starved(error):
                    raise DatabaseUnavailable from error
                raise

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """A bare connection out of the pool, outside of any transaction."""
        try:
            acquired = await self._pool.acquire(timeout=self._settings.acquire_timeout_s)
        except (*_LOST, *_PERHAPS_LOST) as error:
            raise DatabaseUnavailable from error
        try:
            yield acquired
        except (TimeoutError, DatabaseUnavailable):
            # Perhaps still at work on something: it is not given to anybody else.
            _hang_up(acquired)
            raise
        finally:
            # What was committed stays so: a link that breaks only now is the pool's to replace.
            # In the middle of breaking, asyncpg calls it an internal error.
            with contextlib.suppress(*_LOST, *_PERHAPS_LOST, asyncpg.InternalClientError):
                await self._pool.release(acquired)

    async def retrying(self, step: Callable[[Tx], Awaitable[T]]) -> T:
        """Run `step` in a transaction, again from the start when another one was in the way.

        Refuses with DatabaseBusy after 6 tries, and with DatabaseUnavailable.
        """
        for attempt in range(RETRIES):
            try:
                async with self.tx() as tx:
                    return await step(tx)
            except DatabaseBusy:
                if attempt == RETRIES - 1:
                    raise
                await asyncio.sleep(random.uniform(0.5, 1.5) * 0.01 * 2**attempt)
        raise AssertionError("unreachable")


def is_starved(error: BaseException) -> bool:
    """Whether the server lacks disk, memory or sound files: no statement is to blame for it.

    A file that may not grow any further (`ulimit -f`) has no SQLSTATE of its own.
    """
    if isinstance(error, asyncpg.InternalServerError):
        return str(error).startswith(("could not extend file", "could not write"))
    return isinstance(error, asyncpg.InsufficientResourcesError | asyncpg.PostgresSystemError)


def is_gone(connection: Connection) -> bool:
    """Whether the link to the server is lost."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        # A terminated connection leaves the pool at once, and its proxy answers nothing more.
        return True


def _hang_up(connection: Connection) -> None:
    """End a link without asking the other side; one that is gone already stays so."""
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()


def _server_settings(settings: PoolSettings) -> dict[str, str]:
    return {
        "application_name": settings.application_name,
        "statement_timeout": str(settings.statement_timeout_ms),
        "lock_timeout": str(settings.lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(settings.idle_in_transaction_timeout_ms),
        "timezone": "UTC",
    }


async def _prepare(connection: Connection) -> None:
    """Every connection reads and writes jsonb as Python values."""
    await cast("asyncpg.Connection[Record]", connection).set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_to_jsonb, decoder=_from_jsonb, format="binary"
    )


def _to_jsonb(value: object) -> bytes:
    return _JSONB_VERSION + msgspec.json.encode(value)


def _from_jsonb(data: bytes) -> object:
    return msgspec.json.decode(data[1:])
