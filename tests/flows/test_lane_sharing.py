"""Several owners on one database: a fair share each, handed over in good order, nothing lost."""

import asyncio
import os
import random
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from fairhouse.betting.api import Road
from fairhouse.betting.store import lanes
from fairhouse.games.api import Games
from fairhouse.kernel.ids import uuid7
from fairhouse.kernel.refusals import Unavailable
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Kind, Transfer
from fairhouse.platform.database import Database, DatabaseUnavailable, PoolSettings
from tests.flows.betting_kit import (
    PLAY,
    SEALER,
    SETTINGS,
    Table,
    check_books,
    give,
    new_player,
    running,
)


@asynccontextmanager
async def process(db, address=None, lease_s=20.0):
    road = Road(db, sealer=SEALER, settings=replace(SETTINGS, address=address, lease_s=lease_s))
    games = Games(db, road, sealer=SEALER, pauses=lambda _: {})
    async with running(road):
        yield Table(db, road, games, {})


async def shares(db):
    """How many lanes each owner has, smallest first; lanes without an owner count as one more."""
    async with db.read() as tx:
        rows = await tx.fetch("select count(*) as n from betting.lane group by owner order by 1")
    return [row["n"] for row in rows]


async def until_shared(db, *wanted):
    async with asyncio.timeout(30):
        while await shares(db) != list(wanted):
            await asyncio.sleep(0.02)


class Players:
    """Sixteen players, one per lane, who bet at whoever owns their lane."""

    def __init__(self, db):
        self.db = db
        self.players = [new_player(lane=lane) for lane in range(16)]
        self.tables = []
        self.nonces = [[] for _ in self.players]
        self.is_over = False

    async def begin(self):
        for one in self.players:
            await give(self.db, one, 10**9)

    async def play(self, lane):
        """Bet after bet; a refusal that asks to come again is followed, at the next table."""
        at = 0
        while not self.is_over:
            id_ = self.tables[0].bet_id()
            while True:
                at += 1
                table = self.tables[at % len(self.tables)]
                try:
                    bet = await table.dice(self.players[lane], bet_id=id_, stake="0.01")
                    break
                except Unavailable:
                    await asyncio.sleep(0.005)
            self.nonces[lane].append(bet.nonce)

    async def until_each_has(self, more):
        goals = [len(one) + more for one in self.nonces]
        async with asyncio.timeout(60):
            while any(len(one) < goal for one, goal in zip(self.nonces, goals, strict=True)):
                await asyncio.sleep(0.01)

    async def check(self):
        for one in self.nonces:
            assert one == list(range(len(one)))
        async with self.db.read() as tx:
            stored = await tx.fetchval("select count(*) from betting.entry")
        assert stored == sum(len(one) for one in self.nonces)
        await check_books(self.db)


async def test_a_process_that_joins_gets_its_share_and_gives_it_back_under_load(db):
    """No lease runs out meanwhile: every hand-over is one in good order."""
    players = Players(db)
    await players.begin()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        players.tables.append(await stack.enter_async_context(process(db)))
        assert await shares(db) == [16]
        for lane in range(16):
            group.create_task(players.play(lane))
        await players.until_each_has(3)
        async with AsyncExitStack() as guest:
            second = await guest.enter_async_context(process(db))
            players.tables.append(second)
            await until_shared(db, 8, 8)
            await players.until_each_has(3)
            third = await guest.enter_async_context(process(db))
            players.tables.append(third)
            await until_shared(db, 5, 5, 6)
            await players.until_each_has(3)

            await second.road.hand_over()
            await until_shared(db, 8, 8)
            await players.until_each_has(3)
            players.tables.remove(second)
            await third.road.hand_over()
            players.tables.remove(third)
        await until_shared(db, 16)
        await players.until_each_has(3)
        players.is_over = True
    await players.check()


async def test_nobody_to_hand_over_to(db):
    async with process(db) as table:
        async with asyncio.timeout(20):
            await table.road.hand_over()
        player = new_player()
        await table.give(player, 10**9)
        assert (await table.dice(player)).nonce == 0


async def test_everybody_knows_where_a_lane_lives(db):
    async with process(db, "tcp:here:1") as first, process(db, "tcp:there:2") as second:
        await until_shared(db, 8, 8)
        async with asyncio.timeout(20):
            while True:
                seen = [
                    [one.road.address_of(lane) for lane in range(16)] for one in (first, second)
                ]
                if seen[0] == seen[1] and None not in seen[0]:
                    break
                await asyncio.sleep(0.02)
        assert sorted(str(one) for one in seen[0]) == ["tcp:here:1"] * 8 + ["tcp:there:2"] * 8


