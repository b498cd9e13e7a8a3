"""Bets at a given rate, whatever the answers take: what the soak asks a lane owner to bear.

Latency counts from the moment a bet was due, so that a stall shows in every bet that it delayed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from bench.histogram import BUCKETS, bucket_of

TICK_S: Final = 0.004
THIRDS: Final = 3
WAITING_MAX: Final = 6_000
"""Below the road's own bound: beyond it the rate is not held, and that shows."""


@dataclass(slots=True)
class Third:
    """One third of the time."""

    answered: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)


class Pacer:
    """Keeps a rate; counts by thirds."""

    def __init__(self, bet: Callable[[], Awaitable[None]], rate: float, seconds: float) -> None:
        self._bet = bet
        self._rate = rate
        self._seconds = seconds
        self._start_s = 0.0
        self._under_way: set[asyncio.Task[None]] = set()
        self.thirds = [Third() for _ in range(THIRDS)]
        self.due = 0
        """Bets that should have begun so far."""
        self.left_out = 0
        """Not begun, because too many were waiting."""

    async def run(self) -> None:
        """Until the time is over and everything is answered."""
        self._start_s = time.perf_counter()
        while (passed_s := time.perf_counter() - self._start_s) < self._seconds:
            self._begin_due(passed_s)
            await asyncio.sleep(TICK_S)
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _begin_due(self, passed_s: float) -> None:
        while self.due < passed_s * self._rate:
            due_s = self._start_s + self.due / self._rate
            self.due += 1
            if len(self._under_way) >= WAITING_MAX:
                self.left_out += 1
                continue
            task = asyncio.create_task(self._one(due_s))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _one(self, due_s: float) -> None:
        await self._bet()
        now_s = time.perf_counter()
        number = int((now_s - self._start_s) / self._seconds * THIRDS)
        third = self.thirds[min(THIRDS - 1, number)]
        third.answered += 1
        third.counts[bucket_of(now_s - due_s)] += 1
