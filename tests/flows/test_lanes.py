"""Lanes that cannot do harm: fencing, hand-over, contention, poison, back-pressure, lost links."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest

from fairhouse.betting.api import Road
from fairhouse.betting.store import batch
from fairhouse.betting.types import Busy, LaneElsewhere, Place, Settled
from fairhouse.games.api import Games
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import IdempotencyConflict, Unavailable
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from tests.flows.betting_kit import (
    PLAY,
    SEALER,
    SETTINGS,
    Table,
    check_books,
    give,
    new_player,
    placed,
    running,
    table_on,
)

RETRYABLE = (LaneElsewhere, Busy, Unavailable)


@asynccontextmanager
async def owner(db, **changes):
    road = Road(db, sealer=SEALER, settings=replace(SETTINGS, **changes))
    async with running(road):
        yield Games(db, road, sealer=SEALER, pauses=lambda _: {}), road


async def dice(games, bettor, table, **changes):
    asked = {"bet_id": table.bet_id(), "currency_code": "PLAY", "stake": "1"}
    params = {"target": "50.00", "direction": "under"}
    return await games.place("dice", bettor=bettor, params=params, **(asked | changes))


async def entries(db):
    async with db.read() as tx:
        return await tx.fetchval("select count(*) from betting.entry")


async def test_a_stale_epoch_commits_nothing(db):
    async with table_on(db) as table:
        player = new_player()
        await table.give(player, 10_000_000)
        await table.dice(player)
        async with db.tx() as tx:
            await tx.execute("update betting.lane set epoch = epoch + 1, owner = 'another'")
        with pytest.raises(LaneElsewhere):
            await table.dice(player)
        with pytest.raises(LaneElsewhere):
            await table.road.rotate(player, client_seed=None)
        assert await entries(db) == 1
        assert await table.balance(player) in {9_000_000, 10_980_000, 11_980_000, 10_990_000}
        await table.check_books()


async def test_a_stopped_owner_is_replaced_and_wakes_up_fenced(db):
    async with table_on(db) as first:
        player = new_player()
        await first.give(player, 100_000_000)
        await first.dice(player)
        leases = first.road._writer._leases
        # As if stopped: no lease is renewed, no news is heard, and it still believes in its lanes.
        leases.due_now = lambda: None
        leases.wait_s = lambda: 3_600.0
        await asyncio.sleep(0.2)
        async with owner(db) as (games, _):
            bets = [await dice(games, player, first) for _ in range(3)]
            answers = await asyncio.gather(
                *(first.dice(player) for _ in range(10)), return_exceptions=True
            )
            bets += [await dice(games, player, first)]

            assert all(isinstance(one, RETRYABLE) for one in answers)
            del leases.due_now, leases.wait_s
            leases.due_now()
            assert [1, 2, 3, 4] == [bet.nonce for bet in bets]
        assert await entries(db) == 5
        await check_books(db)
        await first.road.ready()
        assert (await first.dice(player)).nonce == 5, "taken back after the other gave up"


async def test_two_owners_share_the_lanes(db):
    low, high = new_player(lane=1), new_player(lane=9)
    async with (
        table_on(db, replace(SETTINGS, lanes=tuple(range(8)))) as table,
        owner(db, lanes=tuple(range(8, 16))) as (games, _),
    ):
        for one in (low, high):
            await table.give(one, 1_000_000_000)
        answers = await asyncio.gather(
            *(dice(table.games, low, table) for _ in range(50)),
            *(dice(games, high, table) for _ in range(50)),
        )
        assert sorted(bet.nonce for bet in answers[:50]) == list(range(50))
        assert sorted(bet.nonce for bet in answers[50:]) == list(range(50))
        with pytest.raises(LaneElsewhere):
            await dice(games, low, table)
        await table.check_books()
        # The same id in two lanes at once: one bet, and the other learns nothing.
        id_ = table.bet_id()
        both = await asyncio.gather(
            dice(table.games, low, table, bet_id=id_),
            dice(games, high, table, bet_id=id_),
            return_exceptions=True,
        )
        assert 1 == sum(1 for one in both if not isinstance(one, Exception))
        await table.check_books()


async def test_a_poisoned_command_fails_alone(db):
    async with table_on(db) as table:
        players = [new_player() for _ in range(20)]
        for one in players:
            await table.give(one, 10_000_000)

        def beyond(stream):
            return Settled(2**70, {})

        def broken(stream):
            raise ZeroDivisionError

        def poison(bettor, decide):
            return Place(
                bet_id=table.uuid(),
                bettor=bettor,
                currency=CurrencyCode("PLAY"),
                stake=1,
                game="dice",
                game_version="1",
                table_hash="",
                params={},
                decide=decide,
                fingerprint=b"poison",
                opens_round=False,
            )

        answers = await asyncio.gather(
            *(table.dice(one) for one in players),
            placed(table.road, poison(players[3], beyond)),
            placed(table.road, poison(players[4], broken)),
            *(table.dice(one) for one in players),
            return_exceptions=True,
        )
        failed = [at for at, one in enumerate(answers) if isinstance(one, Exception)]

        assert failed == [20, 21]
        assert await entries(db) == 40
        await table.check_books()


async def test_a_row_held_by_another_transaction_stops_nobody_else(db):
    async with table_on(db, replace(SETTINGS, lock_timeout_ms=20)) as table:
        held, free = new_player(), new_player()
        for one in (held, free):
            await table.give(one, 100_000_000)
            await table.dice(one)
        async with db.tx() as tx:
            await tx.execute(
                "select from ledger.balance b join ledger.account a on a.id = b.account_id"
                " where a.owner = $1 for update of b",
                held.player_id,
            )
            answers = await asyncio.gather(
                *(table.dice(free) for _ in range(5)), table.dice(held), return_exceptions=True
            )
            assert isinstance(answers[-1], Busy)
            assert all(not isinstance(one, Exception) for one in answers[:-1])
        assert (await table.dice(held)).nonce == 1
        await table.check_books()


async def test_a_full_queue_says_busy_at_once(db):
    async with table_on(db, replace(SETTINGS, queue_max=16)) as table:
        player = new_player()
        await table.give(player, 1_000_000_000)
        ids = [table.bet_id() for _ in range(64)]
        answers = await asyncio.gather(
            *(table.dice(player, bet_id=one) for one in ids), return_exceptions=True
        )
        busy = [id_ for id_, one in zip(ids, answers, strict=True) if isinstance(one, Busy)]

        assert len(busy) == 48
        for id_ in busy:
            await table.dice(player, bet_id=id_)
        assert await entries(db) == 64
        await table.check_books()


async def test_a_lost_connection_is_an_unknown_outcome_that_a_repetition_settles(db):
    async with table_on(db) as table:
        players = [new_player() for _ in range(10)]
        for one in players:
            await table.give(one, 1_000_000_000)
        wanted = [(one, table.bet_id()) for one in players for _ in range(30)]
        told: dict[str, object] = {}

        async def until_answered(bettor, id_):
            while True:
                try:
                    told[id_] = await table.dice(bettor, bet_id=id_)
                    return
                except RETRYABLE:
                    await asyncio.sleep(0.05)

        async def cut():
            for _ in range(5):
                await asyncio.sleep(0.05)
                async with db.tx() as tx:
                    await tx.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where pid = (select backend_pid from betting.lane where lane = 0)"
                    )

        async with asyncio.timeout(60):
            await asyncio.gather(cut(), *(until_answered(*one) for one in wanted))
        assert await entries(db) == len(wanted) == len(told)
        await table.check_books()


async def test_deposits_and_tips_beside_the_road_never_deadlock_it(db):
    async with table_on(db) as table:
        players = [new_player() for _ in range(8)]
        for one in players:
            await table.give(one, 1_000_000_000)

        async def tip(number):
            chosen = players[number % 8], players[(number * 3 + 1) % 8]
            if chosen[0] is chosen[1]:
                return
            cash = [
                AccountKey(1, AccountCode.PLAYER_CASH, PLAY, owner=one.player_id) for one in chosen
            ]
            move = Transfer(
                id=table.uuid(),
                debit=cash[0],
                credit=cash[1],
                amount=1,
                reason="tip",
                ref="test",
            )
            await db.retrying(lambda tx: ledger.post(tx, transfers=[move]))

        async def some_tips(lane):
            for number in range(lane, 120, 4):
                await tip(number)
                await give(db, players[number % 8], 5)

        async def some_bets(one):
            for _ in range(60):
                await table.dice(one)

        await asyncio.gather(
            *(some_tips(lane) for lane in range(4)), *(some_bets(one) for one in players)
        )
        assert await entries(db) == 480
        await table.check_books()


async def test_stopping_finishes_what_is_queued(db):
    player = new_player()
    async with table_on(db) as table:
        await table.give(player, 1_000_000_000)
        await table.dice(player)
        bets = [asyncio.ensure_future(table.dice(player)) for _ in range(700)]
        await asyncio.sleep(0)
        table.road.stop()
        with pytest.raises(LaneElsewhere):
            await table.dice(player)
        assert list(range(1, 701)) == [bet.nonce for bet in await asyncio.gather(*bets)]
    async with db.read() as tx:
        assert 0 == await tx.fetchval("select count(*) from betting.lane where owner is not null")
    await check_books(db)


async def test_a_failing_listener_stands_in_nobodys_way(db):
    def fail(entries):
        raise ZeroDivisionError

    road = Road(db, sealer=SEALER, settings=SETTINGS, on_committed=fail)
    games = Games(db, road, sealer=SEALER, pauses=lambda _: {})
    player = new_player()
    await give(db, player, 10_000_000)
    async with running(road):
        bets = [await dice(games, player, Table(db, road, games, {})) for _ in range(3)]

    assert [0, 1, 2] == [bet.nonce for bet in bets]
    await check_books(db)


async def test_two_players_with_one_id_in_one_batch(db):
    """Nobody may stop the road that way: one is taken, the other is told, the rest go on."""
    async with table_on(db) as table:
        one, other, rest = new_player(), new_player(), new_player()
        for player in (one, other, rest):
            await table.give(player, 10_000_000)
            await table.dice(player)
        shared = table.bet_id()
        async with asyncio.timeout(30):
            answers = await asyncio.gather(
                table.dice(one, bet_id=shared),
                table.dice(rest),
                table.dice(other, bet_id=shared),
                return_exceptions=True,
            )
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert [IdempotencyConflict] == [type(answer) for answer in refused]
        assert not isinstance(answers[1], BaseException)
        assert await entries(db) == 5
        await table.check_books()


async def test_rows_that_change_while_a_batch_waits_for_them(db):
    """The batch rechecks them; with a careless plan PostgreSQL 18 crashed here (0019)."""
    async with table_on(db) as table:
        players = [new_player() for _ in range(6)]
        for one in players:
            await table.give(one, 1_000_000_000)
            await table.dice(one)
        changes = (
            "update ledger.balance set credits_pending = credits_pending",
            "update betting.lane set owner = owner",
        )
        for change in changes * 8:
            async with db.tx() as tx:
                await tx.execute(change)
                bets = [asyncio.ensure_future(table.dice(one)) for one in players * 3]
                await asyncio.sleep(0.03)
            await asyncio.gather(*bets)
        assert await entries(db) == 6 + 16 * 18
        await table.check_books()


@pytest.mark.parametrize(
    ("statement", "indexes"),
    [(batch.PLAIN, ("balance_pkey",)), (batch.BATCH, ("balance_pkey", "round_pkey"))],
)
def test_the_batch_plan_reads_nothing_whole(database_urls, statement, indexes):
    with psycopg.connect(database_urls.app) as connection:
        connection.execute("set enable_seqscan = off")
        plan = "\n".join(
            row[0]
            for row in connection.cursor().execute(f"explain (generic_plan) {statement}".encode())
        )

    assert "Seq Scan" not in plan, plan
    assert " on entry" not in plan.replace("Insert on entry", ""), plan
    for index in indexes:
        assert index in plan, plan
