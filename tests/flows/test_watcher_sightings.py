"""From the mempool into a block: what is seen, what it is worth, and what is none of ours."""

import asyncio
from dataclasses import replace

import pytest

from devnet.evm import BANK, FORWARDER, ISSUER, USDT
from fairhouse.chains.types import ObservationState, TokenSpec
from fairhouse.platform.database import Database
from tests.watching import ALICE, BOB, ETH, SPEC, USDT_ASSET, somebody, watching

pytestmark = pytest.mark.chain

SEEN, INCLUDED = ObservationState.SEEN, ObservationState.INCLUDED
ORPHANED, DROPPED = ObservationState.ORPHANED, ObservationState.DROPPED


async def test_life_of_a_sighting(worker_db: Database):
    async with watching(worker_db) as world:
        coins = await world.devnet.give_coins(ALICE, 10**18)
        await world.catch_up()
        tokens = await world.devnet.give_tokens(BOB, 25_000_000)
        await world.catch_up()
        seen = await world.one(coins)
        assert (seen.state, seen.asset, seen.base_units) == (SEEN, ETH, 10**18)
        assert seen.block_height is None

        await world.devnet.mine()
        assert await world.catch_up() == 1

        height = await world.devnet.height()
        included = await world.one(coins)
        assert (included.state, included.block_height, included.index) == (INCLUDED, height, "n")
        assert included.first_seen_at == seen.first_seen_at
        assert included.version == seen.version + 1
        usdt = await world.one(tokens)
        assert (usdt.state, usdt.asset, usdt.base_units) == (INCLUDED, USDT_ASSET, 25_000_000)
        assert (usdt.to_address, usdt.contract, usdt.index) == (BOB, USDT, "l0")
        assert [item.state for item in world.told if item.tx_hash == coins] == [SEEN, INCLUDED]
        await world.is_exact()


async def test_repeated_looks_change_nothing(worker_db: Database):
    async with watching(worker_db) as world:
        tx_hash = await world.devnet.give_coins(ALICE, 5)
        for _ in range(3):
            await world.watcher.step()
        await world.devnet.mine()
        for _ in range(3):
            await world.watcher.step()
        await asyncio.gather(*(world.new_watcher().step() for _ in range(4)))

        await world.listen()
        # A consumer that comes late is told the latest state alone.
        assert [(item.state, item.version) for item in world.told] == [(INCLUDED, 2)]
        assert world.told == await world.of(tx_hash)


async def test_two_watchers_at_once_read_each_block_once(worker_db: Database):
    async with watching(worker_db) as world:
        for number in range(6):
            await world.devnet.settle(await world.devnet.give_coins(ALICE, 1 + number))
        rivals = [world.new_watcher(batch_blocks=2) for _ in range(3)]
        for _ in range(8):
            await asyncio.gather(*(rival.step() for rival in rivals))

        await world.catch_up()
        assert sorted(item.base_units for item in world.told) == [1, 2, 3, 4, 5, 6]
        assert {item.version for item in world.told} == {1}
        await world.is_exact()


async def test_several_movements_of_one_transaction_are_several_observations(
    worker_db: Database,
):
    async with watching(worker_db) as world:
        devnet = world.devnet
        await devnet.call(ISSUER, USDT, "mint(address,uint256)", ISSUER, 10**9)
        await devnet.call(ISSUER, USDT, "approve(address,uint256)", FORWARDER, 10**9)
        spread = await devnet.call(
            ISSUER,
            FORWARDER,
            "spread(address,address[],uint256)",
            USDT,
            [ALICE, ALICE, somebody(7), BOB],
            3,
        )
        await world.catch_up()

        found = [(item.index, item.to_address, item.base_units) for item in await world.of(spread)]
        assert found == [("l0", ALICE, 3), ("l1", ALICE, 3), ("l3", BOB, 3)]


async def test_coins_from_inside_a_contract_are_seen(worker_db: Database):
    async with watching(worker_db) as world:
        inner = await world.devnet.call(
            BANK, FORWARDER, "forward(address[])", [ALICE, BOB], value_wei=10
        )
        undone = await world.devnet.call(
            BANK, FORWARDER, "forwardAndUndo(address)", ALICE, value_wei=10
        )
        await world.catch_up()

        found = [(item.to_address, item.base_units, item.asset) for item in await world.of(inner)]
        assert found == [(ALICE, 5, ETH), (BOB, 5, ETH)]
        assert await world.of(undone) == []
        assert await world.devnet.balance(ALICE) == 5


