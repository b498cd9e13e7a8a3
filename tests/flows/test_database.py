"""The unit of work on a real server: commit, undo, time, snapshots, contention, loss."""

import asyncio
import time
from uuid import UUID

import asyncpg
import pytest

from fairhouse.kernel.ids import unix_ms_of
from fairhouse.platform.database import (
    Database,
    DatabaseBusy,
    DatabaseUnavailable,
    PoolSettings,
    Tx,
)


@pytest.fixture
async def things(owner_db):
    async with owner_db.tx() as tx:
        await tx.execute("create table public.thing (id int primary key, content jsonb)")
        await tx.execute("grant select, insert, update on public.thing to fairhouse_app")


async def count(db: Database) -> int:
    async with db.read() as tx:
        return await tx.fetchval("select count(*) from public.thing")


async def test_what_commits_stays_and_what_fails_is_undone(db, things):
    async with db.tx() as tx:
        await tx.execute("insert into public.thing values (1, $1)", {"a": [1, "zwei", None]})
    with pytest.raises(ZeroDivisionError):
        async with db.tx() as tx:
            await tx.execute("insert into public.thing values (2, null)")
            raise ZeroDivisionError

    async with db.read() as tx:
        row = await tx.fetchrow("select * from public.thing")

    assert {"id": 1, "content": {"a": [1, "zwei", None]}} == dict(row)


async def test_execute_says_how_many_rows(db, things):
    async with db.tx() as tx:
        await tx.executemany("insert into public.thing (id) values ($1)", [(1,), (2,), (3,)])

        assert await tx.execute("update public.thing set content = '1' where id > 1") == 2


async def test_time_is_the_clocks_and_ids_carry_it(db, clock):
    async with db.tx() as tx:
        first = tx.new_id()
        then = clock.time
        clock.advance(hours=1)

        assert tx.now == then
        assert unix_ms_of(first) == int(then.timestamp() * 1000)
        assert isinstance(first, UUID)
        assert first != tx.new_id()


async def test_a_savepoint_undoes_alone(db, things):
    async with db.tx() as tx:
        await tx.execute("insert into public.thing values (1)")
        with pytest.raises(asyncpg.UniqueViolationError):
            async with tx.savepoint():
                await tx.execute("insert into public.thing values (2)")
                await tx.execute("insert into public.thing values (1)")

    assert 1 == await count(db)


async def test_read_sees_one_moment_and_may_not_write(db, things):
    async with db.read() as reading:
        before = await reading.fetchval("select count(*) from public.thing")
        async with db.tx() as tx:
            await tx.execute("insert into public.thing values (1)")
        after = await reading.fetchval("select count(*) from public.thing")

    assert (0, 0) == (before, after)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with db.read() as reading:
            await reading.execute("insert into public.thing values (2)")


async def test_a_lock_that_does_not_come_is_busy(database_urls, things, clock):
    settings = PoolSettings(lock_timeout_ms=60)
    db = await Database.connect(database_urls.app, settings, clock=clock)
    async with db.tx() as holder:
        await holder.lock("thing", 7)
        with pytest.raises(DatabaseBusy):
            async with db.tx() as tx:
                await tx.lock("thing", 7)
        async with db.tx() as tx:
            await tx.lock("thing", 8)
    await db.close()


async def test_retrying_gets_through_a_deadlock(db, things):
    async with db.tx() as tx:
        await tx.executemany("insert into public.thing values ($1, '0')", [(1,), (2,)])
    tries = 0

    async def cross(tx: Tx, first: int, second: int) -> None:
        nonlocal tries
        tries += 1
        raise_by_one = "update public.thing set content = to_jsonb(content::int + 1) where id = $1"
        await tx.execute(raise_by_one, first)
        await asyncio.sleep(0.05)
        await tx.execute(raise_by_one, second)

    await asyncio.gather(
        db.retrying(lambda tx: cross(tx, 1, 2)), db.retrying(lambda tx: cross(tx, 2, 1))
    )

    async with db.read() as tx:
        assert [2, 2] == await tx.fetchval("select array_agg(content::int) from public.thing")
    assert tries > 2


async def test_nobody_home_is_a_refusal():
    with pytest.raises(DatabaseUnavailable) as caught:
        await Database.connect("postgresql://nobody@127.0.0.1:1/none")

    assert 503 == caught.value.status


async def test_a_lost_connection_is_a_refusal_and_the_pool_recovers(db, database_urls):
    admin = await asyncpg.connect(database_urls.admin)
    with pytest.raises(DatabaseUnavailable):
        async with db.tx() as tx:
            pid = await tx.fetchval("select pg_backend_pid()")
            await admin.execute("select pg_terminate_backend($1)", pid)
            await tx.fetchval("select 1")
    await admin.close()

    async with db.tx() as tx:
        assert 1 == await tx.fetchval("select 1")


async def test_our_own_os_error_is_not_blamed_on_the_database(db):
    with pytest.raises(ConnectionRefusedError):
        async with db.tx():
            raise ConnectionRefusedError


async def test_an_endless_statement_is_cut_off(database_urls):
    db = await Database.connect(database_urls.app, PoolSettings(statement_timeout_ms=80))
    started = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        async with db.tx() as tx:
            await tx.execute("select pg_sleep(20)")

    assert time.monotonic() - started < 10
    await db.close()


async def test_a_link_that_breaks_after_the_work_undoes_nothing(db):
    async with db.connection() as connection:
        pid = await connection.fetchval("select pg_backend_pid()")
        async with db.tx() as tx:
            await tx.execute("select pg_terminate_backend($1)", pid)
    async with db.read() as tx:
        assert 1 == await tx.fetchval("select 1")
