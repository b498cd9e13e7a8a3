"""The least time between two games, where a jurisdiction sets one."""

import asyncio
from dataclasses import replace

import pytest

from fairhouse.betting.types import RoundAlreadyOpen
from fairhouse.brands.tables import JURISDICTIONS
from fairhouse.brands.types import JurisdictionCode
from fairhouse.games.api import BetView
from fairhouse.games.crash.types import State
from fairhouse.games.pace import AutoplayForbidden, TooSoon
from fairhouse.kernel.ids import to_wire
from fairhouse.ledger.types import InsufficientFunds
from tests.flows.betting_kit import new_player, table_on
from tests.flows.crash_kit import scene_on

UK = JURISDICTIONS[JurisdictionCode("uk")]


@pytest.fixture
async def table(db):
    async with table_on(db, ruling=UK) as made:
        yield made
    await made.check_books()


@pytest.fixture
async def player(table):
    player = new_player()
    await table.give(player, 10**9)
    return player


async def slot(table, player):
    return await table.games.place(
        "scarab",
        bettor=player,
        bet_id=table.bet_id(),
        currency_code="PLAY",
        stake="1",
        params={"lines": 5},
    )


async def test_a_second_start_waits_for_its_time(table, player, clock):
    await table.dice(player)
    clock.advance(milliseconds=4_990)
    with pytest.raises(TooSoon) as refused:
        await table.dice(player)
    assert (refused.value.fields["remaining_ms"], refused.value.status) == (10, 429)
    clock.advance(milliseconds=20)
    await table.dice(player)


async def test_slots_have_their_own_time(table, player, clock):
    await slot(table, player)
    clock.advance(milliseconds=2_490)
    with pytest.raises(TooSoon):
        await slot(table, player)
    clock.advance(milliseconds=20)
    await slot(table, player)


async def test_steps_are_no_starts_and_repetitions_are_answered(table, player):
    id_ = table.bet_id()
    bet = await table.mines(player, bet_id=id_, mines=1)
    assert bet == await table.mines(player, bet_id=id_, mines=1)
    after = await table.reveal(player, bet, 0, 3)
    if after.state == "open":
        after = await table.cash_out(player, after)
    assert after.state == "settled"
    with pytest.raises(TooSoon):
        await table.mines(player)


async def test_what_is_refused_makes_nobody_wait(table, player):
    with pytest.raises(InsufficientFunds):
        await table.dice(player, stake="2000")
    await table.dice(player)


async def test_many_at_once_start_one_game(table, player):
    answers = await asyncio.gather(*(table.dice(player) for _ in range(20)), return_exceptions=True)
    assert 19 == sum(isinstance(one, TooSoon) for one in answers)


async def test_a_repetition_is_no_start(table, player, clock):
    id_ = table.bet_id()
    bet = await table.dice(player, bet_id=id_)
    clock.advance(milliseconds=5_010)
    assert bet == await table.dice(player, bet_id=id_), "as it was accepted"
    await table.dice(player)
    with pytest.raises(TooSoon):
        await table.dice(player)


async def test_a_repetition_that_only_the_books_know_is_no_start(db, clock):
    player = new_player()
    async with table_on(db, ruling=UK) as table:
        await table.give(player, 10**9)
        id_ = table.bet_id()
        bet = await table.dice(player, bet_id=id_)
    clock.advance(milliseconds=5_010)
    async with table_on(db, ruling=UK) as successor:
        assert bet == await successor.dice(player, bet_id=id_)
        await successor.dice(player)
        await successor.check_books()


async def test_what_a_client_calls_automatic_is_refused(table, player):
    with pytest.raises(AutoplayForbidden) as refused:
        await automatic(table, player)
    assert refused.value.param == "automatic"
    await table.dice(player)


async def test_where_autoplay_is_allowed_it_is_a_bet_like_others(db, player_of):
    async with table_on(db) as free:
        player = await player_of(free)
        assert (await automatic(free, player)).state == "settled"


async def automatic(table, player):
    return await table.games.place(
        "dice",
        bettor=player,
        bet_id=table.bet_id(),
        currency_code="PLAY",
        stake="1",
        params={"target": "50.00", "direction": "under"},
        automatic=True,
    )


async def test_one_game_at_a_time(table, player, clock):
    opened = await table.mines(player, mines=24)
    clock.advance(milliseconds=5_010)
    with pytest.raises(RoundAlreadyOpen) as refused:
        await table.dice(player)
    assert refused.value.fields["round_id"] == opened.id
    await table.reveal(player, opened, 0, 3)
    await table.dice(player)


async def test_two_games_in_one_batch_are_not_both_begun(db, player_of):
    async with table_on(db, ruling=replace(UK, play=replace(UK.play, cycle_ms=0))) as table:
        player = await player_of(table)
        answers = await asyncio.gather(
            table.mines(player, mines=24), table.dice(player), return_exceptions=True
        )
        assert [type(one) for one in answers if isinstance(one, Exception)] == [RoundAlreadyOpen]
        assert [one.state for one in answers if isinstance(one, BetView)] == ["open"]


@pytest.fixture
def player_of():
    async def make(table):
        player = new_player()
        await table.give(player, 10**9)
        return player

    return make


async def test_crash_is_a_game_like_the_others(db, clock, player_of):
    async with scene_on(db, clock, ruling=UK) as scene:
        player = await player_of(scene.table)
        await scene.until(State.BETTING)
        await scene.table.dice(player)
        with pytest.raises(TooSoon):
            await scene.bet(player)
        clock.advance(milliseconds=5_010)
        with pytest.raises(AutoplayForbidden):
            await scene.bet(player, automatic=True)
        bet = await scene.bet(player)
        clock.advance(milliseconds=5_010)
        with pytest.raises(RoundAlreadyOpen) as refused:
            await scene.table.dice(player)
        assert refused.value.fields["round_id"] == to_wire("bet", bet.id)
        await scene.until(State.CRASHED)
        await scene.settle()
        await scene.table.dice(player)
        await scene.table.check_books()
