"""What waits, for how long, and who owns the lanes: for alarms."""

from collections.abc import Sequence

from fairhouse.platform.database import Tx
from fairhouse.reports.types import Waiting


async def payments(tx: Tx) -> Sequence[Waiting]:
    """Deposits and withdrawals that are not over, by state; what waits for a person among them."""
    rows = await tx.fetch(
        """
        select 'deposit' as kind, state, count(*) as count,
               extract(epoch from clock_timestamp() - min(seen_at))::float8 as oldest_s
        from reports.deposit where state in ('SEEN', 'CONFIRMING') group by state
        union all
        select 'withdrawal', state, count(*),
               extract(epoch from clock_timestamp() - min(requested_at))::float8
        from reports.withdrawal
        where state in ('REQUESTED', 'CHECKING', 'WAITING', 'APPROVED', 'ORDERED', 'SIGNED',
                        'BROADCAST')
        group by state
        """
    )
    return [Waiting(**dict(row)) for row in rows]


async def lanes_unowned(tx: Tx) -> int:
    """Lanes that nobody holds a running lease on."""
    return await tx.fetchval("select count(*) from reports.lane where not is_owned")
