"""What the worker does for messages: send mail that is due, forget what is old."""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from prometheus_client import Counter

from fairhouse.kernel.outcomes import Done, Outcome, Rejected
from fairhouse.messages import store
from fairhouse.messages.api import mail_context
from fairhouse.messages.ports import Mailer
from fairhouse.messages.render import Sender, render_mail
from fairhouse.messages.rules import LEASE, MAILS_KEPT, NOTIFICATIONS_KEPT, wait_after
from fairhouse.messages.types import Field, QueuedMail, RenderedMail
from fairhouse.platform.crypto import SealBroken, Sealer
from fairhouse.platform.database import Database

BATCH: Final = 20

_log = structlog.get_logger("messages")
_mails = Counter("fairhouse_mails_total", "Attempts to hand a mail to the relay", ["outcome"])


class _Content(msgspec.Struct):
    to: str
    fields: dict[str, Field]


async def send_due(
    db: Database,
    *,
    mailer: Mailer,
    sealer: Sealer,
    sender_of: Callable[[int], Sender],
    limit: int = BATCH,
) -> int:
    """Send what is due, at most `limit`; returns how many mails were tried.

    A mail is taken in one transaction, sent outside of any, and its outcome written in another. A
    worker that dies in between leaves it to the next after `LEASE`, under the same Message-ID: at
    least once. Several workers take different mails.
    """
    async with db.tx() as tx:
        taken = await store.take_due(tx, limit=limit, lease_until=tx.now + LEASE)
    for mail in taken:
        try:
            rendered = _rendered(mail, sealer, sender_of(mail.brand_id))
        except (SealBroken, LookupError, msgspec.ValidationError) as error:
            # It will never be readable: give it up rather than hold up the others for ever.
            await _end(db, mail, Rejected(type(error).__name__))
            continue
        await _end(db, mail, await mailer.send(rendered))
    return len(taken)


def _rendered(mail: QueuedMail, sealer: Sealer, sender: Sender) -> RenderedMail:
    opened = sealer.open(mail.sealed_content, context=mail_context(mail.id))
    content = msgspec.json.decode(opened, type=_Content)
    return render_mail(
        mail_id=mail.id,
        to=content.to,
        template=mail.template,
        language=mail.language,
        fields=content.fields,
        sender=sender,
        created_at=mail.created_at,
    )


async def _end(db: Database, mail: QueuedMail, outcome: Outcome[str]) -> None:
    _mails.labels(type(outcome).__name__.lower()).inc()
    async with db.tx() as tx:
        if isinstance(outcome, Done):
            await store.end_mail(tx, mail.id, state="sent", error=None)
            return
        wait = None if isinstance(outcome, Rejected) else wait_after(mail.attempt)
        if wait is None:
            _log.warning("mail given up", mail_id=str(mail.id), reason=outcome.reason)
            await store.end_mail(tx, mail.id, state="failed", error=outcome.reason)
        else:
            await store.postpone_mail(tx, mail, until=tx.now + wait, error=outcome.reason)


async def forget_old(db: Database) -> int:
    """Delete ended mails after 30 days and notifications after 180; returns how many rows."""
    async with db.tx() as tx:
        return await store.delete_old(
            tx,
            mails_before=tx.now - MAILS_KEPT,
            notifications_before=tx.now - NOTIFICATIONS_KEPT,
        )
