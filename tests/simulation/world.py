"""Everything real on one machine: PostgreSQL, anvil, signer, lanes, watcher, cashier, custody."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from devnet.evm import (
    CHAIN_NUMBER,
    FORWARDER,
    ISSUER,
    USDT,
    EvmDevnet,
    temporary_devnet,
)
from devnet.prices import signed_snapshot
from devnet.rpc_proxy import Fault, RpcProxy, proxied
from fairhouse.betting import api as betting
from fairhouse.betting import jobs as betting_jobs
from fairhouse.betting.api import Road, WriterSettings
from fairhouse.betting.types import Bettor
from fairhouse.brands.api import PauseBoard
from fairhouse.brands.types import BrandId
from fairhouse.cashier import api as cashier
from fairhouse.cashier.jobs import CashierJobs
from fairhouse.cashier.types import CashierPolicy, ConfirmationTier, Explorer
from fairhouse.chains.adapters.evm.node import EvmNode
from fairhouse.chains.adapters.evm.rpc import RpcSettings
from fairhouse.chains.engine.watcher import Watcher
from fairhouse.chains.types import Address, ChainSpec, TokenSpec
from fairhouse.custody import api as custody
from fairhouse.custody import jobs as custody_jobs
from fairhouse.custody.engine.signing import SignerUnreachable
from fairhouse.custody.engine.steps import Tools
from fairhouse.custody.types import CustodyPolicy
from fairhouse.games import jobs as games_jobs
from fairhouse.games.api import Games
from fairhouse.identity import api as identity
from fairhouse.kernel.currencies import ETHEREUM, AssetId
from fairhouse.kernel.refusals import Unavailable
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.entropy import Entropy as WatchedEntropy
from fairhouse.platform.postgres.roles import DatabaseUrls
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateSettings
from tests.flows.cashier_world import PRICE_KEY, a_treasurer
from tests.flows.identity_world import FAST, PASSWORD, TestBrand
from tests.simulation.chain_book import ChainBook
from tests.simulation.crashing import Crash, FusedDatabase
from tests.simulation.entropy import Entropy
from tests.simulation.people import Sent, Someone
from tests.simulation.signing import ORDER_KEY, SignerHouse, SignerLine

ETH = AssetId("eth.ethereum")
USDT_ASSET = AssetId("usdt.ethereum")
ETHER = 10**18
BRAND = BrandId(1)
SEALER = Sealer({1: bytes(range(32))})
REORG_MAX = 4
"""Deeper than what deposits wait for, not deeper than what custody calls final."""
CUSTODY_CONFIRMATIONS = 5
DEPOSIT_CONFIRMATIONS = 2
POOL = PoolSettings(size_min=2, size_max=6, application_name="fairhouse-simulation")
SPEC = ChainSpec(
    chain=ETHEREUM,
    number=CHAIN_NUMBER,
    native=ETH,
    tokens=(TokenSpec(USDT_ASSET, USDT),),
    start_height=0,
    drop_after_blocks=6,
    has_traces=True,
)
CUSTODY = CustodyPolicy(
    spec=SPEC,
    confirmations=CUSTODY_CONFIRMATIONS,
    sweep_minimums={ETH: ETHER // 100, USDT_ASSET: 10**6},
    bump_after_s=30,
    retry_after_s=10,
    stranded_after_s=60,
)
TREASURERS = (a_treasurer(1), a_treasurer(2))
STEP_S = 5


def cashier_policy() -> CashierPolicy:
    """The demo's, with fewer confirmations, so that reorgs reach what was credited."""
    explorer = Explorer(tx="http://x/tx/{tx}", address="http://x/address/{address}")
    policy = cashier.demo_policy(BRAND, {ETHEREUM: explorer})
    tiers = (ConfirmationTier(up_to_units=None, blocks=DEPOSIT_CONFIRMATIONS),)
    assets = {id_: replace(item, confirmations=tiers) for id_, item in policy.assets.items()}
    return replace(policy, assets=assets)