async def test_an_exclusive_of_a_stopped_owner_does_not_hold_its_lane_for_ever(db):
    """Its transaction locks the lane row; the database ends it when nothing comes."""
    player = new_player(lane=3)
    await give(db, player, 10**9)
    road = Road(db, sealer=SEALER, settings=replace(SETTINGS, lease_s=1.0))
    task = asyncio.create_task(road.run())
    await road.refresh_house()
    await road.ready()
    over = asyncio.Event()

    async def stand_still():
        with pytest.raises(DatabaseUnavailable):
            async with db.tx() as tx:
                assert await lanes.is_held(tx, 3, road._writer.leases.epoch(3))
                task.cancel()
                await over.wait()
                await tx.fetchval("select 1")

    standing = asyncio.create_task(stand_still())
    async with process(db, lease_s=1.0) as table:
        assert (await table.dice(player)).nonce == 0
        over.set()
        await standing
    await check_books(db)


def cash(player):
    return AccountKey(1, AccountCode.PLAYER_CASH, PLAY, owner=player.player_id)


def move(db, debit, credit, **more):
    asked: dict[str, Any] = {"id": new_uuid(db), "amount": 1, "reason": "test", "ref": "test"}
    return Transfer(debit=debit, credit=credit, **(asked | more))


def new_uuid(db):
    return uuid7(int(db.now().timestamp() * 1000), os.urandom(10))


@pytest.fixture
async def alert_db(database_urls):
    """A database that notices a deadlock before any lock timeout would hide it."""
    with psycopg.connect(database_urls.admin, autocommit=True) as admin:
        name = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("alter database {} set deadlock_timeout = '5ms'").format(name))
    db = await Database.connect(database_urls.app, PoolSettings(size_max=12))
    yield db
    await db.close()


async def test_money_that_crosses_lanes_deadlocks_neither_owner(alert_db):
    """Tips, deposits, bankroll and withdrawals that are held, posted or voided, beside the bets of
    two owners, on the same accounts.
    """
    db = alert_db
    players = Players(db)
    await players.begin()
    chance = random.Random(7)

    async def post(*transfers):
        await db.retrying(lambda tx: ledger.post(tx, transfers=list(transfers)))

    async def tips():
        while not players.is_over:
            one, two, three = map(cash, chance.sample(players.players, 3))
            await post(move(db, one, two), move(db, two, three, amount=2), move(db, three, one))
            await asyncio.sleep(0.001)

    async def withdrawals():
        while not players.is_over:
            one = chance.choice(players.players)
            issuance = AccountKey(1, AccountCode.PLAY_ISSUANCE, PLAY)
            hold = move(db, cash(one), issuance, kind=Kind.PENDING, amount=5)
            await post(hold, move(db, issuance, cash(chance.choice(players.players))))
            end = chance.choice([Kind.POST, Kind.VOID])
            await post(move(db, cash(one), issuance, kind=end, pending_id=hold.id, amount=5))

    async def bankrolls():
        while not players.is_over:
            lanes_of_house = chance.sample(range(16), 3)
            keys = [
                AccountKey(1, AccountCode.HOUSE_BANKROLL, PLAY, lane=lane)
                for lane in lanes_of_house
            ]
            issuance = AccountKey(1, AccountCode.PLAY_ISSUANCE, PLAY)
            await post(*(move(db, issuance, key, amount=100) for key in keys))
            await asyncio.sleep(0.005)

    async with process(db) as first, process(db) as second, asyncio.TaskGroup() as group:
        players.tables += [first, second]
        await until_shared(db, 8, 8)
        for lane in range(16):
            group.create_task(players.play(lane))
        for step in (tips, tips, withdrawals, withdrawals, bankrolls):
            group.create_task(step())
        await players.until_each_has(25)
        players.is_over = True
    await players.check()
    # Statistics are handed in when a session is idle for a moment.
    await asyncio.sleep(1.5)
    async with db.read() as tx:
        deadlocks = await tx.fetchval(
            "select deadlocks from pg_stat_database where datname = current_database()"
        )
    assert deadlocks == 0
