"""From the request to the chain and back into the books, with everything real: PostgreSQL, anvil,
the watcher, the signer's process and both engines."""

import contextlib
from dataclasses import dataclass, replace

import pytest

from devnet.evm import ISSUER, USDT
from fairhouse.cashier import api as cashier
from fairhouse.cashier.types import OnChainFailure, Withdrawal, WithdrawalId, WithdrawalState
from fairhouse.chains.engine.watcher import Watcher
from fairhouse.chains.types import TxHash
from fairhouse.custody import api as custody_api
from fairhouse.custody.engine.funding import take_in
from fairhouse.custody.engine.signing import SignerUnreachable
from fairhouse.custody.engine.sweeping import plan_sweeps
from fairhouse.custody.jobs import drive
from fairhouse.custody.types import FamilyKind
from fairhouse.kernel.currencies import ETHEREUM, AssetId
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode
from fairhouse.risk import api as risk
from fairhouse.risk.types import AddressAge
from tests.flows import custody_world
from tests.flows.cashier_world import ETH, ETHER, POLICY, USDT_ASSET, World, a_player
from tests.flows.custody_world import signer_template
from tests.signing import STRANGER

__all__ = ["signer_template"]

pytestmark = pytest.mark.chain

W = WithdrawalState
CALM = replace(
    POLICY,
    risk=replace(
        POLICY.risk,
        address_ages=(AddressAge(from_value=0, age_s=0),),
        approval_tiers=(),
        day_value=10**15,
        brand_hour_value=10**15,
    ),
)


@dataclass
class House:
    """The cashier's world on top of custody's."""

    cashier: World
    custody: custody_world.World

    async def mine(self, blocks: int = 1) -> None:
        """So many blocks, then everybody takes in what the watcher saw."""
        await self.cashier.mine(blocks)
        await take_in(self.custody.tools)

    async def round(self) -> None:
        """Everybody does one step, then a block is mined."""
        await self.cashier.jobs.step_withdrawals()
        await drive(self.custody.tools)
        await self.mine()

    async def until(self, id_: WithdrawalId, state: WithdrawalState) -> Withdrawal:
        for _ in range(30):
            found = await self.cashier.withdrawal(id_)
            if found.state is state:
                return found
            await self.let_time_pass()
            await self.round()
        raise AssertionError(await self.cashier.withdrawal(id_))

    async def let_time_pass(self) -> None:
        """The worker looks at undecided ones once a second; these stories do not wait for it."""
        async with self.cashier.worker_db.tx() as tx:
            await tx.execute(
                "update cashier.withdrawal set judged_at = judged_at - interval '1 minute'"
                " where state in ('CHECKING', 'WAITING', 'APPROVED')"
            )

    async def in_flight(self, asset_id: AssetId = ETH) -> int:
        return await self.cashier.booked(AccountCode.WITHDRAWAL_IN_FLIGHT, asset_id)

    async def equals_the_chain(self) -> None:
        """Custody is the chain to the last unit, every book balances."""
        head = await self.custody.node.head()
        async with self.cashier.worker_db.read() as tx:
            unbooked = await cashier.unbooked_deposits(tx, chain=ETHEREUM, height=head.height)
            tools = self.custody.tools
            rows = await custody_api.reconcile(
                tx,
                node=tools.node,
                policy=tools.policy,
                height=head.height,
                uncredited=unbooked,
            )
            assert [] == [row for row in rows if row.difference]
            assert [] == await ledger.imbalances(tx)


@pytest.fixture
async def house(database_urls, signer_template, tmp_path):
    async with custody_world.custody_world(database_urls, signer_template, tmp_path) as made:
        world = World(made.app_db, made.db, CALM, await a_player(made.app_db))
        await world.price()
        spec = made.tools.policy.spec
        watcher = Watcher(made.db, replace(spec, start_height=0), made.node)
        on_chain = replace(world, devnet=made.devnet, watcher=watcher)
        await on_chain.address()
        house = House(on_chain, made)
        await house.mine()
        await made.devnet.give_coins(made.vault.hot_address, 50 * ETHER)
        await made.devnet.give_coins(made.vault.gas_address, ETHER)
        await made.devnet.give_tokens(made.vault.hot_address, 10_000_000_000)
        await house.mine(4)
        yield house


