"""The most that the law lets somebody of an age stake on one game of a slot."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest

from fairhouse.betting.types import Bettor
from fairhouse.brands.tables import DEMONSTRATION, JURISDICTIONS
from fairhouse.brands.types import JurisdictionCode
from fairhouse.identity import api as identity
from fairhouse.identity.api import Passwords
from fairhouse.protection import api as protection
from fairhouse.protection.types import LimitKind, LossLimitReached, Period, StakeCapped
from fairhouse.rates import api as rates
from tests.flows.betting_kit import SEALER, USDT, new_player, table_on
from tests.flows.identity_world import FAST, TestBrand
from tests.flows.test_bet_journal import KEY, RATES, fund, signed_snapshot

UNIT = 10**6
CAPPED = replace(DEMONSTRATION, stake_caps=JURISDICTIONS[JurisdictionCode("uk")].stake_caps)


@pytest.fixture
async def table(db, worker_db):
    async with real_money(db, worker_db, CAPPED) as made:
        yield made
    await made.check_books()


@asynccontextmanager
async def real_money(db, worker_db, ruling):
    async with table_on(db, ruling=ruling) as made:
        async with worker_db.tx() as tx:
            document = signed_snapshot(tx.now, KEY)
            await rates.record_snapshot(tx, document=document, settings=RATES)
        await fund(made, 100_000_000 * UNIT)
        await made.road.refresh_house()
        yield made


async def born(table, birth):
    seed = identity.SeedPlayer(
        email="ada@example.com",
        username="ada",
        password="correct horse battery staple",
        birth_date=birth,
    )
    player, _ = await identity.seed_player(
        table.db, sealer=SEALER, passwords=Passwords(FAST), brand=TestBrand(), seed=seed
    )
    bettor = Bettor(player.id, player.brand_id, player.lane)
    await table.give(bettor, 1_000 * UNIT, USDT)
    await table.give(bettor, 1_000 * UNIT)
    return player, bettor


async def spin(table, bettor, stake, code="USDT"):
    asked = {"bet_id": table.bet_id(), "currency_code": code, "stake": stake}
    return await table.place("scarab", bettor, asked, {"lines": 5}, {})


def turning(age, today):
    """Somebody who is that old tomorrow."""
    tomorrow = today + timedelta(days=1)
    return date(tomorrow.year - age, tomorrow.month, tomorrow.day)


async def test_the_cap_rises_with_the_birthday_while_the_road_runs(table, clock):
    _, bettor = await born(table, turning(25, clock().date()))
    await spin(table, bettor, "2")
    with pytest.raises(StakeCapped) as refused:
        await spin(table, bettor, "2.01")
    assert (refused.value.fields, refused.value.param) == ({"maximum": "2"}, "stake")
    await table.dice(bettor, currency_code="USDT", stake="7")
    await spin(table, bettor, "7", "PLAY")

    clock.advance(hours=24)
    await spin(table, bettor, "5")
    with pytest.raises(StakeCapped):
        await spin(table, bettor, "5.01")


async def test_whose_age_is_not_known_has_the_lowest(table):
    stranger = new_player()
    await table.give(stranger, 1_000 * UNIT, USDT)
    await spin(table, stranger, "2")
    with pytest.raises(StakeCapped):
        await spin(table, stranger, "2.01")


async def test_caps_and_own_limits_bind_together(table, clock):
    player, bettor = await born(table, turning(40, clock().date()))
    async with table.db.tx() as tx:
        await protection.set_limit(
            tx,
            sealer=SEALER,
            player=player,
            kind=LimitKind.LOSS,
            period=Period.DAY,
            amount=3 * UNIT,
        )
    table.road.refresh_guards([bettor.player_id])
    with pytest.raises(LossLimitReached):
        await spin(table, bettor, "4")
    with pytest.raises(StakeCapped):
        await spin(table, bettor, "6")


async def test_without_such_a_law_nothing_is_capped(db, worker_db):
    async with real_money(db, worker_db, DEMONSTRATION) as free:
        _, bettor = await born(free, date(2005, 1, 1))
        await spin(free, bettor, "50")
