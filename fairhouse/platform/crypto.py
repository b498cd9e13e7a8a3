"""Sealing, blind indexes and tokens.

Sealed values are AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the key id stands in
front, so that master keys can change; the context (table, column, row) is associated data, so that
a sealed value moved to another row does not open. Personal data is sealed under a key of its own
per person, itself sealed under the master key: deleting that row erases the person.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from fairhouse.platform.entropy import Entropy

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_FORMAT: Final = 1
_HEAD_BYTES: Final = 2


class SealBroken(Exception):
    """A sealed value does not open: altered, moved to another row, or its key is gone."""


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """One person's key. Keep it no longer than the request."""

    key: bytes

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt under this key, bound to `context`."""
        return _seal(self.key, 0, plain, context)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt; raises SealBroken."""
        return _open({0: self.key}, sealed, context)


class Sealer:
    """The master keys of the platform; sealing uses the newest, opening whichever is named."""

    def __init__(self, keys: Mapping[int, bytes], *, entropy: Entropy | None = None) -> None:
        """`keys` by id from 1 to 255, each 32 bytes; the highest id seals."""
        assert keys, "a sealer needs at least one key"
        assert all(0 < key_id < 256 for key_id in keys)
        assert all(len(key) == KEY_BYTES for key in keys.values())
        self._keys = dict(keys)
        self.entropy: Entropy = entropy or Entropy()
        """Where secrets that are to be sealed are drawn from."""
        self._newest = max(keys)
        # Derived from the oldest key, which must stay: an index cannot be rotated by re-sealing.
        self._index_root = self._keys[min(keys)]

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt under the newest key, bound to `context` ("identity.totp:<id>")."""
        return _seal(self._keys[self._newest], self._newest, plain, context)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt; raises SealBroken."""
        return _open(self._keys, sealed, context)

    def new_data_key(self, *, context: str) -> tuple[DataKey, bytes]:
        """A fresh personal key, and its sealed form to store."""
        key = secrets.token_bytes(KEY_BYTES)
        return DataKey(key), self.seal(key, context=context)

    def data_key(self, sealed: bytes, *, context: str) -> DataKey:
        """The personal key from its sealed form; raises SealBroken."""
        return DataKey(self.open(sealed, context=context))

    def blind_index(self, text: str, *, purpose: str) -> bytes:
        """A 32-byte value that is equal for equal texts of one purpose, and tells nothing else.

        The caller normalises the text first (case, Unicode form).
        """
        return blind_index(derived_key(self._index_root, f"blind-index:{purpose}"), text)


def _seal(key: bytes, key_id: int, plain: bytes, context: str) -> bytes:
    head = bytes((_FORMAT, key_id))
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return head + nonce + AESGCM(key).encrypt(nonce, plain, head + context.encode())


def _open(keys: Mapping[int, bytes], sealed: bytes, context: str) -> bytes:
    if len(sealed) < _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES or sealed[0] != _FORMAT:
        raise SealBroken("not a sealed value")
    key = keys.get(sealed[1])
    if key is None:
        raise SealBroken(f"sealed under key {sealed[1]}, which is not configured")
    head, rest = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
    nonce, content = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, content, head + context.encode())
    except InvalidTag:
        raise SealBroken("altered, or sealed for another place") from None


def derived_key(root: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose from a uniformly random root (HKDF-Expand, RFC 5869)."""
    return HKDFExpand(SHA256(), KEY_BYTES, f"fairhouse:{purpose}".encode()).derive(root)


def blind_index(key: bytes, text: str) -> bytes:
    """HMAC-SHA-256 of the text: equal texts meet, and without the key nothing can be guessed."""
    return hmac.digest(key, text.encode(), "sha256")


def new_token() -> str:
    """A 256-bit secret for a cookie, link or bearer header. Store only its `token_hash`."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token: SHA-256, enough for a secret of 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def constant_time_equal(one: bytes, other: bytes) -> bool:
    """Equality that takes the same time wherever the two differ."""
    return hmac.compare_digest(one, other)
