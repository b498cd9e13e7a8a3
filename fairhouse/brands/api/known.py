"""Which brands and jurisdictions are in force: from this process's memory, at once."""

from collections.abc import Sequence

from fairhouse.brands.engine.registry import KNOWN
from fairhouse.brands.rules import check_place
from fairhouse.brands.types import Brand, Entry, Jurisdiction
from fairhouse.platform.database import Tx


def all_brands() -> Sequence[Brand]:
    """Every brand of this installation, by id."""
    return KNOWN.brands


def brand(brand_id: int) -> Brand:
    """Refuses with UnknownBrand."""
    return KNOWN.brand(brand_id)


def brand_named(slug: str) -> Brand:
    """Refuses with UnknownBrand."""
    return KNOWN.brand_named(slug)


def brand_for_host(host: str) -> Brand:
    """The brand of a Host header, with or without port. Refuses with UnknownBrand."""
    return KNOWN.brand_for_host(host)


def jurisdiction(code: str) -> Jurisdiction:
    """Refuses with UnknownJurisdiction."""
    return KNOWN.jurisdiction(code)


def jurisdictions() -> Sequence[Jurisdiction]:
    """Every set of rules that a brand may play under."""
    return KNOWN.jurisdictions


def check_country(
    *, brand_id: int, entry: Entry, country: str | None, network: str | None = None
) -> None:
    """Whether this may be done at a brand from a country, or by its national.

    Refuses with CountryBlocked, NetworkRefused and LocationUnknown.
    """
    check_place(KNOWN.brand(brand_id).jurisdiction, entry, country=country, network=network)


def generation() -> int:
    """Another number after any change: what is kept of a brand is kept for one of these."""
    return KNOWN.generation


async def refresh(tx: Tx) -> bool:
    """Take over what the database holds; True when something changed. At every process's start, on
    `brands.definition_made`, and every second."""
    return await KNOWN.refresh(tx)


def forget_changes() -> None:
    """Back to what the release brings; for tests, whose databases differ."""
    KNOWN.reset()
