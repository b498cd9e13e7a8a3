"""The EVM codec against eth-account, which shares none of its code."""

import pytest
from coincurve import PrivateKey
from eth_abi.abi import encode as abi_encode
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.chains.codecs import evm
from fairhouse.chains.types import Address, MalformedTransaction

KEYS = st.integers(1, 2**255).map(lambda number: number.to_bytes(32, "big"))
ADDRESSES = st.binary(min_size=20, max_size=20).map(evm.checksummed)
AMOUNTS = st.one_of(st.integers(0, 2**64), st.integers(0, 2**256 - 1))


@st.composite
def transactions(draw: st.DrawFn) -> evm.UnsignedTx:
    fee = draw(st.integers(0, 2**100))
    return evm.UnsignedTx(
        chain_number=draw(st.integers(1, 2**40)),
        nonce=draw(st.integers(0, 2**63)),
        max_priority_fee_wei=draw(st.integers(0, fee)),
        max_fee_wei=fee,
        gas_limit=draw(st.integers(21_000, 2**63)),
        to=draw(ADDRESSES),
        value_wei=draw(AMOUNTS),
        data=draw(st.binary(max_size=120)),
    )


def as_dict(tx: evm.UnsignedTx) -> dict[str, object]:
    return {
        "type": 2,
        "chainId": tx.chain_number,
        "nonce": tx.nonce,
        "maxPriorityFeePerGas": tx.max_priority_fee_wei,
        "maxFeePerGas": tx.max_fee_wei,
        "gas": tx.gas_limit,
        "to": tx.to,
        "value": tx.value_wei,
        "data": "0x" + tx.data.hex(),
        "accessList": [],
    }


@given(st.binary(min_size=20, max_size=20))
def test_checksum_agrees(raw: bytes):
    assert to_checksum_address(raw) == evm.checksummed(raw)
    assert to_checksum_address(raw) == evm.from_hex("0x" + raw.hex().upper())


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_refusal(text: str):
    try:
        address = evm.parse_address(text)
    except (evm.MalformedAddress, evm.WrongNetwork, evm.BadChecksum, evm.UnspendableAddress):
        return
    assert to_checksum_address(text) == address


@given(ADDRESSES, st.data())
def test_one_changed_letter_case_is_noticed(address: Address, data: st.DataObject):
    places = [place for place, char in enumerate(address) if place > 1 and char.isalpha()]
    if len(places) < 3 or address[2:] in {address[2:].lower(), address[2:].upper()}:
        return
    place = data.draw(st.sampled_from(places))
    changed = address[:place] + address[place].swapcase() + address[place + 1 :]
    if changed[2:] in {changed[2:].lower(), changed[2:].upper()}:
        return
    with pytest.raises(evm.BadChecksum):
        evm.parse_address(changed)


@given(KEYS)
def test_address_of_a_public_key_agrees(secret: bytes):
    public = PrivateKey(secret).public_key

    expected = Account.from_key(secret).address

    assert expected == evm.address_of(public.format(compressed=True))
    assert expected == evm.address_of(public.format(compressed=False))


@given(transactions())
def test_unsigned_bytes_agree_and_round_trip(tx: evm.UnsignedTx):
    oracle = TypedTransaction.from_dict(as_dict(tx))

    assert oracle.hash() == evm.signing_hash(tx)
    assert tx == evm.decode_unsigned(evm.encode_unsigned(tx))


@given(transactions(), KEYS)
def test_signed_by_the_oracle_is_read_by_us(tx: evm.UnsignedTx, secret: bytes):
    signed = Account.from_key(secret).sign_transaction(as_dict(tx))

    decoded = evm.decode_signed(bytes(signed.raw_transaction))

    assert tx == decoded.tx
    assert Account.from_key(secret).address == decoded.sender
    assert "0x" + HexBytes(signed.hash).hex().removeprefix("0x") == decoded.hash


@given(transactions(), KEYS)
def test_signed_by_us_is_read_by_the_oracle(tx: evm.UnsignedTx, secret: bytes):
    signature = PrivateKey(secret).sign_recoverable(evm.signing_hash(tx), hasher=None)

    raw = evm.encode_signed(tx, signature)

    assert Account.from_key(secret).address == Account.recover_transaction(raw)
    assert evm.tx_hash(raw) == evm.decode_signed(raw).hash


@given(transactions(), st.data())
def test_altered_bytes_are_never_the_same_transaction(tx: evm.UnsignedTx, data: st.DataObject):
    raw = bytearray(evm.encode_unsigned(tx))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        decoded = evm.decode_unsigned(bytes(raw))
    except MalformedTransaction:
        return
    assert tx != decoded
    assert bytes(raw) == evm.encode_unsigned(decoded)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_transaction_or_a_refusal(raw: bytes):
    for decode in (evm.decode_signed, evm.decode_unsigned):
        for candidate in (raw, b"\x02" + raw):
            with pytest.raises(MalformedTransaction):
                decode(candidate)


@given(transactions(), KEYS)
def test_the_malleable_twin_of_a_signature_is_refused(tx: evm.UnsignedTx, secret: bytes):
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    signature = PrivateKey(secret).sign_recoverable(evm.signing_hash(tx), hasher=None)
    high_s = (order - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")

    with pytest.raises(MalformedTransaction):
        evm.encode_signed(tx, signature[:32] + high_s + bytes([signature[64] ^ 1]))


@given(ADDRESSES, AMOUNTS)
def test_token_calldata_agrees(to: Address, base_units: int):
    data = evm.encode_token_transfer(to, base_units)

    assert bytes.fromhex("a9059cbb") + abi_encode(["address", "uint256"], [to, base_units]) == data
    assert (to, base_units) == evm.decode_token_transfer(data)
    assert evm.decode_token_transfer(data + b"\0") is None
    assert evm.decode_token_transfer(data[:-1]) is None


@given(ADDRESSES, ADDRESSES, AMOUNTS)
def test_transfer_logs(sender: Address, to: Address, base_units: int):
    topics = [
        evm.TRANSFER_TOPIC,
        *("0x" + abi_encode(["address"], [a]).hex() for a in (sender, to)),
    ]
    data = "0x" + abi_encode(["uint256"], [base_units]).hex()

    assert evm.TokenTransfer(sender, to, base_units) == evm.decode_transfer_log(topics, data)
    assert evm.decode_transfer_log([*topics, topics[1]], "0x") is None
    assert evm.decode_transfer_log(topics[:2], data) is None
