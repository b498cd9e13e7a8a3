"""Words of messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

MailId = NewType("MailId", UUID)
NotificationId = NewType("NotificationId", UUID)

NOTIFICATION_PREFIX = "ntf"

Field = str | int | bool | None
Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Notification:
    """Something a player should know; its text comes from the catalogue by `kind`."""

    id: NotificationId
    brand_id: int
    player_id: UUID
    kind: str
    fields: Fields
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail that a worker has taken to send; address and fields are still sealed."""

    id: MailId
    brand_id: int
    template: str
    language: str
    sealed_content: bytes
    attempt: int
    """1 for the first."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """What goes to the relay."""

    message_id: str
    """Derived from the row's id: the same mail sent twice is recognisable as one."""
    to: str
    subject: str
    text: str
    html: str
    created_at: datetime
