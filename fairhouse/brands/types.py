"""The words of the brands module."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import Malformed, NotFound

BrandId = NewType("BrandId", int)
JurisdictionCode = NewType("JurisdictionCode", str)
Switch = NewType("Switch", str)
"""`deposits`, `withdrawals`, `betting` or `game:<slug>`; made by `rules.parse_switch`."""


@dataclass(frozen=True, slots=True)
class Theme:
    """What makes one brand's screens look unlike another's; colours as #rrggbb."""

    accent: str
    """Buttons, links and the focus ring, on dark ground."""
    accent_ink: str
    """Text on the accent; at least 4.5 : 1 against it."""
    accent_soft: str
    """Borders and glows."""
    ground: str
    """The page behind everything."""
    mark: str
    """One character for the logo and the browser tab."""


class FundsProtection(StrEnum):
    """How players' money fares if the house fails (UKGC's three levels)."""

    NONE = "none"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class PlayRules:
    """How fast games may be played (UKGC RTS 8A, 14D, 14E, 14G)."""

    cycle_ms: int = 0
    """Least time between the starts of two games of a player; 0: none is set."""
    slot_cycle_ms: int = 0
    """The same for slots."""
    autoplay: bool = True
    """Whether a client may start one game after another by itself."""
    turbo: bool = True
    """Whether a client may shorten what a game shows."""


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """The rules a brand plays under."""

    code: JurisdictionCode
    name: str
    minimum_age: int
    """Years."""
    withdrawals_cancellable: bool
    """False where a requested withdrawal may not be turned back into play (RTS 14B)."""
    funds_protection: FundsProtection
    excluded_countries: frozenset[str]
    """ISO 3166-1 alpha-2 codes from where nobody may register."""
    play: PlayRules = PlayRules()


@dataclass(frozen=True, slots=True)
class Brand:
    """One casino out of several on the same platform."""

    id: BrandId
    slug: str
    name: str
    domains: tuple[str, ...]
    """Host names, lower case, without port; the first is the canonical one."""
    theme: Theme
    jurisdiction: Jurisdiction
    reference_currency: str
    """ISO 4217: what limits and values are counted in, in micro-units."""
    terms_version: str
    currencies: tuple[CurrencyCode, ...]
    languages: tuple[str, ...]
    """BCP 47; the first is the default."""

    @property
    def minimum_age(self) -> int:
        """Years."""
        return self.jurisdiction.minimum_age


@dataclass(frozen=True, slots=True)
class Pause:
    """One switch that is off."""

    switch: Switch
    reason: str
    """As the operator wrote it; players see it."""
    actor: str
    """Wire id of the staff member."""


class UnknownBrand(NotFound):
    """No brand answers to that name."""

    code = "unknown_brand"


class UnknownSwitch(Malformed):
    """There is no such pause switch."""

    code = "unknown_switch"


class ReasonMissing(Malformed):
    """A pause needs a reason that players may read."""

    code = "reason_missing"
