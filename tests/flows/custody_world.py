"""Custody with everything real: anvil, PostgreSQL, the signer's process, the worker's engine."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from devnet.evm import CHAIN_NUMBER, USDT, EvmDevnet, temporary_devnet
from fairhouse.chains.adapters.evm.node import EvmNode
from fairhouse.chains.adapters.evm.rpc import RpcSettings
from fairhouse.chains.types import Address, ChainSpec, TokenSpec, TxHash
from fairhouse.custody import api, rules
from fairhouse.custody.engine.steps import Tools
from fairhouse.custody.jobs import drive
from fairhouse.custody.store import funding
from fairhouse.custody.store.funding import Funding
from fairhouse.custody.types import (
    CustodyPolicy,
    Family,
    FamilyId,
    FamilyState,
    Place,
    Vault,
)
from fairhouse.kernel.currencies import ETHEREUM, AssetId
from fairhouse.kernel.outcomes import Done, Outcome, Unknown
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.postgres.roles import DatabaseUrls
from tests.signing import ETH, ETHER, STRANGER, SignerProcess, new_id
from tests.signing import USDT as USDT_ASSET

CONFIRMATIONS = 3
POOL = PoolSettings(size_min=1, size_max=12, application_name="fairhouse-tests")

SPEC = ChainSpec(
    chain=ETHEREUM,
    number=CHAIN_NUMBER,
    native=ETH,
    tokens=(TokenSpec(USDT_ASSET, USDT),),
)
POLICY = CustodyPolicy(
    spec=SPEC,
    confirmations=CONFIRMATIONS,
    sweep_minimums={ETH: ETHER // 100, USDT_ASSET: 10**6},
    bump_after_s=0,
    retry_after_s=0,
    stranded_after_s=0,
)


class Crash(BaseException):
    """The worker dies here: no handler of ours catches it."""


@dataclass
class CrashAt:
    """Dies the n-th time the engine comes past a point."""

    point: str
    times: int = 1
    passed: list[str] = field(default_factory=list)

    def __call__(self, point: str) -> None:
        self.passed.append(point)
        if point == self.point and self.passed.count(point) == self.times:
            raise Crash(point)


class MuffledNode(EvmNode):
    """The real node, behind a line that may lose its answers."""

    def __init__(self, url: str) -> None:
        super().__init__(SPEC, RpcSettings(url, tries=1))
        self.loses_answers = False
        self.sent: list[bytes] = []

    async def broadcast(self, raw: bytes) -> Outcome[TxHash]:
        self.sent.append(raw)
        outcome = await super().broadcast(raw)
        if self.loses_answers and isinstance(outcome, Done):
            return Unknown("the answer was lost")
        return outcome


@dataclass
class World:
    """One brand's custody on one chain."""

    db: Database
    app_db: Database
    devnet: EvmDevnet
    node: MuffledNode
    signer: SignerProcess
    tools: Tools
    vault: Vault

    def with_(self, **changes: Any) -> Tools:
        return replace(self.tools, **changes)

    async def fund(self, place: Place, asset: AssetId, base_units: int) -> None:
        """Coins from the treasury, mined and booked."""
        address = self.vault.hot_address if place is Place.HOT else self.vault.gas_address
        if asset == ETH:
            tx_hash = await self.devnet.give_coins(address, base_units)
        else:
            tx_hash = await self.devnet.give_tokens(address, base_units)
        await self.devnet.settle(tx_hash)
        seen = Funding(
            chain=ETHEREUM,
            tx_hash=tx_hash,
            idx="n" if asset == ETH else "l0",
            brand_id=1,
            place=place,
            asset=asset,
            base_units=base_units,
            block_height=await self.devnet.height(),
            is_booked=False,
            round=0,
        )
        async with self.db.tx() as tx:
            await funding.see(tx, seen)
            await funding.set_booked(tx, seen, is_booked=True)
            line = rules.funding(
                brand_id=1,
                place=place,
                asset_id=asset,
                base_units=base_units,
                chain=ETHEREUM,
                key=(tx_hash, seen.idx),
                round_=0,
                reverse=False,
            )
            await ledger.post(tx, transfers=[line])

    async def ask(
        self,
        base_units: int = ETHER,
        *,
        asset: AssetId = ETH,
        to: Address = STRANGER,
        family_id: FamilyId | None = None,
    ) -> FamilyId:
        """A withdrawal for the engine to pay."""
        chosen = family_id or FamilyId(new_id())
        async with self.db.tx() as tx:
            await api.request_transfer(
                tx,
                family_id=chosen,
                brand_id=1,
                asset=asset,
                destination=to,
                base_units=base_units,
                ref=f"wdr {chosen}",
            )
        return chosen

    async def family(self, family_id: FamilyId) -> Family:
        async with self.db.read() as tx:
            return await api.family(tx, family_id=family_id)

    async def booked(self, account: AccountCode, asset: AssetId = ETH) -> int:
        async with self.db.read() as tx:
            return (await ledger.balance(tx, key=AccountKey(1, account, asset))).posted

    async def drive_until(self, state: FamilyState, *families: FamilyId, rounds: int = 30) -> None:
        """Rounds of the engine with a block after each."""
        for _ in range(rounds):
            await drive(self.tools)
            if all([(await self.family(item)).state is state for item in families]):
                return
            await self.devnet.mine()
        raise AssertionError([await self.family(item) for item in families])

    async def check_books(self) -> None:
        """Custody equals the chain to the last unit, now; every book balances."""
        async with self.db.read() as tx:
            head = await self.node.head()
            rows = await api.reconcile(
                tx, node=self.node, policy=POLICY, height=head.height, uncredited={}
            )
            found = await ledger.imbalances(tx)
        assert [] == [row for row in rows if row.difference]
        assert [] == found

    async def received(self, address: Address = STRANGER) -> int:
        return await self.devnet.balance(address) - self.at_first[address]

    @property
    def at_first(self) -> dict[Address, int]:
        # anvil gives its well-known accounts 10,000 ETH each.
        return {STRANGER: 10_000 * ETHER}


@pytest.fixture(scope="session")
def signer_template(tmp_path_factory) -> Path:
    """A signer's folder with keystore and keys, to be copied: making one takes a second."""
    folder = tmp_path_factory.mktemp("signer-template")
    process = SignerProcess(folder)
    process.write_policy(contract=USDT, number=CHAIN_NUMBER, new_per_day=20 * ETHER)
    (folder / "vaults.json").write_text(process.vaults_document())
    return folder


@asynccontextmanager
async def custody_world(urls: DatabaseUrls, template: Path, folder: Path) -> AsyncGenerator[World]:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    signer = SignerProcess(folder, made=True)
    vaults = signer.vaults()
    signer.start()
    db = await Database.connect(urls.worker, POOL)
    app_db = await Database.connect(urls.app, POOL)
    try:
        async with db.tx() as tx:
            vault = await api.import_vault(tx, signed=vaults[0], identity_key=signer.identity)
        async with temporary_devnet() as devnet:
            node = MuffledNode(devnet.url)
            tools = Tools(
                db=db, node=node, signer=signer.client(), key=signer.order_key, policy=POLICY
            )
            world = World(db, app_db, devnet, node, signer, tools, vault)
            yield world
            await node.close()
    finally:
        signer.kill()
        await db.close()
        await app_db.close()
