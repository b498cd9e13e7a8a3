"""The least time between two games, where a jurisdiction sets one."""

import asyncio

import pytest

from fairhouse.brands.types import PlayRules
from fairhouse.games.api import Games
from fairhouse.games.pace import TooSoon
from fairhouse.ledger.types import InsufficientFunds
from tests.flows.betting_kit import SEALER, Table, new_player, table_on

STRICT = PlayRules(cycle_ms=5_000, slot_cycle_ms=2_500, autoplay=False, turbo=False)


@pytest.fixture
async def table(db):
    async with table_on(db) as made:
        games = Games(db, made.road, sealer=SEALER, pauses=lambda _: {}, rules=lambda _: STRICT)
        yield Table(db, made.road, games, {})
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
