"""The chain changes its mind: every observation follows it, and none counts twice.

One anvil per test: going back past a reorg with snapshots would show a chain that never was.
"""

from dataclasses import replace

import pytest

from devnet.evm import temporary_devnet
from fairhouse.chains.types import ObservationState, TxHash
from fairhouse.platform.database import Database, DatabaseUnavailable
from tests.watching import ALICE, BOB, SPEC, World, watching

pytestmark = pytest.mark.chain

SEEN, INCLUDED = ObservationState.SEEN, ObservationState.INCLUDED
ORPHANED, DROPPED = ObservationState.ORPHANED, ObservationState.DROPPED


async def mined(world: World, value: int, blocks_after: int) -> TxHash:
    """A transfer to ALICE, read by the watcher when it is `blocks_after` blocks deep."""
    tx_hash = await world.devnet.give_coins(ALICE, value)
    await world.devnet.settle(tx_hash)
    await world.devnet.mine(blocks_after)
    await world.catch_up()
    assert (await world.one(tx_hash)).state == INCLUDED
    return tx_hash


@pytest.mark.parametrize("depth", [1, 2, 12])
async def test_a_transaction_lost_in_a_reorg_is_orphaned_then_dropped(
    worker_db: Database, depth: int
):
    async with watching(worker_db) as world:
        safe = await mined(world, 1, 3)
        lost = await mined(world, 2, depth - 1)

        await world.devnet.reorg(depth)
        await world.catch_up()

        await world.is_exact()
        assert (await world.one(safe)).state == INCLUDED
        orphan = await world.one(lost)
        assert (orphan.state, orphan.block_height, orphan.block_hash) == (ORPHANED, None, None)

        await world.devnet.mine(SPEC.drop_after_blocks + 1)
        await world.catch_up()
        assert (await world.one(lost)).state == DROPPED
        told = [item.state for item in world.told if item.tx_hash == lost]
        assert told[-2:] == [ORPHANED, DROPPED]


@pytest.mark.parametrize(("depth", "place"), [(2, 1), (12, 0), (12, 11)])
async def test_a_transaction_mined_again_elsewhere_moves_there(
    worker_db: Database, depth: int, place: int
):
    async with watching(worker_db) as world:
        tx_hash = await mined(world, 2, depth - 1)
        before = await world.one(tx_hash)
        raw = await world.devnet.raw_of(tx_hash)

        await world.devnet.reorg(depth, [(raw, place)])
        await world.catch_up()

        after = await world.one(tx_hash)
        assert after.state == INCLUDED
        assert after.block_hash != before.block_hash
        assert after.block_height == (before.block_height or 0) + place
        assert after.change_seq > before.change_seq
        # Rewind and new blocks are one transaction: nobody was told that it was gone.
        told = [item.state for item in world.told if item.tx_hash == tx_hash]
        assert ORPHANED not in told
        await world.is_exact()


async def test_a_transaction_lost_and_sent_again_counts_once(worker_db: Database):
    async with watching(worker_db) as world:
        tx_hash = await mined(world, 3, 1)
        raw = await world.devnet.raw_of(tx_hash)
        await world.devnet.reorg(2)
        await world.catch_up()
        assert (await world.one(tx_hash)).state == ORPHANED

        await world.devnet.rpc("eth_sendRawTransaction", raw)
        await world.devnet.mine(SPEC.drop_after_blocks + 2)
        await world.catch_up()

        found = await world.one(tx_hash)
        assert (found.state, found.base_units) == (INCLUDED, 3)
        await world.is_exact()


