"""What each lane owner tells about itself, every second, for those who look from elsewhere.

A row covers the time since the one before. The table is unlogged: writing it waits for no disk,
and a crash of the database empties it, which the live view says honestly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairhouse.platform.database import Tx

TIMES_US: Final = (
    *(250, 500, 1_000, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 20_000, 25_000, 35_000),
    *(50_000, 75_000, 100_000, 150_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000),
)
"""Upper bounds of the buckets of times, microseconds; the last bucket has none."""
SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 384, 512)
"""Upper bounds of the buckets of batch sizes."""
_KEPT: Final = "interval '6 minutes'"


@dataclass(frozen=True, slots=True)
class Pulse:
    """A lane owner's figures; counts are those of a span, the others of its end."""

    owner: str
    waits: tuple[int, ...]
    """Commands by how long they waited for their batch; buckets of TIMES_US."""
    commits: tuple[int, ...]
    """Batches by how long their statement took; buckets of TIMES_US."""
    sizes: tuple[int, ...]
    """Batches by how many commands were in them; buckets of SIZES."""
    commands: int
    """In batches that were written or tried."""
    outcomes: Mapping[str, int]
    refusals: Mapping[str, int]
    slow: int
    """Batches that took longer than they should."""
    queued: int
    oldest_wait_us: int
    in_flight: int
    lags: Mapping[int, int]
    """By owned lane, entries that are not folded yet, at most."""


async def folded(tx: Tx) -> dict[int, int]:
    """By lane, up to which sequence number its journal is folded."""
    rows = await tx.fetch("select lane, lane_seq from betting.fold_cursor")
    return {row["lane"]: row["lane_seq"] for row in rows}


async def write(tx: Tx, pulse: Pulse, span_ms: int) -> None:
    """Add a row that covers the last `span_ms`, and forget the old ones, whoever's."""
    await tx.execute(
        """
        insert into betting.pulse (
            owner, at, span_ms, waits, commits, sizes, commands, outcomes, refusals, slow, queued,
            oldest_wait_us, in_flight, lags
        ) values ($1, clock_timestamp(), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        pulse.owner,
        span_ms,
        pulse.waits,
        pulse.commits,
        pulse.sizes,
        pulse.commands,
        pulse.outcomes,
        pulse.refusals,
        pulse.slow,
        pulse.queued,
        pulse.oldest_wait_us,
        pulse.in_flight,
        {str(lane): lag for lane, lag in pulse.lags.items()},
    )
    await tx.execute(f"delete from betting.pulse where at < clock_timestamp() - {_KEPT}")
