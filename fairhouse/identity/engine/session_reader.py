"""Sessions asked for in the same moment are read in one statement.

One read is under way at a time; who asks meanwhile waits for the next one, which takes all that
waited, at most `READ_MAX` of them. Whoever asked is answered from a read that began after they
asked: what was revoked before is not found. A read that fails fails those it was for; the next one
is a new try. Without this, thousands of sessions that are used once in a while cost a transaction
each every time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import islice
from typing import Final

import structlog

from fairhouse.identity.types import Session

_log = structlog.get_logger("identity")

READ_MAX: Final = 100
"""Tokens of one read: a millisecond or two during which the process serves nobody else."""

Key = tuple[str, bytes]
"""A token and its hash: made by who asks, so that a token that cannot be hashed harms nobody else.
"""
ReadMany = Callable[[Sequence[Key]], Awaitable[Mapping[Key, Session]]]
"""The live ones of these sessions."""


class SessionReader:
    """Collects tokens that memory does not know, and reads them many at a time."""

    def __init__(self, read_many: ReadMany, after: Callable[[], Awaitable[None]]) -> None:
        """`after` runs behind each read, when its askers are answered."""
        self._read_many = read_many
        self._after = after
        self._asked: dict[Key, list[asyncio.Future[Session | None]]] = {}
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_reading(self) -> bool:
        """Whether a read is under way."""
        return self._reading is not None

    async def find(self, key: Key) -> Session | None:
        """The live session of a token. Refuses as `read_many` does, alike for all in its read."""
        answer: asyncio.Future[Session | None] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(key, []).append(answer)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all())
        return await answer

    async def _read_all(self) -> None:
        try:
            while self._asked:
                # Let everybody in who asks in this turn of the loop.
                await asyncio.sleep(0)
                await self._read_some()
        finally:
            self._reading = None
            self._give_up()

    async def _read_some(self) -> None:
        taken = {key: self._asked.pop(key) for key in list(islice(self._asked, READ_MAX))}
        try:
            found = await self._read_many(list(taken))
        except Exception as error:  # noqa: BLE001 - told to whom it concerns
            for answers in taken.values():
                _tell(answers, error)
            return
        except asyncio.CancelledError:
            self._asked = {**taken, **self._asked}
            raise
        for key, answers in taken.items():
            _tell(answers, found.get(key))
        await self._finish()

    async def _finish(self) -> None:
        try:
            await self._after()
        except Exception as error:  # noqa: BLE001 - nobody who asks later is to blame
            _log.error("what follows a read of sessions failed", exc_info=error)

    def _give_up(self) -> None:
        """The process ends in the middle of a read: nobody keeps waiting."""
        asked, self._asked = self._asked, {}
        for answers in asked.values():
            for answer in answers:
                answer.cancel()


def _tell(
    answers: Sequence[asyncio.Future[Session | None]], result: Session | Exception | None
) -> None:
    for answer in answers:
        if answer.done():
            continue
        if isinstance(result, Exception):
            answer.set_exception(result)
        else:
            answer.set_result(result)
