"""Sessions that memory does not know are read many at a time, and nobody pays for another."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.engine.session_reader import READ_MAX, Key, SessionReader
from fairhouse.identity.types import LoggedIn, Session
from fairhouse.platform.database import Database, DatabaseUnavailable, Tx
from fairhouse.platform.postgres.roles import DatabaseUrls
from tests.conftest import SettableClock
from tests.flows.identity_world import World

PLAYERS = 40


class WatchedDatabase(Database):
    """Counts its reading transactions; an unlucky one finds no database."""

    reads = 0
    unlucky: int | None = None

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        self.reads += 1
        if self.reads == self.unlucky:
            await asyncio.sleep(0)
            raise DatabaseUnavailable
        async with super().read() as tx:
            yield tx


@pytest.fixture
async def watched(
    database_urls: DatabaseUrls, clock: SettableClock
) -> AsyncGenerator[WatchedDatabase]:
    database = await WatchedDatabase.connect(database_urls.app, clock=clock)
    assert isinstance(database, WatchedDatabase)
    yield database
    await database.close()


@pytest.fixture
async def guests(db: Database) -> list[LoggedIn]:
    world = World(db)
    return [await world.guest() for _ in range(PLAYERS)]


async def _all(cache: identity.SessionCache, guests: Sequence[LoggedIn]) -> list[Session | None]:
    return list(await asyncio.gather(*(cache.find(guest.token) for guest in guests)))


async def test_sessions_asked_for_at_once_are_read_at_once(
    watched: WatchedDatabase, guests: list[LoggedIn]
):
    cache = identity.SessionCache(watched)
    assert [guest.session for guest in guests] == await _all(cache, guests)
    assert 1 == watched.reads
    assert [guest.session for guest in guests] == await _all(cache, guests)
    assert 1 == watched.reads


async def test_stale_sessions_are_read_at_once_and_revoked_ones_refused(
    db: Database, watched: WatchedDatabase, guests: list[LoggedIn]
):
    seconds = 0.0
    cache = identity.SessionCache(watched, monotonic_s=lambda: seconds)
    await _all(cache, guests)
    gone, *others = guests
    async with db.tx() as tx:
        await identity.log_out(tx, session=gone.session)
    seconds = 5.1

    assert [None, *(guest.session for guest in others)] == await _all(cache, guests)
    assert 2 == watched.reads
    assert await cache.find(gone.token) is None
    assert 3 == watched.reads


async def test_what_is_dropped_during_a_read_is_read_again(
    watched: WatchedDatabase, guests: list[LoggedIn]
):
    cache = identity.SessionCache(watched)
    asking = asyncio.create_task(_all(cache, guests))
    while watched.reads == 0:
        await asyncio.sleep(0)
    cache.drop_player(guests[0].session.player_id)
    await asking

    assert cache.peek(guests[0].token) is None
    assert all(cache.peek(guest.token) for guest in guests[1:])


async def test_a_read_that_fails_fails_only_who_asked_for_it(
    watched: WatchedDatabase, guests: list[LoggedIn]
):
    cache = identity.SessionCache(watched)
    watched.unlucky = 1
    early, late = guests[:10], guests[10:]
    first = [asyncio.create_task(cache.find(guest.token)) for guest in early]
    while watched.reads == 0:
        await asyncio.sleep(0)
    second = [asyncio.create_task(cache.find(guest.token)) for guest in late]

    refused = await asyncio.gather(*first, return_exceptions=True)
    assert [DatabaseUnavailable] * 10 == [type(one) for one in refused]
    assert [guest.session for guest in late] == await asyncio.gather(*second)
    assert 2 == watched.reads
    assert await cache.find(early[0].token) == early[0].session


async def test_who_leaves_does_not_spoil_it_for_others(
    watched: WatchedDatabase, guests: list[LoggedIn]
):
    cache = identity.SessionCache(watched)
    tasks = [asyncio.create_task(cache.find(guest.token)) for guest in guests]
    twin = asyncio.create_task(cache.find(guests[0].token))
    await asyncio.sleep(0)
    tasks[0].cancel()

    assert guests[0].session == await twin
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in found[:2]] == [asyncio.CancelledError, Session]
    assert 1 == watched.reads


async def test_a_read_is_bounded_and_one_is_under_way_at_a_time():
    sizes: list[int] = []
    running = 0

    async def read(keys: Sequence[Key]) -> Mapping[Key, Session]:
        nonlocal running
        running += 1
        sizes.append(len(keys))
        await asyncio.sleep(0)
        assert running == 1
        running -= 1
        return {}

    async def after() -> None:
        return

    reader = SessionReader(read, after)
    asked = READ_MAX * 2 + 1
    found = await asyncio.gather(*(reader.find((str(n), b"")) for n in range(asked)))
    assert [None] * asked == found
    assert [READ_MAX, READ_MAX, 1] == sizes
    assert not reader.is_reading
