"""What other modules may ask of messages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from fairhouse.kernel.refusals import Malformed
from fairhouse.messages import store
from fairhouse.messages.events import Notified
from fairhouse.messages.render import check_template
from fairhouse.messages.texts import LANGUAGES, lookup, phrase, refusal_text
from fairhouse.messages.types import Fields, MailId, Notification, NotificationId
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

__all__ = [
    "LANGUAGES",
    "forget_player",
    "mark_read",
    "notifications",
    "notify",
    "phrase",
    "refusal_text",
    "send_mail",
    "unread_count",
]

PAGE_MAX: Final = 100


def mail_context(mail_id: UUID) -> str:
    """Binds sealed content to its row."""
    return f"messages.mail:{mail_id}"


async def send_mail(
    tx: Tx,
    *,
    sealer: Sealer,
    brand_id: int,
    to: str,
    template: str,
    language: str,
    fields: Fields,
    player_id: UUID | None = None,
) -> MailId:
    """Queue a mail; it leaves when this transaction has committed, at least once.

    Mails about a player are better sent by `identity.api.mail_player`, which knows the address.
    Address and fields are sealed until it is sent and wiped afterwards. Raises TemplateMissing and
    FieldMissing, which are mistakes of the caller.
    """
    # CHECK
    check_template(template, fields, language=language)
    # DECIDE
    mail_id = MailId(tx.new_id())
    content = msgspec.json.encode({"to": to, "fields": dict(fields)})
    # RECORD
    await store.insert_mail(
        tx,
        mail_id=mail_id,
        brand_id=brand_id,
        player_id=player_id,
        template=template,
        language=language,
        sealed_content=sealer.seal(content, context=mail_context(mail_id)),
    )
    return mail_id


async def forget_player(tx: Tx, *, player_id: UUID) -> None:
    """Drop what is queued or kept about mails to an erased person."""
    await store.drop_mails_of(tx, player_id)


async def notify(
    tx: Tx, *, brand_id: int, player_id: UUID, kind: str, fields: Mapping[str, Any]
) -> NotificationId:
    """Store a notification; `kind` is in the catalogue's `notifications`.

    Fields carry wire values (amounts as decimal strings) and no personal data.
    """
    # CHECK
    assert lookup("en", "notifications", kind) is not None, kind
    # DECIDE
    notification = Notification(
        id=NotificationId(tx.new_id()),
        brand_id=brand_id,
        player_id=player_id,
        kind=kind,
        fields=dict(fields),
        created_at=tx.now,
        read_at=None,
    )
    # RECORD
    await store.insert_notification(tx, notification)
    # ANNOUNCE
    await announce(
        tx,
        Notified(
            brand_id=brand_id,
            player_id=player_id,
            notification_id=notification.id,
            kind=kind,
            fields=dict(fields),
            created_at=tx.now,
        ),
    )
    return notification.id


async def notifications(
    tx: Tx, *, player_id: UUID, before: NotificationId | None = None, limit: int = 30
) -> Sequence[Notification]:
    """The newest first, older than `before`. Refuses with Malformed (limit)."""
    if not 1 <= limit <= PAGE_MAX:
        raise Malformed(f"limit must be 1 to {PAGE_MAX}.", param="limit")
    return await store.notifications(tx, player_id=player_id, before=before, limit=limit)


async def unread_count(tx: Tx, *, player_id: UUID) -> int:
    """How many the bell shows."""
    return await store.unread_count(tx, player_id)


async def mark_read(tx: Tx, *, player_id: UUID, up_to: NotificationId) -> int:
    """Mark this one and all older ones as read; returns how many were unread."""
    return await store.mark_read(tx, player_id=player_id, up_to=up_to)
