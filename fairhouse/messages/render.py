"""A mail's subject, text and HTML out of the catalogue and two layouts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from fairhouse.messages.texts import fill, lookup, places
from fairhouse.messages.types import Fields, MailId, RenderedMail

_FOLDER: Final = Path(__file__).parent / "templates"


class TemplateMissing(LookupError):
    """No such mail template in the catalogue: a programmer's mistake."""


class FieldMissing(LookupError):
    """The template asks for a field that was not given: a programmer's mistake."""


@dataclass(frozen=True, slots=True)
class Sender:
    """How a brand signs its mails."""

    brand_name: str
    public_url: str
    domain: str
    """Right-hand side of Message-IDs."""


@cache
def _layouts() -> tuple[Template, Template]:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("mail.txt.j2"), environment.get_template("mail.html.j2")


def check_template(template: str, fields: Fields, *, language: str) -> None:
    """Raises TemplateMissing or FieldMissing before a mail that cannot be written is queued."""
    entry = _entry(template, language)
    wanted = places(entry["subject"]).union(*(places(line) for line in entry["lines"]))
    missing = wanted - set(fields) - {"brand", "url"}
    if missing:
        raise FieldMissing(f"{template} needs {', '.join(sorted(missing))}")


def _entry(template: str, language: str) -> Mapping[str, Any]:
    entry = lookup(language, "mail", template)
    if entry is None:
        raise TemplateMissing(template)
    return entry


def _kind(line: str) -> str:
    if line == "{code}":
        return "code"
    return "link" if line.startswith("{url}") else "text"


def _phrase(fields: Fields, language: str) -> str:
    """The reader's own words, by which they know that a mail is ours; none when they chose none."""
    if not fields.get("phrase"):
        return ""
    return fill(lookup(language, "mail_layout", "phrase"), fields)


def render_mail(
    *,
    mail_id: MailId,
    to: str,
    template: str,
    language: str,
    fields: Fields,
    sender: Sender,
    created_at: datetime,
) -> RenderedMail:
    """The finished mail. A line `{code}`, and one that begins with `{url}`, is set off."""
    entry = _entry(template, language)
    every = {**fields, "brand": sender.brand_name, "url": sender.public_url}
    subject = " ".join(fill(entry["subject"], every).split())
    lines = [{"text": fill(line, every), "kind": _kind(line)} for line in entry["lines"]]
    footer = fill(lookup(language, "mail_layout", "footer"), every)
    greeting = fill(lookup(language, "mail_layout", "greeting"), every)
    text_layout, html_layout = _layouts()
    content = {
        "language": language,
        "brand": sender.brand_name,
        "subject": subject,
        "greeting": greeting,
        "lines": lines,
        "footer": footer,
        "phrase": _phrase(fields, language),
    }
    return RenderedMail(
        message_id=f"<{mail_id}@{sender.domain}>",
        to=to,
        subject=subject,
        text=text_layout.render(content),
        html=html_layout.render(content),
        created_at=created_at,
    )