async def fund_player(house: House) -> None:
    """Real deposits of both assets, of a player who is known."""
    await house.cashier.verify()
    address = await house.cashier.address()
    await house.custody.devnet.give_coins(address, 3 * ETHER)
    await house.custody.devnet.give_tokens(address, 900_000_000)
    await house.mine(12)
    assert (await house.cashier.cash(ETH)).posted == 3 * 10**9
    assert (await house.cashier.cash(USDT_ASSET)).posted == 900_000_000


async def test_deposit_and_withdraw_both_assets(house: House):
    await fund_player(house)
    await house.equals_the_chain()
    world = house.cashier
    coins = await world.ask(10**9, to=STRANGER)
    tokens = await world.ask(100_000_000, asset_id=USDT_ASSET, to=STRANGER)
    paid = await house.until(coins.id, W.CONFIRMED)
    await house.until(tokens.id, W.CONFIRMED)

    assert await house.custody.received() == coins.base_units == ETHER - 5 * 10**14
    assert await house.custody.devnet.token_balance(STRANGER) == 99_000_000
    assert (await world.cash(ETH)).posted == (await world.cash(ETH)).available == 2 * 10**9
    assert (await world.cash(USDT_ASSET)).available == 800_000_000
    assert await world.booked(AccountCode.FEE_REVENUE, "ETH") == 500_000
    assert (await house.in_flight(ETH), await house.in_flight(USDT_ASSET)) == (0, 0)
    story = await world.states(coins.id)
    assert story[:4] == ["REQUESTED", "CHECKING", "APPROVED", "ORDERED"]
    assert story[-1] == "CONFIRMED"
    assert paid.tx_hash is not None
    view = cashier.withdrawal_view(paid, (), POLICY)
    assert view.explorer_url == f"http://x/tx/{paid.tx_hash}"
    (told,) = [
        item["withdrawal"]
        for item in await world.news("cashier.withdrawal_confirmed")
        if item["withdrawal"]["id"] == view.id
    ]
    assert told["tx_hash"] == paid.tx_hash
    async with world.db.read() as tx:
        known = await risk.destination(
            tx, player_id=world.player.id, chain=ETHEREUM, address=STRANGER
        )
        by_hash = await cashier.search(tx, text=paid.tx_hash)
        by_address = await cashier.search(tx, text=await address_of(house))
    assert known.paid_count == 2
    assert [item.id for item in by_hash[1]] == [coins.id]
    assert len(by_address[0]) == 2
    await house.equals_the_chain()


async def address_of(house: House) -> str:
    return (await house.cashier.deposits())[0].address


async def test_lost_answers_and_a_dying_signer_pay_once(house: House):
    await fund_player(house)
    made = await house.cashier.ask(10**9, to=STRANGER)
    house.custody.node.loses_answers = True
    for number in range(6):
        if number % 2:
            house.custody.signer.kill()
        try:
            await house.let_time_pass()
            await house.round()
        except SignerUnreachable:
            await house.mine()
        if number % 2:
            house.custody.signer.start()
    house.custody.node.loses_answers = False
    await house.until(made.id, W.CONFIRMED)

    assert await house.custody.received() == made.base_units
    assert len(set(house.custody.node.sent)) == 1
    await house.equals_the_chain()


async def test_the_hold_stays_while_nobody_knows(house: House):
    await fund_player(house)
    house.custody.signer.kill()
    made = await house.cashier.ask(10**9, to=STRANGER)
    for _ in range(5):
        await house.let_time_pass()
        with contextlib.suppress(SignerUnreachable):
            await house.round()
    waiting = await house.cashier.withdrawal(made.id)

    assert waiting.state is W.ORDERED
    assert (await house.cashier.cash()).pending_out == made.units
    await house.equals_the_chain()


