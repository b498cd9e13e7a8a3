"""Processes that die between any two statements: a fuse in the database and at custody's points."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from fairhouse.platform.database import Clock, Database, Record, Tx


class Crash(BaseException):
    """The process dies here: no handler of the platform's catches it."""


class Fuse:
    """Burns down with every statement, commit and named point; at zero the process dies."""

    def __init__(self) -> None:
        self._left: int | None = None

    def light(self, length: int) -> None:
        """Die after so many more of them."""
        self._left = length

    def put_out(self) -> bool:
        """Whether it was still burning."""
        was_burning, self._left = self._left is not None, None
        return was_burning

    def burn(self, point: str = "") -> None:
        """One edge was passed. Raises Crash at the end of the fuse."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self._left = None
            raise Crash(point)


class FusedTx(Tx):
    """A transaction that may die after any of its statements."""

    __slots__ = ("_fuse",)

    def __init__(self, tx: Tx, fuse: Fuse) -> None:
        super().__init__(tx.connection, tx.now, tx.process)
        self._fuse = fuse

    async def fetch(self, sql: str, *values: object) -> list[Record]:
        rows = await super().fetch(sql, *values)
        self._fuse.burn()
        return rows

    async def fetchrow(self, sql: str, *values: object) -> Record | None:
        row = await super().fetchrow(sql, *values)
        self._fuse.burn()
        return row

    async def fetchval(self, sql: str, *values: object) -> Any:
        value = await super().fetchval(sql, *values)
        self._fuse.burn()
        return value

    async def execute(self, sql: str, *values: object) -> int:
        count = await super().execute(sql, *values)
        self._fuse.burn()
        return count

    async def executemany(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        await super().executemany(sql, rows)
        self._fuse.burn()


class FusedDatabase(Database):
    """A real database whose user may die in, before and after every transaction."""

    def __init__(self, pool: Any, settings: Any, clock: Clock) -> None:
        super().__init__(pool, settings, clock)
        self.fuse = Fuse()

    @asynccontextmanager
    async def tx(self, *, even_if_halted: bool = False) -> AsyncGenerator[Tx]:
        async with super().tx(even_if_halted=even_if_halted) as tx:
            fused = FusedTx(tx, self.fuse)
            yield fused
            await fused.finish()
            self.fuse.burn("before commit")
        self.fuse.burn("after commit")

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        async with super().read() as tx:
            yield FusedTx(tx, self.fuse)
