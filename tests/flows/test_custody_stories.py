"""Seeded stories: withdrawals, deposits, crashes, silence, lost transactions, reorgs, fee spikes.

Goal: after every step the books equal the chain to the last unit, and in the end every withdrawal
was paid exactly once. Method: real anvil, real signer process, real PostgreSQL; the engine may die
at any edge. A failing seed is repeated with `-k "story[<seed>]"`.
"""

import random
from typing import Any
from uuid import UUID

import pytest

from fairhouse.chains.engine.watcher import Watcher
from fairhouse.custody import api
from fairhouse.custody.engine.funding import take_in
from fairhouse.custody.engine.rechecking import recheck_settled
from fairhouse.custody.engine.signing import SignerUnreachable
from fairhouse.custody.engine.sweeping import plan_sweeps
from fairhouse.custody.jobs import drive
from fairhouse.custody.types import FamilyId, FamilyState, Place
from fairhouse.kernel.refusals import Unavailable
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from tests.flows.custody_world import Crash, CrashAt, World, custody_world, signer_template
from tests.signing import ETH, ETHER, GWEI, STRANGER, new_id
from tests.signing import USDT as USDT_ASSET

__all__ = ["signer_template"]

pytestmark = pytest.mark.chain

STEPS = 30
EDGES = (
    "before_order",
    "after_order",
    "before_sign",
    "after_sign",
    "after_signed_kept",
    "before_broadcast",
    "after_broadcast",
    "before_bump",
    "after_bump",
    "before_settle",
    "after_settle",
)


@pytest.fixture
async def world(database_urls, signer_template, tmp_path):
    async with custody_world(database_urls, signer_template, tmp_path) as made:
        await made.fund(Place.HOT, ETH, 100 * ETHER)
        await made.fund(Place.HOT, USDT_ASSET, 10**10)
        await made.fund(Place.GAS_TANK, ETH, ETHER)
        yield made


class Story:
    """One seed's course of events."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.asked: dict[FamilyId, tuple[str, int]] = {}
        self.players: list[UUID] = [new_id() for _ in range(3)]
        self.settled_height = 0
        self.watcher = Watcher(world.db, world.tools.policy.spec, world.node)

    async def step(self) -> str:
        """One random thing happens; its name."""
        happenings = [
            self.withdraw,
            self.withdraw,
            self.deposit,
            self.work,
            self.work,
            self.work_and_die,
            self.work_and_die,
            self.mine,
            self.mine,
            self.signer_dies,
            self.signer_comes_back,
            self.lose_a_transaction,
            self.muffle,
            self.reorg,
            self.fees_rise,
        ]
        chosen = self.dice.choice(happenings)
        await chosen()
        await self.watch()
        return chosen.__name__

    async def withdraw(self) -> None:
        asset, scale = self.dice.choice([(ETH, ETHER // 10), (USDT_ASSET, 10**7)])
        amount = self.dice.randint(1, scale)
        family_id = await self.world.ask(amount, asset=asset)
        self.asked[family_id] = (asset, amount)

    async def deposit(self) -> None:
        world, player_id = self.world, self.dice.choice(self.players)
        async with world.app_db.tx() as tx:
            address = await api.deposit_address(tx, player_id=player_id, brand_id=1, asset=ETH)
        asset, scale = self.dice.choice([(ETH, ETHER // 10), (USDT_ASSET, 10**7)])
        amount = self.dice.randint(scale // 20, scale)
        give = world.devnet.give_coins if asset == ETH else world.devnet.give_tokens
        await world.devnet.settle(await give(address.address, amount))
        self.settled_height = await world.devnet.height()
        await self.watch()
        async with world.db.tx() as tx:
            line = Transfer(
                id=tx.new_id(),
                debit=AccountKey(1, AccountCode.DEPOSIT_ADDRESSES, asset),
                credit=AccountKey(1, AccountCode.EXTERNAL, asset),
                amount=amount,
                reason="deposit",
                ref="story",
            )
            await ledger.post(tx, transfers=[line])

    async def work(self) -> None:
        await self.round(CrashAt(""))

    async def work_and_die(self) -> None:
        try:
            await self.round(CrashAt(self.dice.choice(EDGES), self.dice.randint(1, 2)))
        except Crash:
            pass

    async def round(self, at: CrashAt) -> None:
        tools = self.world.with_(at=at)
        try:
            await plan_sweeps(tools)
            await drive(tools)
            await recheck_settled(tools)
        except (SignerUnreachable, Unavailable):
            pass

    async def mine(self) -> None:
        await self.world.devnet.mine(self.dice.randint(1, 3))

    async def signer_dies(self) -> None:
        self.world.signer.kill()

    async def signer_comes_back(self) -> None:
        if not self.world.signer.is_alive():
            self.world.signer.start()

    async def lose_a_transaction(self) -> None:
        async with self.world.db.read() as tx:
            rows = await tx.fetch(
                "select tx_hash from custody.member join custody.family on id = family_id"
                " where tx_hash is not null and winner_seq is null order by tx_hash"
            )
        if rows:
            await self.world.devnet.drop(self.dice.choice(rows)["tx_hash"])

    async def muffle(self) -> None:
        self.world.node.loses_answers = not self.world.node.loses_answers

    async def reorg(self) -> None:
        """As deep as may be without touching deposits, whose reversal is the cashier's story."""
        depth = min(await self.world.devnet.height() - self.settled_height, 6)
        if depth > 0:
            await self.world.devnet.reorg(self.dice.randint(1, depth))

    async def fees_rise(self) -> None:
        base_fee = (await self.world.node.fee_quote()).base_fee_wei
        risen = min(base_fee * self.dice.randint(2, 6), 40 * GWEI)
        await self.world.devnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(risen))
        await self.world.devnet.mine()

    async def watch(self) -> None:
        while await self.watcher.step():
            pass
        while await take_in(self.world.tools):
            pass

    async def end_well(self) -> None:
        """Everybody is there again, and everything that was begun is finished."""
        self.world.node.loses_answers = False
        await self.signer_comes_back()
        live: list[Any] = []
        for _ in range(80):
            await self.world.devnet.mine()
            await self.watch()
            await self.work()
            async with self.world.db.read() as tx:
                live = await tx.fetch(
                    "select id, kind, asset, source, nonce, state, failure, base_units"
                    " from custody.family"
                    " where state in ('planned', 'ordered', 'signed', 'broadcast', 'stranded')"
                )
            if not live:
                return
        raise AssertionError([dict(row) for row in live])


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_story(world, seed):
    story = Story(world, seed)
    await story.watch()
    story.settled_height = await world.devnet.height()
    happened: list[str] = []
    for _ in range(STEPS):
        happened.append(await story.step())
        try:
            await world.check_books()
        except AssertionError as error:
            raise AssertionError(f"after {happened}") from error
    await story.end_well()
    await world.check_books()

    states = {(await world.family(item)).state for item in story.asked}
    assert {FamilyState.CONFIRMED} >= states, happened
    coins = sum(amount for asset, amount in story.asked.values() if asset == ETH)
    tokens = sum(amount for asset, amount in story.asked.values() if asset == USDT_ASSET)
    assert coins == await world.received()
    assert tokens == await world.devnet.token_balance(STRANGER)
