"""Seeded stories: senders, miners, reorgs, failing nodes and restarts in any order.

Nobody spends from ALICE and BOB: at every quiet moment what was observed as included must be what
the chain says they hold, and a consumer that only polls must know the same.
"""

import asyncio
import random
from collections import defaultdict
from pathlib import Path

import pytest

from devnet.evm import (
    BANK,
    FORWARDER,
    USDT,
    Anvil,
    AnvilFailed,
    AnvilSettings,
    EvmDevnet,
    free_port,
)
from devnet.rpc_proxy import Fault, proxied
from fairhouse.chains.engine.watcher import Watcher
from fairhouse.chains.types import ObservationState, TxHash
from fairhouse.platform.database import Database
from tests.watching import ALICE, BOB, ETH, SPEC, USDT_ASSET, World, node_at, watching

pytestmark = pytest.mark.chain

INCLUDED = ObservationState.INCLUDED


class Story:
    """One random walk over a real chain."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.sent: list[TxHash] = []
        self.floor = 0
        """Blocks up to here hold the contracts and are never replaced."""

    async def act(self) -> None:
        """One random event."""
        acts = [self.send, self.send, self.mine, self.mine, self.reorg, self.look, self.look]
        acts += [self.resend, self.lose, self.fault, self.restart]
        await self.random.choice(acts)()

    async def send(self) -> None:
        devnet, to = self.world.devnet, self.random.choice([ALICE, BOB])
        amount = self.random.randint(1, 10**6)
        kind = self.random.choice(["coins", "tokens", "inside"])
        if kind == "coins":
            self.sent.append(await devnet.give_coins(to, amount))
        elif kind == "tokens":
            self.sent.append(await devnet.give_tokens(to, amount))
        else:
            await devnet.call(BANK, FORWARDER, "forward(address[])", [to, ALICE], value_wei=amount)

    async def mine(self) -> None:
        await self.world.devnet.mine(self.random.randint(1, 4))

    async def reorg(self) -> None:
        """Replace some blocks; some of what they held is mined again, somewhere else."""
        devnet = self.world.devnet
        depth = min(self.random.randint(1, 15), await devnet.height() - self.floor)
        if depth < 1:
            return
        keep: list[tuple[str, int]] = []
        nonces_are_whole = self.random.random() < 0.5
        for tx_hash in self.sent:
            receipt = await devnet.rpc("eth_getTransactionReceipt", tx_hash)
            if receipt is None or int(receipt["blockNumber"], 16) <= await devnet.height() - depth:
                continue
            if nonces_are_whole:
                keep.append((await devnet.raw_of(tx_hash), depth - 1))
        try:
            await devnet.reorg(depth, keep)
        except AnvilFailed:  # a kept transaction may lack its predecessor: then none is kept
            await devnet.reorg(depth)
        # Anvil keeps waiting transactions whose predecessors are gone, and would wait for ever.
        await self.lose()

    async def resend(self) -> None:
        """Somebody broadcasts an old transaction again, as wallets do."""
        if self.sent:
            raw = await self.world.devnet.rpc(
                "eth_getRawTransactionByHash", self.random.choice(self.sent)
            )
            if raw:
                await self.world.node.broadcast(bytes.fromhex(raw[2:]))

    async def lose(self) -> None:
        await self.world.devnet.rpc("anvil_dropAllTransactions")

    async def fault(self) -> None:
        """A few steps with a failing node."""
        proxy = self.world.proxy
        proxy.fault = self.random.choice(
            [Fault.REFUSE, Fault.SWALLOW, Fault.RATE_LIMIT, Fault.GARBAGE]
        )
        proxy.only = self.random.choice([None, {"eth_getBlockReceipts"}, {"txpool_content"}])
        await self.world.watcher.step()
        proxy.fault = Fault.NONE

    async def restart(self) -> None:
        self.world.watcher = self.world.new_watcher(batch_blocks=self.random.randint(1, 9))

    async def look(self) -> None:
        await self.world.watcher.step()
        await self.world.listen()

    async def holds(self) -> None:
        """At rest: chain, database and consumer say the same."""
        world = self.world
        await world.catch_up()
        await world.is_exact()
        latest = {(item.tx_hash, item.index): item for item in world.told}
        sums: defaultdict[tuple[str, str], int] = defaultdict(int)
        for item in latest.values():
            assert [item] == [
                same for same in await world.of(item.tx_hash) if same.index == item.index
            ]
            if item.state is INCLUDED and item.asset is not None:
                sums[item.to_address, item.asset] += item.base_units
        for owner in (ALICE, BOB):
            assert await world.devnet.balance(owner) == sums[owner, ETH]
            assert await world.devnet.token_balance(owner) == sums[owner, USDT_ASSET]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_any_story_ends_with_what_the_chain_says(worker_db: Database, seed: int):
    async with watching(worker_db) as world:
        story = Story(world, seed)
        await world.devnet.mine(2)
        story.floor = await world.devnet.height()
        for _ in range(4):
            await story.send()
            await story.mine()
            await story.look()
            for _ in range(12):
                await story.act()
            await story.holds()
        assert len({(item.tx_hash, item.index) for item in world.told}) > 1


async def test_a_killed_chain_that_lost_its_last_second(worker_db: Database, tmp_path: Path):
    """Anvil dies and comes back some blocks shorter: a small reorg, nothing more."""
    settings = AnvilSettings(free_port(), state=tmp_path / "chain.json", block_time_s=None)
    with Anvil(settings) as anvil:
        await lose_the_last_second(anvil, worker_db, tmp_path / "chain.json")


async def lose_the_last_second(anvil: Anvil, worker_db: Database, state: Path) -> None:
    devnet = EvmDevnet(anvil.url, mines_itself=False)
    await devnet.set_up()
    async with proxied(anvil.url) as proxy:
        node = node_at(proxy.url)
        world = World(devnet, proxy, node, worker_db, SPEC, Watcher(worker_db, SPEC, node))
        await world.watch(ALICE, BOB)
        kept = await devnet.give_coins(ALICE, 1)
        await devnet.mine()
        anvil.stop()
        anvil.start()
        # Read after the restart: its traces are forgotten, its movements are not.
        await world.catch_up()
        assert (await world.one(kept)).state == INCLUDED
        saved = await asyncio.to_thread(state.read_bytes)
        lost = await devnet.give_tokens(BOB, 5)
        await devnet.mine(2)
        await world.catch_up()
        assert (await world.one(lost)).state == INCLUDED

        anvil.kill()
        await asyncio.to_thread(state.write_bytes, saved)
        anvil.start()
        assert await world.watcher.step() == 0
        assert not (await world.head()).halted
        again = await devnet.give_coins(BOB, 6)
        await devnet.mine(3)
        await world.catch_up()

        assert (await world.one(kept)).state == INCLUDED
        assert (await world.one(lost)).state != INCLUDED
        assert (await world.one(again)).state == INCLUDED
        assert await devnet.token_balance(BOB, USDT) == 0
        await world.is_exact()
        await node.close()
    await devnet.close()
