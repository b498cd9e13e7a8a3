"""Mines on the road: many steps, none taken twice, none lost."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest

from fairhouse.betting import api as betting
from fairhouse.betting import jobs as betting_jobs
from fairhouse.betting.types import (
    OpenRound,
    RoundAlreadyOpen,
    RoundClosed,
    StepTaken,
    UnknownBet,
)
from fairhouse.fairness.types import Rotation
from fairhouse.games import jobs
from fairhouse.games.api import BetView, verify
from fairhouse.games.types import ChoiceNotOpen, InvalidChoice, InvalidGameParams, StakeTooSmall
from fairhouse.kernel.ids import from_wire
from fairhouse.ledger.types import AccountCode, InsufficientFunds
from tests.flows.betting_kit import SEALER, new_player, table_on


@pytest.fixture
async def table(db):
    async with table_on(db) as table:
        yield table
    await table.check_books()


@pytest.fixture
async def player(table):
    player = new_player()
    await table.give(player, 100_000_000)
    return player


async def field_of(table, player, bet):
    """The mines and the safe tiles: what only this test may look up while the round is open."""
    async with table.db.tx() as tx:
        seeds = await table.road._writer._committer._memory.player(tx, player)
    drawn = seeds.seeds.stream(bet.nonce).drawn(bet.params["mines"], 25)
    return drawn, [tile for tile in range(25) if tile not in drawn]


async def test_a_round_from_stake_to_cash_out(table, player):
    bet = await table.mines(player, stake="10")
    assert (bet.state, bet.outcome["revealed"], bet.step) == ("open", [], 0)
    assert bet.balance_after == "90"
    assert await table.balance(player, code=AccountCode.LOCKED_WAGER) == 10_000_000
    await table.check_books()

    _, safe = await field_of(table, player, bet)
    for step, tile in enumerate(safe[:3]):
        bet = await table.reveal(player, bet, step, tile)
        assert bet.outcome["revealed"] == safe[: step + 1]
        assert "mines" not in bet.outcome
        await table.check_books()
    # 0.99 * C(25,3) / C(22,3) = 0.99 * 2300 / 1540 = 1.47857…
    assert (bet.multiplier, bet.outcome["cash_out"]) == ("1.4785", "14.785714")
    done = await table.cash_out(player, bet)

    assert (done.state, done.payout, done.balance_after) == ("settled", "14.785714", "104.785714")
    assert done.outcome["ended"] == "cash_out"
    assert len(done.outcome["mines"]) == 3
    assert await table.balance(player, code=AccountCode.LOCKED_WAGER) == 0
    assert done == await table.cash_out(player, bet)
    with pytest.raises(RoundClosed):
        await table.cash_out(player, bet, 4)


async def test_a_mine_ends_the_round(table, player):
    bet = await table.mines(player, stake="10")
    drawn, _ = await field_of(table, player, bet)
    done = await table.reveal(player, bet, 0, drawn[0])

    assert (done.state, done.payout, done.multiplier) == ("settled", "0", "0.0000")
    assert (done.outcome["hit"], done.outcome["mines"]) == (drawn[0], sorted(drawn))
    repeated = await table.reveal(player, bet, 0, drawn[0])
    assert repeated == done
    with pytest.raises(RoundClosed):
        await table.reveal(player, bet, 0, drawn[1])
    with pytest.raises(RoundClosed):
        await table.reveal(player, bet, 1, drawn[1])
    with pytest.raises(RoundClosed):
        await table.cash_out(player, done)


async def test_the_whole_field_pays_by_itself(table, player):
    bet = await table.mines(player, mines=23)
    _, safe = await field_of(table, player, bet)
    for step, tile in enumerate(safe):
        bet = await table.reveal(player, bet, step, tile)

    # The pair of safe tiles is one of 300: 99 % of 300.
    assert (bet.state, bet.payout, bet.outcome["ended"]) == ("settled", "297", "complete")


async def test_a_round_stops_where_the_house_can_pay_no_more(table, player):
    await table.give(player, 10**12)
    bet = await table.mines(player, stake="9000", mines=12)
    limit = table.road.limits(1, "mines", "PLAY").profit_max
    _, safe = await field_of(table, player, bet)
    step = 0
    while bet.state == "open":
        bet = await table.reveal(player, bet, step, safe[step])
        step += 1

    assert bet.outcome["reveals_max"] == step < 13
    assert 0 < float(bet.payout) * 10**6 - 9000 * 10**6 <= limit


async def test_two_tabs_cannot_take_the_same_step_twice(table, player):
    bet = await table.mines(player)
    _, safe = await field_of(table, player, bet)

    async def reveal(tile):
        try:
            return await table.reveal(player, bet, 0, tile)
        except StepTaken as refused:
            return refused

    answers = await asyncio.gather(*(reveal(tile) for tile in safe[:5] * 4))
    taken = [one for one in answers if not isinstance(one, StepTaken)]

    assert len(taken) == 4, "the first tile won, and its repetitions got the same answer"
    assert all(one.outcome["revealed"] == taken[0].outcome["revealed"] for one in taken)
    assert len(taken[0].outcome["revealed"]) == 1
    async with table.db.read() as tx:
        found = await betting.open_rounds(tx, player_id=player.player_id)
    assert (found[0].step, found[0].outcome["revealed"]) == (1, taken[0].outcome["revealed"])


async def test_reveal_and_cash_out_at_once_end_one_way(table, player):
    bet = await table.mines(player, mines=12)
    drawn, safe = await field_of(table, player, bet)
    await table.reveal(player, bet, 0, safe[0])
    answers = await asyncio.gather(
        table.reveal(player, bet, 1, drawn[0]),
        table.cash_out(player, bet, 1),
        table.cash_out(player, bet, 1),
        return_exceptions=True,
    )
    told = [one for one in answers if not isinstance(one, Exception)]

    assert len({(one.payout, one.state) for one in told}) == 1
    assert all(isinstance(one, RoundClosed) for one in answers if one not in told)


async def test_what_is_refused_changes_nothing(table, player):
    with pytest.raises(InvalidGameParams):
        await table.mines(player, mines=25)
    with pytest.raises(StakeTooSmall) as small:
        await table.mines(player, stake="0.000031", mines=1)
    assert small.value.fields["minimum"] == "0.000032"
    with pytest.raises(InsufficientFunds):
        await table.mines(player, stake="101")
    bet = await table.mines(player)
    with pytest.raises(ChoiceNotOpen):
        await table.cash_out(player, bet)
    with pytest.raises(InvalidChoice):
        await table.reveal(player, bet, 0, 25)
    with pytest.raises(StepTaken):
        await table.reveal(player, bet, 1, 1)
    _, safe = await field_of(table, player, bet)
    await table.reveal(player, bet, 0, safe[0])
    with pytest.raises(ChoiceNotOpen):
        await table.reveal(player, bet, 1, safe[0])
    stranger = new_player()
    for call in (
        table.reveal(stranger, bet, 1, safe[1]),
        table.cash_out(stranger, bet, 1),
        table.games.bet(bet_id=bet.id, reader=stranger.player_id),
        table.cash_out(player, replace(bet, id=table.bet_id()), 1),
    ):
        with pytest.raises(UnknownBet):
            await call
    assert await table.balance(player) == 99_000_000


async def test_one_round_at_a_time_and_no_rotation_under_it(table, player):
    id_ = table.bet_id()
    bet = await table.mines(player, bet_id=id_)
    with pytest.raises(RoundAlreadyOpen) as refused:
        await table.mines(player)
    assert refused.value.fields["round_id"] == bet.id
    with pytest.raises(OpenRound):
        await table.road.rotate(player, client_seed=None)
    assert bet == await table.mines(player, bet_id=id_)

    await table.dice(player)
    _, safe = await field_of(table, player, bet)
    await table.reveal(player, bet, 0, safe[0])
    first = await table.cash_out(player, bet, 1)
    second = await table.mines(player)
    assert (bet.nonce, second.nonce) == (0, 2)
    assert first == await table.mines(player, bet_id=id_), "a repetition, though another is open"


async def test_a_round_survives_its_process(db):
    player = new_player()
    async with table_on(db) as before:
        await before.give(player, 10_000_000)
        bet = await before.mines(player)
        drawn, safe = await field_of(before, player, bet)
        await before.reveal(player, bet, 0, safe[0])
    async with table_on(db) as after:
        async with db.read() as tx:
            found = await betting.open_rounds(tx, player_id=player.player_id)
            shown = await after.games.views(tx, bets=found, reader=player.player_id)
        assert [bet.id] == [one.id for one in shown]
        assert shown[0].outcome["revealed"] == [safe[0]]
        with pytest.raises(RoundAlreadyOpen):
            await after.mines(player)
        done = await after.reveal(player, bet, 1, drawn[0])
        rotation = await after.road.rotate(player, client_seed=None)
        async with db.read() as tx:
            checked = await verify(
                tx,
                slug="mines",
                server_seed=rotation.revealed.server_seed or "",
                client_seed=bet.client_seed,
                nonce=bet.nonce,
                params=bet.params,
                choices=cast(list[Any], done.outcome["choices"]),
            )
        assert checked.outcome["mines"] == done.outcome["mines"] == sorted(drawn)
        await after.check_books()


async def test_abandoned_rounds_pay_the_better_of_stake_and_winnings(table, clock):
    untouched, ahead = new_player(), new_player()
    for one in (untouched, ahead):
        await table.give(one, 10_000_000)
    first = await table.mines(untouched)
    second = await table.mines(ahead)
    _, safe = await field_of(table, ahead, second)
    await table.reveal(ahead, second, 0, safe[0])
    assert 0 == await jobs.settle_abandoned(table.db, table.games)
    clock.advance(days=91)
    assert 2 == await jobs.settle_abandoned(table.db, table.games)
    assert 0 == await jobs.settle_abandoned(table.db, table.games)

    settled = await table.games.bet(bet_id=first.id, reader=untouched.player_id)
    assert (settled.payout, settled.multiplier) == ("1", "1.0000")
    assert settled.outcome["ended"] == "abandoned"
    # 0.99 * 25 / 22
    assert await table.balance(ahead) == 9_000_000 + 1_125_000
    assert await table.balance(untouched) == 10_000_000


async def test_every_phase_of_a_round_is_in_the_journal(table, player, db):
    bet = await table.mines(player)
    _, safe = await field_of(table, player, bet)
    for step in range(2):
        await table.reveal(player, bet, step, safe[step])
    await table.dice(player)
    await table.cash_out(player, bet, 2)

    async def phases():
        async with db.read() as tx:
            lines = await betting.history(
                tx, bet_id=from_wire("bet", bet.id), player_id=player.player_id
            )
        return [(line.kind.value, line.step, line.stake) for line in lines]

    expected = [
        ("open", 0, 1_000_000),
        ("step", 1, 0),
        ("step", 2, 0),
        ("settle", 3, 1_000_000),
    ]
    assert expected == await phases()
    await betting_jobs.fold_lanes(db)
    assert expected == await phases()
    async with db.tx() as tx:
        seeds = await betting.seeds(tx, sealer=SEALER, bettor=player)
    assert seeds.nonce == 2


async def test_rotation_and_bets_at_once_keep_every_nonce(table, player):
    async def rotate():
        try:
            return await table.road.rotate(player, client_seed=None)
        except OpenRound as refused:
            return refused

    async def round_of_mines():
        bet = await table.mines(player, stake="0.1")
        _, safe = await field_of(table, player, bet)
        await table.reveal(player, bet, 0, safe[0])
        return await table.cash_out(player, bet, 1)

    answers = await asyncio.gather(
        *(table.dice(player, stake="0.1") for _ in range(20)),
        rotate(),
        round_of_mines(),
        *(rotate() for _ in range(3)),
        *(table.dice(player, stake="0.1") for _ in range(20)),
        rotate(),
    )
    nonces = [one.revealed.nonce for one in answers if isinstance(one, Rotation)]
    assert nonces
    assert 41 == sum(1 for one in answers if isinstance(one, BetView))
    last = await table.road.rotate(player, client_seed=None)
    assert sum(nonces) + last.revealed.nonce == 41
