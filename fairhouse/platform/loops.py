"""Loops: the one way in which work goes on by itself.

A loop calls its step at its own pace, at once when there is more to do or when woken, and backs
off while the step fails. State lives in tables: a step claims rows (`for update skip locked`),
so any number of processes may run the same loop and a crashed one needs no recovery of its own.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from prometheus_client import Counter, Gauge, Histogram

BACKOFF_MAX_S: Final = 30.0
STALE_AFTER_INTERVALS: Final = 10
STALE_AFTER_MIN_S: Final = 30.0

Step = Callable[[], Awaitable[int | None]]
"""One bounded piece of work; how many items it did, and anything above 0 means: again at once."""

_log = structlog.get_logger("loops")
_steps = Counter("fairhouse_loop_steps_total", "Steps taken", ["loop", "result"])
_items = Counter("fairhouse_loop_items_total", "Items done", ["loop"])
_took = Histogram("fairhouse_loop_step_seconds", "Duration of a step", ["loop"])
_failing = Gauge(
    "fairhouse_loop_failures_in_a_row", "Failed steps since the last good one", ["loop"]
)


@dataclass(slots=True)
class LoopHealth:
    """How a loop fares, for health pages and readiness."""

    name: str
    interval_s: float
    failures: int = 0
    """Failed steps since the last good one."""
    last_error: str | None = None
    last_good: float | None = None
    """Monotonic seconds of the last good step."""
    started: float = field(default_factory=time.monotonic)

    def is_healthy(self, now: float) -> bool:
        """Whether a step went well lately; `now` in monotonic seconds."""
        patience = max(STALE_AFTER_INTERVALS * self.interval_s, STALE_AFTER_MIN_S)
        since = self.started if self.last_good is None else self.last_good
        return now - since <= patience


@dataclass(slots=True)
class HealthBoard:
    """The loops of one process."""

    loops: dict[str, LoopHealth] = field(default_factory=dict[str, LoopHealth])

    def report(self) -> Mapping[str, str | None]:
        """Each loop that is not well with its last error; empty means all is well."""
        now = time.monotonic()
        return {
            name: loop.last_error or "no step finished lately"
            for name, loop in self.loops.items()
            if not loop.is_healthy(now)
        }


async def run_loop(
    name: str,
    interval_s: float,
    step: Step,
    *,
    wake: asyncio.Event | None = None,
    board: HealthBoard | None = None,
) -> None:
    """Run `step` until cancelled.

    Between idle steps it waits `interval_s`, or until `wake` is set. After a failure it waits
    longer each time, up to 30 s, whatever `wake` says. Cancelling interrupts a running step: its
    transaction is undone, as in a crash.
    """
    health = LoopHealth(name, interval_s)
    if board is not None:
        assert name not in board.loops, f"two loops are named {name}"
        board.loops[name] = health
    while True:
        more = await _take_step(health, step)
        if health.failures:
            await asyncio.sleep(_backoff_s(interval_s, health.failures))
        elif more:
            await asyncio.sleep(0)
        else:
            await _pause(interval_s, wake)


async def _take_step(health: LoopHealth, step: Step) -> bool:
    """One step, with its result noted; True when there is more to do at once."""
    started = time.monotonic()
    try:
        done = await step() or 0
    except Exception as error:  # noqa: BLE001 - the loop must outlive whatever its step meets
        health.failures += 1
        health.last_error = f"{type(error).__name__}: {error}"
        _steps.labels(health.name, "failed").inc()
        _failing.labels(health.name).set(health.failures)
        _note_failure(health, error)
        return False
    if health.failures:
        _log.info("loop recovered", loop=health.name, after_failures=health.failures)
    health.failures = 0
    health.last_error = None
    health.last_good = time.monotonic()
    _steps.labels(health.name, "good").inc()
    _items.labels(health.name).inc(done)
    _failing.labels(health.name).set(0)
    _took.labels(health.name).observe(health.last_good - started)
    return done > 0


def _note_failure(health: LoopHealth, error: Exception) -> None:
    """The first failure with its traceback, then one line per power of two."""
    if health.failures == 1:
        _log.warning("loop step failed", loop=health.name, exc_info=error)
    elif health.failures & (health.failures - 1) == 0:
        _log.warning(
            "loop keeps failing",
            loop=health.name,
            failures=health.failures,
            error=health.last_error,
        )


def _backoff_s(interval_s: float, failures: int) -> float:
    """Doubles from the interval up to 30 s, with jitter so that processes part ways."""
    ceiling = min(max(interval_s, 0.1) * 2.0 ** min(failures - 1, 10), BACKOFF_MAX_S)
    return random.uniform(0.5, 1.0) * ceiling


async def _pause(interval_s: float, wake: asyncio.Event | None) -> None:
    if wake is None:
        await asyncio.sleep(interval_s)
        return
    try:
        await asyncio.wait_for(wake.wait(), interval_s)
    except TimeoutError:
        return
    wake.clear()
