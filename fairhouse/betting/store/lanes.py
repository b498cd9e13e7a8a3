"""Lanes: taken when their lease has run out, fenced by their epoch."""

from collections.abc import Mapping, Sequence
from typing import Final

from fairhouse.betting.tables import LaneHold
from fairhouse.platform.database import Connection, Tx

_MINE: Final = "(l.owner is null or l.owner = $1 or l.lease_until < clock_timestamp())"


async def take(
    connection: Connection, owner: str, lanes: Sequence[int], lease_s: float
) -> list[LaneHold]:
    """Take those of the lanes that are ours already, nobody's, or whose lease has run out.

    Bumping the epoch waits for a batch that the former owner still has under way; nothing that it
    sends later passes the fence. Its backend is ended as well, so that it learns of it soon.
    """
    await connection.execute(
        f"""
        select pg_terminate_backend(a.pid)
        from betting.lane l
        join pg_stat_activity a
            on a.pid = l.backend_pid and a.backend_start = l.backend_start
        where l.lane = any($2::smallint[]) and {_MINE} and a.pid <> pg_backend_pid()
        """,
        owner,
        lanes,
    )
    rows = await connection.fetch(
        f"""
        update betting.lane l
        set owner = $1, epoch = l.epoch + 1, backend_pid = pg_backend_pid(),
            lease_until = clock_timestamp() + make_interval(secs => $3),
            backend_start = (
                select backend_start from pg_stat_activity where pid = pg_backend_pid())
        where l.lane = any($2::smallint[]) and {_MINE}
        returning l.lane, l.epoch
        """,
        owner,
        lanes,
        lease_s,
    )
    # Read after the epoch is ours: whatever the former owner committed is visible now.
    seqs = await connection.fetch(
        """
        select l.lane, (
            select e.lane_seq from betting.entry e where e.lane = l.lane
            order by e.lane_seq desc limit 1) as lane_seq
        from unnest($1::smallint[]) as l (lane)
        """,
        [row["lane"] for row in rows],
    )
    newest: dict[int, int] = {row["lane"]: row["lane_seq"] or 0 for row in seqs}
    return [LaneHold(row["lane"], row["epoch"], newest[row["lane"]]) for row in rows]


async def renew(
    connection: Connection, owner: str, epochs: Mapping[int, int], lease_s: float
) -> list[int]:
    """Prolong our leases; returns the lanes that are still ours."""
    rows = await connection.fetch(
        """
        update betting.lane l
        set lease_until = clock_timestamp() + make_interval(secs => $4)
        from unnest($2::smallint[], $3::bigint[]) as own (lane, epoch)
        where l.lane = own.lane and l.epoch = own.epoch and l.owner = $1
        returning l.lane
        """,
        owner,
        list(epochs),
        list(epochs.values()),
        lease_s,
    )
    return [row["lane"] for row in rows]


async def release(connection: Connection, owner: str) -> None:
    """Give our lanes up at once: another process may take them without waiting."""
    await connection.execute(
        """
        update betting.lane
        set owner = null, lease_until = '-infinity', backend_pid = null, backend_start = null
        where owner = $1
        """,
        owner,
    )


async def is_held(tx: Tx, lane: int, epoch: int) -> bool:
    """Whether the lane is still ours, and stays so until the transaction ends."""
    found = await tx.fetchval(
        "select 1 from betting.lane where lane = $1 and epoch = $2 for share", lane, epoch
    )
    return found is not None
