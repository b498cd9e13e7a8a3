"""Deposit addresses, sweeps with their gas, treasury funding, and the books against the chain."""

import asyncio
from uuid import UUID

import pytest

from devnet.evm import USDT
from fairhouse.chains.engine.watcher import Watcher
from fairhouse.custody import api
from fairhouse.custody.engine.funding import take_in
from fairhouse.custody.engine.sweeping import plan_sweeps
from fairhouse.custody.jobs import drive
from fairhouse.custody.types import (
    DepositAddress,
    FamilyKind,
    FamilyState,
    NoVault,
    Place,
    UntrustedVault,
)
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from tests.flows.custody_world import Crash, CrashAt, World, custody_world, signer_template
from tests.signing import ETH, ETHER, deposit_address, new_id
from tests.signing import USDT as USDT_ASSET

__all__ = ["signer_template"]

pytestmark = pytest.mark.chain


@pytest.fixture
async def world(database_urls, signer_template, tmp_path):
    async with custody_world(database_urls, signer_template, tmp_path) as made:
        yield made


async def address_for(world: World, player_id: UUID, brand_id: int = 1) -> DepositAddress:
    async with world.app_db.tx() as tx:
        return await api.deposit_address(tx, player_id=player_id, brand_id=brand_id, asset=ETH)


# --- Addresses


async def test_a_forged_or_changed_vault_is_not_imported(world):
    honest = world.signer.vaults()[1]
    stranger = world.vault.gas_address
    for forged in (
        replace_record(honest, hot_address=stranger),
        replace_record(honest, brand_id=3),
        type(honest)(honest.record, "00" * 32, honest.signature),
    ):
        with pytest.raises(UntrustedVault):
            await import_vault(world, forged)
    await import_vault(world, honest)
    await import_vault(world, honest)


def replace_record(signed, **changes):
    record = type(signed.record)(
        **{name: getattr(signed.record, name) for name in signed.record.__struct_fields__} | changes
    )
    return type(signed)(record, signed.identity_key, signed.signature)


async def import_vault(world: World, signed) -> None:
    async with world.db.tx() as tx:
        await api.import_vault(tx, signed=signed, identity_key=world.signer.identity)


async def test_one_player_has_one_address_however_often_and_at_once_it_is_asked(world):
    player_id = new_id()
    made = await asyncio.gather(*(address_for(world, player_id) for _ in range(20)))

    assert 1 == len({item.address for item in made})
    assert made[0].address == deposit_address(world.signer.vaults()[0], made[0].index)
    async with world.db.read() as tx:
        assert made[0] == await api.owner_of(tx, chain=ETHEREUM, address=made[0].address)
        assert await api.is_ours(tx, chain=ETHEREUM, address=made[0].address)
        assert await api.is_ours(tx, chain=ETHEREUM, address=world.vault.gas_address)
        assert not await api.is_ours(tx, chain=ETHEREUM, address=USDT)


async def test_many_players_at_once_share_no_address_and_leave_no_gap(world):
    made = await asyncio.gather(*(address_for(world, new_id()) for _ in range(30)))

    assert list(range(30)) == sorted(item.index for item in made)
    assert 30 == len({item.address for item in made})


async def test_a_brand_without_a_vault_has_no_addresses(world):
    with pytest.raises(NoVault):
        await address_for(world, new_id(), brand_id=7)


# --- Sweeps


async def deposit(world: World, address: DepositAddress, asset, base_units: int) -> None:
    """A deposit on the chain, credited in the books as the cashier does."""
    if asset == ETH:
        tx_hash = await world.devnet.give_coins(address.address, base_units)
    else:
        tx_hash = await world.devnet.give_tokens(address.address, base_units)
    await world.devnet.settle(tx_hash)
    await credit(world, asset, base_units)


async def credit(world: World, asset, base_units: int) -> None:
    async with world.db.tx() as tx:
        line = Transfer(
            id=tx.new_id(),
            debit=AccountKey(1, AccountCode.DEPOSIT_ADDRESSES, asset),
            credit=AccountKey(1, AccountCode.EXTERNAL, asset),
            amount=base_units,
            reason="deposit",
            ref="test",
        )
        await ledger.post(tx, transfers=[line])


async def watch(world: World) -> None:
    """The watcher reads up to the head, and custody takes in what it saw."""
    watcher = Watcher(world.db, world.tools.policy.spec, world.node)
    while await watcher.step():
        pass
    while await take_in(world.tools):
        pass


async def sweep(world: World, rounds: int = 25) -> None:
    """Until nothing is left to do."""
    for _ in range(rounds):
        await world.devnet.mine()
        await watch(world)
        planned = await plan_sweeps(world.tools)
        busy = await drive(world.tools)
        async with world.db.read() as tx:
            live = await tx.fetchval(
                "select count(*) from custody.family where state in"
                " ('planned', 'ordered', 'signed', 'broadcast')"
            )
        if not (planned or busy or live) and _ > 5:
            return
    raise AssertionError("the sweeper does not come to rest")


async def test_coins_are_swept_to_the_last_wei(world):
    address = await address_for(world, new_id())
    await watch(world)
    await deposit(world, address, ETH, 2 * ETHER + 123)
    await sweep(world)

    assert 0 == await world.devnet.balance(address.address)
    fee = await world.booked(AccountCode.NETWORK_FEE)
    assert 2 * ETHER + 123 - fee == await world.devnet.balance(world.vault.hot_address)
    assert 0 == await world.booked(AccountCode.DEPOSIT_ADDRESSES)
    assert 0 == await world.booked(AccountCode.IN_TRANSIT)
    await world.check_books()


