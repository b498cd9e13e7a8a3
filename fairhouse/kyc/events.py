"""Facts of verification."""

from dataclasses import dataclass
from typing import ClassVar

from fairhouse.identity.types import PLAYER_PREFIX, PlayerId
from fairhouse.kernel.ids import to_wire
from fairhouse.kyc.types import RequestId, RequestState, Tier


@dataclass(frozen=True, slots=True)
class KycChanged:
    """A verification was asked for, handed in, or decided."""

    TYPE: ClassVar[str] = "kyc.changed"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: PlayerId
    request_id: RequestId
    tier: Tier
    state: RequestState

    @property
    def subject(self) -> str:
        return to_wire(PLAYER_PREFIX, self.player_id)
