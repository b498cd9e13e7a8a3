"""Facts of betting that go through the outbox; bets themselves are read from the journal."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class HouseLimitSet:
    """What one bet may stake and win has changed for a game in a currency."""

    TYPE: ClassVar[str] = "betting.house_limit_set"
    VERSION: ClassVar[int] = 1

    brand_id: int
    game: str
    """Slug, or ANY_GAME."""
    currency: str

    @property
    def subject(self) -> str:
        return f"limit:{self.game}:{self.currency}"
