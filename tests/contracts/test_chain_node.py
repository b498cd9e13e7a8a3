"""One suite for every adapter of the ChainNode port, run against a real node.

Another chain joins by another `NodeKit`: how to make its node, its coins and its trouble.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from coincurve import PrivateKey

from devnet.evm import BANK, CHAIN_NUMBER, ISSUER, USDT, EvmDevnet, temporary_devnet
from devnet.rpc_proxy import Fault, RpcProxy, proxied
from fairhouse.chains.adapters.evm.node import EvmNode
from fairhouse.chains.codecs import evm
from fairhouse.chains.ports import ChainNode
from fairhouse.chains.types import (
    Absent,
    AnotherChain,
    ChainIdentity,
    Included,
    NodeUnavailable,
    Pending,
    TxHash,
)
from fairhouse.kernel.outcomes import Done, Rejected, Unknown
from tests.watching import ALICE, BOB, SPEC, node_at

pytestmark = pytest.mark.chain

KEY = PrivateKey(b"\x07" * 32)
SENDER = evm.address_of(KEY.public_key.format())


class Kit:
    """A node behind a proxy, and the chain's maker."""

    def __init__(self, devnet: EvmDevnet, proxy: RpcProxy, node: EvmNode) -> None:
        self.devnet = devnet
        self.proxy = proxy
        self.node: ChainNode = node

    async def signed(self, nonce: int, value: int = 1, **changes: int) -> bytes:
        """A transfer from SENDER to ALICE as bytes."""
        quote = await self.node.fee_quote()
        fields = {
            "chain_number": CHAIN_NUMBER,
            "max_priority_fee_wei": quote.priority_fee_wei,
            "max_fee_wei": quote.max_fee_wei,
            "gas_limit": 21_000,
            **changes,
        }
        tx = evm.UnsignedTx(nonce=nonce, to=ALICE, value_wei=value, data=b"", **fields)
        return evm.encode_signed(tx, KEY.sign_recoverable(evm.signing_hash(tx), hasher=None))


@pytest.fixture
async def kit() -> AsyncGenerator[Kit]:
    async with running() as made:
        yield made


@asynccontextmanager
async def running() -> AsyncGenerator[Kit]:
    async with temporary_devnet() as devnet, proxied(devnet.url) as proxy:
        node = node_at(proxy.url)
        await devnet.settle(await devnet.give_coins(SENDER, 10**18))
        yield Kit(devnet, proxy, node)
        await node.close()


async def test_identity_is_pinned(kit: Kit):
    genesis = await kit.devnet.rpc("eth_getBlockByNumber", "0x0", False)

    assert await kit.node.identity() == ChainIdentity(CHAIN_NUMBER, genesis["hash"])

    await kit.devnet.rpc("anvil_setChainId", 1)
    with pytest.raises(AnotherChain, match="chain id 1 "):
        await kit.node.identity()


async def test_blocks_join_and_end_at_the_head(kit: Kit):
    await kit.devnet.mine(3)
    head = await kit.node.head()
    blocks = await kit.node.blocks(0, head.height + 5)

    assert [item.height for item in blocks] == [*range(head.height + 1)]
    assert blocks[-1] == head == await kit.node.block(head.height)
    assert await kit.node.block(head.height + 1) is None
    assert all(child.parent_hash == parent.hash for parent, child in zip(blocks, blocks[1:]))  # noqa: B905, RUF007


async def test_movements_of_coins_and_tokens(kit: Kit):
    coins = await kit.devnet.give_coins(ALICE, 11)
    tokens = await kit.devnet.give_tokens(BOB, 22)
    waiting = {(item.tx_hash, item.index): item for item in await kit.node.mempool()}
    await kit.devnet.mine()
    found = (await kit.node.movements([await kit.node.head()]))[0]
    moved = {(item.tx_hash, item.index): item for item in found.movements}

    assert moved == waiting
    assert found.tx_hashes == {coins, tokens}
    assert (moved[coins, "n"].to_address, moved[coins, "n"].base_units) == (ALICE, 11)
    token = moved[tokens, "l0"]
    assert (token.contract, token.from_address, token.to_address) == (USDT, ISSUER, BOB)


async def test_life_of_a_transaction(kit: Kit):
    raw = await kit.signed(0, value=5)
    tx_hash = evm.tx_hash(raw)
    assert await kit.node.transaction(tx_hash) == Absent()

    assert await kit.node.broadcast(raw) == Done(tx_hash)
    assert await kit.node.broadcast(raw) == Done(tx_hash)
    assert await kit.node.transaction(tx_hash) == Pending()
    assert await kit.node.nonce(SENDER, "latest") == 0
    assert await kit.node.nonce(SENDER, "pending") == 1

    before = await kit.node.balance(SENDER, None)
    await kit.devnet.mine()
    state = await kit.node.transaction(tx_hash)
    assert isinstance(state, Included)
    assert (state.block_height, state.success) == (await kit.devnet.height(), True)
    assert before - await kit.node.balance(SENDER, None) == 5 + state.fee_base_units
    assert await kit.node.broadcast(raw) == Done(tx_hash)
    assert await kit.node.nonce(SENDER, "latest") == 1


