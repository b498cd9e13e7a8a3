"""EVM addresses, ERC-20 calls and logs, EIP-1559 transactions. Pure; shared with the signer.

Sources: EIP-55 (checksum), EIP-1559 and EIP-2718 (typed transactions), EIP-2 (low s), ERC-20.
The one transaction form that we make and accept is type 2 with a recipient and an empty access
list. Amounts are wei or token base units; fees are wei per gas.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import rlp  # pyright: ignore[reportMissingTypeStubs]
from coincurve import PublicKey
from eth_hash.auto import keccak

from fairhouse.chains.codecs.foreign import network_of
from fairhouse.chains.types import (
    Address,
    BadChecksum,
    MalformedAddress,
    MalformedTransaction,
    TxHash,
    UnspendableAddress,
    WrongNetwork,
)
from fairhouse.kernel.currencies import ETHEREUM, ChainId

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_HEX: Final = re.compile(r"(?:0[xX])?[0-9a-fA-F]*")
_PRECOMPILE_MAX: Final = 0xFFFF
"""Every chain's precompiled contracts sit in the lowest addresses (EIP-1352)."""

_CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_TYPE_2: Final = b"\x02"
_UINT256_MAX: Final = 2**256 - 1
_TRANSFER_SELECTOR: Final = keccak(b"transfer(address,uint256)")[:4]
_BALANCE_SELECTOR: Final = keccak(b"balanceOf(address)")[:4]
DECIMALS_CALL: Final = keccak(b"decimals()")[:4]
TRANSFER_TOPIC: Final = "0x" + keccak(b"Transfer(address,address,uint256)").hex()


# --- Addresses


def checksummed(address: bytes) -> Address:
    """20 bytes as EIP-55 text."""
    assert len(address) == 20
    digits = address.hex()
    mask = keccak(digits.encode()).hex()
    chars = (
        char.upper() if int(nibble, 16) >= 8 else char
        for char, nibble in zip(digits, mask, strict=False)
    )
    return Address("0x" + "".join(chars))


def address_bytes(address: Address) -> bytes:
    """The 20 bytes of an address."""
    return bytes.fromhex(address[2:])


def from_hex(text: str) -> Address:
    """What a node wrote, in any case, as an address. Refuses with MalformedAddress."""
    if _ADDRESS.fullmatch(text) is None:
        raise MalformedAddress(f"{text[:50]!r} is not an EVM address.", param="address")
    return checksummed(bytes.fromhex(text[2:]))


def parse_address(text: str, chain: ChainId = ETHEREUM, *, param: str = "address") -> Address:
    """What a person typed, as an address that somebody can hold a key for.

    One case throughout carries no checksum and is accepted (EIP-55). Refuses with MalformedAddress,
    WrongNetwork, BadChecksum or UnspendableAddress.
    """
    if _ADDRESS.fullmatch(text) is None:
        _refuse_shape(text, chain, param)
    digits = text[2:]
    address = checksummed(bytes.fromhex(digits))
    if digits not in {digits.lower(), digits.upper()} and text != address:
        raise BadChecksum(
            f"{param} has a wrong character: its checksum does not fit. Copy it again from the "
            "receiving wallet.",
            param=param,
        )
    if int(digits, 16) <= _PRECOMPILE_MAX:
        raise UnspendableAddress(
            f"{param} is an address that nobody holds a key for; coins sent there are lost. "
            "Enter an address of your own wallet.",
            param=param,
        )
    return address


def _refuse_shape(text: str, chain: ChainId, param: str) -> None:
    name = chain.capitalize()
    network = network_of(text)
    if network is not None:
        raise WrongNetwork(
            f"{param} is a {network} address, but this asset moves on {name}. Enter an address of "
            f"{name}, or choose {network}.",
            param=param,
            network=network,
            expected=name,
        )
    if text != text.strip():
        problem = "has a space before or after it; remove it"
    elif _HEX.fullmatch(text) is None:
        problem = "has characters that addresses never have; it is 0x and 40 of 0-9 and a-f"
    elif len(text.removeprefix("0x")) == 64:
        problem = (
            "is as long as a transaction hash or a private key; enter the 42-character address"
        )
    elif not text.startswith("0x"):
        problem = "must start with 0x"
    else:
        problem = f"has {len(text)} characters; an address of {name} has 42"
    raise MalformedAddress(f"{param} {problem}.", param=param, expected=name)


def address_of(public_key: bytes) -> Address:
    """The address of a public key, compressed (33 bytes) or not (65)."""
    return checksummed(keccak(PublicKey(public_key).format(compressed=False)[1:])[-20:])


# --- ERC-20


@dataclass(frozen=True, slots=True)
class TokenTransfer:
    """An ERC-20 transfer as a log tells it."""

    from_address: Address
    to_address: Address
    base_units: int


def encode_token_transfer(to: Address, base_units: int) -> bytes:
    """Calldata of `transfer(to, base_units)`."""
    assert 0 <= base_units <= _UINT256_MAX
    return _TRANSFER_SELECTOR + address_bytes(to).rjust(32, b"\0") + base_units.to_bytes(32, "big")


def encode_balance_of(owner: Address) -> bytes:
    """Calldata of `balanceOf(owner)`."""
    return _BALANCE_SELECTOR + address_bytes(owner).rjust(32, b"\0")


def decode_token_transfer(data: bytes) -> tuple[Address, int] | None:
    """Recipient and base units when the calldata is exactly a `transfer`, else None."""
    if len(data) != 68 or not data.startswith(_TRANSFER_SELECTOR) or any(data[4:16]):
        return None
    return checksummed(data[16:36]), int.from_bytes(data[36:], "big")


