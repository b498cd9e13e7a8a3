"""Filling tables by the million: without indexes, triggers and references, which come back after.

Only for what stands before the clock runs. The sessions set `session_replication_role`, which
takes a superuser; nothing of the server's durability is touched.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

_REFERENCES = """
select c.conrelid::regclass::text as on_table, c.conname, pg_get_constraintdef(c.oid) as made
from pg_constraint c
where c.contype = 'f' and (c.confrelid = $1::regclass or c.conrelid = $1::regclass)
"""
_KEYS = """
select c.conrelid::regclass::text as on_table, c.conname, pg_get_constraintdef(c.oid) as made
from pg_constraint c
where c.contype in ('p', 'u') and c.conrelid = $1::regclass
"""
_INDEXES = """
select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as made
from pg_index i
where i.indrelid = $1::regclass
  and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
"""


@dataclass(frozen=True, slots=True)
class Stripped:
    """What was taken off a table, as SQL to put it back."""

    table: str
    steps: tuple[str, ...]


@asynccontextmanager
async def filler(url: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A superuser's connection that fires no triggers."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("set session_replication_role = replica")
        await connection.execute("set maintenance_work_mem = '1GB'")
        await connection.execute("set max_parallel_maintenance_workers = 2")
        await connection.execute("set work_mem = '256MB'")
        yield connection
    finally:
        await connection.close()


async def strip(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> Stripped:
    """Drop keys, indexes and references of a table that is about to be filled."""
    references = await connection.fetch(_REFERENCES, table)
    keys = await connection.fetch(_KEYS, table)
    indexes = await connection.fetch(_INDEXES, table)
    for row in (*references, *keys):
        await connection.execute(
            f'alter table {row["on_table"]} drop constraint "{row["conname"]}"'
        )
    for row in indexes:
        await connection.execute(f"drop index {row['name']}")
    steps = [row["made"] for row in indexes]
    steps += [_added(row) for row in keys]
    # What is filled in is right by construction; what comes later is checked again.
    steps += [f"{_added(row)} not valid" for row in references]
    return Stripped(table, tuple(steps))


def _added(row: asyncpg.Record) -> str:
    return f'alter table {row["on_table"]} add constraint "{row["conname"]}" {row["made"]}'


async def restore(
    connection: "asyncpg.Connection[asyncpg.Record]", stripped: Sequence[Stripped]
) -> None:
    """Put back what `strip` took; keys before the references that need them."""
    steps = [step for one in stripped for step in one.steps]
    for step in sorted(dict.fromkeys(steps), key=lambda text: text.endswith("not valid")):
        await connection.execute(step)
