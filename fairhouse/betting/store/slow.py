"""Why a batch is slow: what its connection waits for, and the plan of its statement."""

from fairhouse.platform.database import Tx


async def waits_of(tx: Tx, backend_pid: int) -> str | None:
    """What a backend waits for now, and who stands in its way; None when it does not work."""
    row = await tx.fetchrow(
        """
        select coalesce(a.wait_event_type || ':' || a.wait_event, 'cpu') as what,
               array_to_string(array(
                   select concat_ws(' ', b.pid, b.application_name, b.state, left(b.query, 80))
                   from pg_stat_activity b where b.pid = any(pg_blocking_pids(a.pid))
               ), '; ') as blockers
        from pg_stat_activity a where a.pid = $1 and a.state = 'active'
        """,
        backend_pid,
    )
    if row is None:
        return None
    return f"{row['what']} behind [{row['blockers']}]" if row["blockers"] else row["what"]


async def plan_of(tx: Tx, statement: str) -> str:
    """The generic plan of a statement with parameters, as the writer's connection plans it.

    It is not run: the statement writes.
    """
    await tx.execute("set local enable_seqscan = off")
    asked = await tx.connection.prepare(f"explain (generic_plan, settings) {statement}")
    # Prepared, it asks for parameters; a generic plan looks at none of them.
    rows = await asked.fetch(*[None] * len(asked.get_parameters()))
    return "\n".join(row[0] for row in rows)
