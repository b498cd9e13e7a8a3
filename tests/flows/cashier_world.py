"""The stage of the cashier's stories: a brand with a vault, players with wallets, prices."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from embit import bip32
from embit.bip39 import mnemonic_to_seed

from devnet.evm import CHAIN_NUMBER, USDT, EvmDevnet, temporary_devnet
from devnet.prices import signed_snapshot
from fairhouse.brands.types import BrandId
from fairhouse.cashier import api as cashier
from fairhouse.cashier.jobs import CashierJobs
from fairhouse.cashier.tables import demo_policy
from fairhouse.cashier.types import (
    CashierPolicy,
    Deposit,
    Explorer,
    Withdrawal,
    WithdrawalId,
    WithdrawalRequest,
)
from fairhouse.chains.adapters.evm.node import EvmNode
from fairhouse.chains.adapters.evm.rpc import RpcSettings
from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.vaults import SignedVault, VaultRecord, vault_message
from fairhouse.chains.engine.watcher import Watcher
from fairhouse.chains.types import Address, ChainSpec, TokenSpec
from fairhouse.custody import api as custody
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player, Role, Staff, StaffId
from fairhouse.kernel.currencies import ETHEREUM, AssetId, asset
from fairhouse.kyc import api as kyc
from fairhouse.kyc.types import Answer, Details, Tier
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Balance, Transfer
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateSettings
from tests.flows.identity_world import FAST, PASSWORD, TestBrand

ETH = AssetId("eth.ethereum")
USDT_ASSET = AssetId("usdt.ethereum")
ETHER = 10**18
WALLET = evm.checksummed(b"\x42" * 20)
PRICE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VAULT_KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
SPEC = ChainSpec(
    chain=ETHEREUM,
    number=CHAIN_NUMBER,
    native=ETH,
    tokens=(TokenSpec(USDT_ASSET, USDT),),
    start_height=0,
)
POLICY = demo_policy(
    BrandId(1), {ETHEREUM: Explorer(tx="http://x/tx/{tx}", address="http://x/address/{address}")}
)


def a_vault() -> SignedVault:
    """Public keys of a brand, signed as the signer would."""
    seed = mnemonic_to_seed("abandon " * 11 + "about")
    brand = bip32.HDKey.from_seed(seed).derive("m/44'/60'/1'")

    def address(path: str) -> Address:
        return evm.address_of(brand.derive(path).to_public().key.sec())

    record = VaultRecord(
        brand_id=1,
        chain=ETHEREUM,
        deposit_xpub=brand.derive("m/0'").to_public().to_base58(),
        hot_address=address("m/1'/0"),
        gas_address=address("m/2'/0"),
    )
    return SignedVault(record, identity_key(), VAULT_KEY.sign(vault_message(record)).hex())


def identity_key() -> str:
    return VAULT_KEY.public_key().public_bytes_raw().hex()


def a_treasurer(number: int = 1) -> Staff:
    return Staff(
        id=StaffId(UUID(int=number)),
        handle=f"treasurer{number}",
        name=f"Treasurer {number}",
        roles=frozenset({Role.TREASURER}),
        disabled=False,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@dataclass
class World:
    """One brand's cashier; each step is a transaction of its own."""

    db: Database
    """As the API processes see it."""
    worker_db: Database
    policy: CashierPolicy
    player: Player
    devnet: EvmDevnet | None = None
    watcher: Watcher | None = None

    @property
    def jobs(self) -> CashierJobs:
        return CashierJobs(self.worker_db, {1: self.policy})

    async def verify(self) -> None:
        """Two reviewers know the player, up to where the money comes from."""
        tools = kyc.KycTools(Sealer({1: bytes(range(32))}))
        details = Details("Jane", "Example", date(1990, 5, 4), "DE", "DE", "Weg 1, 10115 Berlin")
        async with self.db.tx() as tx:
            await kyc.save_details(tx, tools=tools, player=self.player, details=details)
        for tier in (Tier.IDENTITY, Tier.ADDRESS, Tier.FUNDS):
            async with self.db.tx() as tx:
                asked = await kyc.ask_player(tx, player_id=self.player.id, brand_id=1, tier=tier)
            for reviewer in (11, 12) if tier is Tier.FUNDS else (11,):
                async with self.db.tx() as tx:
                    await kyc.answer(
                        tx,
                        request_id=asked.id,
                        staff_id=StaffId(UUID(int=reviewer)),
                        answer=Answer.APPROVE,
                        reason="seen in person",
                    )

    # --- prices and money

    async def price(self) -> None:
        """A fresh price, as the feed brings one every few seconds."""
        public = PRICE_KEY.public_key().public_bytes_raw()
        async with self.worker_db.tx() as tx:
            await rates.record_snapshot(
                tx,
                document=signed_snapshot(tx.now, PRICE_KEY),
                settings=RateSettings(public_keys=(public,)),
            )

    async def give(self, asset_id: AssetId, units: int) -> None:
        """The house gives the player money to play with (ledger units)."""
        code = asset(asset_id).currency
        await self._post(
            AccountKey(1, AccountCode.HOUSE_BANKROLL, code), self.cash_key(asset_id), units
        )

    async def lose(self, asset_id: AssetId, units: int) -> None:
        """The player loses a bet (ledger units)."""
        code = asset(asset_id).currency
        await self._post(
            self.cash_key(asset_id), AccountKey(1, AccountCode.HOUSE_BANKROLL, code), units
        )

    async def fill_hot(self, asset_id: AssetId, base_units: int) -> None:
        """The treasury fills the hot vault."""
        await self._post(
            AccountKey(1, AccountCode.HOT, asset_id),
            AccountKey(1, AccountCode.EXTERNAL, asset_id),
            base_units,
        )

    async def _post(self, debit: AccountKey, credit: AccountKey, amount: int) -> None:
        async with self.db.tx() as tx:
            transfer = Transfer(
                id=tx.new_id(), debit=debit, credit=credit, amount=amount, reason="test", ref=""
            )
            await ledger.post(tx, transfers=[transfer])

    def cash_key(self, asset_id: AssetId) -> AccountKey:
        code = asset(asset_id).currency
        return AccountKey(1, AccountCode.PLAYER_CASH, code, owner=self.player.id)

    async def cash(self, asset_id: AssetId = ETH) -> Balance:
        async with self.db.read() as tx:
            return await ledger.balance(tx, key=self.cash_key(asset_id))

    async def booked(self, code: AccountCode, unit: Any = ETH, owner: UUID | None = None) -> int:
        async with self.db.read() as tx:
            return (await ledger.balance(tx, key=AccountKey(1, code, unit, owner=owner))).posted

    async def books_are_exact(self) -> None:
        async with self.db.read() as tx:
            assert [] == await ledger.imbalances(tx)

    # --- withdrawals

    async def ask(
        self,
        units: int = 20_000_000,
        *,
        asset_id: AssetId = ETH,
        to: str = WALLET,
        id_: UUID | None = None,
        key: str | None = None,
        stepped_up: bool = True,
        accept_lookalike: bool = False,
    ) -> Withdrawal:
        """A request (default 0.02 ETH, about 60 dollars) under a fresh id."""
        request = WithdrawalRequest(asset_id, units, to, accept_lookalike)
        async with self.db.tx() as tx:
            chosen = WithdrawalId(id_ or tx.new_id()) if key is None else None
            return await cashier.request_withdrawal(
                tx,
                player=self.player,
                request=request,
                stepped_up=stepped_up,
                policy=self.policy,
                withdrawal_id=chosen,
                key=key,
            )

    async def cancel(self, withdrawal_id: WithdrawalId) -> Withdrawal:
        async with self.db.tx() as tx:
            return await cashier.cancel_withdrawal(
                tx, withdrawal_id=withdrawal_id, player_id=self.player.id, policy=self.policy
            )

    async def approve(self, withdrawal_id: WithdrawalId, staff: Staff) -> Withdrawal:
        async with self.db.tx() as tx:
            return await cashier.approve_withdrawal(
                tx,
                withdrawal_id=withdrawal_id,
                staff=staff,
                reason="looked at it",
                policy=self.policy,
            )

    async def withdrawal(self, withdrawal_id: WithdrawalId) -> Withdrawal:
        async with self.db.read() as tx:
            return await cashier.any_withdrawal(tx, withdrawal_id=withdrawal_id)

    async def states(self, withdrawal_id: WithdrawalId) -> list[str]:
        async with self.db.read() as tx:
            story = await cashier.timeline(tx, withdrawal_id=withdrawal_id)
        return [entry.state.value for entry in story]

    # --- deposits

    async def address(self, asset_id: AssetId = ETH) -> Address:
        async with self.db.tx() as tx:
            text, _ = await cashier.deposit_address(
                tx, player=self.player, asset_id=asset_id, policy=self.policy
            )
        return Address(text)

    async def deposits(self) -> list[Deposit]:
        """Oldest first."""
        async with self.db.read() as tx:
            return [*reversed(await cashier.deposits(tx, player_id=self.player.id))]

    async def deposit(self) -> Deposit:
        (found,) = await self.deposits()
        return found

    async def work(self) -> None:
        """The watcher and the worker catch up with the chain."""
        assert self.watcher is not None
        while await self.watcher.step():
            pass
        for _ in range(3):
            await self.jobs.step_deposits(ETHEREUM)
        await self.jobs.step_receivables()
        await self.books_are_exact()

    async def mine(self, blocks: int = 1) -> None:
        """So many blocks, then everybody catches up."""
        assert self.devnet is not None
        await self.devnet.mine(blocks)
        await self.work()

    async def news(self, kind: str) -> list[Mapping[str, Any]]:
        """Payloads of the events of a kind, oldest first."""
        async with self.db.read() as tx:
            rows = await tx.fetch(
                "select payload from platform.outbox where type = $1 order by id", kind
            )
        return [row["payload"] for row in rows]


async def a_player(db: Database, number: int = 1) -> Player:
    """A registered player."""
    player, _ = await identity.seed_player(
        db,
        sealer=Sealer({1: bytes(range(32))}),
        passwords=identity.Passwords(FAST),
        brand=TestBrand(),
        seed=identity.SeedPlayer(f"p{number}@player.test", f"player{number}", PASSWORD),
    )
    return player


async def a_world(db: Database, worker_db: Database) -> World:
    """A player without money, fresh prices, a vault that nobody signs for."""
    async with worker_db.tx() as tx:
        await custody.import_vault(tx, signed=a_vault(), identity_key=identity_key())
    world = World(db, worker_db, POLICY, await a_player(db))
    await world.price()
    return world


@asynccontextmanager
async def a_world_on_chain(db: Database, worker_db: Database) -> AsyncGenerator[World]:
    """The same beside a real chain with a real watcher."""
    world = await a_world(db, worker_db)
    async with temporary_devnet() as devnet:
        node = EvmNode(SPEC, RpcSettings(devnet.url, timeout_s=5, tries=2, retry_wait_s=0.01))
        watcher = Watcher(worker_db, SPEC, node)
        try:
            yield replace(world, devnet=devnet, watcher=watcher)
        finally:
            await node.close()
