"""News: events written in the transaction that made them, read in commit-safe order.

`announce` inserts a row and wakes readers at commit. A reader takes rows below the oldest running
transaction only, in the order (transaction, id): an id is drawn before its transaction commits, so
reading by id alone would step over late committers for ever.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import asyncpg
import msgspec

from fairhouse.kernel.events import Event
from fairhouse.platform.database import Database, DatabaseUnavailable, Record, Tx

E = TypeVar("E", bound=Event)

CHANNEL: Final = "outbox"
BATCH: Final = 500
KEPT: Final = timedelta(days=30)
_JSON_SAFE_MAX: Final = 2**53

_INSERT: Final = f"""
with written as (
    insert into platform.outbox (type, version, brand_id, subject, payload, at)
    values ($1, $2, $3, $4, $5, $6)
)
select pg_notify('{CHANNEL}', '')
"""

_BELOW: Final = """
select id, xid::text::bigint as xid, type as kind, version, brand_id, subject, payload, at
from platform.outbox
where (xid, id) > ($1::text::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
order by xid, id
limit $3
"""


@dataclass(frozen=True, slots=True)
class News:
    """One event as it was stored."""

    id: int
    xid: int
    kind: str
    version: int
    brand_id: int
    subject: str
    payload: Mapping[str, Any]
    at: datetime

    def read_as(self, event: type[E]) -> E:
        """The event as its own class; the caller has looked at `kind` and `version`."""
        content = {**self.payload, "brand_id": self.brand_id, "subject": self.subject}
        return msgspec.convert(content, event, strict=False)


async def announce(tx: Tx, event: Event) -> None:
    """Write the event (a frozen dataclass) into this transaction; readers see it after commit."""
    await tx.execute(
        _INSERT,
        event.TYPE,
        event.VERSION,
        event.brand_id,
        event.subject,
        payload_of(event),
        tx.now,
    )


def payload_of(event: Event) -> dict[str, Any]:
    """The event's other fields as JSON; integers beyond 2^53 become strings, as on the wire."""
    content: dict[str, Any] = {
        field.name: getattr(event, field.name)
        for field in fields(event)  # pyright: ignore[reportArgumentType]
        if field.name not in {"brand_id", "subject"}
    }
    plain = msgspec.to_builtins(content)
    return {name: _json_safe(value) for name, value in plain.items()}


def _json_safe(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < _JSON_SAFE_MAX else str(value)
    if isinstance(value, dict):
        return {name: _json_safe(part) for name, part in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_json_safe(part) for part in value]  # pyright: ignore[reportUnknownVariableType]
    return value


Handler = Callable[[Tx, News], Awaitable[None]]


class OutboxReader:
    """One named consumer. Handler and cursor share a transaction: effects happen exactly once."""

    def __init__(self, db: Database, consumer: str, *, batch: int = BATCH) -> None:
        self._db = db
        self._consumer = consumer
        self._batch = batch
        self._limit = batch

    async def step(self, handler: Handler) -> int:
        """Hand at most one batch to `handler`, in order; returns how many rows it was.

        When the handler fails nothing of the batch counts, and the next steps go row by row until
        the guilty one stands alone; it blocks this consumer, and only this one, until it passes.
        """
        try:
            count = await self._step(handler)
        except Exception:
            self._limit = 1
            raise
        if count < self._limit:
            self._limit = self._batch
        return count

    async def _step(self, handler: Handler) -> int:
        async with self._db.tx() as tx:
            cursor = await self._claim(tx)
            if cursor is None:
                return 0
            rows = await tx.fetch(_BELOW, *cursor, self._limit)
            for row in rows:
                await handler(tx, _news(row))
            if rows:
                await self._advance(tx, rows[-1])
            return len(rows)

    async def _claim(self, tx: Tx) -> tuple[str, int] | None:
        """Our place, locked; None while another process reads for this consumer."""
        await tx.execute(
            "insert into platform.outbox_cursor (consumer) values ($1) on conflict do nothing",
            self._consumer,
        )
        row = await tx.fetchrow(
            "select xid::text as xid, id from platform.outbox_cursor "
            "where consumer = $1 for update skip locked",
            self._consumer,
        )
        return (row["xid"], row["id"]) if row else None

    async def _advance(self, tx: Tx, row: Record) -> None:
        await tx.execute(
            "update platform.outbox_cursor set xid = $2::text::xid8, id = $3 where consumer = $1",
            self._consumer,
            str(row["xid"]),
            row["id"],
        )


class OutboxTail:
    """A reader without memory that begins at now: for push, where the past has no value."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._place: tuple[str, int] | None = None

    async def start(self) -> None:
        """Begin here: everything committed from now on will be seen."""
        async with self._db.tx() as tx:
            # One below the oldest running transaction: `>` then starts with that one.
            xmin = await tx.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            self._place = (str(max(xmin - 1, 0)), 2**62)

    async def next(self, limit: int = BATCH) -> list[News]:
        """What came since the last call."""
        assert self._place is not None, "start() comes first"
        async with self._db.read() as tx:
            rows = await tx.fetch(_BELOW, *self._place, limit)
        if rows:
            self._place = (str(rows[-1]["xid"]), rows[-1]["id"])
        return [_news(row) for row in rows]


def _news(row: Record) -> News:
    return News(**dict(row))


@asynccontextmanager
async def listening(db: Database, channel: str = CHANNEL) -> AsyncGenerator[asyncio.Event]:
    """An event that is set whenever the channel is notified, over a connection of its own.

    When the connection is lost the event is set at once; poll beside it, news are only hints.
    """
    wake = asyncio.Event()

    def on_news(*_: object) -> None:
        wake.set()

    async with db.connection() as connection:
        try:
            await connection.add_listener(channel, on_news)
            connection.add_termination_listener(on_news)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseUnavailable from error
        try:
            yield wake
        finally:
            if not connection.is_closed():
                await connection.remove_listener(channel, on_news)
                connection.remove_termination_listener(on_news)


async def prune_outbox(tx: Tx, *, keep: timedelta = KEPT) -> int:
    """Delete news older than `keep` that every consumer has read; worker only."""
    return int(await tx.fetchval("select platform.prune_outbox($1)", keep))
