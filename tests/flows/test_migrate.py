"""Migrations: in order, once, and never over an altered past. And who may do what."""

import asyncio
from pathlib import Path

import asyncpg
import psycopg
import pytest

from fairhouse.platform.migrate import MigrationRefused, migration_files, upgrade


@pytest.fixture
def chain(tmp_path: Path):
    """Writes SQL files beside the real ones and gives the whole chain."""

    def write(**files: str):
        for name, text in files.items():
            (tmp_path / f"{name.removeprefix('n')}.sql").write_text(text)
        return [*migration_files(), *migration_files(tmp_path)]

    return write


def names(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select name from platform.migration_log order by name")
        return [name for (name,) in rows.fetchall()]


def test_missing_files_are_applied_in_order_and_once(database_urls, chain):
    files = chain(
        n9001_x="create schema x; create table x.a (id int); -- 100% plain: select ':name'",
        n9002_x="insert into x.a values (1)",
    )

    assert ["9001_x", "9002_x"] == upgrade(database_urls.owner, files)
    assert [] == upgrade(database_urls.owner, files)
    assert ["9001_x", "9002_x"] == names(database_urls.owner)[-2:]


def test_a_failing_file_leaves_nothing_and_keeps_what_came_before(database_urls, chain):
    files = chain(
        n9001_x="create schema x",
        n9002_x="create table x.half (id int); select 1 / 0",
    )
    with pytest.raises(Exception, match="division by zero"):
        upgrade(database_urls.owner, files)

    assert "9001_x" == names(database_urls.owner)[-1]
    with psycopg.connect(database_urls.owner) as connection:
        row = connection.execute("select to_regclass('x.half')").fetchone()
    assert (None,) == row
    repaired = chain(n9002_x="create table x.half (id int)")
    assert ["9002_x"] == upgrade(database_urls.owner, repaired)


def test_an_edited_past_is_refused(database_urls, chain):
    upgrade(database_urls.owner, chain(n9001_x="create schema x"))

    with pytest.raises(MigrationRefused, match=r"another 9001_x\.sql"):
        upgrade(database_urls.owner, chain(n9001_x="create schema y"))


def test_a_file_below_the_head_is_refused(database_urls, chain):
    upgrade(database_urls.owner, chain(n9002_x="create schema x"))

    with pytest.raises(MigrationRefused, match=r"9001_x\.sql comes before"):
        upgrade(database_urls.owner, chain(n9001_x="create schema y"))


async def test_two_processes_migrating_at_once_share_the_work(database_urls, chain):
    files = chain(n9001_x="select pg_sleep(0.2); create schema x")
    done = await asyncio.gather(
        *(asyncio.to_thread(upgrade, database_urls.owner, files) for _ in range(2))
    )

    assert [[], ["9001_x"]] == sorted(done)


@pytest.mark.parametrize(
    "statement",
    [
        "create table public.x (id int)",
        "create schema x",
        "create temp table x (id int)",
        "drop table platform.outbox",
        "alter table platform.outbox disable trigger all",
        "update platform.migration_log set name = 'x'",
        "select platform.prune_outbox('1 day')",
        "set role fairhouse_owner",
        "set role fairhouse_worker",
        "set session_replication_role = replica",
    ],
)
async def test_the_app_is_kept_small(db, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.tx() as tx:
            await tx.execute(statement)


@pytest.mark.parametrize("change", ["update x.j set id = 2", "delete from x.j", "truncate x.j"])
def test_the_append_only_trigger_stops_even_the_owner(database_urls, chain, change):
    journal = (
        "create schema x; create table x.j (id int); insert into x.j values (1);"
        "create trigger append_only before update or delete or truncate on x.j"
        " for each statement execute function platform.refuse_change()"
    )
    upgrade(database_urls.owner, chain(n9001_x=journal))

    with (
        psycopg.connect(database_urls.owner) as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match=r"x\.j is append-only"),
    ):
        connection.execute(change)
