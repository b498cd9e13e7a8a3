"""The words of the rates module.

A rate is an exact ratio: micro-units of the quote currency (scale 6) per ledger unit of the base
currency. Values are worth showing and comparing with thresholds; they never move money.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal, Unavailable

VALUE_SCALE: Final = 6
"""Values are counted in micro-units of the quote currency."""

FORMAT_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class PriceList:
    """What a source signs: prices of whole coins at a moment."""

    id: UUID
    at: datetime
    source: str
    quote: str
    """ISO 4217 code of what the prices are in."""
    prices: Mapping[CurrencyCode, str]
    """Plain decimal text per whole coin, at most 12 decimal places."""

    def canonical(self) -> bytes:
        """The signed bytes: JSON of strings only, keys sorted, no spaces, ASCII."""
        content = {
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "id": str(self.id),
            "prices": dict(self.prices),
            "quote": self.quote,
            "source": self.source,
            "version": FORMAT_VERSION,
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")


@dataclass(frozen=True, slots=True)
class SignedPrices:
    """A price list as it came: the exact bytes, and an Ed25519 signature (RFC 8032) over them."""

    payload: bytes
    signature: bytes
    key_id: str
    """`key_id` of the key that signed."""

    def wire(self) -> bytes:
        """The JSON document that a feed serves; `payload` is text inside it."""
        content = {
            "key_id": self.key_id,
            "payload": self.payload.decode("ascii"),
            "signature": self.signature.hex(),
        }
        return json.dumps(content, sort_keys=True).encode("ascii")


def key_id(public_key: bytes) -> str:
    """How a signing key is named: the first 16 hex digits of the SHA-256 of its raw public key."""
    return hashlib.sha256(public_key).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Rate:
    """What one ledger unit was worth."""

    id: UUID
    """The snapshot's: store it beside the value."""
    base: CurrencyCode
    quote: str
    numerator: int
    """Micro-units of the quote currency …"""
    denominator: int
    """… per so many ledger units of the base currency."""
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The newest signed price list, as recorded, with what anyone needs to check it."""

    prices: PriceList
    signed: SignedPrices
    held: frozenset[CurrencyCode]
    """Currencies whose price jumped and waits for a person."""

    @property
    def id(self) -> UUID:
        """The rate id that is stored beside values."""
        return self.prices.id


@dataclass(frozen=True, slots=True)
class RateSettings:
    """What makes a price trustworthy."""

    public_keys: tuple[bytes, ...]
    """Raw Ed25519 public keys that may sign, pinned in the settings."""
    age_max_s: int = 300
    """A price older than this is no price."""
    ahead_max_s: int = 30
    """How far a source's clock may be ahead of ours."""
    jump_max_percent: int = 30
    """A larger change against the last good price waits for a person."""


class RateUnavailable(Unavailable):
    """There is no fresh, undisputed price; whatever depends on a threshold must wait."""

    code = "rate_unavailable"


class PricesRejected(Refusal):
    """A price list that is forged, malformed, too old or out of order; nothing was recorded."""

    code = "prices_rejected"
    status = 422


class UnknownSnapshot(NotFound):
    """No such snapshot of prices."""

    code = "unknown_snapshot"


class ConfirmationReasonMissing(Malformed):
    """A confirmation needs a reason."""

    code = "reason_missing"
