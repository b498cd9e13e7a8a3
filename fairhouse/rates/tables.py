"""Rows of the rates tables as records."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.rates.types import Rate, SignedPrices


@dataclass(frozen=True, slots=True)
class JudgedRate:
    """A rate, and whether it waits for a person."""

    rate: Rate
    held: bool


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A signed price list as it is stored."""

    id: UUID
    at: datetime
    signed: SignedPrices
    held: frozenset[CurrencyCode]