def decode_transfer_log(topics: Sequence[str], data: str) -> TokenTransfer | None:
    """An ERC-20 Transfer from a log, else None. ERC-721 has a fourth topic and is none."""
    if len(topics) != 3 or topics[0].lower() != TRANSFER_TOPIC or len(data) != 66:
        return None
    sender, to = (bytes.fromhex(topic[2:]) for topic in topics[1:])
    if len(sender) != 32 or len(to) != 32 or any(sender[:12]) or any(to[:12]):
        return None
    return TokenTransfer(checksummed(sender[12:]), checksummed(to[12:]), int(data, 16))


# --- Transactions


@dataclass(frozen=True, slots=True)
class UnsignedTx:
    """An EIP-1559 transaction before it is signed."""

    chain_number: int
    nonce: int
    max_priority_fee_wei: int
    max_fee_wei: int
    gas_limit: int
    to: Address
    value_wei: int
    data: bytes = b""

    @property
    def fee_max_wei(self) -> int:
        """The most that mining it can cost."""
        return self.gas_limit * self.max_fee_wei


@dataclass(frozen=True, slots=True)
class SignedTx:
    """A signed transaction, its sender recovered from the signature."""

    tx: UnsignedTx
    sender: Address
    hash: TxHash


def encode_unsigned(tx: UnsignedTx) -> bytes:
    """The bytes whose Keccak-256 is signed: 0x02 and the RLP list."""
    return _TYPE_2 + _rlp(_fields(tx))


def signing_hash(tx: UnsignedTx) -> bytes:
    """The 32 bytes to sign."""
    return keccak(encode_unsigned(tx))


def encode_signed(tx: UnsignedTx, signature: bytes) -> bytes:
    """The raw transaction, from a 65-byte recoverable signature r ‖ s ‖ y-parity.

    Refuses with MalformedTransaction when the signature is not canonical.
    """
    if len(signature) != 65:
        raise MalformedTransaction("A signature has 65 bytes.", param="signature")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    _check_signature(signature[64], r, s)
    return _TYPE_2 + _rlp([*_fields(tx), *(_minimal(part) for part in (signature[64], r, s))])


def decode_unsigned(raw: bytes) -> UnsignedTx:
    """The transaction in unsigned bytes. Refuses with MalformedTransaction."""
    return _transaction(_list(raw, 9))


def decode_signed(raw: bytes) -> SignedTx:
    """The transaction in signed bytes and who signed it. Refuses with MalformedTransaction."""
    fields = _list(raw, 12)
    tx = _transaction(fields[:9])
    parity, r, s = (_number(field, 32) for field in fields[9:])
    _check_signature(parity, r, s)
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
    try:
        public = PublicKey.from_signature_and_message(signature, signing_hash(tx), hasher=None)
    except Exception as error:  # coincurve raises bare Exception
        raise MalformedTransaction("The signature fits no key.", param="raw") from error
    return SignedTx(tx, address_of(public.format()), tx_hash(raw))


def tx_hash(raw: bytes) -> TxHash:
    """The hash a signed transaction is known by."""
    return TxHash("0x" + keccak(raw).hex())


def _fields(tx: UnsignedTx) -> list[object]:
    numbers = (tx.chain_number, tx.nonce, tx.max_priority_fee_wei, tx.max_fee_wei, tx.gas_limit)
    for number in (*numbers, tx.value_wei):
        assert 0 <= number <= _UINT256_MAX
    head: list[object] = [_minimal(number) for number in numbers]
    return [*head, address_bytes(tx.to), _minimal(tx.value_wei), tx.data, []]


def _transaction(fields: list[object]) -> UnsignedTx:
    to, data, access_list = fields[5], fields[7], fields[8]
    if not isinstance(to, bytes) or len(to) != 20:
        raise MalformedTransaction("The transaction must have a recipient.", param="raw")
    if not isinstance(data, bytes) or access_list != []:
        raise MalformedTransaction("The access list must be empty.", param="raw")
    chain_number, nonce, priority, fee, gas = (_number(field, 32) for field in fields[:5])
    if nonce >= 2**64 - 1 or gas >= 2**64 or priority > fee:
        raise MalformedTransaction("Nonce, gas or fees are out of range.", param="raw")
    value = _number(fields[6], 32)
    return UnsignedTx(chain_number, nonce, priority, fee, gas, checksummed(to), value, data)


def _check_signature(parity: int, r: int, s: int) -> None:
    if parity not in {0, 1} or not 0 < r < _CURVE_ORDER or not 0 < s <= _CURVE_ORDER // 2:
        raise MalformedTransaction("The signature is not canonical.", param="raw")


def _list(raw: bytes, length: int) -> list[object]:
    if raw[:1] != _TYPE_2:
        raise MalformedTransaction("Only type 2 (EIP-1559) transactions are made.", param="raw")
    try:
        decoded = cast("object", rlp.decode(raw[1:]))  # pyright: ignore[reportUnknownMemberType]
    except rlp.DecodingError as error:
        raise MalformedTransaction("The bytes are no canonical RLP.", param="raw") from error
    if not isinstance(decoded, list):
        raise MalformedTransaction("The bytes are no RLP list.", param="raw")
    fields = cast("list[object]", decoded)
    if len(fields) != length:
        raise MalformedTransaction(f"The list must have {length} fields.", param="raw")
    return fields


def _number(field: object, length_max: int) -> int:
    if not isinstance(field, bytes) or len(field) > length_max or field[:1] == b"\0":
        raise MalformedTransaction("A number is not in its shortest form.", param="raw")
    return int.from_bytes(field, "big")


def _minimal(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _rlp(fields: list[object]) -> bytes:
    return cast("bytes", rlp.encode(fields))  # pyright: ignore[reportUnknownMemberType]
