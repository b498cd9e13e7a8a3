"""What a player has set binds on the road, exactly: in one batch, and after a restart."""

import asyncio
import random

import pytest

from fairhouse.betting import api as betting
from fairhouse.betting.types import Bettor
from fairhouse.identity.types import Player
from fairhouse.kernel.money import parse_units
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.database import Database
from fairhouse.protection import api as protection
from fairhouse.protection.types import (
    CoolingOff,
    LimitKind,
    LossLimitReached,
    Period,
    Play,
    WagerLimitReached,
)
from fairhouse.rates import api as rates
from tests.flows.betting_kit import USDT, Table, table_on
from tests.flows.identity_world import World
from tests.flows.test_bet_journal import KEY, RATES, fund, signed_snapshot

UNIT = 10**6


@pytest.fixture
async def table(db: Database, worker_db: Database):
    async with table_on(db) as made:
        async with worker_db.tx() as tx:
            document = signed_snapshot(tx.now, KEY)
            await rates.record_snapshot(tx, document=document, settings=RATES)
        await fund(made, 1_000_000 * UNIT)
        await made.road.refresh_house()
        yield made
    await made.check_books()


async def somebody(table: Table) -> tuple[World, Player, Bettor]:
    world = World(table.db)
    player = (await world.player()).player
    bettor = Bettor(player.id, player.brand_id, player.lane)
    await table.give(bettor, 100_000 * UNIT, USDT)
    await table.give(bettor, 100_000 * UNIT)
    return world, player, bettor


async def limit(world: World, player: Player, kind: LimitKind, amount: int) -> None:
    async with world.db.tx() as tx:
        await protection.set_limit(
            tx,
            sealer=world.sealer,
            player=player,
            kind=kind,
            period=Period.DAY,
            amount=amount,
        )


async def played(table: Table, bettor: Bettor) -> Play:
    async with table.db.read() as tx:
        return await betting.played(tx, player_id=bettor.player_id)


def usdt(table: Table, bettor: Bettor, stake: str):
    return table.dice(bettor, currency_code="USDT", stake=stake)


async def test_a_hundred_bets_at_once_stop_at_the_wager_limit(table: Table):
    world, player, bettor = await somebody(table)
    await limit(world, player, LimitKind.WAGER, 35 * UNIT)
    answers = await asyncio.gather(
        *(usdt(table, bettor, "1") for _ in range(100)), return_exceptions=True
    )
    taken = [one for one in answers if not isinstance(one, BaseException)]

    assert len(taken) == 35
    assert {type(one) for one in answers if isinstance(one, BaseException)} == {WagerLimitReached}
    assert (await played(table, bettor)).wagered_day == 35 * UNIT
    assert (await table.dice(bettor)).currency == "PLAY", "play money is not counted"


async def test_a_loss_limit_counts_what_comes_back(table: Table):
    world, player, bettor = await somebody(table)
    await limit(world, player, LimitKind.LOSS, 20 * UNIT)
    lost, stake = 0, 0
    with pytest.raises(LossLimitReached):
        while True:
            stake = random.choice((1, 2, 3)) * UNIT
            bet = await usdt(table, bettor, str(stake // UNIT))
            lost += stake - parse_units(bet.payout, 6, param="payout")
            assert lost <= 20 * UNIT
    assert lost + stake > 20 * UNIT
    now = await played(table, bettor)
    assert now.wagered_day - now.returned_day == lost <= 20 * UNIT


async def test_a_limit_set_while_playing_binds_from_the_next_bet(table: Table):
    world, player, bettor = await somebody(table)
    for _ in range(5):
        await usdt(table, bettor, "1")
    await limit(world, player, LimitKind.WAGER, 7 * UNIT)
    table.road.refresh_guards([player.id])
    await asyncio.gather(usdt(table, bettor, "1"), usdt(table, bettor, "1"))
    with pytest.raises(WagerLimitReached) as caught:
        await usdt(table, bettor, "0.5")
    assert caught.value.fields["remaining"] == "0"


async def test_limits_outlive_the_process(db: Database, table: Table):
    world, player, bettor = await somebody(table)
    await limit(world, player, LimitKind.WAGER, 10 * UNIT)
    for _ in range(8):
        await usdt(table, bettor, "1")
    table.road.stop()
    async with table_on(db) as after:
        await after.road.refresh_house()
        await usdt(after, bettor, "2")
        with pytest.raises(WagerLimitReached):
            await usdt(after, bettor, "0.1")


async def test_what_the_balance_refuses_counts_nothing(table: Table):
    world, player, bettor = await somebody(table)
    await limit(world, player, LimitKind.WAGER, 500_000 * UNIT)
    long_shot = {"currency_code": "USDT", "stake": "9", "target": "0.10"}
    await table.dice(bettor, **long_shot)
    async with table.db.tx() as tx:
        cash = AccountKey(bettor.brand_id, AccountCode.PLAYER_CASH, USDT, owner=bettor.player_id)
        away = AccountKey(bettor.brand_id, AccountCode.FROZEN, USDT, owner=bettor.player_id)
        spare = (await ledger.balance(tx, key=cash)).available - 90 * UNIT
        move = Transfer(
            id=tx.new_id(), debit=cash, credit=away, amount=spare, reason="test", ref="test"
        )
        await ledger.post(tx, transfers=[move])
    answers = await asyncio.gather(
        *(table.dice(bettor, **long_shot) for _ in range(30)), return_exceptions=True
    )
    taken = [one for one in answers if not isinstance(one, BaseException)]
    assert len(taken) == 10 or any(bet.payout != "0" for bet in taken)
    held = table.road._writer._committer._memory.players[bettor.player_id].play
    assert held is not None
    assert (held.wagered_day, held) == (9 * UNIT * (1 + len(taken)), await played(table, bettor))


async def test_cooling_off_stops_play_money_too_and_lets_a_round_end(table: Table):
    world, player, bettor = await somebody(table)
    opened = await table.mines(bettor)
    async with world.db.tx() as tx:
        await protection.cool_off(tx, sealer=world.sealer, player=player, term="24h")
    table.road.refresh_guards([player.id])
    with pytest.raises(CoolingOff):
        await table.dice(bettor)
    safe = await table.reveal(bettor, opened, 0, 0)
    if safe.state == "open":
        safe = await table.cash_out(bettor, opened, 1)
    assert safe.state == "settled"
