"""The bell over HTTP."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.messages import api
from fairhouse.messages.texts import notification_text
from fairhouse.messages.types import (
    NOTIFICATION_PREFIX,
    Field,
    Notification,
    NotificationId,
)
from fairhouse.platform.database import Database


class Reader(Protocol):
    """Who reads; `identity.types.Session` satisfies it."""

    @property
    def player_id(self) -> UUID: ...

    @property
    def language(self) -> str: ...


@dataclass(frozen=True, slots=True)
class MessagesDeps:
    """Exactly what the routes use."""

    db: Database
    reader: Callable[[Request], Awaitable[Reader]]
    """The session of a player. Refuses with Unauthenticated."""


class NotificationView(BaseModel):
    id: str
    kind: str
    text: str
    fields: dict[str, Field]
    created_at: datetime
    read: bool


class NotificationsView(BaseModel):
    notifications: list[NotificationView]
    unread: int
    next: str | None
    """Give it as `before` for the next page."""


class ReadRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    up_to: str


class UnreadView(BaseModel):
    unread: int


def notification_view(notification: Notification, language: str) -> NotificationView:
    """The shape of REST and push alike."""
    return NotificationView(
        id=to_wire(NOTIFICATION_PREFIX, notification.id),
        kind=notification.kind,
        text=notification_text(language, notification.kind, notification.fields),
        fields=dict(notification.fields),
        created_at=notification.created_at,
        read=notification.read_at is not None,
    )


def _id(text: str, param: str) -> NotificationId:
    return NotificationId(from_wire(NOTIFICATION_PREFIX, text, param=param))


def routes(deps: MessagesDeps) -> APIRouter:
    """`/v1/notifications`."""
    router = APIRouter(tags=["messages"])
    reader = Depends(deps.reader)

    @router.get("/v1/notifications")
    async def notifications(
        who: Annotated[Reader, reader], before: str | None = None, limit: int = 30
    ) -> NotificationsView:
        """The newest first."""
        older = _id(before, "before") if before else None
        async with deps.db.read() as tx:
            found = await api.notifications(tx, player_id=who.player_id, before=older, limit=limit)
            unread = await api.unread_count(tx, player_id=who.player_id)
        return NotificationsView(
            notifications=[notification_view(one, who.language) for one in found],
            unread=unread,
            next=to_wire(NOTIFICATION_PREFIX, found[-1].id) if len(found) == limit else None,
        )

    @router.post("/v1/notifications/read")
    async def mark_read(body: ReadRequest, who: Annotated[Reader, reader]) -> UnreadView:
        """Marks this one and all older ones as read."""
        async with deps.db.tx() as tx:
            await api.mark_read(tx, player_id=who.player_id, up_to=_id(body.up_to, "up_to"))
            return UnreadView(unread=await api.unread_count(tx, player_id=who.player_id))

    return router