async def test_from_a_to_b_and_back_to_a(worker_db: Database):
    async with watching(worker_db) as world, temporary_devnet() as other:
        await world.devnet.mine(3)
        state = await world.devnet.rpc("anvil_dumpState")
        await other.rpc("anvil_loadState", state)
        shared = await world.devnet.height()
        same = [
            await chain.rpc("eth_getBlockByNumber", hex(shared), False)
            for chain in (world.devnet, other)
        ]
        assert same[0]["hash"] == same[1]["hash"]
        await world.catch_up()
        on_a = await mined(world, 5, 2)
        on_b = await other.give_coins(BOB, 6)
        await other.settle(on_b)
        await other.mine(4)

        world.proxy.upstream = other.url
        await world.catch_up()
        assert (await world.one(on_a)).state == ORPHANED
        assert (await world.one(on_b)).state == INCLUDED
        await world.is_exact()

        await world.devnet.mine(4)
        world.proxy.upstream = world.devnet.url
        await world.catch_up()
        assert (await world.one(on_a)).state == INCLUDED
        assert (await world.one(on_b)).state == ORPHANED
        await world.is_exact()


async def test_deeper_than_the_policy_halts_and_resumes_when_raised(worker_db: Database):
    async with watching(worker_db, replace(SPEC, reorg_depth_max=5)) as world:
        tx_hash = await mined(world, 4, 7)
        before = await world.head()
        await world.devnet.reorg(8)
        await world.devnet.mine()

        assert await world.catch_up() == 0
        head = await world.head()
        assert (head.height, head.hash) == (before.height, before.hash)
        assert head.halted
        assert not head.healthy
        assert "5 blocks deep" in (head.last_error or "")
        assert (await world.one(tx_hash)).state == INCLUDED

        await world.new_watcher(reorg_depth_max=10).step()
        assert (await world.one(tx_hash)).state == ORPHANED
        head = await world.head()
        assert head.healthy
        assert head.last_error is None
        await world.is_exact()


async def test_a_small_batch_still_replaces_a_deep_fork_at_once(worker_db: Database):
    async with watching(worker_db, replace(SPEC, batch_blocks=3)) as world:
        tx_hash = await mined(world, 4, 10)
        raw = await world.devnet.raw_of(tx_hash)
        await world.devnet.reorg(11, [(raw, 9)])
        await world.catch_up()

        assert (await world.one(tx_hash)).state == INCLUDED
        assert ORPHANED not in [item.state for item in world.told]
        await world.is_exact()


@pytest.mark.parametrize(
    "dying_at",
    [
        "update on chains.observation",
        "delete on chains.block",
        "insert on chains.block",
        "update of height on chains.cursor",
    ],
)
async def test_a_crash_between_rewind_and_new_blocks_leaves_the_old_chain(
    worker_db: Database, owner_db: Database, dying_at: str
):
    """Whatever statement the connection dies at, the transaction is undone as a whole."""
    async with watching(worker_db) as world:
        tx_hash = await mined(world, 4, 2)
        before = await world.head()
        await world.devnet.reorg(3)
        async with owner_db.tx() as tx:
            await tx.execute(
                "create function chains.die() returns trigger language plpgsql as"
                " $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$"
            )
            await tx.execute(
                f"create trigger die after {dying_at} for each statement"
                " execute function chains.die()"
            )

        with pytest.raises(DatabaseUnavailable):
            await world.watcher.step()
        head = await world.head()
        assert (head.height, head.hash) == (before.height, before.hash)
        assert (await world.one(tx_hash)).state == INCLUDED

        async with owner_db.tx() as tx:
            await tx.execute("drop function chains.die() cascade")
        await world.catch_up()
        assert (await world.one(tx_hash)).state == ORPHANED
        await world.is_exact()


async def test_a_log_at_the_same_place_for_somebody_else_is_another_observation(
    worker_db: Database,
):
    """The key of a credited movement never comes to mean another player's."""
    async with watching(worker_db) as world:
        tx_hash = await mined(world, 4, 1)
        async with world.db.tx() as tx:
            await tx.execute(
                "update chains.observation set to_address = $2 where tx_hash = $1", tx_hash, BOB
            )
        raw = await world.devnet.raw_of(tx_hash)
        await world.devnet.reorg(2, [(raw, 1)])
        await world.catch_up()

        former, present = await world.of(tx_hash)
        assert (former.index, former.to_address, former.state) == ("n", BOB, DROPPED)
        assert (present.index, present.to_address, present.state) == ("n'", ALICE, INCLUDED)
