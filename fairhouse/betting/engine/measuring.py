"""What a lane owner tells about itself: figures for Prometheus, and a pulse for the live view.

Cheap per batch, not per bet: of a batch a few waits are looked at and stand for all of it, and a
histogram is a list of counters. Times are whole microseconds.
"""

import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import Final
from weakref import WeakSet

from prometheus_client import REGISTRY
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from fairhouse.betting.engine.leases import Leases
from fairhouse.betting.engine.work import Exclusive, Group, Work
from fairhouse.betting.store import pulse
from fairhouse.betting.store.pulse import SIZES, TIMES_US, Pulse
from fairhouse.platform.database import Database

SAMPLES: Final = 8
"""Waits looked at per batch; the queue is in order, so they span from the longest to the least."""
SLOW_KEPT: Final = 16


class Outcome(StrEnum):
    """How a batch ended."""

    COMMITTED = "committed"
    FENCED = "fenced"
    """The lane was somebody else's: nothing was written."""
    FAILED = "failed"
    """One command that stood alone failed."""
    SPLIT = "split"
    """It failed and was divided."""
    LOST = "lost"
    """The connection went: callers were told that the outcome is unknown."""


class Tally:
    """Counts by bucket: how many values were at most each bound, and beyond the last."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[int, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0

    def add(self, value: int, weight: int = 1) -> None:
        """Count a value that stands for `weight` of them."""
        self.counts[bisect_left(self.bounds, value)] += weight
        self.total += value * weight


@dataclass(slots=True)
class Writing:
    """A batch while its statement runs."""

    size: int
    """Commands."""
    lanes: tuple[int, ...]
    longest_wait_us: int
    began_at_s: float
    """On the monotonic clock."""
    seen: str | None = None
    """What the database said it was waiting for, when somebody looked."""


@dataclass(frozen=True, slots=True)
class SlowBatch:
    """A batch whose statement took longer than it should."""

    size: int
    lanes: tuple[int, ...]
    longest_wait_us: int
    took_us: int
    outcome: Outcome
    seen: str | None


@dataclass(slots=True, eq=False, weakref_slot=True)
class Meter:
    """One lane owner's figures since its start."""

    queue: deque[Work | Exclusive]
    leases: Leases
    slow_after_us: int = 100_000
    backend_pid: int | None = None
    """Of the connection that writes."""
    waits: Tally = field(default_factory=lambda: Tally(TIMES_US))
    commits: Tally = field(default_factory=lambda: Tally(TIMES_US))
    sizes: Tally = field(default_factory=lambda: Tally(SIZES))
    outcomes: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    folded: dict[int, int] = field(default_factory=dict[int, int])
    """By lane, up to which sequence number the journal is folded, as last read."""
    writing: Writing | None = None
    slow: deque[SlowBatch] = field(default_factory=lambda: deque[SlowBatch](maxlen=SLOW_KEPT))
    slow_count: int = 0

    def __post_init__(self) -> None:
        _METERS.add(self)

    def begins(self, groups: Sequence[Group], size: int, lanes: Iterable[int]) -> None:
        """A batch of `size` commands is sent to the database, its players in the queue's order."""
        now_s = time.monotonic()
        step = max(len(groups) // SAMPLES, 1)
        seen = [_us(now_s - group.works[0].waiting_since_s) for group in groups[::step]]
        weight, rest = divmod(size, len(seen))
        self.waits.add(seen[0], weight + rest)
        for wait_us in seen[1:]:
            self.waits.add(wait_us, weight)
        self.sizes.add(size)
        self.writing = Writing(size, tuple(sorted(lanes)), max(seen), now_s)

    def ends(self, outcome: Outcome) -> None:
        """The batch that began last is answered, or it failed."""
        self.outcomes[outcome] += 1
        writing, self.writing = self.writing, None
        if writing is None:
            return
        took_us = _us(time.monotonic() - writing.began_at_s)
        self.commits.add(took_us)
        if took_us >= self.slow_after_us:
            self.slow_count += 1
            self.slow.append(
                SlowBatch(
                    size=writing.size,
                    lanes=writing.lanes,
                    longest_wait_us=writing.longest_wait_us,
                    took_us=took_us,
                    outcome=outcome,
                    seen=writing.seen,
                )
            )

    def refused(self, code: str) -> None:
        """A command was refused."""
        self.refusals[code] += 1

    @property
    def oldest_wait_us(self) -> int:
        """How long the first command of the queue has waited."""
        first = self.queue[0] if self.queue else None
        return _us(time.monotonic() - first.waiting_since_s) if isinstance(first, Work) else 0

    @property
    def in_flight(self) -> int:
        """Commands that wait or are being written."""
        writing = self.writing
        return len(self.queue) + (writing.size if writing else 0)

    def lags(self) -> dict[int, int]:
        """By lane, at most how many of its entries are not folded yet."""
        return {
            hold.lane: max(hold.lane_seq - self.folded[hold.lane], 0)
            for hold in self.leases.holdings
            if hold.lane in self.folded
        }

    def totals(self) -> Pulse:
        """All figures now; what counts up, counts from the process's start."""
        return Pulse(
            owner=self.leases.owner,
            waits=tuple(self.waits.counts),
            commits=tuple(self.commits.counts),
            sizes=tuple(self.sizes.counts),
            commands=self.sizes.total,
            outcomes=dict(self.outcomes),
            refusals=dict(self.refusals),
            slow=self.slow_count,
            queued=len(self.queue),
            oldest_wait_us=self.oldest_wait_us,
            in_flight=self.in_flight,
            lags=self.lags(),
        )


class Pulses:
    """Writes what happened since the last pulse where other processes can read it."""

    def __init__(self, db: Database, meter: Meter) -> None:
        self._db = db
        self._meter = meter
        self._before = meter.totals()
        self._before_at_s = time.monotonic()

    async def step(self) -> int:
        """Add one row; a loop calls it every second, and what fails is told by the next."""
        async with self._db.tx() as tx:
            self._meter.folded = await pulse.folded(tx)
            now, now_s = self._meter.totals(), time.monotonic()
            span_ms = _us(now_s - self._before_at_s) // 1_000
            await pulse.write(tx, since(self._before, now), span_ms)
        self._before, self._before_at_s = now, now_s
        return 0


def since(before: Pulse, now: Pulse) -> Pulse:
    """What was counted between two readings."""
    return Pulse(
        owner=now.owner,
        waits=_less(now.waits, before.waits),
        commits=_less(now.commits, before.commits),
        sizes=_less(now.sizes, before.sizes),
        commands=now.commands - before.commands,
        outcomes=Counter(now.outcomes) - Counter(before.outcomes),
        refusals=Counter(now.refusals) - Counter(before.refusals),
        slow=now.slow - before.slow,
        queued=now.queued,
        oldest_wait_us=now.oldest_wait_us,
        in_flight=now.in_flight,
        lags=now.lags,
    )


def _less(now: Sequence[int], before: Sequence[int]) -> tuple[int, ...]:
    return tuple(one - other for one, other in zip(now, before, strict=True))


class _Exported(Collector):
    """The meters of this process for Prometheus; one in production."""

    def describe(self) -> Iterator[Metric]:
        """Their names, before there is a road."""
        yield from self.collect()

    def collect(self) -> Iterator[Metric]:
        """Read when somebody asks: the road does nothing for it."""
        meters = list(_METERS)
        yield _histogram(
            "fairhouse_bet_queue_seconds",
            "From request to its batch, by samples of each batch",
            [meter.waits for meter in meters] or [Tally(TIMES_US)],
            in_seconds=True,
        )
        yield _histogram(
            "fairhouse_bet_commit_seconds",
            "One batch statement",
            [meter.commits for meter in meters] or [Tally(TIMES_US)],
            in_seconds=True,
        )
        yield _histogram(
            "fairhouse_bet_batch_size",
            "Commands in a batch",
            [meter.sizes for meter in meters] or [Tally(SIZES)],
        )
        yield from _counters(meters)
        yield from _gauges(meters)


def _counters(meters: Sequence[Meter]) -> Iterator[Metric]:
    batches = CounterMetricFamily(
        "fairhouse_bet_batches", "Batches by how they ended", labels=["outcome"]
    )
    for outcome in Outcome:
        batches.add_metric([outcome], sum(meter.outcomes[outcome] for meter in meters))
    yield batches
    yield CounterMetricFamily(
        "fairhouse_bet_batch_splits",
        "Batches that failed and were split",
        sum(meter.outcomes[Outcome.SPLIT] for meter in meters),
    )
    yield CounterMetricFamily(
        "fairhouse_bet_slow_batches",
        "Batches whose statement took longer than the threshold",
        sum(meter.slow_count for meter in meters),
    )
    refusals = CounterMetricFamily(
        "fairhouse_bet_refusals", "Refused bets and steps", labels=["code"]
    )
    for code, count in sum((meter.refusals for meter in meters), Counter[str]()).items():
        refusals.add_metric([code], count)
    yield refusals


def _gauges(meters: Sequence[Meter]) -> Iterator[Metric]:
    holds = [hold for meter in meters for hold in meter.leases.holdings]
    yield GaugeMetricFamily(
        "fairhouse_bet_queue_depth",
        "Commands that wait for a batch",
        sum(len(meter.queue) for meter in meters),
    )
    yield GaugeMetricFamily(
        "fairhouse_bet_queue_oldest_seconds",
        "How long the first of them has waited",
        _in_s(max((meter.oldest_wait_us for meter in meters), default=0)),
    )
    yield GaugeMetricFamily(
        "fairhouse_bet_in_flight",
        "Commands that wait or are being written",
        sum(meter.in_flight for meter in meters),
    )
    yield GaugeMetricFamily("fairhouse_bet_lanes_owned", "Lanes that this process owns", len(holds))
    epochs = GaugeMetricFamily("fairhouse_bet_lane_epoch", "Of owned lanes", labels=["lane"])
    for hold in holds:
        epochs.add_metric([str(hold.lane)], hold.epoch)
    yield epochs
    lag = GaugeMetricFamily(
        "fairhouse_bet_fold_lag", "Entries that are not folded yet, at most", labels=["lane"]
    )
    for lane, entries in sorted(item for meter in meters for item in meter.lags().items()):
        lag.add_metric([str(lane)], entries)
    yield lag


def _histogram(
    name: str, text: str, tallies: Sequence[Tally], *, in_seconds: bool = False
) -> HistogramMetricFamily:
    bounds = tallies[0].bounds
    counts = [sum(column) for column in zip(*(one.counts for one in tallies), strict=True)]
    total = sum(one.total for one in tallies)
    labels = [str(_in_s(bound)) if in_seconds else str(bound) for bound in bounds]
    buckets = list(zip([*labels, "+Inf"], accumulate(counts), strict=True))
    return HistogramMetricFamily(
        name, text, buckets=buckets, sum_value=_in_s(total) if in_seconds else total
    )


def _in_s(span_us: int) -> float:
    return span_us / 1_000_000


def _us(span_s: float) -> int:
    return max(int(span_s * 1_000_000), 0)


_METERS: Final = WeakSet[Meter]()
REGISTRY.register(_Exported())
