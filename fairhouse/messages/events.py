"""Facts of messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from fairhouse.kernel.ids import to_wire
from fairhouse.messages.types import NOTIFICATION_PREFIX, Field


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification was stored; the push hub shows it."""

    TYPE: ClassVar[str] = "messages.notified"
    VERSION: ClassVar[int] = 1

    brand_id: int
    player_id: UUID
    notification_id: UUID
    kind: str
    fields: dict[str, Field]
    created_at: datetime

    @property
    def subject(self) -> str:
        return to_wire(NOTIFICATION_PREFIX, self.notification_id)
