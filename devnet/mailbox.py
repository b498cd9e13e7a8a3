"""A local mail catcher: a real SMTP server that keeps the last mails instead of sending them.

The demo bank shows what it caught; tests and the journey read codes from it. It listens on loopback
only. What it keeps is gone with the process: it stands for mailboxes, not for a mail server.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope

KEPT: Final = 200
LOOPBACK: Final = "127.0.0.1"
_ACCEPTED: Final = "250 Message accepted for delivery"


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """A mail as its reader would see it."""

    number: int
    """Counts up from 1; a reader asks for what came after the last it saw."""
    to: str
    sender: str
    subject: str
    text: str
    html: str
    message_id: str
    received_at: datetime


@dataclass
class Mailbox:
    """The caught mails, the newest last.

    Without slots: the SMTP server looks at every attribute of its handler, and before Python 3.11.3
    a slotted dataclass cannot show its `__weakref__`.
    """

    kept_max: int = KEPT
    _mails: deque[CaughtMail] = field(default_factory=deque[CaughtMail])
    _count: int = 0
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    refuse_with: str | None = None
    """An SMTP answer such as "451 try later": for tests of what senders do then."""

    def messages(
        self, *, to: str | None = None, after: int = 0, limit: int = KEPT
    ) -> Sequence[CaughtMail]:
        """What came after mail number `after`, oldest first; `to` ignores letter case."""
        wanted = to.casefold() if to else None
        found = [
            mail
            for mail in self._mails
            if mail.number > after and wanted in {None, mail.to.casefold()}
        ]
        return found[:limit]

    async def wait_for(self, *, to: str, after: int = 0, timeout_s: float = 10.0) -> CaughtMail:
        """The first mail to this address after number `after`. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s), self._arrived:
            while True:
                found = self.messages(to=to, after=after, limit=1)
                if found:
                    return found[0]
                await self._arrived.wait()

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook: a mail came in."""
        if self.refuse_with is not None:
            return self.refuse_with
        content = envelope.content
        message = message_from_bytes(
            content if isinstance(content, bytes) else (content or "").encode(), policy=default
        )
        assert isinstance(message, EmailMessage)
        for to in envelope.rcpt_tos:
            self._keep(to, envelope.mail_from or "", message)
        async with self._arrived:
            self._arrived.notify_all()
        return _ACCEPTED

    def _keep(self, to: str, sender: str, message: EmailMessage) -> None:
        self._count += 1
        self._mails.append(
            CaughtMail(
                number=self._count,
                to=to,
                sender=sender,
                subject=str(message.get("Subject", "")),
                text=_part(message, "plain"),
                html=_part(message, "html"),
                message_id=str(message.get("Message-ID", "")),
                received_at=datetime.now(UTC),
            )
        )
        while len(self._mails) > self.kept_max:
            self._mails.popleft()


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body is not None else ""


@asynccontextmanager
async def serving(mailbox: Mailbox, *, port: int = 0) -> AsyncGenerator[int]:
    """Listen on loopback while the block runs; yields the port (a free one for 0)."""
    loop = asyncio.get_running_loop()

    def session() -> Any:
        return SMTP(mailbox, hostname="mailbox.localhost", enable_SMTPUTF8=True)

    server = await loop.create_server(session, LOOPBACK, port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()
