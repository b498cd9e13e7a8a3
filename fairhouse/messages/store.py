"""All SQL of messages."""

from datetime import datetime
from uuid import UUID

from fairhouse.messages.types import MailId, Notification, NotificationId, QueuedMail
from fairhouse.platform.database import Record, Tx


async def insert_mail(
    tx: Tx,
    *,
    mail_id: MailId,
    brand_id: int,
    player_id: UUID | None,
    template: str,
    language: str,
    sealed_content: bytes,
) -> None:
    await tx.execute(
        """insert into messages.mail
               (id, brand_id, player_id, template, language, sealed_content, next_attempt_at,
                created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $7)""",
        mail_id,
        brand_id,
        player_id,
        template,
        language,
        sealed_content,
        tx.now,
    )


async def take_due(tx: Tx, *, limit: int, lease_until: datetime) -> list[QueuedMail]:
    """Take due mails for sending; other workers skip them until the lease ends."""
    rows = await tx.fetch(
        """update messages.mail m
           set attempts = m.attempts + 1, next_attempt_at = $3
           from (
               select id from messages.mail where state = 'queued' and next_attempt_at <= $1
               order by next_attempt_at limit $2 for update skip locked
           ) due
           where m.id = due.id
           returning m.id, m.brand_id, m.template, m.language, m.sealed_content, m.attempts,
               m.created_at""",
        tx.now,
        limit,
        lease_until,
    )
    return sorted((_queued(row) for row in rows), key=lambda mail: mail.id)


def _queued(row: Record) -> QueuedMail:
    return QueuedMail(
        id=MailId(row["id"]),
        brand_id=row["brand_id"],
        template=row["template"],
        language=row["language"],
        sealed_content=row["sealed_content"],
        attempt=row["attempts"],
        created_at=row["created_at"],
    )


async def end_mail(tx: Tx, mail_id: MailId, *, state: str, error: str | None) -> None:
    """Sent or given up: the content is wiped. What ended already stays as it is."""
    await tx.execute(
        """update messages.mail
           set state = $2, last_error = $3, ended_at = $4, sealed_content = null
           where id = $1 and state = 'queued'""",
        mail_id,
        state,
        error,
        tx.now,
    )


async def postpone_mail(tx: Tx, mail: QueuedMail, *, until: datetime, error: str) -> None:
    """Try again later, unless another worker has taken it meanwhile."""
    await tx.execute(
        """update messages.mail set next_attempt_at = $3, last_error = $4
           where id = $1 and state = 'queued' and attempts = $2""",
        mail.id,
        mail.attempt,
        until,
        error,
    )


async def drop_mails_of(tx: Tx, player_id: UUID) -> None:
    await tx.execute("delete from messages.mail where player_id = $1", player_id)


async def delete_old(tx: Tx, *, mails_before: datetime, notifications_before: datetime) -> int:
    mails = await tx.execute("delete from messages.mail where ended_at < $1", mails_before)
    notifications = await tx.execute(
        "delete from messages.notification where created_at < $1", notifications_before
    )
    return mails + notifications


async def insert_notification(tx: Tx, notification: Notification) -> None:
    await tx.execute(
        """insert into messages.notification
               (id, brand_id, player_id, kind, fields, created_at)
           values ($1, $2, $3, $4, $5, $6)""",
        notification.id,
        notification.brand_id,
        notification.player_id,
        notification.kind,
        dict(notification.fields),
        notification.created_at,
    )


async def notifications(
    tx: Tx, *, player_id: UUID, before: NotificationId | None, limit: int
) -> list[Notification]:
    rows = await tx.fetch(
        """select id, brand_id, player_id, kind, fields, created_at, read_at
           from messages.notification
           where player_id = $1 and ($2::uuid is null or id < $2)
           order by id desc limit $3""",
        player_id,
        before,
        limit,
    )
    return [_notification(row) for row in rows]


def _notification(row: Record) -> Notification:
    return Notification(
        id=NotificationId(row["id"]),
        brand_id=row["brand_id"],
        player_id=row["player_id"],
        kind=row["kind"],
        fields=row["fields"],
        created_at=row["created_at"],
        read_at=row["read_at"],
    )


async def unread_count(tx: Tx, player_id: UUID) -> int:
    count: int = await tx.fetchval(
        """select count(*)::int from messages.notification
           where player_id = $1 and read_at is null""",
        player_id,
    )
    return count


async def mark_read(tx: Tx, *, player_id: UUID, up_to: NotificationId) -> int:
    return await tx.execute(
        """update messages.notification set read_at = $3
           where player_id = $1 and id <= $2 and read_at is null""",
        player_id,
        up_to,
        tx.now,
    )
