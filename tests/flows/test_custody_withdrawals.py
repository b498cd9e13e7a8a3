"""Withdrawals on a real chain with a real signer: paid exactly once, whatever dies and when."""

import asyncio
import time
from dataclasses import replace

import asyncpg
import pytest

from devnet.evm import BANK, ISSUER, USDT
from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import Approval, approval_message, intent_of
from fairhouse.chains.codecs.vaults import parse_path
from fairhouse.chains.types import Pending
from fairhouse.custody import api
from fairhouse.custody.engine.following import guard_lanes
from fairhouse.custody.engine.rechecking import recheck_settled
from fairhouse.custody.engine.signing import SignerUnreachable
from fairhouse.custody.jobs import drive, guard
from fairhouse.custody.store.families import fees_to_come
from fairhouse.custody.types import FamilyConflict, FamilyId, FamilyState, Place
from fairhouse.kernel.currencies import ETHEREUM
from fairhouse.ledger.types import AccountCode
from signer.keystore import open_keystore
from tests.flows.custody_world import POLICY, Crash, CrashAt, World, custody_world, signer_template
from tests.signing import (
    APPROVER,
    ETH,
    ETHER,
    GWEI,
    OTHER,
    PASSPHRASE,
    STRANGER,
    new_id,
    order_for,
    payment,
)
from tests.signing import USDT as USDT_ASSET

__all__ = ["signer_template"]

pytestmark = pytest.mark.chain

EDGES = (
    "before_order",
    "after_order",
    "before_sign",
    "after_sign",
    "after_signed_kept",
    "before_broadcast",
    "after_broadcast",
    "before_settle",
    "after_settle",
)


@pytest.fixture
async def world(database_urls, signer_template, tmp_path):
    async with custody_world(database_urls, signer_template, tmp_path) as made:
        await made.fund(Place.HOT, ETH, 100 * ETHER)
        yield made


async def paid_once(world: World, family_id: FamilyId, amount: int = ETHER) -> None:
    family = await world.family(family_id)
    assert FamilyState.CONFIRMED is family.state
    assert amount == await world.received()
    assert 1 == await world.node.nonce(world.vault.hot_address, "latest")
    assert family.fee_base_units == await world.booked(AccountCode.NETWORK_FEE)
    assert amount == await world.booked(AccountCode.WITHDRAWAL_IN_FLIGHT)
    await world.check_books()


async def test_coins_are_paid_and_every_wei_is_booked(world):
    family_id = await world.ask()

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await paid_once(world, family_id)


async def test_tokens_are_paid_and_the_fee_is_booked_in_coins(world):
    await world.fund(Place.HOT, USDT_ASSET, 1_000_000_000)
    family_id = await world.ask(250_000_000, asset=USDT_ASSET)

    await world.drive_until(FamilyState.CONFIRMED, family_id)

    assert 250_000_000 == await world.devnet.token_balance(STRANGER)
    assert 750_000_000 == await world.booked(AccountCode.HOT, USDT_ASSET)
    assert (await world.family(family_id)).fee_base_units == await world.booked(
        AccountCode.NETWORK_FEE
    )
    await world.check_books()


