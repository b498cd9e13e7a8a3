"""The watch over returns: a game that pays too much is stopped, an honest one never."""

import asyncio
import random

import pytest

from devnet.prices import signed_snapshot
from fairhouse.backoffice import api
from fairhouse.backoffice.api.games import WINDOWS
from fairhouse.backoffice.jobs import watch_drift
from fairhouse.games import api as games
from fairhouse.games import catalogue
from fairhouse.games.catalogue import Game
from fairhouse.games.dice.rules import Dice
from fairhouse.games.types import GameSlug
from fairhouse.kernel.refusals import Paused
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.rates import api as rates
from fairhouse.reports.drift import DriftRules, Moments, judge
from tests.flows.betting_kit import USDT, new_player, table_on
from tests.flows.test_bet_journal import KEY, RATES

DRIFT = DriftRules()
PLAYERS = 8
NOTICED_BY = 4_000
"""Bets within which a return of 130 % must have been stopped."""
DICE = catalogue.usual("dice")


@pytest.fixture
async def table(db, worker_db, clock):
    async with worker_db.tx() as tx:
        await rates.record_snapshot(tx, document=signed_snapshot(clock(), KEY), settings=RATES)
    async with table_on(db) as table:
        async with db.tx() as tx:
            await ledger.post(
                tx,
                transfers=[
                    Transfer(
                        id=table.uuid(),
                        debit=AccountKey(1, AccountCode.PLAY_ISSUANCE, USDT),
                        credit=AccountKey(1, AccountCode.HOUSE_BANKROLL, USDT, lane=lane),
                        amount=10**12,
                        reason="test",
                        ref="test",
                    )
                    for lane in range(16)
                ],
            )
        await table.road.refresh_house()
        await table.games.refresh()
        yield table
    await table.check_books()


@pytest.fixture
async def players(table):
    found = [new_player() for _ in range(PLAYERS)]
    for one in found:
        await table.give(one, 10**11, USDT)
    return found


async def play(table, players, rounds):
    """Each plays as many bets, of mixed stakes."""

    async def one(player):
        for number in range(rounds):
            await table.dice(player, currency_code="USDT", stake=str(1 + number % 7))

    await asyncio.gather(*(one(player) for player in players))


async def watch(worker_db):
    while await watch_drift(worker_db, DRIFT):
        pass


async def log(db):
    async with db.read() as tx:
        return await tx.fetch("select actor, action, subject, reason from audit.entry")


async def test_a_game_that_returns_too_much_is_stopped_by_itself(table, players, worker_db):
    # What a fault in the rules looks like: the published table, and other payouts.
    table.games.offers._chosen = {(1, GameSlug("dice")): Game(Dice(13_000), DICE.info)}
    opened = await table.mines(players[0], currency_code="USDT")
    played = 0
    while not await log(table.db):
        assert played < NOTICED_BY
        await play(table, players, 125)
        played += 125 * PLAYERS
        await watch(worker_db)

    (entry,) = await log(table.db)
    assert (entry["actor"], entry["action"], entry["subject"]) == (
        *("job:drift", "game.stop", "game:dice"),
    )
    assert "standard errors above 0.989901" in entry["reason"]
    await table.games.refresh()
    with pytest.raises(Paused):
        await table.dice(players[0], currency_code="USDT")
    async with table.db.read() as tx:
        (stop,) = await games.stops(tx, brand_id=1)
    assert (stop.game, stop.version, stop.stopped_by) == ("dice", "1", None)
    assert await table.reveal(players[0], opened, 0, 0), "another game's round goes on"
    await watch(worker_db)
    assert len(await log(table.db)) == 1, "said once"


async def test_after_two_people_restart_it_the_past_stops_it_no_more(
    table, players, worker_db, clock
):
    table.games.offers._chosen = {(1, GameSlug("dice")): Game(Dice(13_000), DICE.info)}
    await play(table, players, 400)
    await watch(worker_db)
    async with table.db.tx() as tx:
        made = await games.propose_restart(
            tx,
            brand_id=1,
            game="dice",
            version="1",
            staff_id=table.uuid(),
            reason="the table was mended",
        )
        await games.decide_offer(
            tx, wish_id=made.id, is_approved=True, staff_id=table.uuid(), reason="looked at it"
        )
    await watch(worker_db)
    async with table.db.read() as tx:
        assert [] == await games.stops(tx, brand_id=1)


async def test_an_honest_game_is_counted_exactly_and_goes_on(table, players, worker_db, db):
    await play(table, players, 150)
    bet = await table.mines(players[0], currency_code="USDT", stake="3")
    await watch(worker_db)
    async with db.read() as tx:
        found = await api.judgements(tx, window=WINDOWS["day"])
        truth = await tx.fetchrow(
            "select count(*) as bets, sum(stake_value) as staked,"
            " sum(betting.returned_value(kind, stake, payout, stake_value)) as returned"
            " from betting.entry where kind = 'instant'"
        )
        kept = await tx.fetchrow("select * from reports.result_hour")
    assert truth is not None
    assert kept is not None
    assert bet.state == "open"
    assert (kept["bets"], kept["staked"], kept["returned"]) == tuple(truth.values())
    (one,) = found.values()
    assert one.bets == 1_200
    assert not one.stops(DRIFT)
    assert await log(db) == []


@pytest.mark.parametrize("chance", [9_500, 4_950, 100, 1])
def test_honest_games_are_not_stopped_in_a_long_run(chance):
    """Mixed stakes, judged after every 500 bets as the watch would."""
    source = random.Random(f"drift {chance}")
    sums = Moments()
    for number in range(1, 60_001):
        stake = source.choice([100, 1_000, 250_000, 7_000_000])
        payout = stake * 9_900 // chance if source.randrange(10_001) < chance else 0
        sums += Moments.of(stake, payout)
        if number % 500 == 0:
            assert not judge(sums, least="0.989901", most="0.989901").stops(DRIFT)


def test_one_huge_win_stops_nothing_and_skill_below_its_return_is_said_only():
    honest = Moments.of(1_000_000, 0)
    sums = Moments()
    for _ in range(2_000):
        sums += honest
    sums += Moments.of(1_000_000, 10**12)
    assert not judge(sums, least="0.99", most="0.99").stops(DRIFT)

    poor = Moments()
    for number in range(4_000):
        poor += Moments.of(1_000_000, 2_000_000 if number % 5 < 2 else 0)
    found = judge(poor, least="0.994", most="0.994")
    assert found.is_below
    assert not found.stops(DRIFT)


def test_a_return_above_is_found_by_its_size():
    sums = Moments()
    for number in range(10_000):
        sums += Moments.of(1_000_000, 2_000_000 if number % 20 < 11 else 0)
    found = judge(sums, least="0.98", most="0.99")
    assert found.actual is not None
    assert found.high is not None
    assert (f"{found.actual:.4f}", found.is_above) == ("1.1000", True)
    assert found.stops(DRIFT)
    assert not found.stops(DriftRules(bets_min=10_001))
