"""What the rates module announces. Prices belong to no brand: `brand_id` is 0."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PricesRecorded:
    """A signed snapshot was recorded; its rates are the newest."""

    TYPE: ClassVar[str] = "rates.prices_recorded"
    VERSION: ClassVar[int] = 1

    brand_id: int
    subject: str
    """The snapshot id."""


@dataclass(frozen=True, slots=True)
class PriceHeld:
    """A price jumped too far to be believed without a person; its currency has no rate now."""

    TYPE: ClassVar[str] = "rates.price_held"
    VERSION: ClassVar[int] = 1

    brand_id: int
    subject: str
    """The snapshot id."""
    currency: str
    price: str
