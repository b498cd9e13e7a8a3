"""Bets at a given rate, whatever the answers take: what the soak asks a lane owner to bear.

Latency counts from the moment a bet was due, so that a stall shows in every bet that it delayed. As
many bets as `SLOTS` are under way at most; who is due beyond that waits, and its time counts.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from bench.histogram import BUCKETS, bucket_of

TICK_S: Final = 0.004
THIRDS: Final = 3
SLOTS: Final = 1024
"""As in the rounds that found the best rate."""


@dataclass(slots=True)
class Third:
    """One third of the time."""

    answered: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)


class Pacer:
    """Keeps a rate; counts by thirds."""

    def __init__(
        self,
        bet: Callable[[], Awaitable[None]],
        rate: float,
        seconds: float,
        monotonic_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._bet = bet
        self._rate = rate
        self._seconds = seconds
        self._monotonic_s = monotonic_s
        self._start_s = 0.0
        self._idle: deque[asyncio.Future[None]] = deque()
        self._is_over = False
        self._begun = 0
        self.thirds = [Third() for _ in range(THIRDS)]
        self.due = 0
        """Bets that should have begun so far."""

    @property
    def left_out(self) -> int:
        """Due and not begun when the time was over."""
        return self.due - self._begun

    async def run(self) -> None:
        """Until the time is over and everything is answered."""
        self._start_s = self._monotonic_s()
        slots = [asyncio.create_task(self._slot()) for _ in range(SLOTS)]
        while (passed_s := self._monotonic_s() - self._start_s) < self._seconds:
            self.due = int(passed_s * self._rate)
            self._wake(self.due - self._begun)
            await asyncio.sleep(TICK_S)
        self._is_over = True
        self._wake(SLOTS)
        await asyncio.gather(*slots)

    def _wake(self, count: int) -> None:
        for _ in range(min(count, len(self._idle))):
            self._idle.popleft().set_result(None)

    async def _slot(self) -> None:
        """One bet after the other, each as soon as it is due."""
        new_future = asyncio.get_running_loop().create_future
        while not self._is_over:
            if self._begun >= self.due:
                waiting = new_future()
                self._idle.append(waiting)
                await waiting
                continue
            due_s = self._start_s + self._begun / self._rate
            self._begun += 1
            await self._bet()
            self._count(self._monotonic_s(), due_s)

    def _count(self, now_s: float, due_s: float) -> None:
        number = int((now_s - self._start_s) / self._seconds * THIRDS)
        third = self.thirds[min(THIRDS - 1, number)]
        third.answered += 1
        third.counts[bucket_of(now_s - due_s)] += 1
