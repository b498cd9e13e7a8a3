"""Lanes and their owners: leases kept, lanes taken when theirs has run out, fenced by epochs.

Every change of hands is told on the channel `betting_lanes`: a hint to look, beside the polling.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from fairhouse.betting.tables import LaneHold, LaneSight, OwnerSight, Sight
from fairhouse.platform.database import Connection, Tx

CHANNEL: Final = "betting_lanes"

_MINE: Final = "(l.owner is null or l.owner = $1 or l.lease_until < clock_timestamp())"
_FORGOTTEN_AFTER: Final = "interval '1 hour'"
_EXCLUSIVE_IDLE_MS: Final = 3_000


async def register(
    connection: Connection, owner: OwnerSight, address: str | None, lease_s: float
) -> None:
    """Prolong our own lease, with what we want; the long dead are forgotten."""
    changed = await connection.fetchval(
        """
        insert into betting.owner as o (name, address, lanes, is_leaving, lease_until)
        values ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
        on conflict (name) do update
        set address = excluded.address, lanes = excluded.lanes, is_leaving = excluded.is_leaving,
            lease_until = excluded.lease_until
        returning old.name is null or old.is_leaving <> new.is_leaving
            or old.lease_until < clock_timestamp()
        """,
        owner.name,
        address,
        sorted(owner.lanes),
        owner.is_leaving,
        lease_s,
    )
    if changed:
        await connection.execute(
            f"delete from betting.owner where lease_until < clock_timestamp() - {_FORGOTTEN_AFTER}"
        )
        await _tell(connection)


async def look(connection: Connection) -> Sight:
    """Every lane with its owner, and the owners that are alive."""
    rows = await connection.fetch(
        """
        select l.lane, l.owner, l.epoch, o.address,
            (l.owner is null or l.lease_until < clock_timestamp()) as is_free
        from betting.lane l left join betting.owner o on o.name = l.owner
        order by l.lane
        """
    )
    owners = await connection.fetch(
        """
        select name, lanes, is_leaving from betting.owner
        where lease_until > clock_timestamp() order by name
        """
    )
    return Sight(
        lanes={row["lane"]: LaneSight(**dict(row.items())) for row in rows},
        owners=tuple(
            OwnerSight(row["name"], frozenset(row["lanes"]), row["is_leaving"]) for row in owners
        ),
    )


async def take(
    connection: Connection, owner: str, tag: str, lanes: Sequence[int], lease_s: float
) -> list[LaneHold]:
    """Take those of the lanes that are ours already, nobody's, or whose lease has run out.

    The former owner's backends are ended, so that it learns of it soon and nothing of it stays in
    the way: the one that kept its lease, and all that carry its name (ours carry `tag`). A lane
    whose row is locked by a batch under way is left for the next try. Once the epoch is bumped,
    nothing that the former owner sends passes the fence.
    """
    await connection.execute(
        f"""
        select pg_terminate_backend(a.pid)
        from (select distinct owner, backend_pid, backend_start from betting.lane l
              where l.lane = any($2::smallint[]) and l.owner is not null and {_MINE}) as l
        join pg_stat_activity a
            on a.pid = l.backend_pid and a.backend_start = l.backend_start
            or starts_with(a.application_name, l.owner || '#') and a.application_name <> $3
        where a.pid <> pg_backend_pid()
        """,
        owner,
        lanes,
        tag,
    )
    rows = await connection.fetch(
        f"""
        update betting.lane l
        set owner = $1, epoch = l.epoch + 1, backend_pid = pg_backend_pid(),
            lease_until = clock_timestamp() + make_interval(secs => $3),
            backend_start = (
                select backend_start from pg_stat_activity where pid = pg_backend_pid())
        where l.lane in (
            select l.lane from betting.lane l
            where l.lane = any($2::smallint[]) and {_MINE}
            order by l.lane for update skip locked)
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
    if rows:
        await _tell(connection)
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


async def release(connection: Connection, owner: str, lanes: Sequence[int]) -> None:
    """Give lanes up at once: another process may take them without waiting.

    The epoch is bumped here already: a batch of ours that comes late writes nothing.
    """
    await connection.execute(
        """
        update betting.lane
        set owner = null, epoch = epoch + 1, lease_until = '-infinity', backend_pid = null,
            backend_start = null
        where owner = $1 and lane = any($2::smallint[])
        """,
        owner,
        lanes,
    )
    await _tell(connection)


async def leave(connection: Connection, owner: str) -> None:
    """We are gone: nobody counts with us any more."""
    await connection.execute("delete from betting.owner where name = $1", owner)
    await _tell(connection)


async def is_held(tx: Tx, lane: int, epoch: int) -> bool:
    """Whether the lane is still ours, and stays so until the transaction ends.

    A process that is stopped in the middle of that transaction must not keep the lane for ever:
    the database ends a transaction that waits for it for 3 seconds.
    """
    await tx.execute(f"set local idle_in_transaction_session_timeout = {_EXCLUSIVE_IDLE_MS}")
    found = await tx.fetchval(
        "select 1 from betting.lane where lane = $1 and epoch = $2 for share", lane, epoch
    )
    return found is not None


async def _tell(connection: Connection) -> None:
    await connection.execute(f"notify {CHANNEL}")