async def test_a_transfer_that_fails_on_the_chain_gives_the_hold_back(house: House):
    await fund_player(house)
    world = house.cashier
    made = await world.ask(100_000_000, asset_id=USDT_ASSET, to=STRANGER)
    await block_at_broadcast(house, made)
    failed = await house.until(made.id, W.FAILED)

    assert failed.note == "reverted"
    assert (await world.cash(USDT_ASSET)).available == 900_000_000
    assert await world.booked(AccountCode.FEE_REVENUE, "USDT") == 0
    assert await house.custody.devnet.token_balance(STRANGER) == 0
    async with world.db.read() as tx:
        day = await risk.player_day(tx, player_id=world.player.id, at=tx.now)
    assert day.count == 0
    await house.equals_the_chain()


async def test_by_policy_a_failed_transfer_is_ordered_anew(house: House):
    await fund_player(house)
    again = replace(house.cashier.policy, on_chain_failure=OnChainFailure.REQUEUE)
    house = replace(house, cashier=replace(house.cashier, policy=again))
    made = await house.cashier.ask(100_000_000, asset_id=USDT_ASSET, to=STRANGER)
    await block_at_broadcast(house, made)
    while (await house.cashier.withdrawal(made.id)).attempt == 0:
        await house.round()
    assert (await house.cashier.cash(USDT_ASSET)).pending_out == 100_000_000
    await house.custody.devnet.call(ISSUER, USDT, "setBlocked(address,bool)", STRANGER, False)
    await house.until(made.id, W.CONFIRMED)

    assert await house.custody.devnet.token_balance(STRANGER) == 99_000_000
    assert (await house.cashier.withdrawal(made.id)).attempt == 1
    await house.equals_the_chain()


async def block_at_broadcast(house: House, made: Withdrawal) -> None:
    """The token's issuer blocks the destination after the transaction was made."""
    while (await house.cashier.withdrawal(made.id)).tx_hash is None:
        await house.let_time_pass()
        await house.cashier.jobs.step_withdrawals()
        await drive(house.custody.tools)
    tx_hash = (await house.cashier.withdrawal(made.id)).tx_hash
    assert tx_hash is not None
    devnet = house.custody.devnet
    raw = await devnet.raw_of(TxHash(tx_hash))
    await devnet.drop(TxHash(tx_hash))
    await devnet.call(ISSUER, USDT, "setBlocked(address,bool)", STRANGER, True)
    await devnet.rpc("eth_sendRawTransaction", raw)


async def test_what_the_signer_refuses_for_good_goes_back(house: House):
    await fund_player(house)
    world = house.cashier
    await world.give(ETH, 20 * 10**9)
    made = await world.ask(8 * 10**9, to=STRANGER)
    failed = await house.until(made.id, W.FAILED)

    assert failed.tx_hash is None
    assert (await world.cash()).available == 23 * 10**9
    assert await house.custody.received() == 0
    await house.equals_the_chain()


async def test_deposits_go_on_while_coins_are_swept(house: House):
    await fund_player(house)
    sweep = plan_sweeps
    address = await house.cashier.address()
    await sweep(house.custody.tools)
    await house.custody.devnet.give_coins(address, ETHER)
    for _ in range(12):
        await sweep(house.custody.tools)
        await house.round()
    async with house.custody.db.read() as tx:
        swept = await tx.fetchval(
            "select count(*) from custody.family where kind = $1 and state = 'confirmed'",
            FamilyKind.SWEEP,
        )

    assert swept >= 2
    assert (await house.cashier.cash()).posted == 4 * 10**9
    assert len(await house.cashier.deposits()) == 3
    await house.equals_the_chain()
