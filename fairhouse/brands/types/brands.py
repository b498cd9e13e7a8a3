"""Brands, their definitions and the pause switches."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from fairhouse.brands.types.jurisdictions import Jurisdiction, JurisdictionCode
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal

BrandId = NewType("BrandId", int)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandDefinition:
    """Everything that an operator decides about a brand: one version of it."""

    slug: str
    """For ever: in URLs, settings and file names."""
    name: str
    domains: tuple[str, ...]
    """Host names, lower case, without port; the first is the canonical one."""
    theme: Theme
    jurisdiction: JurisdictionCode
    reference_currency: str = "USD"
    terms_version: str
    currencies: tuple[CurrencyCode, ...]
    languages: tuple[str, ...]
    """BCP 47; the first is the default."""
    games: tuple[str, ...] = ()
    """Slugs that are offered; empty: every game of the platform."""
    entity: str = ""
    """The licensed company whose custody the brand's coins are in; empty: the house's own."""
    public_url: str = ""
    """What players type, where that is not https and the first domain."""


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """One line of a brand's history."""

    brand_id: BrandId
    version: int
    definition: BrandDefinition
    actor: str
    """Who made it: wire id of a staff member, `cli:` and a user, or `release`."""
    reason: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class JurisdictionVersion:
    """One line of a jurisdiction's history."""

    jurisdiction: Jurisdiction
    actor: str
    reason: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two versions do not share; values as JSON."""

    field: str
    """Dotted: `theme.accent`."""
    before: str
    after: str


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
    version: int = 1
    """Of its definition; counts up with every change."""
    games: tuple[str, ...] = ()
    """Slugs that are offered; empty: every game of the platform."""
    entity: str = ""
    """The licensed company whose custody the brand's coins are in; empty: the house's own."""
    public_url: str = ""
    """What players type, where that is not https and the first domain."""

    def offers(self, slug: str) -> bool:
        """Whether a game is played here."""
        return not self.games or slug in self.games

    @property
    def minimum_age(self) -> int:
        """Years."""
        return self.jurisdiction.minimum_age

    @property
    def allows_anonymous(self) -> bool:
        """Whether an account may be opened without an e-mail address."""
        return self.jurisdiction.kyc.anonymous


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


class UnknownJurisdiction(NotFound):
    """No rules of that name are known here."""

    code = "unknown_jurisdiction"


class UnknownSwitch(Malformed):
    """There is no such pause switch."""

    code = "unknown_switch"


class ReasonMissing(Malformed):
    """A pause needs a reason that players may read."""

    code = "reason_missing"


class DefinitionInvalid(Malformed):
    """A definition that does not hold together; `param` names the field."""

    code = "definition_invalid"


class BrandTaken(Refusal):
    """Another brand has this slug or domain."""

    code = "brand_taken"


class DefinitionChanged(Refusal):
    """Somebody else made a newer version meanwhile; `fields["version"]` is the newest."""

    code = "definition_changed"


class DefinitionUnchanged(Refusal):
    """The new version says what the one in force says."""

    code = "definition_unchanged"