class WorldClock:
    """Stands until the simulation moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@dataclass
class World:
    """One run's stage."""

    rng: random.Random
    entropy: Entropy
    clock: WorldClock
    app_db: Database
    worker_db: FusedDatabase
    owner_db: Database
    app_url: str
    devnet: EvmDevnet
    proxy: RpcProxy
    node: EvmNode
    book: ChainBook
    signer: SignerHouse
    line: SignerLine
    watcher: Watcher
    fake_usdt: Address
    policy: CashierPolicy = field(default_factory=cashier_policy)
    people: list[Someone] = field(default_factory=list[Someone])
    sent: list[Sent] = field(default_factory=list[Sent])
    board: PauseBoard = field(default_factory=PauseBoard)
    has_prices: bool = True
    deaths: int = 0
    _lanes: "Lanes | None" = None

    # --- the lanes' process

    @property
    def games(self) -> Games:
        assert self._lanes is not None
        return self._lanes.games

    @property
    def road(self) -> Road:
        assert self._lanes is not None
        return self._lanes.road

    async def start_lanes(self) -> None:
        """A new process takes the lanes of the one that died; its lease has run out by then."""
        async with self.owner_db.tx() as tx:
            await tx.execute("update betting.lane set lease_until = '2000-01-01'")
            await tx.execute("delete from betting.owner")
        db = await Database.connect(self.app_url, POOL, clock=self.clock)
        road = Road(db, sealer=SEALER, settings=WriterSettings(lease_s=20))
        games = Games(db, road, sealer=SEALER, pauses=lambda _: self._pauses())
        self._lanes = Lanes(db, road, games, asyncio.create_task(road.run()))
        await road.refresh_house()
        async with asyncio.timeout(20):
            await road.ready()

    async def kill_lanes(self) -> None:
        """Cut the lanes' process off wherever it is."""
        if self._lanes is None:
            return
        lanes, self._lanes = self._lanes, None
        lanes.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await lanes.task
        await lanes.db.close()

    def _pauses(self) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self.board.paused(BRAND))

    # --- time and prices

    async def pass_time(self, seconds: int) -> None:
        """The clock moves; the price feed and the lanes' refresh keep up."""
        self.clock.time += timedelta(seconds=seconds)
        if self.has_prices:
            await self.price()
        async with self.app_db.read() as tx:
            await self.board.refresh(tx)
        await self.road.refresh_house()
        if seconds > 3_600:
            await betting_jobs.keep_partitions(self.worker_db)

    async def price(self) -> None:
        public = PRICE_KEY.public_key().public_bytes_raw()
        async with self.worker_db.tx() as tx:
            await rates.record_snapshot(
                tx,
                document=signed_snapshot(tx.now, PRICE_KEY),
                settings=RateSettings(public_keys=(public,)),
            )

    # --- the other processes

    @property
    def jobs(self) -> CashierJobs:
        return CashierJobs(self.worker_db, {BRAND: self.policy})

    @property
    def tools(self) -> Tools:
        return Tools(
            db=self.worker_db,
            node=self.node,
            signer=self.line,
            key=ORDER_KEY,
            policy=CUSTODY,
            at=self.worker_db.fuse.burn,
        )

    def steps(self) -> Mapping[str, Callable[[], Awaitable[Any]]]:
        """The loops of watcher and worker, by name."""
        jobs, engines = self.jobs, custody_jobs.loops(self.tools)
        mine = {name.rpartition(".")[2]: step for name, (_, step) in engines.items()}
        return {
            "watch": self._watch,
            "deposits": lambda: jobs.step_deposits(ETHEREUM),
            "receivables": jobs.step_receivables,
            "withdrawals": jobs.step_withdrawals,
            **{f"custody.{name}": step for name, step in mine.items()},
            "index": lambda: betting_jobs.fold_lanes(self.app_db),
            "abandoned": lambda: games_jobs.settle_abandoned(self.app_db, self.games),
        }

    async def _watch(self) -> None:
        for _ in range(50):
            if not await self.watcher.step():
                return

    async def step(self, name: str) -> str:
        """One loop's step; what became of it. A dead process is another one the next time."""
        try:
            await self.steps()[name]()
        except Crash:
            self.deaths += 1
            self.watcher = Watcher(self.worker_db, SPEC, self.node)
            return "died"
        except (Unavailable, SignerUnreachable) as error:
            return type(error).__name__
        finally:
            self.worker_db.fuse.put_out()
        return "ok"

    def heal(self) -> None:
        """The line to the node and to the signer works again."""
        self.proxy.fault, self.proxy.only = Fault.NONE, None
        self.line.loses = 0

    # --- people

    async def register(self) -> Someone:
        number = len(self.people)
        self.entropy.begin(f"player {number}")
        player, _ = await identity.seed_player(
            self.app_db,
            sealer=SEALER,
            passwords=identity.Passwords(FAST),
            brand=TestBrand(),
            seed=identity.SeedPlayer(f"p{number}@player.test", f"player{number}", PASSWORD),
        )
        bettor = Bettor(player.id, BRAND, player.lane)
        async with self.app_db.tx() as tx:
            await betting.seeds(tx, sealer=SEALER, bettor=bettor)
            await betting.grant_play_money(tx, brand_id=BRAND, player_id=player.id)
            address, _ = await cashier.deposit_address(
                tx, player=player, asset_id=ETH, policy=self.policy
            )
        someone = Someone(number, player, bettor, Address(address))
        self.people.append(someone)
        return someone


