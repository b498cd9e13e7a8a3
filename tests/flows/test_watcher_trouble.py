"""Downtime, nodes that lag, lie, limit or hang up: the cursor never passes what it has not read."""

from dataclasses import replace
from typing import Any

import pytest

from devnet.evm import temporary_devnet
from devnet.rpc_proxy import Fault, proxied
from fairhouse.chains import api
from fairhouse.chains.engine.watcher import Watcher
from fairhouse.chains.types import ObservationState, TokenSpec
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.platform.database import Database
from tests.watching import ALICE, BOB, SPEC, USDT_ASSET, World, node_at, somebody, watching

pytestmark = pytest.mark.chain

INCLUDED = ObservationState.INCLUDED


async def test_thousands_of_missed_blocks_leave_no_hole(worker_db: Database):
    async with watching(worker_db) as world:
        sent = []
        for number in range(6):
            sent.append(await world.devnet.give_coins(ALICE, 100 + number))
            await world.devnet.settle(sent[-1])
            await world.devnet.mine(500)

        watcher = world.new_watcher()
        assert await watcher.step() == SPEC.batch_blocks
        head = await world.head()
        assert not head.healthy
        assert head.lag > 2_000
        assert await world.catch_up() > 2_700

        assert [(await world.one(item)).base_units for item in sent] == [*range(100, 106)]
        head = await world.head()
        assert (head.healthy, head.lag) == (True, 0)
        await world.is_exact()


async def stands_still(world: World, code: str) -> None:
    """Steps change nothing but the note of what is wrong."""
    before = await world.head()
    assert await world.watcher.step() == 0
    await world.listen()
    after = await world.head()
    assert (after.height, after.hash) == (before.height, before.hash)
    assert world.watcher._last_code == code
    assert after.last_error


async def recovers(world: World) -> None:
    """Trouble over, everything is found."""
    world.proxy.fault, world.proxy.rewrite, world.proxy.only = Fault.NONE, None, None
    await world.catch_up()
    assert [item.base_units for item in world.told if item.state == INCLUDED] == [42]
    assert (await world.head()).last_error is None
    await world.is_exact()


QUICK_FAULTS = (Fault.REFUSE, Fault.SWALLOW, Fault.RATE_LIMIT, Fault.GARBAGE)


@pytest.mark.parametrize(
    ("only", "faults"),
    [
        (None, (*QUICK_FAULTS, Fault.HANG)),
        ({"eth_getBlockReceipts"}, QUICK_FAULTS),
        ({"debug_traceBlockByHash"}, QUICK_FAULTS),
    ],
    ids=["everything", "receipts", "traces"],
)
async def test_a_failing_node_advances_nothing(
    worker_db: Database, only: set[str] | None, faults: tuple[Fault, ...]
):
    async with watching(worker_db) as world:
        await world.devnet.give_coins(ALICE, 42)
        await world.devnet.mine()
        world.proxy.only = only
        for fault in faults:
            world.proxy.fault = fault
            await stands_still(world, "chain_unavailable")
        await recovers(world)


def no_logs(method: str, params: list[Any], result: Any) -> Any:
    """A load balancer's node that has not indexed the logs yet."""
    if method == "eth_getBlockReceipts" and result:
        return [{**item, "logs": []} for item in result]
    return result


def no_receipts(method: str, params: list[Any], result: Any) -> Any:
    return [] if method == "eth_getBlockReceipts" else result


def null_receipts(method: str, params: list[Any], result: Any) -> Any:
    return None if method == "eth_getBlockReceipts" else result


def no_transactions(method: str, params: list[Any], result: Any) -> Any:
    if method == "eth_getBlockByHash" and result:
        return {**result, "transactions": []}
    return result


def unknown_block(method: str, params: list[Any], result: Any) -> Any:
    return None if method == "eth_getBlockByHash" else result


def broken_links(method: str, params: list[Any], result: Any) -> Any:
    if method == "eth_getBlockByNumber" and result and params[0] not in {"latest", "0x0"}:
        return {**result, "parentHash": "0x" + "ab" * 32}
    return result


def other_traces(method: str, params: list[Any], result: Any) -> Any:
    if method == "debug_traceBlockByHash" and result:
        return [{**item, "txHash": "0x" + "ef" * 32} for item in result]
    return result


LIES = (
    *(no_logs, no_receipts, null_receipts, no_transactions, unknown_block, broken_links),
    other_traces,
)


async def test_a_lying_node_advances_nothing(worker_db: Database):
    async with watching(worker_db) as world:
        await world.devnet.give_tokens(ALICE, 42)
        await world.devnet.mine()
        await world.devnet.mine()
        for lie in LIES:
            world.proxy.rewrite = lie
            await stands_still(world, "chain_contradiction")
        await recovers(world)


