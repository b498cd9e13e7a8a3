"""What waits in the queue of a lane owner."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fairhouse.betting.tables import HotPlayer
from fairhouse.betting.types import Bet, Bettor, Place, Step
from fairhouse.platform.database import Tx


@dataclass(slots=True, eq=False)
class Work:
    """A command and who waits for its answer; who asked may be gone."""

    command: Place | Step
    answer: asyncio.Future[Bet]
    waiting_since_s: float
    """On the monotonic clock."""
    tries: int = 0
    """How often a database error has sent it back, alone."""

    def resolve(self, bet: Bet) -> None:
        """Answer."""
        if not self.answer.done():
            self.answer.set_result(bet)

    def fail(self, error: Exception) -> None:
        """Refuse."""
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(slots=True, eq=False)
class Exclusive:
    """Something else that must not meet a batch: it runs alone, in a fenced transaction."""

    bettor: Bettor
    job: Callable[[Tx, HotPlayer], Awaitable[None]]
    done: asyncio.Future[None]

    def finish(self) -> None:
        """It is committed."""
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        """It was undone, or its outcome is unknown."""
        if not self.done.done():
            self.done.set_exception(error)
