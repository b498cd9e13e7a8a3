"""Deposits beyond a limit or during an exclusion: no address, nothing lost, flagged."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from devnet.evm import EvmDevnet
from fairhouse.cashier.types import DepositState, WithdrawalState
from fairhouse.chains.types import Address
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.protection import api as protection
from fairhouse.protection.types import (
    Cause,
    DepositLimitReached,
    Excluded,
    LimitKind,
    LimitStanding,
    Period,
    Play,
)
from tests.conftest import SettableClock
from tests.flows.cashier_world import ETH, ETHER, World, a_world_on_chain

pytestmark = pytest.mark.chain

SEALER = Sealer({1: bytes(range(32))})
USD = 1_000_000


@pytest.fixture
async def world(db: Database, worker_db: Database):
    async with a_world_on_chain(db, worker_db) as made:
        await made.address()
        await made.work()
        yield made


@dataclass(frozen=True)
class Beyond:
    """What was recorded of a deposit."""

    beyond: int
    cause: str | None
    is_reversed: bool


def chain_of(world: World) -> EvmDevnet:
    assert world.devnet is not None
    return world.devnet


async def limit_deposits(world: World, amount: int, period: Period = Period.DAY) -> None:
    async with world.db.tx() as tx:
        await protection.set_limit(
            tx,
            sealer=SEALER,
            player=world.player,
            kind=LimitKind.DEPOSIT,
            period=period,
            amount=amount,
        )


async def standing(world: World) -> LimitStanding:
    async with world.db.read() as tx:
        found = await protection.protection(tx, player_id=world.player.id, play=Play())
    return found.limits[0]


async def recorded(world: World) -> list[Beyond]:
    async with world.db.read() as tx:
        rows = await tx.fetch(
            "select beyond, cause, reversed_at from protection.deposit order by at, deposit_id"
        )
    return [Beyond(row["beyond"], row["cause"], row["reversed_at"] is not None) for row in rows]


async def deposit(world: World, address: Address, ether: str = "1") -> None:
    await chain_of(world).give_coins(address, int(Decimal(ether) * ETHER))
    await world.mine(3)


async def test_what_comes_beyond_the_limit_is_credited_and_flagged(
    world: World, clock: SettableClock
):
    address = await world.address()
    await limit_deposits(world, 1_000 * USD)
    await deposit(world, address)
    value = (await world.deposit()).value
    assert value is not None
    found = await standing(world)

    assert DepositState.CREDITED is (await world.deposit()).state
    assert 10**9 == (await world.cash()).available
    assert [Beyond(value - 1_000 * USD, "limit", False)] == await recorded(world)
    assert (value, 0) == (found.used, found.remaining)
    assert 1 == len(await world.news("protection.deposit_beyond"))
    async with world.db.read() as tx:
        (flagged,) = await protection.flagged_deposits(tx, brand_ids=[1])
        assert [] == await protection.flagged_deposits(tx, brand_ids=[2])
    assert ((await world.deposit()).id, Cause.LIMIT) == (flagged.deposit_id, flagged.cause)
    with pytest.raises(DepositLimitReached) as refused:
        await world.address()
    assert "1000" == refused.value.fields["limit"]
    assert "2026-01-03T00:00:00Z" == refused.value.fields["resets_at"]
    clock.advance(days=1)
    await world.price()
    assert address == await world.address()


async def test_a_withdrawal_gives_no_headroom_back(world: World):
    await limit_deposits(world, 100_000 * USD, Period.MONTH)
    await deposit(world, await world.address())
    before = await standing(world)
    await world.ask(500_000_000)

    assert before.used > 0
    assert before == await standing(world)
    assert [Beyond(0, None, False)] == await recorded(world)


async def test_while_excluded_money_comes_in_flagged_and_goes_out(world: World):
    address = await world.address()
    async with world.db.tx() as tx:
        await protection.self_exclude(tx, sealer=SEALER, player=world.player, term="1y")
    with pytest.raises(Excluded):
        await world.address()
    await deposit(world, address)
    value = (await world.deposit()).value
    asked = await world.ask(500_000_000)

    assert 500_000_000 == (await world.cash()).available
    assert value is not None
    assert [Beyond(value, "excluded", False)] == await recorded(world)
    assert asked.state is not WithdrawalState.REJECTED
    assert ["excluded"] == [item["cause"] for item in await world.news("protection.deposit_beyond")]


async def test_a_deposit_that_a_reorg_takes_back_no_longer_counts(world: World):
    await limit_deposits(world, 1_000 * USD)
    await deposit(world, await world.address())
    counted = (await standing(world)).used
    await chain_of(world).reorg(3)
    await world.mine(2)

    assert counted > 0
    assert DepositState.REVERSED is (await world.deposit()).state
    assert [True] == [item.is_reversed for item in await recorded(world)]
    assert 0 == (await standing(world)).used
    assert ETH == (await world.deposit()).asset
