"""The encrypted seed and the keys derived from it. Nothing here is ever logged.

A keystore file holds a random 32-byte seed under AES-256-GCM with a key from the passphrase by
scrypt (N = 2^17, r = 8, p = 1: RFC 7914; about 128 MB and half a second). The file is 0600.
Keys: BIP-32 for coins, HKDF-SHA-256 for the Ed25519 identity that signs vault records.
Signatures over secp256k1 are deterministic (RFC 6979, low s), so the same bytes sign alike.
"""

import json
import os
from pathlib import Path
from typing import Any, Final, cast

from coincurve import PrivateKey
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from embit import bip32  # pyright: ignore[reportMissingTypeStubs]

from fairhouse.chains.codecs import evm
from fairhouse.chains.codecs.vaults import (
    KeyPath,
    Role,
    SignedVault,
    VaultRecord,
    vault_message,
)
from fairhouse.chains.types import Address
from fairhouse.kernel.currencies import ChainId

SCRYPT_N: Final = 2**17
PASSPHRASE_LENGTH_MIN: Final = 12
_VERSION: Final = 1
_AAD: Final = b"fairhouse keystore v1"
_HD_KEY: Final[Any] = bip32.HDKey


class KeystoreError(Exception):
    """The keystore cannot be made or opened; the message says why and never holds a secret."""


class Keys:
    """The open keystore. `repr` shows nothing."""

    __slots__ = ("_cache", "_identity", "_root")

    def __init__(self, seed: bytes) -> None:
        self._root: Any = _HD_KEY.from_seed(seed)
        identity = HKDF(SHA256(), 32, salt=None, info=b"fairhouse signer identity").derive(seed)
        self._identity = Ed25519PrivateKey.from_private_bytes(identity)
        self._cache: dict[str, Any] = {}

    def __repr__(self) -> str:
        return "Keys(…)"

    def identity_key(self) -> str:
        """The Ed25519 public key by which the platform knows this signer, as hex."""
        return self._identity.public_key().public_bytes_raw().hex()

    def address(self, path: KeyPath) -> Address:
        """The address at a path, derived here and now: never taken from an order."""
        return evm.address_of(cast("bytes", self._account(path).derive([path.index]).key.sec()))

    def sign(self, path: KeyPath, digest: bytes) -> bytes:
        """A 65-byte recoverable signature (r, s, parity) of a 32-byte digest."""
        key = self._account(path).derive([path.index]).key
        secret = PrivateKey(cast("bytes", key.secret))
        return secret.sign_recoverable(digest, hasher=None)  # pyright: ignore[reportUnknownMemberType]

    def vault(self, brand_id: int, chain: ChainId) -> SignedVault:
        """What the platform may know of a brand's keys, signed by the identity key."""
        deposits = self._account(KeyPath(brand_id, Role.DEPOSIT, 0)).to_public()
        record = VaultRecord(
            brand_id=brand_id,
            chain=chain,
            deposit_xpub=cast("str", deposits.to_base58()),
            hot_address=self.address(KeyPath(brand_id, Role.HOT, 0)),
            gas_address=self.address(KeyPath(brand_id, Role.GAS_TANK, 0)),
        )
        signature = self._identity.sign(vault_message(record))
        return SignedVault(record, self.identity_key(), signature.hex())

    def _account(self, path: KeyPath) -> Any:
        found = self._cache.get(path.account)
        if found is None:
            found = self._root.derive(path.account)
            self._cache[path.account] = found
        return found


def create(path: Path, passphrase: str, *, scrypt_n: int = SCRYPT_N) -> Keys:
    """Write a keystore with a fresh seed. Raises KeystoreError when one is there already."""
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        raise KeystoreError(f"the passphrase must have at least {PASSPHRASE_LENGTH_MIN} characters")
    seed, salt, nonce = os.urandom(32), os.urandom(32), os.urandom(12)
    sealed = AESGCM(_stretch(passphrase, salt, scrypt_n)).encrypt(nonce, seed, _AAD)
    document = {
        "version": _VERSION,
        "kdf": {"name": "scrypt", "n": scrypt_n, "r": 8, "p": 1, "salt": salt.hex()},
        "cipher": {"name": "aes-256-gcm", "nonce": nonce.hex(), "sealed": sealed.hex()},
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeystoreError(f"{path} exists; a keystore is never overwritten") from error
    with os.fdopen(handle, "w") as file:
        json.dump(document, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return Keys(seed)


def open_keystore(path: Path, passphrase: str) -> Keys:
    """Raises KeystoreError for a missing or damaged file, wrong passphrase or loose permissions."""
    try:
        if path.stat().st_mode & 0o077:
            raise KeystoreError(f"{path} can be read by others; chmod 600 it")
        document = cast("dict[str, Any]", json.loads(path.read_text()))
        kdf, cipher = document["kdf"], document["cipher"]
        salt, cost = bytes.fromhex(kdf["salt"]), int(kdf["n"])
        nonce, sealed = bytes.fromhex(cipher["nonce"]), bytes.fromhex(cipher["sealed"])
    except FileNotFoundError as error:
        raise KeystoreError(f"{path} does not exist; run `python -m signer init`") from error
    except (ValueError, KeyError, TypeError) as error:
        raise KeystoreError(f"{path} is damaged") from error
    if document.get("version") != _VERSION or not 2**10 <= cost <= 2**22:
        raise KeystoreError(f"{path} has an unknown version or cost")
    try:
        return Keys(AESGCM(_stretch(passphrase, salt, cost)).decrypt(nonce, sealed, _AAD))
    except InvalidTag as error:
        raise KeystoreError("wrong passphrase, or the keystore was altered") from error


def _stretch(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())