async def test_a_failed_transaction_is_included_and_paid_for(kit: Kit):
    tx = evm.UnsignedTx(
        CHAIN_NUMBER, 0, 10**9, 10**10, 100_000, USDT, 0, evm.encode_token_transfer(ALICE, 1)
    )
    raw = evm.encode_signed(tx, KEY.sign_recoverable(evm.signing_hash(tx), hasher=None))
    assert isinstance(await kit.node.broadcast(raw), Done)
    await kit.devnet.mine()

    state = await kit.node.transaction(evm.tx_hash(raw))
    assert isinstance(state, Included)
    assert not state.success
    assert state.fee_base_units > 0


async def test_refused_for_good(kit: Kit):
    first, rival = await kit.signed(0), await kit.signed(0, value=2)
    assert isinstance(await kit.node.broadcast(first), Done)
    await kit.devnet.mine()

    assert isinstance(await kit.node.broadcast(rival), Rejected)  # its nonce is used
    assert isinstance(await kit.node.broadcast(await kit.signed(1, value=10**20)), Rejected)
    assert isinstance(await kit.node.broadcast(await kit.signed(1, chain_number=5)), Rejected)
    assert await kit.node.nonce(SENDER, "pending") == 1


async def test_a_cheaper_rival_is_refused_and_a_dearer_one_replaces(kit: Kit):
    first, equal = await kit.signed(0), await kit.signed(0, value=2)
    dearer = await kit.signed(0, value=3, max_fee_wei=10**11, max_priority_fee_wei=10**10)
    assert isinstance(await kit.node.broadcast(first), Done)

    assert isinstance(await kit.node.broadcast(equal), Rejected)
    assert isinstance(await kit.node.broadcast(dearer), Done)
    await kit.devnet.mine()

    assert isinstance(await kit.node.transaction(evm.tx_hash(dearer)), Included)
    assert await kit.node.transaction(evm.tx_hash(first)) == Absent()
    assert isinstance(await kit.node.broadcast(first), Rejected)


@pytest.mark.parametrize("fault", [Fault.SWALLOW, Fault.HANG])
async def test_no_answer_is_unknown_and_the_same_bytes_find_out(kit: Kit, fault: Fault):
    raw = await kit.signed(0)
    kit.proxy.fault, kit.proxy.only = fault, {"eth_sendRawTransaction"}

    assert isinstance(await kit.node.broadcast(raw), Unknown)
    assert kit.proxy.calls["eth_sendRawTransaction"] == 1
    kit.proxy.fault = Fault.NONE
    assert await kit.node.broadcast(raw) == Done(evm.tx_hash(raw))
    assert await kit.node.nonce(SENDER, "pending") == 1


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.RATE_LIMIT, Fault.GARBAGE])
async def test_an_unreachable_node_is_unknown(kit: Kit, fault: Fault):
    raw = await kit.signed(0)
    kit.proxy.fault = fault

    assert isinstance(await kit.node.broadcast(raw), Unknown)


async def test_an_error_is_not_believed_while_the_hash_cannot_be_asked(kit: Kit):
    """Nonce too low, by our own transaction: only the look-up tells that it is ours."""
    raw = await kit.signed(0)
    assert isinstance(await kit.node.broadcast(raw), Done)
    await kit.devnet.mine()
    kit.proxy.fault, kit.proxy.only = Fault.REFUSE, {"eth_getTransactionReceipt"}

    assert isinstance(await kit.node.broadcast(raw), Unknown)


async def test_balances(kit: Kit):
    await kit.devnet.settle(await kit.devnet.give_tokens(ALICE, 9))
    height = await kit.devnet.height()
    await kit.devnet.settle(await kit.devnet.give_tokens(ALICE, 1))

    assert await kit.node.balance(ALICE, USDT) == 10
    assert await kit.node.balance(ALICE, USDT, height) == 9
    assert await kit.node.balance(ALICE, None) == 0
    with pytest.raises(NodeUnavailable):
        await kit.node.balance(ALICE, BOB)


async def test_gas_and_fees_are_enough_to_be_mined(kit: Kit):
    quote = await kit.node.fee_quote()
    data = evm.encode_token_transfer(ALICE, 1)

    assert quote.max_fee_wei == 2 * quote.base_fee_wei + quote.priority_fee_wei
    assert await kit.node.estimate_gas(BANK, ALICE, 1, b"") == 21_000
    assert 21_000 < await kit.node.estimate_gas(ISSUER, USDT, 0, data) < 100_000
    with pytest.raises(NodeUnavailable):
        await kit.node.estimate_gas(BOB, USDT, 0, data)


async def test_reads_are_repeated_a_bounded_number_of_times(kit: Kit):
    kit.proxy.fault = Fault.RATE_LIMIT
    for read in (kit.node.head, kit.node.identity, kit.node.mempool, kit.node.fee_quote):
        with pytest.raises(NodeUnavailable):
            await read()
    with pytest.raises(NodeUnavailable):
        await kit.node.transaction(TxHash("0x" + "11" * 32))

    assert kit.proxy.calls["txpool_content"] == 2
    kit.proxy.fault = Fault.NONE
    assert await kit.node.head()


async def test_many_calls_travel_in_bounded_batches(kit: Kit):
    await kit.devnet.mine(120)

    assert len(await kit.node.blocks(1, 120)) == 120
    assert kit.proxy.calls["eth_getBlockByNumber"] == 120
    assert SPEC.number == (await kit.node.identity()).number