async def test_a_stale_head_is_waited_for(worker_db: Database):
    async with watching(worker_db) as world:
        stale = await world.devnet.rpc("eth_getBlockByNumber", "latest", False)
        await world.devnet.give_coins(ALICE, 42)
        await world.devnet.mine(3)
        await world.catch_up()

        def former_head(method: str, params: list[Any], result: Any) -> Any:
            is_head = method == "eth_getBlockByNumber" and params[0] == "latest"
            return stale if is_head else result

        world.proxy.rewrite = former_head
        await stands_still(world, "chain_node_behind")
        assert not (await world.head()).halted
        await recovers(world)


async def test_a_chain_far_behind_its_database_is_told(worker_db: Database):
    async with watching(worker_db, replace(SPEC, reorg_depth_max=4)) as world:
        await world.devnet.mine(10)
        await world.catch_up()
        await world.devnet.rollback(8)

        await stands_still(world, "chain_behind_database")
        head = await world.head()
        assert head.halted
        assert "demo-reset" in (head.last_error or "")


async def test_another_chain_is_told(worker_db: Database):
    async with watching(worker_db) as world, temporary_devnet(genesis_time=10**9) as other:
        await other.mine(50)
        world.proxy.upstream = other.url
        await world.watcher.step()
        await stands_still(world, "another_chain")
        assert "demo-reset" in ((await world.head()).last_error or "")

        await other.rpc("anvil_setChainId", 1)
        await stands_still(world, "another_chain")
        assert (await world.head()).halted
        world.proxy.upstream = world.devnet.url
        await world.watcher.step()
        assert (await world.head()).healthy


async def test_two_nodes_must_agree(worker_db: Database):
    async with watching(worker_db) as world, proxied(world.devnet.url) as second:
        witness = node_at(second.url)
        watcher = Watcher(worker_db, SPEC, world.node, witnesses=[witness])
        world.watcher = watcher
        frozen = await world.devnet.rpc("eth_getBlockByNumber", "latest", False)
        await world.devnet.give_coins(ALICE, 42)
        await world.devnet.mine(2)

        def former_head(method: str, params: list[Any], result: Any) -> Any:
            is_head = method == "eth_getBlockByNumber" and params[0] == "latest"
            return frozen if is_head else result

        second.rewrite = former_head
        assert await watcher.step() == 0  # as far as both go
        second.rewrite = None
        await world.catch_up()

        def forged(method: str, params: list[Any], result: Any) -> Any:
            if method == "eth_getBlockByNumber" and result:
                return {**result, "hash": "0x" + "cd" * 32}
            return result

        await world.devnet.mine()
        second.rewrite = forged
        await stands_still(world, "chain_nodes_disagree")
        second.rewrite = None
        second.fault = Fault.REFUSE
        await stands_still(world, "chain_unavailable")
        second.fault = Fault.NONE
        await recovers(world)
        await witness.close()


async def test_a_rescan_finds_what_was_not_watched_and_counts_nothing_twice(worker_db: Database):
    async with watching(worker_db, replace(SPEC, batch_blocks=4)) as world:
        first = await world.devnet.give_coins(ALICE, 1)
        missed = await world.devnet.give_coins(somebody(9), 2)
        await world.devnet.mine(11)
        await world.catch_up()
        async with worker_db.tx() as tx:
            await tx.execute(
                "insert into chains.watched (chain, address, since, looked_back)"
                " values ('ethereum', $1, now(), true)",
                somebody(9),
            )
            for from_height in (3, 0):
                await api.rescan(tx, chain=ETHEREUM, from_height=from_height)
        told = len(world.told)
        await world.catch_up()

        assert (await world.one(missed)).state == INCLUDED
        assert [item.tx_hash for item in world.told[told:]] == [missed]
        assert (await world.one(first)).version == 1
        assert BOB not in {item.to_address for item in world.told}


async def test_a_contract_with_other_decimals_is_not_followed(worker_db: Database):
    async with watching(worker_db) as world:
        token = await world.devnet.deploy_token("Tether USD", "USDT", 18)
        await world.devnet.give_tokens(ALICE, 42, contract=token)
        await world.devnet.mine()
        followed = world.watcher
        world.watcher = world.new_watcher(tokens=(TokenSpec(USDT_ASSET, token),))

        await stands_still(world, "chain_wrong_token")
        assert (await world.head()).halted
        world.watcher = world.new_watcher(tokens=(TokenSpec(USDT_ASSET, ALICE),))
        await stands_still(world, "chain_no_token")
        world.watcher = followed
        await world.catch_up()
        assert [item.asset for item in world.told] == [None]
