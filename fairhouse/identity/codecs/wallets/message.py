"""The message a wallet signs (EIP-4361; the same form for Solana, as the Wallet Standard's `signIn`
writes it).

Read strictly: the fields in their order, each once, line feeds alone, nothing before, between or
after. What differs by a byte is another message.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

CHARS_MAX: Final = 4_096
SKEW: Final = timedelta(minutes=2)
"""How far a wallet's clock may be off."""
AGE_MAX: Final = timedelta(minutes=10)

_DOMAIN: Final = re.compile(
    r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?"
)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,30}")
_NONCE: Final = re.compile(r"[A-Za-z0-9]{8,96}")
_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII
)
_STATEMENT: Final = re.compile(r"[\x20-\x7e]*")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]*")


class Chain(StrEnum):
    """Whose account signs, as the first line says it."""

    ETHEREUM = "Ethereum"
    SOLANA = "Solana"


_CHAIN_ID: Final = {
    Chain.ETHEREUM: re.compile(r"[1-9][0-9]{0,18}"),
    Chain.SOLANA: re.compile(r"(solana:)?(mainnet|testnet|devnet|localnet)"),
}


class MessageRefused(Exception):
    """The message proves nothing; `reason` names the field."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SignIn:
    """A message, read."""

    chain: Chain
    domain: str
    address: str
    uri: str
    chain_id: str
    nonce: str
    issued_at: datetime
    statement: str | None = None
    scheme: str | None = None
    expires_at: datetime | None = None
    not_before: datetime | None = None
    request_id: str | None = None
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What the message must say to be an answer to our question."""

    domain: str
    origins: frozenset[str]
    nonce: str
    chain_ids: frozenset[str]
    address: str
    asked_at: datetime


class _Lines:
    """The lines that are left."""

    def __init__(self, text: str) -> None:
        self._lines: Iterator[str] = iter(text.split("\n"))
        self._ahead: str | None = next(self._lines, None)

    @property
    def ahead(self) -> str | None:
        return self._ahead

    def begins(self, prefix: str) -> bool:
        return self._ahead is not None and self._ahead.startswith(prefix)

    def take(self, reason: str) -> str:
        line = self._ahead
        if line is None:
            raise MessageRefused(reason, f"The message ends where {reason} should be.")
        self._ahead = next(self._lines, None)
        return line

    def field(self, label: str, pattern: re.Pattern[str]) -> str:
        line = self.take(label)
        prefix = f"{label}: "
        if not line.startswith(prefix) or not pattern.fullmatch(line[len(prefix) :]):
            raise MessageRefused(label, f"{label} is missing, out of place or malformed.")
        return line[len(prefix) :]

    def optional(self, label: str, pattern: re.Pattern[str]) -> str | None:
        return self.field(label, pattern) if self.begins(f"{label}: ") else None


def parse(text: str, chain: Chain) -> SignIn:
    """The message in its fields. Raises MessageRefused for what departs from the grammar."""
    if len(text) > CHARS_MAX:
        raise MessageRefused("message", "The message is too long.")
    if "\r" in text or not text.isascii():
        raise MessageRefused("message", "The message has characters that it may not have.")
    lines = _Lines(text)
    scheme, domain = _first_line(lines.take("domain"), chain)
    address = lines.take("address")
    statement = _statement(lines, chain)
    uri = lines.field("URI", _URI)
    lines.field("Version", re.compile("1"))
    chain_id = lines.field("Chain ID", _CHAIN_ID[chain])
    nonce = lines.field("Nonce", _NONCE)
    issued_at = _time(lines.field("Issued At", _TIME), "Issued At")
    expires = lines.optional("Expiration Time", _TIME)
    not_before = lines.optional("Not Before", _TIME)
    request_id = lines.optional("Request ID", _REQUEST_ID)
    resources = _resources(lines)
    if lines.ahead is not None:
        raise MessageRefused("message", "The message goes on after its end.")
    return SignIn(
        chain=chain,
        domain=domain,
        address=address,
        uri=uri,
        chain_id=chain_id,
        nonce=nonce,
        issued_at=issued_at,
        statement=statement,
        scheme=scheme,
        expires_at=_time(expires, "Expiration Time") if expires else None,
        not_before=_time(not_before, "Not Before") if not_before else None,
        request_id=request_id,
        resources=resources,
    )


