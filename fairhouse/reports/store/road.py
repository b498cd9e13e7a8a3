"""What the lane owners wrote about the last minutes, and who holds the lanes."""

from datetime import timedelta

from fairhouse.platform.database import Tx
from fairhouse.reports.types import LaneRow, PulseRow


async def pulses(tx: Tx, span: timedelta) -> list[PulseRow]:
    """Of the last `span` by the database's clock, oldest first."""
    rows = await tx.fetch(
        """
        select owner, at, extract(epoch from clock_timestamp() - at)::float8 as age_s, span_ms,
               waits, commits, sizes, commands, outcomes, refusals, slow, queued, oldest_wait_us,
               in_flight, lags
        from reports.pulse where at > clock_timestamp() - $1::interval order by at
        """,
        span,
    )
    return [PulseRow(**dict(row)) for row in rows]


async def lanes(tx: Tx) -> list[LaneRow]:
    """All of them, in order."""
    rows = await tx.fetch(
        """
        select lane, owner, epoch, is_owned,
               case when lease_until > '-infinity'
                    then extract(epoch from lease_until - clock_timestamp())::float8 end
                    as lease_left_s
        from reports.lane order by lane
        """
    )
    return [LaneRow(**dict(row)) for row in rows]
