"""Slow batches, told with their plan and with what they waited for.

Beside the road, on other connections: the batch itself does nothing for it but note its times.
"""

import time
from typing import Final

import structlog

from fairhouse.betting.engine.measuring import Meter, SlowBatch, Writing
from fairhouse.betting.store import slow
from fairhouse.betting.store.batch import BATCH
from fairhouse.platform.database import Database

_log = structlog.get_logger("betting")

PLAN_EVERY_S: Final = 60


class SlowWatch:
    """Looks at what is being written, and tells what took too long."""

    def __init__(self, db: Database, meter: Meter) -> None:
        self._db = db
        self._meter = meter
        self._plan_due_at_s = time.monotonic()

    async def step(self) -> int:
        """One look, every 50 ms; returns how many slow batches were told."""
        writing = self._meter.writing
        if writing is not None and writing.seen is None and self._is_late(writing):
            await self._ask_database(writing)
        told = 0
        while self._meter.slow:
            await self._tell(self._meter.slow.popleft())
            told += 1
        return told

    def _is_late(self, writing: Writing) -> bool:
        late_us = (time.monotonic() - writing.began_at_s) * 1_000_000
        return late_us >= self._meter.slow_after_us

    async def _ask_database(self, writing: Writing) -> None:
        pid = self._meter.backend_pid
        if pid is None:
            return
        async with self._db.read() as tx:
            writing.seen = await slow.waits_of(tx, pid) or "nothing"

    async def _tell(self, batch: SlowBatch) -> None:
        _log.warning(
            "slow batch",
            size=batch.size,
            lanes=batch.lanes,
            took_ms=batch.took_us // 1_000,
            longest_wait_ms=batch.longest_wait_us // 1_000,
            outcome=batch.outcome,
            waited_for=batch.seen or "it was over before anybody looked",
            plan=await self._plan(),
        )

    async def _plan(self) -> str:
        """Of the very statement, at most once a minute."""
        now_s = time.monotonic()
        if now_s < self._plan_due_at_s:
            return "told less than a minute ago"
        self._plan_due_at_s = now_s + PLAN_EVERY_S
        async with self._db.read() as tx:
            return await slow.plan_of(tx, BATCH)
