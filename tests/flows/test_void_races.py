"""A void that two people decided meets the player: one of them wins, and the books say which."""

import asyncio
from uuid import UUID

import pytest

from fairhouse.betting.types import RoundClosed
from fairhouse.games import api as games
from fairhouse.games.jobs import do_voids
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import parse_units
from fairhouse.ledger.types import AccountCode
from tests.flows.betting_kit import new_player, table_on
from tests.flows.test_game_offers import safe_tile

ANN, BOB = UUID(int=1), UUID(int=2)
UNIT = 10**6
MONEY = 100 * UNIT
PLAYERS = 24


@pytest.fixture
async def table(db):
    async with table_on(db) as table:
        yield table
    await table.check_books()


async def seated(table):
    player = new_player()
    await table.give(player, MONEY)
    return player


async def approve_void(table, bet):
    id_ = from_wire("bet", bet.id)
    async with table.db.tx() as tx:
        await games.propose_void(tx, bet_id=id_, staff_id=ANN, reason="the board was wrong")
    async with table.db.tx() as tx:
        await games.decide_void(
            tx, bet_id=id_, staff_id=BOB, reason="looked at it", is_approved=True
        )


async def revealed(table, player, mines=1):
    """An open round with one safe tile turned over; the tile."""
    bet = await table.mines(player, mines=mines)
    tile = await safe_tile(table, player, bet)
    return await table.reveal(player, bet, 0, tile), tile


async def found(table, player, bet):
    return await table.games.bet(bet_id=bet.id, reader=player.player_id)


async def check_player(table, player, bet):
    """The balance is what follows from how the round stands; nothing stays locked."""
    now = await found(table, player, bet)
    back = {"void": UNIT, "settled": parse_units(now.payout, 6)}[now.state]
    assert await table.balance(player) == MONEY - UNIT + back
    assert await table.balance(player, code=AccountCode.LOCKED_WAGER) == 0
    async with table.db.read() as tx:
        kinds = [
            row["kind"]
            for row in await tx.fetch(
                "select kind from betting.entry where round_id = $1 and kind in ('settle', 'void')",
                from_wire("bet", bet.id),
            )
        ]
    assert kinds == [{"void": "void", "settled": "settle"}[now.state]], "it ended once"
    return now.state


async def test_the_player_was_first(table):
    player = await seated(table)
    bet, _ = await revealed(table, player)
    await approve_void(table, bet)
    done = await table.cash_out(player, bet)
    assert await do_voids(table.db, table.road) == 1
    assert await do_voids(table.db, table.road) == 0
    assert await found(table, player, bet) == done
    assert done == await table.cash_out(player, bet), "told again as it was"
    assert await check_player(table, player, bet) == "settled"


async def test_the_void_was_first(table):
    player = await seated(table)
    bet, tile = await revealed(table, player)
    await approve_void(table, bet)
    assert await do_voids(table.db, table.road) == 1
    with pytest.raises(RoundClosed):
        await table.cash_out(player, bet)
    with pytest.raises(RoundClosed):
        await table.reveal(player, bet, 1, (tile + 1) % 25)
    again = await table.reveal(player, bet, 0, tile)
    assert (again.state, again.outcome["reason"]) == ("void", "the board was wrong")
    assert await check_player(table, player, bet) == "void"
    await table.mines(player)


async def outcome_of(asking):
    try:
        return await asking
    except RoundClosed as refusal:
        return refusal


@pytest.mark.parametrize("is_void_first", [True, False])
async def test_at_once_with_the_end_of_the_round(table, is_void_first):
    """Everybody cashes out while two processes' jobs undo all rounds."""
    players = [await seated(table) for _ in range(PLAYERS)]
    bets = [(await revealed(table, player))[0] for player in players]
    for bet in bets:
        await approve_void(table, bet)
    outs = [table.cash_out(one, bet) for one, bet in zip(players, bets, strict=True)]
    voids = [do_voids(table.db, table.road) for _ in range(2)]
    asked = [outcome_of(one) for one in ([*voids, *outs] if is_void_first else [*outs, *voids])]
    answers = await asyncio.gather(*asked)
    told = answers[2:] if is_void_first else answers[:-2]
    for player, bet, answer in zip(players, bets, told, strict=True):
        state = await check_player(table, player, bet)
        if state == "settled":
            assert answer == await found(table, player, bet)
        else:
            assert isinstance(answer, RoundClosed)
    assert await do_voids(table.db, table.road) == 0, "each was done"


async def test_at_once_with_a_step(table):
    """A tile that was taken before the void is a step of the void round, or it was refused."""
    players = [await seated(table) for _ in range(PLAYERS)]
    bets = [await table.mines(player, mines=1) for player in players]
    tiles = [await safe_tile(table, one, bet) for one, bet in zip(players, bets, strict=True)]
    for bet in bets:
        await approve_void(table, bet)
    steps = [
        outcome_of(table.reveal(one, bet, 0, tile))
        for one, bet, tile in zip(players, bets, tiles, strict=True)
    ]
    half = len(steps) // 2
    answers = await asyncio.gather(
        *steps[:half], outcome_of(do_voids(table.db, table.road)), *steps[half:]
    )
    told = [*answers[:half], *answers[half + 1 :]]
    for player, bet, answer in zip(players, bets, told, strict=True):
        assert await check_player(table, player, bet) == "void"
        after = await found(table, player, bet)
        if isinstance(answer, RoundClosed):
            assert after.outcome["choices"] == []
        else:
            assert (answer.state, len(after.outcome["choices"])) == ("open", 1)
