"""Facts of the games that go through the outbox."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OfferSet:
    """What a brand offers of a game has changed: its table, a stop, or the end of one."""

    TYPE: ClassVar[str] = "games.offer_set"
    VERSION: ClassVar[int] = 1

    brand_id: int
    game: str

    @property
    def subject(self) -> str:
        return f"game:{self.game}"
