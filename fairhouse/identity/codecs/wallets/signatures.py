"""Whose signature it is: EIP-191 personal messages (secp256k1) and Solana's Ed25519."""

import re
from typing import Final

from eth_account import Account
from eth_account.messages import defunct_hash_message, encode_defunct
from eth_utils.address import is_checksum_address, to_checksum_address
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_RECOVERABLE_BYTES: Final = 65


def is_ethereum_address(text: str) -> bool:
    """In its one spelling, with the checksum of EIP-55."""
    return _ADDRESS.fullmatch(text) is not None and is_checksum_address(text)


def with_checksum(text: str) -> str:
    """An address in small letters with its checksum; anything else as it is."""
    is_small = _ADDRESS.fullmatch(text) is not None and text == text.lower()
    return to_checksum_address(text) if is_small else text


def is_solana_address(text: str) -> bool:
    """32 bytes in base 58."""
    return _base58(text) is not None


def recovers_to(message: str, signature: bytes, address: str) -> bool:
    """Whether the key of `address` signed (EIP-191, version 0x45)."""
    if len(signature) != _RECOVERABLE_BYTES:
        return False
    try:
        signer = str(Account.recover_message(encode_defunct(text=message), signature=signature))
    except Exception:  # noqa: BLE001 - the library raises of many kinds for what is no signature
        return False
    return signer == address


def digest_191(message: str) -> bytes:
    """What a contract wallet is asked about."""
    return bytes(defunct_hash_message(text=message))


def signed_by_solana(message: str, signature: bytes, address: str) -> bool:
    """Whether the key that the address is signed the bytes of the message (RFC 8032)."""
    key = _base58(address)
    if key is None or len(signature) != _SIGNATURE_BYTES:
        return False
    try:
        VerifyKey(key).verify(message.encode(), signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def _base58(text: str) -> bytes | None:
    """The 32 bytes of an address, None for anything else: each has one spelling."""
    if not 32 <= len(text) <= 44 or any(char not in _BASE58 for char in text):
        return None
    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    zeros = len(text) - len(text.lstrip("1"))
    length = zeros + (number.bit_length() + 7) // 8
    return number.to_bytes(_KEY_BYTES, "big") if length == _KEY_BYTES else None
