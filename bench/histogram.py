"""Latencies of any number in constant memory: counters in logarithmic buckets. Pure."""

import math
from collections.abc import Sequence
from typing import Final

STEPS: Final = 50
"""Buckets per factor of e: a quantile is exact to 2 %."""
FIRST_S: Final = 1e-5
BUCKETS: Final = 1_000
"""The last begins at about an hour and a half."""

_LOG_FIRST: Final = math.log(FIRST_S)


def bucket_of(wait_s: float) -> int:
    """Where a latency is counted; below 10 microseconds and above the last all are one."""
    if wait_s <= FIRST_S:
        return 0
    return min(BUCKETS - 1, int((math.log(wait_s) - _LOG_FIRST) * STEPS))


def quantile_s(counts: Sequence[int], share: float) -> float:
    """The upper end of the bucket in which this share is reached; 0 of nothing."""
    wanted = share * sum(counts)
    seen = 0
    for number, count in enumerate(counts):
        seen += count
        if count and seen >= wanted:
            return FIRST_S * math.exp((number + 1) / STEPS)
    return 0.0
