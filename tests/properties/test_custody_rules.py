"""What must hold of custody's pure decisions, whatever the numbers."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.orders import decode_order, encode_order
from fairhouse.chains.types import Address, ChainSpec, FeeQuote, TokenSpec, TxHash
from fairhouse.custody import rules
from fairhouse.custody.types import (
    CustodyPolicy,
    Family,
    FamilyId,
    FamilyKind,
    FamilyState,
    Member,
    MemberState,
    Purpose,
)
from fairhouse.kernel.currencies import ETHEREUM, AssetId
from fairhouse.kernel.ids import uuid7

ETH = AssetId("eth.ethereum")
USDT = AssetId("usdt.ethereum")
SOURCE = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
DESTINATION = Address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC")
CONTRACT = Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
POLICY = CustodyPolicy(
    spec=ChainSpec(ETHEREUM, 31_337, ETH, tokens=(TokenSpec(USDT, CONTRACT),)), confirmations=3
)

amounts = st.integers(1, 10**30)
fees = st.integers(1, 10**15)
kinds = st.sampled_from(FamilyKind)


def family(kind: FamilyKind, asset: AssetId, base_units: int) -> Family:
    is_gas = kind is FamilyKind.GAS
    return Family(
        id=FamilyId(uuid7(1_700_000_000_000, b"0123456789")),
        brand_id=1,
        kind=kind,
        chain=ETHEREUM,
        asset=ETH if is_gas else asset,
        source=SOURCE,
        source_path="m/44'/60'/1'/0'/0",
        destination=DESTINATION,
        destination_path="m/44'/60'/1'/0'/1" if is_gas else None,
        base_units=base_units,
        ref="wdr",
        state=FamilyState.BROADCAST,
        nonce=7,
        failure=None,
        cancel_requested=False,
        approvals=(),
        winner_seq=None,
        block_height=None,
        fee_base_units=None,
        retry_at=None,
        nonce_gone_since=None,
        created_at=NOW,
        updated_at=NOW,
    )


def member(base_units: int, max_fee: int, priority: int, purpose: Purpose = Purpose.PAY) -> Member:
    return Member(
        seq=1,
        purpose=purpose,
        state=MemberState.SIGNED,
        base_units=base_units,
        gas_limit=21_000,
        max_fee_wei=max_fee,
        priority_fee_wei=priority,
        raw_unsigned=b"",
        order=b"",
        order_signature=b"",
        raw_signed=b"x",
        tx_hash=TxHash("0x"),
        refusal=None,
        created_at=NOW,
        broadcast_at=None,
    )


@given(fees, fees, fees, fees)
def test_a_replacement_is_one_that_every_node_accepts(max_fee, priority, base, tip):
    last = member(1, max(max_fee, priority), priority)
    bumped = rules.bumped_fees(last, FeeQuote(base, tip, 2 * base + tip))

    assert bumped.max_wei * 1000 >= last.max_fee_wei * 1125
    assert bumped.priority_wei * 1000 >= last.priority_fee_wei * 1125
    assert bumped.max_wei >= bumped.priority_wei
    if last.priority_fee_wei == last.max_fee_wei:
        assert bumped.max_wei == bumped.priority_wei, "a sweep of coins keeps its fee exact"


@given(kinds, st.sampled_from([ETH, USDT]), amounts, st.integers(0, 10**20), st.data())
def test_whatever_is_mined_the_transit_account_comes_to_zero(kind, asset, amount, fee, data):
    paid = data.draw(st.integers(1, amount))
    purpose = data.draw(st.sampled_from(Purpose))
    success = data.draw(st.booleans())
    of = family(kind, asset, amount)
    winner = member(0 if purpose is Purpose.CANCEL else paid, 5, 1, purpose)
    lines = rules.depart(of, amount, 1) + rules.settle(of, winner, success=success, fee=fee)

    transit = rules.transit_account(kind)
    left = sum(line.amount for line in lines if line.debit.code is transit)
    left -= sum(line.amount for line in lines if line.credit.code is transit)
    arrived = success and purpose is not Purpose.CANCEL
    expected = winner.base_units if arrived and kind is FamilyKind.WITHDRAWAL else 0
    assert expected == left
    assert len(lines) == len({line.id for line in lines})


@given(kinds, st.sampled_from([ETH, USDT]), amounts, fees)
def test_an_order_says_what_its_bytes_do(kind, asset, amount, fee):
    of = family(kind, asset, amount)
    tx = rules.transaction(
        of, POLICY, nonce=7, base_units=amount, gas_limit=21_000, fees=rules.Fees(fee, 1)
    )
    order = rules.signing_order(
        of,
        tx,
        Purpose.PAY,
        base_units=amount,
        order_id=UUID(int=uuid7(1, b"9876543210").int),
        now=NOW,
        lifetime_s=300,
    )
    read = evm.decode_unsigned(order.raw_unsigned)
    call = evm.decode_token_transfer(read.data)
    does = (read.to, read.value_wei) if call is None else call

    assert order == decode_order(encode_order(order))
    assert (order.claims.destination, order.claims.base_units) == does
    assert order.claims.max_fee == read.fee_max_wei
    assert (read.to == CONTRACT) == (call is not None)


def test_nothing_leads_back_from_signed_bytes():
    after = {FamilyState.SIGNED}
    while more := {to for state in after for to in rules.TRANSITIONS[state]} - after:
        after |= more

    assert not after & {
        FamilyState.PLANNED,
        FamilyState.ORDERED,
        FamilyState.CANCELLED_UNSIGNED,
    }
    assert set(FamilyState) == set(rules.TRANSITIONS)
