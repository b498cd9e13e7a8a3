"""What the brands module announces."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SwitchChanged:
    """An operator paused or resumed something."""

    TYPE: ClassVar[str] = "brands.switch_changed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    subject: str
    """The switch."""
    paused: bool
    reason: str
    actor: str


@dataclass(frozen=True, slots=True)
class DefinitionMade:
    """A brand or a jurisdiction has a new version; every process reads all of them anew."""

    TYPE: ClassVar[str] = "brands.definition_made"
    VERSION: ClassVar[int] = 1

    brand_id: int
    """The brand; 0 for a jurisdiction."""
    subject: str
    """Slug of the brand or code of the jurisdiction."""
    version_made: int
    actor: str