async def test_tokens_get_their_gas_and_are_swept(world):
    await world.fund(Place.GAS_TANK, ETH, ETHER)
    address = await address_for(world, new_id())
    await watch(world)
    await deposit(world, address, USDT_ASSET, 75_000_000)
    await sweep(world)

    assert 75_000_000 == await world.devnet.token_balance(world.vault.hot_address)
    assert 75_000_000 == await world.booked(AccountCode.HOT, USDT_ASSET)
    left = await world.devnet.balance(address.address)
    assert left == await world.booked(AccountCode.DEPOSIT_ADDRESSES)
    assert left < ETHER // 1000
    await world.check_books()


async def test_a_deposit_that_arrives_during_a_sweep_is_swept_next(world):
    address = await address_for(world, new_id())
    await watch(world)
    await deposit(world, address, ETH, ETHER)
    await world.devnet.mine(5)
    await watch(world)
    assert 1 == sum(await asyncio.gather(*(plan_sweeps(world.tools) for _ in range(4))))
    await drive(world.tools)
    assert 0 == await plan_sweeps(world.tools), "one sweep of an address at a time"
    await deposit(world, address, ETH, 3 * ETHER)
    await world.check_books()
    await sweep(world)

    assert 0 == await world.devnet.balance(address.address)
    async with world.db.read() as tx:
        sweeps = await tx.fetchval("select count(*) from custody.family where kind = 'sweep'")
    assert 2 == sweeps
    await world.check_books()


async def test_little_is_left_where_it_is(world):
    address = await address_for(world, new_id())
    await watch(world)
    await deposit(world, address, ETH, ETHER // 1000)
    await sweep(world)

    assert ETHER // 1000 == await world.devnet.balance(address.address)
    await world.check_books()


async def test_a_token_sweep_survives_a_crash_at_each_edge(world):
    await world.fund(Place.GAS_TANK, ETH, ETHER)
    edges = ("after_order", "after_sign", "after_broadcast", "before_settle")
    for count, edge in enumerate(edges, start=1):
        address = await address_for(world, new_id())
        await watch(world)
        await deposit(world, address, USDT_ASSET, 75_000_000)
        await world.devnet.mine(5)
        await watch(world)
        for _ in range(2):
            await sweep_and_die(world, edge)
        await sweep(world)

        swept = await world.devnet.token_balance(world.vault.hot_address)
        assert count * 75_000_000 == swept, edge
        await world.check_books()


async def sweep_and_die(world: World, edge: str) -> None:
    dying = world.with_(at=CrashAt(edge))
    with pytest.raises(Crash):
        for _ in range(15):
            await plan_sweeps(dying)
            await drive(dying)
            await world.devnet.mine()
    await world.check_books()


async def test_withdrawals_do_not_wait_for_a_sweep_that_is_stuck(world):
    await world.fund(Place.HOT, ETH, 10 * ETHER)
    address = await address_for(world, new_id())
    await watch(world)
    await deposit(world, address, ETH, ETHER)
    await world.devnet.mine(5)
    await watch(world)
    await plan_sweeps(world.tools)
    await drive(world.tools)
    async with world.db.read() as tx:
        stuck = await tx.fetchval("select tx_hash from custody.member")
    await world.devnet.drop(stuck)
    family_id = await world.ask()
    for _ in range(8):
        await drive(world.tools)
        async with world.db.read() as tx:
            stuck = await tx.fetchval(
                "select m.tx_hash from custody.member m join custody.family f on f.id = family_id"
                " where f.kind = 'sweep'"
            )
        await world.devnet.drop(stuck)
        await world.devnet.mine()

    assert FamilyState.CONFIRMED is (await world.family(family_id)).state
    await world.check_books()


# --- Treasury


async def test_coins_from_the_treasury_are_booked_once_and_taken_back_by_a_reorg(world):
    await watch(world)
    await world.devnet.mine()
    await world.devnet.settle(await world.devnet.give_coins(world.vault.hot_address, 5 * ETHER))
    await watch(world)
    assert 0 == await world.booked(AccountCode.HOT)
    await world.check_books()
    await world.devnet.mine(3)
    await watch(world)
    await watch(world)
    assert 5 * ETHER == await world.booked(AccountCode.HOT)
    await world.check_books()
    await world.devnet.reorg(4)
    await world.devnet.mine(2)
    await watch(world)

    assert 0 == await world.booked(AccountCode.HOT)
    await world.check_books()


async def test_own_movements_are_no_funding(world):
    address = await address_for(world, new_id())
    await watch(world)
    await deposit(world, address, ETH, ETHER)
    await sweep(world)
    await world.devnet.mine(5)
    await watch(world)

    async with world.db.read() as tx:
        assert 0 == await tx.fetchval("select count(*) from custody.funding")
        kinds = await tx.fetch("select kind from custody.family")
    assert [FamilyKind.SWEEP] == [row["kind"] for row in kinds]
    await world.check_books()


async def test_an_address_that_the_api_made_up_owns_nothing(world):
    """The API's role may insert addresses; only those that our keys derive count."""
    thief = world.vault.gas_address[:-4] + "0000"
    async with world.app_db.tx() as tx:
        await tx.execute(
            "insert into custody.deposit_address values ($1, $2, 1, $3, 5, now())",
            ETHEREUM,
            thief,
            new_id(),
        )
    async with world.db.read() as tx:
        assert await api.owner_of(tx, chain=ETHEREUM, address=thief) is None