async def test_a_worker_that_dies_at_any_edge_pays_once(world):
    """And the signer with it; both start again, nine times."""
    for count, edge in enumerate(EDGES, start=1):
        family_id = await world.ask(base_units=ETHER // 10)
        dying = world.with_(at=CrashAt(edge))
        with pytest.raises(Crash):
            for _ in range(10):
                await drive(dying)
                await world.devnet.mine()
        await world.check_books()
        world.signer.kill()
        world.signer.start()

        await world.drive_until(FamilyState.CONFIRMED, family_id)
        await world.check_books()
        paid = await world.received()
        nonce = await world.node.nonce(world.vault.hot_address, "latest")
        assert (count * ETHER // 10, count) == (paid, nonce), edge
        assert count == len(set(world.node.sent)), edge


async def test_an_answer_lost_after_acceptance_repeats_identical_bytes(world):
    family_id = await world.ask()
    world.node.loses_answers = True
    for _ in range(3):
        await drive(world.tools)
    assert (await world.family(family_id)).state in {FamilyState.SIGNED, FamilyState.BROADCAST}
    world.node.loses_answers = False

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await paid_once(world, family_id)
    assert 1 == len(set(world.node.sent))


async def test_a_transaction_that_vanishes_from_the_mempool_is_sent_again(world):
    family_id = await world.ask()
    for _ in range(3):
        await drive(world.tools)
        tx_hash = (await world.family(family_id)).tx_hash
        assert tx_hash is not None
        await world.devnet.drop(tx_hash)
    assert FamilyState.BROADCAST is (await world.family(family_id)).state

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await paid_once(world, family_id)
    assert len(world.node.sent) >= 3
    assert 1 == len(set(world.node.sent))


async def test_without_a_signer_everything_waits(world):
    world.signer.kill()
    family_id = await world.ask()
    for _ in range(3):
        with pytest.raises(SignerUnreachable):
            await drive(world.tools)
    assert FamilyState.ORDERED is (await world.family(family_id)).state
    await world.check_books()
    world.signer.start()

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await paid_once(world, family_id)


async def test_two_workers_pay_five_withdrawals_once_each(world):
    families = [await world.ask(base_units=ETHER // 10) for _ in range(5)]
    others = world.with_(signer=world.signer.client())
    for _ in range(20):
        await asyncio.gather(*(drive(tools) for tools in (world.tools, others)))
        await world.devnet.mine()
        states = {(await world.family(item)).state for item in families}
        if states == {FamilyState.CONFIRMED}:
            break

    assert ETHER // 2 == await world.received()
    assert 5 == await world.node.nonce(world.vault.hot_address, "latest")
    assert 5 == world.signer.count("families")
    await world.check_books()


async def test_fifty_requests_with_one_id_are_one_payment(world):
    family_id = FamilyId(new_id())
    await asyncio.gather(*(world.ask(family_id=family_id) for _ in range(50)))
    with pytest.raises(FamilyConflict):
        await world.ask(base_units=2 * ETHER, family_id=family_id)

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await paid_once(world, family_id)


async def test_an_order_that_expired_unsigned_is_ordered_anew(world):
    family_id = await world.ask()
    world.signer.kill()
    hasty = world.with_(policy=replace(POLICY, order_lifetime_s=1))
    with pytest.raises(SignerUnreachable):
        await drive(hasty)
    await asyncio.sleep(2)
    world.signer.start()

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await paid_once(world, family_id)
    family = await world.family(family_id)
    assert (2, "expired") == (family.winner_seq, family.members[0].refusal)


async def test_an_order_that_was_signed_unheard_gets_its_bytes_after_it_expired(world):
    family_id = await world.ask()
    hasty = world.with_(policy=replace(POLICY, order_lifetime_s=4), at=CrashAt("after_sign"))
    with pytest.raises(Crash):
        await drive(hasty)
    await asyncio.sleep(5)

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await paid_once(world, family_id)
    assert 1 == len((await world.family(family_id)).members)


async def test_a_gap_of_nonces_is_filled_with_what_was_lost(world):
    first, second = await world.ask(base_units=1), await world.ask(base_units=2)
    for _ in range(2):
        await drive(world.tools)
    lost = (await world.family(first)).tx_hash
    assert lost is not None
    await world.devnet.drop(lost)

    await world.drive_until(FamilyState.CONFIRMED, first, second)
    assert [0, 1] == [(await world.family(item)).nonce for item in (first, second)]
    assert 2 == len(set(world.node.sent))
    await world.check_books()


async def test_fees_to_come_are_not_spent_twice(world):
    fee = 21_000 * (await world.node.fee_quote()).max_fee_wei
    await world.ask(base_units=3 * ETHER)
    await drive(world.tools)
    async with world.db.tx() as tx:
        reserved = await fees_to_come(tx, chain=ETHEREUM, address=world.vault.hot_address)
    assert fee == reserved


# --- Fees


async def spike(world: World, gwei: int) -> None:
    await world.devnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(gwei * GWEI))


async def test_a_fee_spike_is_answered_by_a_replacement_in_the_family(world):
    family_id = await world.ask()
    await drive(world.tools)
    await spike(world, 20)
    await world.devnet.mine()
    await spike(world, 20)
    for _ in range(2):
        await drive(world.tools)
    first, second = (await world.family(family_id)).signed_members

    assert second.max_fee_wei * 1000 >= first.max_fee_wei * 1125
    assert second.priority_fee_wei * 1000 >= first.priority_fee_wei * 1125
    await world.drive_until(FamilyState.CONFIRMED, family_id)
    family = await world.family(family_id)
    assert second.seq == family.winner_seq
    await paid_once(world, family_id)


async def test_the_original_may_be_mined_after_it_was_replaced(world):
    family_id = await world.ask()
    await drive(world.tools)
    await spike(world, 20)
    await world.devnet.mine()
    await spike(world, 20)
    for _ in range(2):
        await drive(world.tools)
    first, second = (await world.family(family_id)).signed_members
    # Another miner has the original: fees fall, the replacement is lost, the original is mined.
    assert isinstance(await world.node.transaction(second.tx_hash), Pending)
    await world.devnet.drop(second.tx_hash)
    await spike(world, 1)
    await world.devnet.rpc("eth_sendRawTransaction", "0x" + first.raw_signed.hex())
    await world.devnet.mine()

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    assert first.seq == (await world.family(family_id)).winner_seq
    await paid_once(world, family_id)


async def test_a_given_up_payment_frees_its_nonce_and_returns_its_amount(world):
    family_id = await world.ask()
    await drive(world.tools)
    async with world.db.tx() as tx:
        await api.request_cancellation(tx, family_id=family_id)
    for _ in range(2):
        await drive(world.tools)

    await world.drive_until(FamilyState.FAILED_ON_CHAIN, family_id)
    family = await world.family(family_id)
    assert ("cancelled", 0) == (family.failure, await world.received())
    assert 0 == await world.booked(AccountCode.WITHDRAWAL_IN_FLIGHT)
    assert 100 * ETHER - family.fee_base_units == await world.booked(AccountCode.HOT)
    await world.check_books()


# --- Failures


async def test_a_transfer_that_reverts_on_the_chain_costs_its_fee_only(world):
    await world.fund(Place.HOT, USDT_ASSET, 10**9)
    family_id = await world.ask(10**8, asset=USDT_ASSET)
    await drive(world.tools)
    tx_hash = (await world.family(family_id)).tx_hash
    assert tx_hash is not None
    await world.devnet.drop(tx_hash)
    await world.devnet.call(ISSUER, USDT, "setBlocked(address,bool)", STRANGER, True)

    await world.drive_until(FamilyState.FAILED_ON_CHAIN, family_id)
    family = await world.family(family_id)
    assert ("reverted", 0) == (family.failure, await world.devnet.token_balance(STRANGER))
    assert 10**9 == await world.booked(AccountCode.HOT, USDT_ASSET)
    assert 0 < family.fee_base_units
    assert family.fee_base_units == await world.booked(AccountCode.NETWORK_FEE)
    await world.check_books()


async def test_what_the_signer_refuses_for_good_never_happened(world):
    refused = await world.ask(base_units=6 * ETHER)
    await drive(world.tools)
    family = await world.family(refused)
    assert (FamilyState.CANCELLED_UNSIGNED, "cap_tx", None) == (
        family.state,
        family.failure,
        family.nonce,
    )
    await world.check_books()

    honest = await world.ask()
    await world.drive_until(FamilyState.CONFIRMED, honest)
    assert 0 == (await world.family(honest)).nonce
    await paid_once(world, honest)


async def test_what_the_signer_refuses_for_now_waits_and_hinders_nobody(world):
    many = [await world.ask(base_units=int(4 * ETHER)) for _ in range(3)]
    for _ in range(4):
        await drive(world.tools)
    states = [(await world.family(item)).state for item in many]
    assert 1 == states.count(FamilyState.PLANNED), "10 ETH an hour: two of three"
    small = await world.ask(base_units=ETHER)

    await world.drive_until(FamilyState.CONFIRMED, many[0], many[1], small)
    assert "cap_hour" == (await world.family(many[2])).failure
    await world.check_books()


async def test_a_hot_wallet_that_is_too_low_orders_nothing(world):
    family_id = await world.ask(base_units=101 * ETHER)
    await drive(world.tools)
    family = await world.family(family_id)

    assert (FamilyState.PLANNED, "source_too_low") == (family.state, family.failure)
    async with world.db.read() as tx:
        assert -ETHER == await api.hot_balance(tx, brand_id=1, asset=ETH)


async def test_a_reorg_deeper_than_our_confirmations_is_answered_with_the_same_bytes(world):
    await world.devnet.mine(5)
    family_id = await world.ask()
    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await world.devnet.reorg(5)
    assert 0 == await world.received()

    await world.check_books()
    assert 1 == await recheck_settled(world.tools)
    base_fee = (await world.node.fee_quote()).base_fee_wei
    await world.devnet.rpc("anvil_setNextBlockBaseFeePerGas", hex(base_fee + GWEI // 20))
    await world.devnet.mine()
    assert ETHER == await world.received()
    assert 1 == len(set(world.node.sent))
    await world.check_books()
    before = await world.booked(AccountCode.NETWORK_FEE)
    assert 1 == await recheck_settled(world.tools)
    assert 0 == await recheck_settled(world.tools)
    assert before != await world.booked(AccountCode.NETWORK_FEE), "mined again at another price"
    await paid_once(world, family_id)


# --- Somebody else has the key


async def steal(world: World, nonce: int) -> None:
    """A transaction from the hot wallet that nobody ordered."""
    keys = open_keystore(world.signer.folder / "keystore.json", PASSPHRASE)
    tx = payment(to=OTHER, nonce=nonce, fee_wei=100 * GWEI)
    raw = evm.encode_signed(tx, keys.sign(parse_path("m/44'/60'/1'/1'/0"), evm.signing_hash(tx)))
    await world.devnet.rpc("eth_sendRawTransaction", "0x" + raw.hex())
    await world.devnet.mine()


async def test_a_foreign_transaction_on_our_nonce_halts_lane_and_signer(world):
    family_id = await world.ask()
    with pytest.raises(Crash):
        await drive(world.with_(at=CrashAt("before_broadcast")))
    await steal(world, 0)
    for _ in range(3):
        await drive(world.tools)

    assert FamilyState.STRANDED is (await world.family(family_id)).state
    hello = await world.tools.signer.hello()
    assert "stranger" in hello.halted
    another = await world.ask()
    await drive(world.tools)
    assert FamilyState.PLANNED is (await world.family(another)).state
    assert 0 == await world.received()


async def test_an_outflow_that_nobody_ordered_is_noticed(world):
    family_id = await world.ask()
    await world.drive_until(FamilyState.CONFIRMED, family_id)
    assert 0 == await guard_lanes(world.tools)
    await steal(world, 1)

    assert 1 == await guard_lanes(world.tools)
    async with world.db.read() as tx:
        (lane,) = (await api.health(tx)).halted_lanes
    assert world.vault.hot_address == lane.address
    assert (await world.tools.signer.hello()).halted is not None


# --- What the API's role may do


FORGED_FAMILY = """
insert into custody.family (id, brand_id, kind, chain, asset, source, source_path, destination,
    base_units, ref, state, created_at, updated_at)
values (gen_random_uuid(), 1, 'withdrawal', 'ethereum', 'eth.ethereum', $1, 'x', $1, 1, 'x',
    'planned', now(), now())
"""


ATTACKS = (
    "update custody.family set destination = $1",
    "update custody.family set state = 'planned', nonce = null where ref = $1",
    "insert into custody.lane values ('ethereum', $1, 1, 0)",
    "update custody.member set raw_signed = '\\x00' where tx_hash = $1",
    "delete from custody.member where tx_hash = $1",
    "update custody.vault set hot_address = $1",
    "update custody.deposit_address set address = $1",
    FORGED_FAMILY,
)


async def test_the_api_cannot_write_what_the_worker_pays_from(world):
    await world.ask()
    for statement in ATTACKS:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with world.app_db.tx() as tx:
                await tx.execute(statement, BANK)


async def test_a_large_payment_waits_for_its_approver(world):
    family_id = await world.ask(base_units=5 * ETHER)
    await drive(world.tools)
    assert "approval" == (await world.family(family_id)).failure
    family = await world.family(family_id)
    until = int(time.time()) + 3_600
    order = order_for(payment(base_units=5 * ETHER), family_id=family_id)
    approval = Approval("alice", until, APPROVER.sign(approval_message(intent_of(order), until)))
    async with world.db.tx() as tx:
        await api.approve(tx, family_id=family.id, approval=approval)

    await world.drive_until(FamilyState.CONFIRMED, family_id)
    await paid_once(world, family_id, 5 * ETHER)


async def test_health_tells_what_stands_still(world):
    await guard(world.tools)
    await world.ask(base_units=101 * ETHER)
    await drive(world.tools)
    async with world.db.read() as tx:
        before = await api.health(tx)
    world.signer.kill()
    await guard(world.tools)
    async with world.app_db.read() as tx:
        after = await api.health(tx)

    assert {"planned:source_too_low": 1} == before.waiting
    assert before.signer is not None
    assert after.signer is not None
    assert (True, None) == (before.signer.answers, before.signer.halted)
    assert (False, before.signer.policy_digest) == (
        after.signer.answers,
        after.signer.policy_digest,
    )
