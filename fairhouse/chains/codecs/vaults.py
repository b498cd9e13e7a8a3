"""Where keys live: derivation paths, public derivation, and the signed record of a brand's vault.

Paths are BIP-44 with coin type 60 and the brand as account; the role below it is hardened, so that
the published deposit xpub leads to no other role:
`m/44'/60'/<brand>'/0'/<index>` deposits, `…/1'/0` hot wallet, `…/2'/0` gas tank.
Source: BIP-32 (public parent key to public child key), BIP-44.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import msgspec
from embit import bip32  # pyright: ignore[reportMissingTypeStubs]

from fairhouse.chains.codecs.orders import MalformedOrder
from fairhouse.kernel.currencies import ChainId

VAULT_DOMAIN: Final = b"fairhouse vault record v1\n"
INDEX_MAX: Final = 2**31 - 1

_HD_KEY: Final[Any] = bip32.HDKey
_PATH: Final = re.compile(r"m/44'/60'/([1-9][0-9]{0,5})'/([0-2])'/(0|[1-9][0-9]{0,9})")


class Role(IntEnum):
    """What the addresses of a branch are for."""

    DEPOSIT = 0
    HOT = 1
    GAS_TANK = 2


@dataclass(frozen=True, slots=True)
class KeyPath:
    """A place in the key tree."""

    brand_id: int
    role: Role
    index: int

    @property
    def account(self) -> str:
        """The hardened part, whose xpub may be published."""
        return f"m/44'/60'/{self.brand_id}'/{int(self.role)}'"

    def __str__(self) -> str:
        return f"{self.account}/{self.index}"


def parse_path(text: str) -> KeyPath:
    """Raises MalformedOrder when the path is none of ours."""
    found = _PATH.fullmatch(text)
    if found is None:
        raise MalformedOrder("the derivation path is none of ours")
    path = KeyPath(int(found.group(1)), Role(int(found.group(2))), int(found.group(3)))
    if path.index > INDEX_MAX or (path.role is not Role.DEPOSIT and path.index != 0):
        raise MalformedOrder("the derivation path is none of ours")
    return path


def child_public_key(xpub: str, index: int) -> bytes:
    """The 33-byte compressed public key of a non-hardened child."""
    assert 0 <= index <= INDEX_MAX
    parent = _HD_KEY.from_base58(xpub)
    assert not parent.is_private, "an extended private key where a public one belongs"
    child: bytes = parent.derive([index]).key.sec()
    return child


class VaultRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the platform must know of a brand's keys on a chain; signed by the signer's identity."""

    brand_id: int
    chain: str
    deposit_xpub: str
    hot_address: str
    gas_address: str

    @property
    def chain_id(self) -> ChainId:
        """The chain, typed."""
        return ChainId(self.chain)


class SignedVault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record, the identity key that signed it, and the Ed25519 signature, as hex."""

    record: VaultRecord
    identity_key: str
    signature: str


def vault_message(record: VaultRecord) -> bytes:
    """What the identity key signs."""
    return VAULT_DOMAIN + msgspec.json.encode(record, order="sorted")


def encode_vaults(vaults: list[SignedVault]) -> bytes:
    """The document that `python -m signer public` prints."""
    return msgspec.json.encode(vaults, order="sorted")


def decode_vaults(data: bytes) -> list[SignedVault]:
    """Raises MalformedOrder."""
    try:
        return msgspec.json.decode(data, type=list[SignedVault])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise MalformedOrder(f"no vault document: {error}") from error
