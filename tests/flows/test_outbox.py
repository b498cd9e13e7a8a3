"""The outbox: nothing lost, nothing double, nothing overtaken, whatever the commit order."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import asyncpg
import pytest

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.money import Money
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import News, OutboxReader, OutboxTail, announce, listening


@dataclass(frozen=True, slots=True)
class ThingHappened:
    TYPE: ClassVar[str] = "tests.thing_happened"
    VERSION: ClassVar[int] = 1
    brand_id: int
    subject: str
    number: int = 0


class Seen:
    """A handler that remembers."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    async def __call__(self, tx: Tx, news: News) -> None:
        self.numbers.append(news.read_as(ThingHappened).number)


async def say(db, number: int) -> None:
    async with db.tx() as tx:
        await announce(tx, ThingHappened(1, "x", number))


async def test_an_event_comes_back_as_it_was(db, clock):
    event = ThingHappened(3, "dep_1", 2**200)
    async with db.tx() as tx:
        await announce(tx, event)
    got: list[News] = []

    async def keep(tx: Tx, news: News) -> None:
        got.append(news)

    assert 1 == await OutboxReader(db, "test").step(keep)
    assert got[0].read_as(ThingHappened) == event
    assert ("tests.thing_happened", 1, 3, clock.time) == (
        got[0].kind,
        got[0].version,
        got[0].brand_id,
        got[0].at,
    )


async def test_what_is_undone_was_never_said(db):
    with pytest.raises(ZeroDivisionError):
        async with db.tx() as tx:
            await announce(tx, ThingHappened(1, "x"))
            raise ZeroDivisionError

    assert 0 == await OutboxReader(db, "test").step(Seen())


async def test_a_late_committer_is_not_stepped_over(db):
    """The transaction that drew the lower id commits last; the reader must wait for it."""
    seen, reader = Seen(), OutboxReader(db, "test")
    async with db.tx() as slow:
        await announce(slow, ThingHappened(1, "x", 1))
        await say(db, 2)

        assert 0 == await reader.step(seen)
    assert 2 == await reader.step(seen)
    assert [1, 2] == seen.numbers


async def test_a_failing_handler_moves_nothing_and_then_stands_alone(db):
    for number in range(4):
        await say(db, number)
    seen, reader = Seen(), OutboxReader(db, "test")

    async def fails_at_two(tx: Tx, news: News) -> None:
        if news.read_as(ThingHappened).number == 2:
            raise ZeroDivisionError
        await seen(tx, news)

    with pytest.raises(ZeroDivisionError):
        await reader.step(fails_at_two)
    seen.numbers.clear()
    for _ in range(2):
        assert 1 == await reader.step(fails_at_two)
    with pytest.raises(ZeroDivisionError):
        await reader.step(fails_at_two)
    while await reader.step(seen):
        pass

    assert [0, 1, 2, 3] == seen.numbers


async def test_many_writers_and_two_readers_of_one_name(db):
    """Nothing is lost or double, and each writer's news stay in their order."""
    seen = Seen()
    readers = [OutboxReader(db, "test", batch=7) for _ in range(2)]
    done = asyncio.Event()

    async def write(start: int) -> None:
        for number in range(start, start + 20):
            async with db.tx() as tx:
                await announce(tx, ThingHappened(1, "x", number))
                await asyncio.sleep(0.001 * (number % 4))

    async def read(reader: OutboxReader) -> None:
        while not done.is_set() or await reader.step(seen):
            await reader.step(seen)
            await asyncio.sleep(0)

    readings = [asyncio.create_task(read(reader)) for reader in readers]
    await asyncio.gather(*(write(start) for start in range(0, 100, 20)))
    done.set()
    await asyncio.gather(*readings)

    assert sorted(seen.numbers) == list(range(100))
    for start in range(0, 100, 20):
        mine = [number for number in seen.numbers if start <= number < start + 20]
        assert mine == sorted(mine)


async def test_consumers_do_not_share_a_place(db):
    await say(db, 1)
    first, second = Seen(), Seen()
    await OutboxReader(db, "first").step(first)
    await OutboxReader(db, "first").step(first)
    await OutboxReader(db, "second").step(second)

    assert ([1], [1]) == (first.numbers, second.numbers)


async def test_the_tail_begins_at_now(db):
    await say(db, 1)
    tail = OutboxTail(db)
    async with db.tx() as slow:
        await announce(slow, ThingHappened(1, "x", 2))
        await tail.start()
    await say(db, 3)

    assert [2, 3] == [news.read_as(ThingHappened).number for news in await tail.next()]
    assert [] == await tail.next()


async def test_commit_wakes_a_listener(db):
    async with listening(db) as wake:
        async with db.tx() as tx:
            await announce(tx, ThingHappened(1, "x"))
            assert not wake.is_set()
        await asyncio.wait_for(wake.wait(), 5)


async def test_the_app_cannot_rewrite_or_forget_news(db, worker_db, clock):
    await say(db, 1)
    for statement in (
        "update platform.outbox set subject = 'y'",
        "delete from platform.outbox",
        "truncate platform.outbox",
    ):
        for base in (db, worker_db):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with base.tx() as tx:
                    await tx.execute(statement)


async def test_pruning_keeps_what_somebody_has_not_read(db, worker_db):
    """The settable clock stands in the past, so every row is old."""
    await say(db, 1)
    await OutboxReader(db, "fast").step(Seen())
    async with worker_db.tx() as tx:
        await tx.execute("insert into platform.outbox_cursor (consumer) values ('slow')")
        prune = "select platform.prune_outbox($1)"
        assert await tx.fetchval(prune, timedelta(days=7)) == 0
    await OutboxReader(db, "slow").step(Seen())
    async with worker_db.tx() as tx:
        assert await tx.fetchval(prune, timedelta(days=7)) == 1


async def test_money_in_an_event_survives(db):
    @dataclass(frozen=True, slots=True)
    class Paid:
        TYPE: ClassVar[str] = "tests.paid"
        VERSION: ClassVar[int] = 1
        brand_id: int
        subject: str
        amount: Money

    async with db.tx() as tx:
        await announce(tx, Paid(1, "x", Money(2**60, CurrencyCode("BTC"))))
    tail: list[News] = []

    async def keep(tx: Tx, news: News) -> None:
        tail.append(news)

    await OutboxReader(db, "test").step(keep)

    assert tail[0].read_as(Paid).amount == Money(2**60, CurrencyCode("BTC"))