async def test_a_token_with_the_same_name_is_worth_nothing(worker_db: Database):
    async with watching(worker_db) as world:
        fake = await world.devnet.deploy_token("Tether USD", "USDT", 6)
        tx_hash = await world.devnet.give_tokens(ALICE, 10**12, contract=fake)
        await world.catch_up()
        assert await world.of(tx_hash) == []
        await world.devnet.mine()
        await world.catch_up()

        found = await world.one(tx_hash)
        assert (found.state, found.asset, found.contract) == (INCLUDED, None, fake)


async def test_transfers_of_nothing_are_no_news(worker_db: Database):
    async with watching(worker_db) as world:
        poison = await world.devnet.give_tokens(ALICE, 0)
        empty = await world.devnet.give_coins(ALICE, 0)
        await world.catch_up()
        await world.devnet.mine()
        await world.catch_up()

        assert await world.of(poison) == []
        assert await world.of(empty) == []


async def test_a_fee_on_transfer_token_counts_for_what_arrived(worker_db: Database):
    async with watching(worker_db) as world:
        token = await world.devnet.deploy("FeeToken")
        spec = replace(SPEC, tokens=(TokenSpec(USDT_ASSET, token),))
        watcher = world.new_watcher(tokens=spec.tokens)
        first = await world.devnet.give_tokens(ALICE, 1_000_000, contract=token)
        await world.devnet.mine()
        await watcher.step()
        second = await world.devnet.give_tokens(BOB, 500, contract=token)
        third = await world.devnet.give_tokens(BOB, 900, contract=token)
        await world.devnet.mine()
        await watcher.step()

        single = await world.one(first)
        assert (single.asset, single.base_units) == (USDT_ASSET, 990_000)
        assert await world.devnet.token_balance(ALICE, token) == 990_000
        # Two in one block cannot be told apart: nobody is credited by guess.
        assert [(await world.one(item)).asset for item in (second, third)] == [None, None]


async def test_failed_transactions_are_dropped_when_mined(worker_db: Database):
    async with watching(worker_db) as world:
        request = {
            "from": somebody(3),
            "to": USDT,
            "gas": hex(100_000),
            "data": "0x" + "a9059cbb" + ALICE[2:].lower().rjust(64, "0") + f"{5:x}".rjust(64, "0"),
        }
        await world.devnet.rpc("anvil_setBalance", somebody(3), hex(10**18))
        await world.devnet.rpc("anvil_impersonateAccount", somebody(3))
        tx_hash = await world.devnet.rpc("eth_sendTransaction", request)
        await world.catch_up()
        assert (await world.one(tx_hash)).state == SEEN

        await world.devnet.mine()
        await world.catch_up()
        assert (await world.one(tx_hash)).state == DROPPED


async def test_a_vanished_transaction_is_dropped_after_some_blocks(worker_db: Database):
    async with watching(worker_db) as world:
        tx_hash = await world.devnet.give_coins(ALICE, 9)
        await world.catch_up()
        await world.devnet.drop(tx_hash)
        for _ in range(2):
            await world.devnet.mine()
            await world.catch_up()
        assert (await world.one(tx_hash)).state == SEEN

        await world.devnet.mine(2)
        await world.catch_up()
        assert (await world.one(tx_hash)).state == DROPPED


async def test_a_replaced_transaction_gives_way_to_the_one_mined(worker_db: Database):
    async with watching(worker_db) as world:
        request = {"from": BANK, "to": ALICE, "value": "0x7", "nonce": "0x0"}
        fees = {"maxFeePerGas": hex(10**11), "maxPriorityFeePerGas": hex(10**10)}
        first = await world.devnet.rpc("eth_sendTransaction", request)
        await world.catch_up()
        second = await world.devnet.rpc("eth_sendTransaction", {**request, "to": BOB, **fees})
        await world.catch_up()
        await world.devnet.mine(5)
        await world.catch_up()

        assert (await world.one(first)).state == DROPPED
        assert (await world.one(second)).state == INCLUDED


async def test_coins_that_came_before_the_watch_are_found(worker_db: Database):
    async with watching(worker_db) as world:
        early = await world.devnet.give_coins(somebody(5), 77)
        await world.devnet.mine()
        also = await world.devnet.give_tokens(somebody(6), 8)
        await world.devnet.mine(3)
        await world.catch_up()
        assert await world.of(early) == []

        await world.watch(somebody(5), somebody(6), somebody(8))
        await world.catch_up()

        assert [(await world.one(item)).state for item in (early, also)] == [INCLUDED, INCLUDED]
        told = len(world.told)
        await world.catch_up()
        assert len(world.told) == told
