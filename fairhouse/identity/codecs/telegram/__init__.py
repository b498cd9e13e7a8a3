"""What Telegram says of its users: the login widget and a Mini App's launch data.

Both are sorted `key=value` lines under HMAC-SHA-256; the widget's key is SHA-256 of the bot's
token, the Mini App's is HMAC-SHA-256 of the token under "WebAppData"
(core.telegram.org/widgets/login, core.telegram.org/bots/webapps).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import parse_qsl

WIDGET_AGE_MAX: Final = timedelta(minutes=10)
LAUNCH_AGE_MAX: Final = timedelta(minutes=60)
"""A Mini App keeps its launch data while it is open."""
SKEW: Final = timedelta(minutes=2)
CHARS_MAX: Final = 4_096
FIELDS_MAX: Final = 32

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_KEY: Final = re.compile(r"[a-z_]{1,40}")


class TelegramRefused(Exception):
    """It proves nothing; `reason` says which check failed."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TelegramUser:
    """Whom Telegram vouches for."""

    id: str
    name: str
    assertion_hash: bytes
    """Of these very words: lets in once."""
    expires_at: datetime


def read_widget(fields: Mapping[str, str], *, token: str, now: datetime) -> TelegramUser:
    """The login widget's answer. Raises TelegramRefused."""
    key = hashlib.sha256(token.encode()).digest()
    checked = _checked(fields, key)
    issued = _issued(checked, now, WIDGET_AGE_MAX)
    return TelegramUser(
        id=_id(checked.get("id", "")),
        name=_name(checked),
        assertion_hash=bytes.fromhex(fields["hash"]),
        expires_at=issued + WIDGET_AGE_MAX + SKEW,
    )


def read_launch(text: str, *, token: str, now: datetime) -> TelegramUser:
    """A Mini App's `initData`, as it came. Raises TelegramRefused."""
    if len(text) > CHARS_MAX:
        raise TelegramRefused("fields", "The launch data is too long.")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=True, max_num_fields=FIELDS_MAX
        )
    except ValueError as error:
        raise TelegramRefused("fields", "The launch data is malformed.") from error
    if len({name for name, _ in pairs}) != len(pairs):
        raise TelegramRefused("fields", "A field comes twice.")
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    fields = dict(pairs)
    checked = _checked(fields, key)
    issued = _issued(checked, now, LAUNCH_AGE_MAX)
    user = _user(checked.get("user", ""))
    number = user.get("id")
    return TelegramUser(
        id=_id(str(number) if type(number) is int else ""),
        name=_name({name: str(value) for name, value in user.items()}),
        assertion_hash=bytes.fromhex(fields["hash"]),
        expires_at=issued + LAUNCH_AGE_MAX + SKEW,
    )


def _checked(fields: Mapping[str, str], key: bytes) -> dict[str, str]:
    """All fields but the hash, when the hash is theirs."""
    given = fields.get("hash", "")
    if len(fields) > FIELDS_MAX or not _HASH.fullmatch(given):
        raise TelegramRefused("hash", "The hash is missing or malformed.")
    rest = {name: value for name, value in fields.items() if name != "hash"}
    if any(not _KEY.fullmatch(name) or "\n" in value for name, value in rest.items()):
        raise TelegramRefused("fields", "A field is malformed.")
    lines = "\n".join(f"{name}={rest[name]}" for name in sorted(rest))
    if not hmac.compare_digest(hmac.digest(key, lines.encode(), "sha256").hex(), given):
        raise TelegramRefused("hash", "The hash does not fit: Telegram did not say this to us.")
    return rest


def _issued(fields: Mapping[str, str], now: datetime, age_max: timedelta) -> datetime:
    text = fields.get("auth_date", "")
    if not _NUMBER.fullmatch(text) or len(text) > 11:
        raise TelegramRefused("auth_date", "auth_date is missing or malformed.")
    issued = datetime.fromtimestamp(int(text), UTC)
    if not now - age_max <= issued <= now + SKEW:
        raise TelegramRefused("auth_date", "This is too old; log in with Telegram again.")
    return issued


def _user(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise TelegramRefused("user", "The user is malformed.") from error
    if not isinstance(found, dict):
        raise TelegramRefused("user", "The user is malformed.")
    return cast("dict[str, Any]", found)


def _id(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise TelegramRefused("id", "The user's id is missing or malformed.")
    return text


def _name(fields: Mapping[str, str]) -> str:
    username = fields.get("username", "")
    return f"@{username}" if username else fields.get("first_name", "") or "Telegram"
