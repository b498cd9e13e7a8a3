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
