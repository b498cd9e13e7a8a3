"""The jurisdictions that the platform knows of, and the brands that it starts with."""

from fairhouse.brands.tables.brands import BRANDS, LANGUAGES, REFERENCE_CURRENCIES
from fairhouse.brands.tables.jurisdictions import DEMONSTRATION, JURISDICTIONS, SANCTIONED

__all__ = [
    "BRANDS",
    "DEMONSTRATION",
    "JURISDICTIONS",
    "LANGUAGES",
    "REFERENCE_CURRENCIES",
    "SANCTIONED",
]
