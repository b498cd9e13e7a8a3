"""The list that is always there: OFAC's digital-currency addresses as shipped with the code.

A floor, not a current list: it is the public mirror's snapshot of 27 September 2024 and has since
been overtaken in both directions. It counts only until the first import, and says its age wherever
somebody looks.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from fairhouse.screening.rules.addresses import canonical
from fairhouse.screening.types import OFAC, AddressHit, ListedAddress

PUBLISHED_ON: Final = date(2024, 9, 27)
FOLDER: Final = Path(__file__).parent.parent / "data" / "ofac_addresses"


def read_folder(folder: Path) -> dict[str, ListedAddress]:
    """One file per ticker, one address per line."""
    found: dict[str, ListedAddress] = {}
    for file in sorted(folder.glob("*.txt")):
        for line in file.read_text().split():
            key = canonical(line)
            before = found.get(key)
            tickers = (*before.tickers, file.stem) if before else (file.stem,)
            found[key] = ListedAddress(key, line, tickers, "")
    return found


ADDRESSES: Final[Mapping[str, ListedAddress]] = read_folder(FOLDER)
VERSION: Final = f"floor-{PUBLISHED_ON.isoformat()}"


def hit(key: str) -> AddressHit | None:
    """Whether the floor names a canonical address."""
    address = ADDRESSES.get(key)
    return AddressHit(OFAC, VERSION, address) if address else None
