"""Deposits on a real chain with a real watcher: one credit, whatever the chain does."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from devnet.evm import BANK, FORWARDER, ISSUER, USDT, EvmDevnet
from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandId
from fairhouse.cashier import api as cashier
from fairhouse.cashier.types import AssetPolicy, ConfirmationTier, DepositNotFound, DepositState
from fairhouse.chains.types import TxHash
from fairhouse.identity.types import PlayerKind, RegistrationRequired
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.kernel.refusals import Paused
from fairhouse.ledger.types import AccountCode
from fairhouse.platform.database import Database
from fairhouse.risk import api as risk
from tests.conftest import SettableClock
from tests.flows.cashier_world import (
    ETH,
    ETHER,
    POLICY,
    USDT_ASSET,
    World,
    a_player,
    a_world_on_chain,
)

pytestmark = pytest.mark.chain

D = DepositState


@pytest.fixture
async def world(db: Database, worker_db: Database):
    async with a_world_on_chain(db, worker_db) as made:
        await made.address()
        await made.work()
        yield made


def chain_of(world: World) -> EvmDevnet:
    assert world.devnet is not None
    return world.devnet


async def send(world: World, base_units: int = ETHER) -> TxHash:
    """Coins on their way to the player."""
    return await chain_of(world).give_coins(await world.address(), base_units)


async def frozen(world: World) -> bool:
    async with world.db.read() as tx:
        return bool(await risk.freezes(tx, player_id=world.player.id))


async def test_life_of_a_deposit(world: World):
    tx_hash = await send(world, ETHER + 5)
    await world.work()
    seen = await world.deposit()
    await world.mine()
    await world.mine()
    waiting = await world.deposit()
    before = await world.cash()
    await world.mine()
    credited = await world.deposit()

    assert (seen.state, seen.confirmations, seen.required) == (D.SEEN, 0, 3)
    assert (waiting.state, waiting.confirmations) == (D.CONFIRMING, 2)
    assert before.posted == 0
    assert (credited.state, credited.tx_hash, credited.units) == (D.CREDITED, tx_hash, 10**9)
    assert credited.balance_after == (await world.cash()).available == 10**9
    assert credited.rate_id is not None
    assert credited.value is not None
    assert credited.value > 2_000_000_000
    assert await world.booked(AccountCode.DEPOSIT_ADDRESSES) == ETHER + 5
    assert await world.booked(AccountCode.DUST) == 5
    steps = [
        (item["deposit"]["state"], item["deposit"]["confirmations"])
        for kind in ("seen", "confirming", "credited")
        for item in await world.news(f"cashier.deposit_{kind}")
    ]
    assert steps == [("SEEN", 0), ("CONFIRMING", 1), ("CONFIRMING", 2), ("CREDITED", 3)]
    await world.mine(5)
    assert len(await world.news("cashier.deposit_credited")) == 1
    async with world.db.read() as tx:
        kinds = [row["kind"] for row in await tx.fetch("select kind from messages.notification")]
    assert kinds == ["deposit_credited"]


async def test_both_assets_come_to_the_same_address(world: World):
    address = await world.address(USDT_ASSET)
    assert address == await world.address(ETH)
    await chain_of(world).give_coins(address, ETHER)
    await chain_of(world).give_tokens(address, 25_000_001)
    await world.mine(3)

    assert {item.state for item in await world.deposits()} == {D.CREDITED}
    assert (await world.cash(ETH)).posted == 10**9
    assert (await world.cash(USDT_ASSET)).posted == 25_000_001


async def test_several_movements_of_one_transaction_are_all_credited(world: World):
    other = replace(world, player=await a_player(world.db, 2))
    mine, theirs = await world.address(), await other.address()
    devnet = chain_of(world)
    await devnet.call(ISSUER, USDT, "mint(address,uint256)", ISSUER, 10**9)
    await devnet.call(ISSUER, USDT, "approve(address,uint256)", FORWARDER, 10**9)
    await devnet.call(
        ISSUER,
        FORWARDER,
        "spread(address,address[],uint256)",
        USDT,
        [mine, theirs, mine],
        7_000_000,
    )
    await world.mine(3)

    assert (await world.cash(USDT_ASSET)).posted == 14_000_000
    assert (await other.cash(USDT_ASSET)).posted == 7_000_000


@pytest.mark.parametrize("depth", [1, 2])
async def test_mined_again_elsewhere_is_credited_once(world: World, depth: int):
    devnet = chain_of(world)
    tx_hash = await send(world)
    raw = await devnet.raw_of(tx_hash)
    await world.mine(depth)
    for place in (0, depth - 1):
        await devnet.reorg(depth, [(raw, place)])
        await world.work()
    await world.mine(5)

    deposit = await world.deposit()
    assert (deposit.state, deposit.rounds) == (D.CREDITED, 1)
    assert (await world.cash()).posted == 10**9
    assert await world.booked(AccountCode.DEPOSIT_ADDRESSES) == ETHER


async def test_lost_before_the_credit_is_never_credited(world: World):
    await send(world)
    await world.mine(2)
    await chain_of(world).reorg(2)
    await world.work()
    lost = await world.deposit()
    await world.mine(10)

    assert lost.state is D.ORPHANED
    assert (await world.deposit()).state is D.ORPHANED
    assert (await world.cash()).posted == 0
    assert len(await world.news("cashier.deposit_orphaned")) == 1


async def test_replaced_in_the_mempool_is_worth_nothing(world: World):
    devnet = chain_of(world)
    tx_hash = await send(world)
    await world.work()
    await devnet.drop(tx_hash)
    await devnet.settle(await devnet.give_coins(BANK, 1))
    await world.mine(20)

    assert (await world.deposit()).state is D.ORPHANED
    assert (await world.cash()).posted == 0


async def test_lost_after_the_credit_is_taken_back(world: World):
    devnet = chain_of(world)
    tx_hash = await send(world, ETHER + 9)
    raw = await devnet.raw_of(tx_hash)
    await world.mine(3)
    assert (await world.cash()).posted == 10**9
    await devnet.reorg(3)
    await world.work()
    reversed_ = await world.deposit()
    assert (reversed_.state, (await world.cash()).posted) == (D.REVERSED, 0)
    assert await world.booked(AccountCode.DEPOSIT_ADDRESSES) == 0
    assert not await frozen(world)

    await devnet.rpc("eth_sendRawTransaction", raw)
    await world.mine(2)
    assert (await world.deposit()).state is D.CONFIRMING
    await world.mine()
    again = await world.deposit()
    assert (again.state, again.rounds) == (D.CREDITED, 2)
    assert (await world.cash()).posted == 10**9
    assert await world.booked(AccountCode.DUST) == 9


async def test_spent_and_lost_freezes_until_the_coins_come_back(world: World):
    devnet = chain_of(world)
    raw = await devnet.raw_of(await send(world))
    await world.mine(3)
    await world.lose(ETH, 700_000_000)
    await devnet.reorg(3)
    await world.work()

    owed = await world.booked(AccountCode.REORG_RECEIVABLE, owner=world.player.id)
    assert owed == 7 * ETHER // 10
    assert (await world.cash()).posted == 0
    assert await frozen(world)
    await devnet.rpc("eth_sendRawTransaction", raw)
    await world.mine(3)
    assert not await frozen(world)
    assert (await world.cash()).posted == 300_000_000
    assert await world.booked(AccountCode.REORG_RECEIVABLE, owner=world.player.id) == 0
    assert await world.booked(AccountCode.DEPOSIT_ADDRESSES) == ETHER


async def test_spent_and_lost_is_paid_off_by_what_comes_in(world: World):
    devnet = chain_of(world)
    await send(world)
    await world.mine(3)
    await world.lose(ETH, 700_000_000)
    await devnet.reorg(3)
    await world.work()
    await world.give(ETH, 200_000_000)
    await world.work()
    assert (await world.cash()).posted == 0
    assert await frozen(world)
    await send(world, 2 * ETHER)
    await world.mine(3)
    await world.mine(3)

    assert not await frozen(world)
    assert (await world.cash()).posted == 2 * 10**9 - 500_000_000
    assert await world.booked(AccountCode.REORG_RECEIVABLE, owner=world.player.id) == 0


async def test_after_downtime_everything_is_there_once(world: World):
    devnet = chain_of(world)
    address = await world.address()
    for number in range(4):
        await devnet.settle(await devnet.give_coins(address, (number + 1) * ETHER // 100))
        await devnet.mine(600)
    await world.work()

    assert {item.state for item in await world.deposits()} == {D.CREDITED}
    assert (await world.cash()).posted == 100_000_000


async def test_many_workers_and_repeated_news_credit_once(
    world: World, owner_db: Database, clock: SettableClock
):
    await send(world)
    await chain_of(world).mine(3)
    assert world.watcher is not None
    while await world.watcher.step():
        pass
    await asyncio.gather(*(world.jobs.step_deposits(ETHEREUM) for _ in range(6)))
    async with owner_db.tx() as tx:
        await tx.execute("update cashier.cursor set after_seq = 0")
        await tx.execute("update cashier.deposit set due = true, judged_height = 0")
    await asyncio.gather(*(world.jobs.step_deposits(ETHEREUM) for _ in range(6)))

    assert (await world.deposit()).rounds == 1
    assert (await world.cash()).posted == 10**9
    await world.books_are_exact()
    with pytest.raises(asyncpg.UniqueViolationError):
        async with owner_db.tx() as tx:
            await tx.execute(
                "insert into cashier.deposit select gen_random_uuid(), d.* from (select brand_id,"
                " player_id, chain, tx_hash, idx, asset, contract, address, from_address,"
                " base_units, seen_base_units, units, state, sighting, block_height, block_hash,"
                " confirmations, required, rounds, rate_id, value, balance_after, due,"
                " judged_height, seen_at, credited_at, updated_at from cashier.deposit) d"
            )


async def test_small_deposits_wait_for_each_other(world: World):
    small = POLICY.assets[ETH].minimum_deposit * 10**9 // 2
    await send(world, small + 1)
    await world.mine(3)
    alone = await world.deposit()
    assert alone.state is D.BELOW_MINIMUM
    assert await world.booked(AccountCode.SUSPENSE_BELOW_MINIMUM) == small + 1
    assert (await world.cash()).posted == 0
    await send(world, small)
    await world.mine(3)

    assert [item.state for item in await world.deposits()] == [D.CREDITED, D.CREDITED]
    assert (await world.cash()).posted == POLICY.assets[ETH].minimum_deposit
    assert await world.booked(AccountCode.SUSPENSE_BELOW_MINIMUM) == 0
    assert await world.booked(AccountCode.DUST) == 1


async def test_a_small_deposit_that_is_lost_leaves_no_trace_in_the_books(world: World):
    await send(world, 5)
    await world.mine(3)
    await chain_of(world).reorg(3)
    await world.work()

    assert (await world.deposit()).state is D.ORPHANED
    assert await world.booked(AccountCode.SUSPENSE_BELOW_MINIMUM) == 0


async def test_a_fake_token_is_recorded_and_worth_nothing(world: World):
    devnet = chain_of(world)
    fake = await devnet.deploy_token("Tether USD", "USDT", 6)
    await devnet.give_tokens(await world.address(), 10**15, contract=fake)
    await world.mine(20)

    assert await world.deposits() == []
    async with world.db.read() as tx:
        (found,) = await cashier.suspended_tokens(tx)
    assert (found.state, found.contract, found.asset) == (D.UNRECOGNISED, fake, None)
    assert (await world.cash(USDT_ASSET)).posted == 0


async def test_our_own_coins_are_no_deposit(world: World):
    devnet = chain_of(world)
    async with world.db.read() as tx:
        gas = await tx.fetchval("select gas_address from custody.vault")
    await devnet.rpc("anvil_setBalance", gas, hex(ETHER))
    await devnet.rpc("anvil_impersonateAccount", gas)
    await devnet.send(gas, await world.address(), value_wei=ETHER // 10)
    await world.mine(5)

    assert await world.deposits() == []
    assert (await world.cash()).posted == 0


async def test_splitting_does_not_lower_the_confirmations(world: World):
    for _ in range(3):
        await send(world, 9 * ETHER // 10)
    await world.work()

    assert sorted(item.required for item in await world.deposits()) == [3, 6, 6]


async def test_a_pause_or_a_missing_price_holds_the_credit(world: World, clock: SettableClock):
    await send(world)
    async with world.db.tx() as tx:
        await brands.pause(
            tx, brand_id=BrandId(1), switch="deposits", reason="node upgrade", actor="stf_1"
        )
        with pytest.raises(Paused):
            await cashier.deposit_address(tx, player=world.player, asset_id=ETH, policy=POLICY)
    await world.mine(4)
    held = await world.deposit()
    async with world.db.tx() as tx:
        await brands.resume(
            tx, brand_id=BrandId(1), switch="deposits", reason="done", actor="stf_1"
        )
    clock.advance(minutes=10)
    await world.mine()
    unpriced = await world.deposit()
    await world.price()
    await world.mine()

    assert (held.state, held.confirmations) == (D.CONFIRMING, 3)
    assert unpriced.state is D.CONFIRMING
    assert (await world.deposit()).state is D.CREDITED


async def test_a_deposit_is_its_players_own(world: World):
    await send(world)
    await world.work()
    deposit = await world.deposit()
    stranger = await a_player(world.db, 2)
    async with world.db.read() as tx:
        with pytest.raises(DepositNotFound):
            await cashier.deposit(tx, deposit_id=deposit.id, player_id=stranger.id)
    guest = replace(world.player, kind=PlayerKind.GUEST)
    async with world.db.tx() as tx:
        with pytest.raises(RegistrationRequired):
            await cashier.deposit_address(tx, player=guest, asset_id=ETH, policy=POLICY)


async def test_what_the_chain_has_and_the_books_do_not_is_known(world: World):
    await send(world)
    await chain_of(world).mine()
    await world.work()
    height = await chain_of(world).height()
    async with world.db.read() as tx:
        early = await cashier.unbooked_deposits(tx, chain=ETHEREUM, height=height)
    await world.mine(2)
    async with world.db.read() as tx:
        booked = await cashier.unbooked_deposits(tx, chain=ETHEREUM, height=height + 2)
        before = await cashier.unbooked_deposits(tx, chain=ETHEREUM, height=height - 1)

    assert early == {(1, ETH): ETHER}
    assert booked == {}
    assert before == {(1, ETH): -ETHER}


async def test_deep_confirmations_survive_a_deep_reorg(world: World):
    deep = AssetPolicy(
        asset=ETH,
        minimum_deposit=1,
        confirmations=(ConfirmationTier(up_to_units=None, blocks=20),),
        minimum_withdrawal=1,
        maximum_withdrawal=1,
        withdrawal_fee=0,
    )
    world = replace(world, policy=replace(POLICY, assets={ETH: deep}))
    devnet = chain_of(world)
    raw = await devnet.raw_of(await send(world))
    await world.mine(15)
    await devnet.reorg(15, [(raw, 9)])
    await world.mine(13)
    assert (await world.deposit()).state is D.CONFIRMING
    await world.mine(1)

    deposit = await world.deposit()
    assert (deposit.state, deposit.rounds, deposit.confirmations) == (D.CREDITED, 1, 20)


async def test_another_amount_under_the_same_key_replaces_the_credit(
    world: World, owner_db: Database
):
    await send(world)
    await world.mine(3)
    async with owner_db.tx() as tx:
        await tx.execute(
            "update chains.observation set base_units = base_units / 4, change_seq ="
            " (select change_seq + 1 from chains.cursor)"
        )
        await tx.execute("update chains.cursor set change_seq = change_seq + 1")
    await world.work()

    deposit = await world.deposit()
    assert (deposit.state, deposit.rounds, deposit.units) == (D.CREDITED, 2, 250_000_000)
    assert (await world.cash()).posted == 250_000_000
    assert await world.booked(AccountCode.DEPOSIT_ADDRESSES) == ETHER // 4


async def test_a_deposit_that_cannot_be_judged_holds_up_nobody(world: World, owner_db: Database):
    await send(world)
    await world.work()
    async with owner_db.tx() as tx:
        await tx.execute("update cashier.deposit set asset = 'gone.ethereum'")
    other = replace(world, player=await a_player(world.db, 2))
    await chain_of(world).give_coins(await other.address(), ETHER)
    await world.mine(3)

    assert (await other.cash()).posted == 10**9
    assert (await world.cash()).posted == 0
    async with world.db.read() as tx:
        stuck = await tx.fetch("select asset from cashier.deposit where stuck_at is not null")
    assert [row["asset"] for row in stuck] == ["gone.ethereum"]
