"""The live view of the bet road, out of what its owners write every second."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from math import ceil
from typing import Final

from fairhouse.betting.api import PULSE_SIZES, PULSE_TIMES_US
from fairhouse.platform.database import Tx
from fairhouse.reports.store import road as store
from fairhouse.reports.types import Beat, LaneRow, OwnerRow, PulseRow, Quantile, RoadView

MINUTES: Final = timedelta(minutes=5)
NOW_S: Final = 10
"""What the figures of "now" cover."""
BEAT_S: Final = 3
STALE_AFTER_S: Final = 5


async def road(tx: Tx) -> RoadView:
    """Rate, waits and commit times of the last 10 seconds, lanes, and the last 5 minutes.

    Nothing is made up: without pulses the view says so, and an owner that has fallen silent is
    shown as stale and not counted.
    """
    return summarised(await store.pulses(tx, MINUTES), await store.lanes(tx))


def summarised(pulses: Sequence[PulseRow], lanes: Sequence[LaneRow]) -> RoadView:
    """Pure: the view of these rows."""
    now = [row for row in pulses if row.age_s <= NOW_S]
    newest = {row.owner: row for row in pulses}
    owners = [
        _owner(row, [one for one in now if one.owner == row.owner]) for row in newest.values()
    ]
    alive = [newest[one.owner] for one in owners if not one.is_stale]
    waits = merged(row.waits for row in now)
    commits = merged(row.commits for row in now)
    sizes = merged(row.sizes for row in now)
    return RoadView(
        owners=sorted(owners, key=lambda one: (one.is_stale, one.owner)),
        lanes=lanes,
        lags={int(lane): lag for row in alive for lane, lag in row.lags.items()},
        commands_per_s=sum(one.commands_per_s for one in owners if not one.is_stale),
        batches=sum(sum(row.outcomes.values()) for row in now),
        wait_p50=quantile(PULSE_TIMES_US, waits, 50),
        wait_p99=quantile(PULSE_TIMES_US, waits, 99),
        commit_p50=quantile(PULSE_TIMES_US, commits, 50),
        commit_p99=quantile(PULSE_TIMES_US, commits, 99),
        size_p50=quantile(PULSE_SIZES, sizes, 50),
        size_p99=quantile(PULSE_SIZES, sizes, 99),
        queued=sum(row.queued for row in alive),
        oldest_wait_us=max((row.oldest_wait_us for row in alive), default=0),
        in_flight=sum(row.in_flight for row in alive),
        slow=sum(row.slow for row in pulses),
        outcomes=_counted(row.outcomes for row in now),
        refusals=_counted(row.refusals for row in pulses),
        beats=_beats(pulses),
        newest_age_s=min((row.age_s for row in pulses), default=None),
    )


def _owner(newest: PulseRow, now: Sequence[PulseRow]) -> OwnerRow:
    span_ms = sum(row.span_ms for row in now)
    return OwnerRow(
        owner=newest.owner,
        age_s=newest.age_s,
        is_stale=newest.age_s > STALE_AFTER_S,
        commands_per_s=_per_second(sum(row.commands for row in now), span_ms),
        queued=newest.queued,
        oldest_wait_us=newest.oldest_wait_us,
        in_flight=newest.in_flight,
        lag=sum(newest.lags.values()),
    )


def _per_second(count: int, span_ms: int) -> int:
    return count * 1_000 // span_ms if span_ms else 0


def merged(counts: Iterable[Sequence[int]]) -> list[int]:
    """Bucket by bucket."""
    return [sum(column) for column in zip(*counts, strict=True)]


def quantile(bounds: Sequence[int], counts: Sequence[int], percent: int) -> Quantile:
    """The smallest value that `percent` of what was counted does not exceed.

    Within a bucket values are taken as evenly spread, as Prometheus' `histogram_quantile` does.
    """
    total = sum(counts)
    if not total:
        return Quantile(None)
    rank = total * percent / 100
    reached = list(accumulate(counts))
    place = bisect_left(reached, rank)
    if place == len(bounds):
        return Quantile(bounds[-1], is_beyond=True)
    low = bounds[place - 1] if place else 0
    share = (rank - reached[place] + counts[place]) / counts[place]
    return Quantile(ceil(low + (bounds[place] - low) * share))


def _counted(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total.most_common())


def _beats(pulses: Sequence[PulseRow]) -> list[Beat]:
    """The minutes in steps of a few seconds, by age: the newest is last."""
    count = int(MINUTES.total_seconds()) // BEAT_S
    steps: list[list[PulseRow]] = [[] for _ in range(count)]
    for row in pulses:
        place = min(int(row.age_s) // BEAT_S, count - 1)
        steps[count - 1 - place].append(row)
    return [
        Beat(
            commands_per_s=sum(row.commands for row in step) // BEAT_S,
            wait_p99=quantile(PULSE_TIMES_US, merged(row.waits for row in step), 99),
        )
        for step in steps
    ]
