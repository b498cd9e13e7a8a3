"""Currencies and assets as data.

A currency is what a player holds; an asset is a currency on a chain, with contract and decimals
pinned (contracts of a chain that is set up at run time come from settings, never from the chain).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from fairhouse.kernel.refusals import Malformed

CurrencyCode = NewType("CurrencyCode", str)
AssetId = NewType("AssetId", str)
ChainId = NewType("ChainId", str)


class CurrencyKind(StrEnum):
    """Play money never enters a report."""

    REAL = "real"
    PLAY = "play"


class UnknownCurrency(Malformed):
    """The currency is not one of ours."""

    code = "unknown_currency"


class UnknownAsset(Malformed):
    """The asset is not one of ours."""

    code = "unknown_asset"


@dataclass(frozen=True, slots=True)
class Currency:
    """What a player holds."""

    code: CurrencyCode
    name: str
    scale: int
    """Decimal places of the ledger unit: BTC 8, ETH 9, USDT 6."""
    kind: CurrencyKind
    display_decimals: int
    """Decimal places a screen shows by default; the ledger keeps all of them."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A currency on a chain."""

    id: AssetId
    currency: CurrencyCode
    chain: ChainId
    decimals: int
    """Decimal places of the chain's base unit: wei 18, test USDT 6."""
    is_native: bool
    """Native coin of its chain; a token otherwise, whose contract is pinned in settings."""

    @property
    def surplus_decimals(self) -> int:
        """How many decimal places the base unit is finer than the ledger unit; never negative."""
        return self.decimals - currency(self.currency).scale


def _real(code: str, name: str, scale: int, display_decimals: int) -> Currency:
    return Currency(CurrencyCode(code), name, scale, CurrencyKind.REAL, display_decimals)


CURRENCIES: Final = {
    item.code: item
    for item in (
        _real("BTC", "Bitcoin", 8, 8),
        _real("ETH", "Ether", 9, 8),
        _real("USDT", "Tether USD", 6, 2),
        Currency(CurrencyCode("PLAY"), "Play money", 6, CurrencyKind.PLAY, 2),
    )
}

ETHEREUM: Final = ChainId("ethereum")

ASSETS: Final = {
    item.id: item
    for item in (
        Asset(AssetId("eth.ethereum"), CurrencyCode("ETH"), ETHEREUM, 18, is_native=True),
        Asset(AssetId("usdt.ethereum"), CurrencyCode("USDT"), ETHEREUM, 6, is_native=False),
    )
}


def currency(code: str) -> Currency:
    """Refuses with UnknownCurrency."""
    found = CURRENCIES.get(CurrencyCode(code))
    if found is None:
        known = ", ".join(CURRENCIES)
        raise UnknownCurrency(
            f"Unknown currency {code[:16]!r}; choose one of {known}.", param="currency"
        )
    return found


def asset(asset_id: str) -> Asset:
    """Refuses with UnknownAsset."""
    found = ASSETS.get(AssetId(asset_id))
    if found is None:
        known = ", ".join(ASSETS)
        raise UnknownAsset(
            f"Unknown asset {asset_id[:32]!r}; choose one of {known}.", param="asset"
        )
    return found


def native_asset(chain: ChainId) -> Asset:
    """The coin that pays the fees of a chain."""
    return next(item for item in ASSETS.values() if item.chain == chain and item.is_native)
