"""A real chain, a proxy before it, and a watcher on a real database: for flow tests."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from devnet.evm import CHAIN_NUMBER, USDT, EvmDevnet, temporary_devnet
from devnet.rpc_proxy import RpcProxy, proxied
from fairhouse.chains import api
from fairhouse.chains.adapters.evm.node import EvmNode
from fairhouse.chains.adapters.evm.rpc import RpcSettings
from fairhouse.chains.codecs import evm
from fairhouse.chains.engine.watcher import Watcher
from fairhouse.chains.types import (
    Address,
    ChainHead,
    ChainSpec,
    Observation,
    TokenSpec,
    TxHash,
)
from fairhouse.kernel.currencies import ETHEREUM, AssetId
from fairhouse.platform.database import Database

ETH = AssetId("eth.ethereum")
USDT_ASSET = AssetId("usdt.ethereum")

SPEC = ChainSpec(
    chain=ETHEREUM,
    number=CHAIN_NUMBER,
    native=ETH,
    tokens=(TokenSpec(USDT_ASSET, USDT),),
    start_height=0,
    drop_after_blocks=3,
    has_traces=True,
)


def somebody(number: int) -> Address:
    """An address that only tests know."""
    return evm.checksummed(number.to_bytes(2, "big") * 10)


ALICE, BOB = somebody(0xA11C), somebody(0xB0B0)


def node_at(url: str, spec: ChainSpec = SPEC) -> EvmNode:
    """An adapter with little patience."""
    return EvmNode(spec, RpcSettings(url, timeout_s=3, tries=2, retry_wait_s=0.01))


@dataclass(slots=True)
class World:
    """Everything a story about sightings needs."""

    devnet: EvmDevnet
    proxy: RpcProxy
    node: EvmNode
    db: Database
    spec: ChainSpec
    watcher: Watcher
    told: list[Observation] = field(default_factory=list)
    """Every change a consumer has been told, in order."""

    async def catch_up(self, steps_max: int = 50) -> int:
        """Step until there is nothing more to read; returns how many blocks that were."""
        total = 0
        for _ in range(steps_max):
            done = await self.watcher.step()
            await self.listen()
            total += done
            if not done:
                return total
        raise AssertionError("the watcher does not come to rest")

    async def listen(self) -> None:
        """Read the changes as a consumer does, two at a time."""
        while True:
            after = self.told[-1].change_seq if self.told else 0
            async with self.db.read() as tx:
                news = await api.observations_changed(tx, chain=ETHEREUM, after_seq=after, limit=2)
            if not news:
                return
            self.told += news

    async def watch(self, *addresses: Address) -> None:
        async with self.db.tx() as tx:
            for address in addresses:
                await api.watch_address(tx, chain=ETHEREUM, address=address)

    async def head(self) -> ChainHead:
        async with self.db.read() as tx:
            return await api.head(tx, chain=ETHEREUM)

    async def of(self, tx_hash: TxHash) -> list[Observation]:
        async with self.db.read() as tx:
            return await api.observations_of(tx, chain=ETHEREUM, tx_hash=tx_hash)

    async def one(self, tx_hash: TxHash) -> Observation:
        found = await self.of(tx_hash)
        assert len(found) == 1, found
        return found[0]

    async def is_exact(self) -> None:
        """The followed chain is the node's, block by block, without a gap."""
        async with self.db.read() as tx:
            rows = await tx.fetch(
                "select height, hash, parent_hash from chains.block order by height"
            )
        theirs = await self.node.blocks(rows[0]["height"], rows[-1]["height"])
        ours = [(row["height"], row["hash"], row["parent_hash"]) for row in rows]
        assert [(item.height, item.hash, item.parent_hash) for item in theirs] == ours

    def new_watcher(self, **changes: object) -> Watcher:
        """Another watcher of the same chain, as after a restart."""
        return Watcher(self.db, replace(self.spec, **changes), self.node)


@asynccontextmanager
async def watching(db: Database, spec: ChainSpec = SPEC) -> AsyncGenerator[World]:
    """A fresh chain with a watcher that has caught up with it; ALICE and BOB are watched."""
    async with temporary_devnet() as devnet, proxied(devnet.url) as proxy:
        node = node_at(proxy.url, spec)
        world = World(devnet, proxy, node, db, spec, Watcher(db, spec, node))
        try:
            await world.watch(ALICE, BOB)
            await world.catch_up()
            yield world
        finally:
            await node.close()