def _first_line(line: str, chain: Chain) -> tuple[str | None, str]:
    ending = f" wants you to sign in with your {chain} account:"
    scheme, found, rest = line.removesuffix(ending).rpartition("://")
    if not line.endswith(ending) or not _DOMAIN.fullmatch(rest):
        raise MessageRefused("domain", "The first line does not say who asks.")
    if found and not _SCHEME.fullmatch(scheme):
        raise MessageRefused("domain", "The scheme is malformed.")
    return (scheme if found else None), rest


def _statement(lines: _Lines, chain: Chain) -> str | None:
    """EIP-4361 has two blank lines where no statement is, Solana's form has one."""
    _blank(lines)
    if lines.ahead == "":
        _blank(lines)
        if chain is Chain.SOLANA:
            raise MessageRefused("statement", "There is one blank line too many.")
        return None
    if chain is Chain.SOLANA and lines.begins("URI: "):
        return None
    statement = lines.take("statement")
    if not _STATEMENT.fullmatch(statement):
        raise MessageRefused("statement", "The statement has characters that it may not have.")
    _blank(lines)
    return statement


def _blank(lines: _Lines) -> None:
    if lines.take("blank line") != "":
        raise MessageRefused("statement", "A blank line is missing.")


def _resources(lines: _Lines) -> tuple[str, ...]:
    if not lines.begins("Resources:"):
        return ()
    if lines.take("Resources") != "Resources:":
        raise MessageRefused("Resources", "The list of resources is malformed.")
    found: list[str] = []
    while lines.begins("- "):
        resource = lines.take("Resources")[2:]
        if not _URI.fullmatch(resource):
            raise MessageRefused("Resources", "A resource is no URI.")
        found.append(resource)
    return tuple(found)


def _time(text: str, reason: str) -> datetime:
    try:
        # Python keeps six digits of a second.
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MessageRefused(reason, f"{reason} is no time.") from error


def check(message: SignIn, expected: Expected, *, now: datetime) -> None:
    """Whether it answers our question, now. Raises MessageRefused, naming the field."""
    parts = urlsplit(message.uri)
    origin = f"{parts.scheme}://{parts.netloc}"
    tests = (
        ("domain", message.domain == expected.domain),
        ("domain", message.scheme is None or f"{message.scheme}://{message.domain}" == origin),
        ("URI", origin in expected.origins),
        ("Chain ID", message.chain_id in expected.chain_ids),
        ("Nonce", message.nonce == expected.nonce),
        ("address", message.address == expected.address),
        ("Issued At", expected.asked_at - SKEW <= message.issued_at <= now + SKEW),
        ("Issued At", now - message.issued_at <= AGE_MAX),
        ("Expiration Time", message.expires_at is None or now < message.expires_at),
        ("Not Before", message.not_before is None or message.not_before <= now + SKEW),
    )
    for reason, is_right in tests:
        if not is_right:
            raise MessageRefused(reason, f"{reason} is not what was asked for.")


def write(message: SignIn) -> str:
    """The text to sign; `parse` reads it back."""
    origin = f"{message.scheme}://{message.domain}" if message.scheme else message.domain
    statement = "" if message.statement is None else f"{message.statement}\n"
    blank = "\n" if message.chain is Chain.ETHEREUM or message.statement is not None else ""
    fields = [
        f"URI: {message.uri}",
        "Version: 1",
        f"Chain ID: {message.chain_id}",
        f"Nonce: {message.nonce}",
        f"Issued At: {_iso(message.issued_at)}",
    ]
    if message.expires_at is not None:
        fields.append(f"Expiration Time: {_iso(message.expires_at)}")
    if message.not_before is not None:
        fields.append(f"Not Before: {_iso(message.not_before)}")
    if message.request_id is not None:
        fields.append(f"Request ID: {message.request_id}")
    if message.resources:
        fields += ["Resources:", *(f"- {one}" for one in message.resources)]
    return (
        f"{origin} wants you to sign in with your {message.chain} account:\n{message.address}\n\n"
        f"{statement}{blank}" + "\n".join(fields)
    )


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
