"""Signed bet receipts: canonical JSON and Ed25519 (RFC 8032); pure.

See docs/fairness/history-format.md.

The canonical form is RFC 8785 for data without floats: sorted keys, no spaces, UTF-8. An Ed25519
signature follows from key and message alone, so that the same receipt is the same bytes for ever.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

TYPE: Final = "fairhouse.bet.v1"

COLUMNS: Final = (
    *("bet_id", "game", "game_version", "table_hash", "currency", "stake", "opening_stake"),
    *("payout", "multiplier", "state", "params", "choices", "outcome", "seed_pair_id"),
    *("server_seed", "server_seed_hash", "client_seed", "nonce", "at", "closed_at"),
    *("receipt_key", "receipt_signature", "round_proof"),
)
JSON_COLUMNS: Final = frozenset({"params", "choices", "outcome", "round_proof"})

PRIVATE_BYTES: Final = 32
KEY_ID_CHARS: Final = 16
UNSIGNED: Final = frozenset({"server_seed", "receipt_signature", "round_proof"})
"""Columns of the history that the receipt does not cover: none changes what was agreed, and each
proves itself."""


def canonical(value: object, *, is_sorted: bool = True) -> bytes:
    """The one text of a JSON value; without `is_sorted` its keys stay in their order."""
    text = json.dumps(value, sort_keys=is_sorted, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def signed_bytes(row: Mapping[str, object]) -> bytes:
    """What is signed of a line of the history."""
    facts = {name: value for name, value in row.items() if name not in UNSIGNED}
    return canonical({"type": TYPE, **facts})


def public_of(private: bytes) -> bytes:
    """32 bytes from 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def key_id(public_key: bytes) -> str:
    """The first 16 hexadecimal characters of the public key's SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:KEY_ID_CHARS]


def sign(private: bytes, message: bytes) -> str:
    """128 hexadecimal characters."""
    return Ed25519PrivateKey.from_private_bytes(private).sign(message).hex()


def verifies(public_key: bytes, message: bytes, signature: str) -> bool:
    """Whether the signature is the key's over the message; False for what is no signature."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
