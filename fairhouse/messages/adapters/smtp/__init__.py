"""Mail over SMTP (RFC 5321), with STARTTLS or TLS where the relay is not on this machine."""

from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

import aiosmtplib

from fairhouse.kernel.outcomes import Done, Outcome, Rejected, Unknown
from fairhouse.messages.types import RenderedMail


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The relay."""

    host: str
    port: int
    sender: str
    """The From address."""
    security: Literal["none", "starttls", "tls"] = "starttls"
    """"none" is for a relay on this machine."""
    username: str | None = None
    password: str | None = None
    timeout_s: float = 10.0


class SmtpMailer:
    """Satisfies `ports.Mailer`; one connection per mail."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    async def send(self, mail: RenderedMail) -> Outcome[str]:
        """5xx is Rejected, 4xx and silence are Unknown."""
        settings = self._settings
        try:
            message = _message(mail, settings.sender)
        except (ValueError, HeaderParseError) as error:
            return Rejected(type(error).__name__)
        try:
            _, answer = await aiosmtplib.send(
                message,
                hostname=settings.host,
                port=settings.port,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                username=settings.username,
                password=settings.password,
                timeout=settings.timeout_s,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            return _failed(min(codes, default=0))
        except aiosmtplib.SMTPResponseException as error:
            return _failed(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Unknown(type(error).__name__)
        return Done(answer)


def _failed(code: int) -> Rejected | Unknown:
    """The relay's text is not kept: it may repeat the address."""
    return Rejected(f"smtp {code}") if 500 <= code < 600 else Unknown(f"smtp {code}")


def _message(mail: RenderedMail, sender: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(mail.created_at)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