@dataclass(frozen=True)
class Lanes:
    """One life of the process that owns the lanes."""

    db: Database
    road: Road
    games: Games
    task: asyncio.Task[None]


@asynccontextmanager
async def a_world(seed: int, urls: DatabaseUrls, folder: Path) -> AsyncGenerator[World]:
    """A whole platform with coins in its vaults and money in its bankroll."""
    clock, entropy = WorldClock(), Entropy(seed)
    # Watched anew in every world: the same seed draws the same blocks, which one source never does.
    SEALER.entropy = WatchedEntropy(entropy.take)
    async with AsyncExitStack() as stack:
        devnet = await stack.enter_async_context(temporary_devnet(genesis_time=1_700_000_000))
        proxy = await stack.enter_async_context(proxied(devnet.url))
        settings = RpcSettings(proxy.url, timeout_s=5, tries=1, retry_wait_s=0.01)
        node = EvmNode(SPEC, settings)
        stack.push_async_callback(node.close)
        app_db = await Database.connect(urls.app, POOL, clock=clock)
        stack.push_async_callback(app_db.close)
        worker_db = await FusedDatabase.connect(urls.worker, POOL, clock=clock)
        assert isinstance(worker_db, FusedDatabase)
        stack.push_async_callback(worker_db.close)
        owner_db = await Database.connect(urls.owner, POOL, clock=clock)
        stack.push_async_callback(owner_db.close)
        signer = SignerHouse(folder, clock)
        await signer.start()
        stack.push_async_callback(signer.die)
        world = World(
            rng=random.Random(seed),
            entropy=entropy,
            clock=clock,
            app_db=app_db,
            worker_db=worker_db,
            owner_db=owner_db,
            app_url=urls.app,
            devnet=devnet,
            proxy=proxy,
            node=node,
            book=ChainBook(devnet),
            signer=signer,
            line=SignerLine(signer, clock),
            watcher=Watcher(worker_db, SPEC, node),
            fake_usdt=await devnet.deploy_token("Tether USD", "USDT", 6),
        )
        stack.push_async_callback(world.kill_lanes)
        await _found(world)
        yield world


async def _found(world: World) -> None:
    """What is there before the first step."""
    await betting_jobs.keep_partitions(world.worker_db)
    async with world.worker_db.tx() as tx:
        vault = await custody.import_vault(
            tx, signed=world.signer.vault(), identity_key=world.signer.identity
        )
    await world.price()
    devnet = world.devnet
    await devnet.call(ISSUER, USDT, "approve(address,uint256)", FORWARDER, 10**15)
    await devnet.settle(await devnet.give_coins(vault.hot_address, 400 * ETHER))
    await devnet.settle(await devnet.give_coins(vault.gas_address, 10 * ETHER))
    await devnet.settle(await devnet.give_tokens(vault.hot_address, 1_000_000 * 10**6))
    await devnet.settle(await devnet.give_tokens(ISSUER, 1, contract=world.fake_usdt))
    await devnet.mine(CUSTODY_CONFIRMATIONS + REORG_MAX)
    await world.start_lanes()
    for name in ("watch", "custody.observations"):
        assert await world.step(name) == "ok"
    for asset_id, units in ((ETH, 200 * 10**9), (USDT_ASSET, 500_000 * 10**6)):
        async with world.worker_db.tx() as tx:
            await cashier.back_bankroll(
                tx,
                request_id=tx.new_id(),
                brand_id=BRAND,
                asset_id=asset_id,
                units=units,
                reason="the owners' coins",
                actor="simulation",
            )
    await world.road.refresh_house()
