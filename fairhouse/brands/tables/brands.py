"""The brands that the platform starts with; what operators made since is in the database."""

from typing import Final

from fairhouse.brands.tables.jurisdictions import DEMONSTRATION
from fairhouse.brands.types import Brand, BrandId, Theme
from fairhouse.kernel.currencies import CURRENCIES

LANGUAGES: Final = ("en", "de")
"""In which every text exists."""
REFERENCE_CURRENCIES: Final = ("USD",)
"""In which prices are recorded."""

BRANDS: Final = (
    Brand(
        id=BrandId(1),
        slug="fairhouse",
        name="Fairhouse",
        domains=("localhost", "127.0.0.1"),
        theme=Theme(
            accent="#2fd180",
            accent_ink="#04170d",
            accent_soft="#1b5c3d",
            ground="#0d1117",
            mark="F",
        ),
        jurisdiction=DEMONSTRATION,
        reference_currency="USD",
        terms_version="2026-11-01",
        currencies=tuple(CURRENCIES),
        languages=("en", "de"),
    ),
    Brand(
        id=BrandId(2),
        slug="nightowl",
        name="Night Owl",
        domains=("nightowl.localhost",),
        theme=Theme(
            accent="#a78bfa",
            accent_ink="#150a2e",
            accent_soft="#4c3a86",
            ground="#100c1c",
            mark="N",
        ),
        jurisdiction=DEMONSTRATION,
        reference_currency="USD",
        terms_version="2026-11-01",
        currencies=tuple(CURRENCIES),
        languages=("en", "de"),
    ),
)
