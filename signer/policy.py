"""The signer's own policy: who may order, what may be paid, how much and how fast.

Read once at start from a TOML file that only the signer's operator writes. Its digest is journaled
and told in `hello`, so that a change is seen. Amounts are decimal strings of base units.
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairhouse.chains.codecs.evm import parse_address
from fairhouse.chains.types import Address
from fairhouse.kernel.currencies import AssetId, ChainId, asset
from fairhouse.kernel.refusals import Refusal

_AMOUNT: Final = re.compile(r"0|[1-9][0-9]{0,77}")
Seconds = Annotated[int, msgspec.Meta(ge=0, le=366 * 86_400)]


class PolicyError(Exception):
    """The policy file cannot be used; the signer does not start."""


@dataclass(frozen=True, slots=True)
class AssetCaps:
    """Caps on withdrawals of an asset, in base units, counted from the signer's own journal."""

    contract: Address | None
    per_tx: int
    per_hour: int
    per_day: int
    approval_above: int
    """A single payment above this needs `approvals_required` named approvers."""
    new_per_tx: int
    """The most to a destination not yet known for `new_delay_s`."""
    new_per_day: int
    """The most to all such destinations together."""
    new_delay_s: int


@dataclass(frozen=True, slots=True)
class ChainCaps:
    """Caps on fees and gas top-ups of a chain, in base units of its native coin."""

    number: int
    """EIP-155 chain id."""
    gas_limit_max: int
    fee_per_tx: int
    fees_per_day: int
    gas_topup_per_tx: int
    gas_topup_per_day: int


@dataclass(frozen=True, slots=True)
class Policy:
    """All the rules of one signer."""

    worker_key: Ed25519PublicKey
    approvers: dict[str, Ed25519PublicKey]
    approvals_required: int
    clock_skew_s: int
    order_lifetime_s: int
    brands: frozenset[int]
    chains: dict[ChainId, ChainCaps]
    assets: dict[AssetId, AssetCaps]
    digest: str
    """SHA-256 of the file."""


class _Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    per_tx: str
    per_hour: str
    per_day: str
    approval_above: str
    new_destination_per_tx: str
    new_destination_per_day: str
    new_destination_delay_s: Seconds
    contract: str | None = None


class _Chain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chain_id: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    gas_limit_max: Annotated[int, msgspec.Meta(ge=21_000, le=1_000_000)]
    fee_per_tx: str
    fees_per_day: str
    gas_topup_per_tx: str
    gas_topup_per_day: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    worker_key: str
    brands: list[int]
    chains: dict[str, _Chain]
    assets: dict[str, _Asset]
    approvers: dict[str, str] = {}
    approvals_required: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    clock_skew_s: Annotated[int, msgspec.Meta(ge=0, le=300)] = 30
    order_lifetime_s: Annotated[int, msgspec.Meta(ge=10, le=86_400)] = 900


def read_policy(path: Path) -> Policy:
    """Raises PolicyError when the file is missing, incomplete or contradicts itself."""
    try:
        data = path.read_bytes()
        file = msgspec.convert(tomllib.loads(data.decode()), type=_File)
        return _policy(file, hashlib.sha256(data).hexdigest())
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, Refusal, msgspec.MsgspecError) as error:
        raise PolicyError(f"{path}: {error}") from error


def _policy(file: _File, digest: str) -> Policy:
    if "worker" in file.approvers:
        raise PolicyError("no approver may be called worker")
    if file.worker_key in file.approvers.values():
        raise PolicyError("the worker's key must not be an approver's key")
    if len(set(file.approvers.values())) != len(file.approvers):
        raise PolicyError("two approvers share a key")
    for asset_id in file.assets:
        if asset(asset_id).chain not in file.chains:
            raise PolicyError(f"{asset_id} is on a chain that the policy does not have")
    return Policy(
        worker_key=_key(file.worker_key),
        approvers={name: _key(text) for name, text in file.approvers.items()},
        approvals_required=file.approvals_required,
        clock_skew_s=file.clock_skew_s,
        order_lifetime_s=file.order_lifetime_s,
        brands=frozenset(file.brands),
        chains={ChainId(name): _chain(item) for name, item in file.chains.items()},
        assets={AssetId(name): _asset(name, item) for name, item in file.assets.items()},
        digest=digest,
    )


def _key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))


def _units(text: str) -> int:
    if _AMOUNT.fullmatch(text) is None:
        raise PolicyError(f"{text!r} is no whole number of base units")
    return int(text)


def _chain(item: _Chain) -> ChainCaps:
    return ChainCaps(
        number=item.chain_id,
        gas_limit_max=item.gas_limit_max,
        fee_per_tx=_units(item.fee_per_tx),
        fees_per_day=_units(item.fees_per_day),
        gas_topup_per_tx=_units(item.gas_topup_per_tx),
        gas_topup_per_day=_units(item.gas_topup_per_day),
    )


def _asset(name: str, item: _Asset) -> AssetCaps:
    known = asset(name)
    if known.is_native is not (item.contract is None):
        raise PolicyError(f"{name}: a token has a contract, the native coin has none")
    caps = AssetCaps(
        contract=None if item.contract is None else parse_address(item.contract, known.chain),
        per_tx=_units(item.per_tx),
        per_hour=_units(item.per_hour),
        per_day=_units(item.per_day),
        approval_above=_units(item.approval_above),
        new_per_tx=_units(item.new_destination_per_tx),
        new_per_day=_units(item.new_destination_per_day),
        new_delay_s=item.new_destination_delay_s,
    )
    if not caps.per_tx <= caps.per_hour <= caps.per_day or caps.new_per_tx > caps.per_tx:
        raise PolicyError(f"{name}: caps must rise from transaction to hour to day")
    return caps
