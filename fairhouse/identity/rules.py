"""Pure decisions of identity: names, passwords, ages, locks, lifetimes, codes.

Sources: TOTP RFC 6238 (30 s steps, SHA-1, 6 digits, one step of drift each way); password strength
by zxcvbn (Wheeler, USENIX Security 2016); lockout and inactivity as gaming regulators ask
(GLI-19 2.5.3 and 2.5.4, N.J.A.C. 13:69O-1.4).
"""

import hmac
import re
import unicodedata
from datetime import date, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email
from pyotp.totp import TOTP
from zxcvbn import zxcvbn

from fairhouse.identity.records import Failures
from fairhouse.identity.types import DisposableEmail, NotOfAge, PlayerKind, WeakPassword
from fairhouse.kernel.refusals import Malformed

LANGUAGES: Final = ("en", "de")
DISPOSABLE: Final[frozenset[str]] = frozenset(blocklist)
LANES: Final = 16

PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 256
PASSWORD_SCORE_MIN: Final = 3
"""zxcvbn's scale is 0..4; 3 means safe against offline guessing of a slow hash."""
_ZXCVBN_CHARS_MAX: Final = 72

_USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{2,19}")
_HANDLE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_RESERVED_NAMES: Final = frozenset(
    {"admin", "administrator", "fairhouse", "house", "moderator", "support", "system", "staff"}
)
_AGE_YEARS_MAX: Final = 120

FAILURES_TO_LOCK: Final = 3
FAILURE_WINDOW: Final = timedelta(minutes=30)
LOCK: Final = timedelta(minutes=30)

SESSION_LIFE: Final = timedelta(days=30)
IDLE: Final = {
    PlayerKind.REGISTERED: timedelta(minutes=30),
    # A guest has no credentials to come back with and nothing real to lose.
    PlayerKind.GUEST: timedelta(days=7),
}
STAFF_SESSION_LIFE: Final = timedelta(hours=12)
STAFF_IDLE: Final = timedelta(minutes=30)
TOUCH_EVERY: Final = timedelta(seconds=30)
"""How often a busy session's last use is written; idleness may be seen early by as much."""
STEP_UP_LIFE: Final = timedelta(minutes=5)
WITHDRAWAL_HOLD: Final = timedelta(hours=24)

CODE_DIGITS: Final = 6
CODE_ATTEMPTS: Final = 5
REGISTRATION_LIFE: Final = timedelta(minutes=30)
CODE_LIFE: Final = timedelta(minutes=30)
MAILS_PER_HOUR_MAX: Final = 5
"""Codes per mailbox and purpose: more are answered the same but not mailed."""

TOTP_STEP_S: Final = 30
RECOVERY_CODES: Final = 10


def clean_email(text: str) -> str:
    """The address in its normal form, international domains in ASCII.

    Refuses with Malformed (email).
    """
    try:
        found = validate_email(
            text.strip(),
            allow_smtputf8=False,
            check_deliverability=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise Malformed(
            f"email: {str(error).rstrip('.')}. Give an address like name@example.org.",
            param="email",
        ) from error
    assert found.ascii_email is not None
    return found.ascii_email


def email_key(email: str) -> str:
    """What makes two spellings the same mailbox for us: letter case does not matter."""
    return unicodedata.normalize("NFC", email).casefold()


def clean_username(text: str) -> str:
    """A public name. Refuses with Malformed (username)."""
    name = text.strip()
    if not _USERNAME.fullmatch(name):
        raise Malformed(
            "username must be 3 to 20 letters, digits or _, beginning with a letter or digit.",
            param="username",
        )
    if name.casefold() in _RESERVED_NAMES:
        raise Malformed("username is reserved; choose another.", param="username")
    return name


def clean_handle(text: str) -> str:
    """A staff login name. Refuses with Malformed (handle)."""
    handle = text.strip().lower()
    if not _HANDLE.fullmatch(handle):
        raise Malformed(
            "handle must be 2 to 32 small letters, digits, dots, _ or -.", param="handle"
        )
    return handle


def clean_language(text: str) -> str:
    """A language of the catalogue. Refuses with Malformed (language)."""
    if text not in LANGUAGES:
        raise Malformed(f"language must be one of {', '.join(LANGUAGES)}.", param="language")
    return text


def normal_password(text: str) -> str:
    """NFC, so that two keyboards spell the same password the same way. Never truncated."""
    return unicodedata.normalize("NFC", text)


def check_password_length(text: str, *, param: str = "password") -> str:
    """The normal form. Refuses with WeakPassword beyond 10..256 characters."""
    password = normal_password(text)
    length = len(password)
    if length < PASSWORD_CHARS_MIN:
        raise WeakPassword(
            f"{param} has {length} characters; use at least {PASSWORD_CHARS_MIN}.",
            param=param,
            characters_min=PASSWORD_CHARS_MIN,
        )
    if length > PASSWORD_CHARS_MAX:
        raise WeakPassword(
            f"{param} has {length} characters; use at most {PASSWORD_CHARS_MAX}.",
            param=param,
            characters_max=PASSWORD_CHARS_MAX,
        )
    return password


def check_password_strength(
    password: str, *, known: tuple[str, ...], param: str = "password"
) -> None:
    """Guessability, with what an attacker would try first (`known`: e-mail, names).

    Takes milliseconds of CPU: call it off the event loop. Judges the first 72 characters: a
    password whose beginning is strong is strong, and the estimate is super-linear in length.
    Refuses with WeakPassword.
    """
    # Whole, up to the @, and in pieces: people use any of them.
    spellings = ((text, *text.split("@"), *re.split(r"[^\w]+|_", text)) for text in known)
    words = sorted({word.casefold() for spelling in spellings for word in spelling if word})
    verdict = zxcvbn(password[:_ZXCVBN_CHARS_MAX], user_inputs=words)
    if verdict["score"] >= PASSWORD_SCORE_MIN:
        return
    warning = str(verdict["feedback"]["warning"] or "It is easy to guess")
    raise WeakPassword(
        f"{param} is too easy to guess ({warning.rstrip('.')}); use a longer one, for example "
        "four unrelated words, without your name or e-mail.",
        param=param,
        score=int(verdict["score"]),
    )


def age_on(birth: date, today: date) -> int:
    """Completed years of life; somebody born on 29 February ages on 1 March."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def check_age(birth: date, *, today: date, minimum: int) -> None:
    """Refuses with Malformed for impossible dates and with NotOfAge below `minimum` years."""
    if birth > today or age_on(birth, today) > _AGE_YEARS_MAX:
        raise Malformed("birth_date must be a real date of birth.", param="birth_date")
    if age_on(birth, today) < minimum:
        raise NotOfAge(
            f"birth_date: players must be at least {minimum} years old.",
            param="birth_date",
            minimum_age=minimum,
        )


def after_failure(failures: Failures, now: datetime) -> Failures:
    """Count one more; three in a row within any 30 minutes lock for 30 minutes.

    A failure while locked does not lengthen the lock: an attacker must not lock somebody out for
    ever. A lock that ended begins the count anew.
    """
    if failures.is_locked(now):
        return failures
    before = () if failures.locked_until is not None else failures.recent
    recent = (*(at for at in before if now - at <= FAILURE_WINDOW), now)
    is_third = len(recent) >= FAILURES_TO_LOCK
    return Failures(recent=recent, locked_until=now + LOCK if is_third else None)


def is_session_live(
    *,
    now: datetime,
    kind: PlayerKind,
    last_seen_at: datetime,
    expires_at: datetime,
    idle_s: int | None = None,
) -> bool:
    """Neither idle for too long nor at its absolute end."""
    until = session_live_until(
        kind=kind, last_seen_at=last_seen_at, expires_at=expires_at, idle_s=idle_s
    )
    return now < until


def session_live_until(
    *,
    kind: PlayerKind,
    last_seen_at: datetime,
    expires_at: datetime,
    idle_s: int | None = None,
) -> datetime:
    """When it ends unless it is used: too long idle, or its absolute end."""
    idle = IDLE[kind] if idle_s is None else timedelta(seconds=idle_s)
    return min(expires_at, last_seen_at + idle)


_ENDS: Final = 4
"""What people compare of an address, and what forgers therefore match."""


def looks_alike(one: str, other: str) -> bool:
    """Different addresses that begin and end alike, whatever their case."""
    left, right = (text.casefold().removeprefix("0x") for text in (one, other))
    return left != right and left[:_ENDS] == right[:_ENDS] and left[-_ENDS:] == right[-_ENDS:]


def check_mailbox_lasts(email: str) -> None:
    """Refuses with DisposableEmail: throwaway mailboxes by the public list, with subdomains."""
    labels = email.rpartition("@")[2].casefold().split(".")
    if any(".".join(labels[at:]) in DISPOSABLE for at in range(len(labels) - 1)):
        raise DisposableEmail(
            "email: this mailbox is thrown away soon; give one that you keep.", param="email"
        )


_PHRASE: Final = re.compile(r"[^\x00-\x1f\x7f<>{}]{3,40}")


def clean_phrase(text: str) -> str:
    """What our mails repeat. Refuses with Malformed (phrase)."""
    phrase = " ".join(unicodedata.normalize("NFC", text).split())
    if not _PHRASE.fullmatch(phrase):
        raise Malformed("phrase must be 3 to 40 characters, without < > { }.", param="phrase")
    return phrase


def is_staff_session_live(*, now: datetime, last_seen_at: datetime, expires_at: datetime) -> bool:
    return now < expires_at and now - last_seen_at < STAFF_IDLE


def totp_step(unix_s: float) -> int:
    """The number of the 30-second step."""
    return int(unix_s) // TOTP_STEP_S


def matching_totp_step(
    secret: str, code: str, *, unix_s: float, last_used_step: int | None
) -> int | None:
    """The step whose code this is, or None; one step of drift, never a step used before."""
    now = totp_step(unix_s)
    generator = TOTP(secret)
    found: int | None = None
    for step in (now - 1, now, now + 1):
        is_same = hmac.compare_digest(
            generator.generate_otp(step).encode(), code.encode("utf-8", "replace")
        )
        if is_same and (last_used_step is None or step > last_used_step):
            found = step
    return found


def clean_code(text: str) -> str:
    """What people type: without blanks and hyphens, letters small."""
    return "".join(char for char in text if char not in " -\t").lower()


def short_ip(text: str) -> str:
    """The network an address is in: IPv4 /24, IPv6 /48; "" for what is no address."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return ""
    bits = 24 if address.version == 4 else 48
    return str(ip_network(f"{address}/{bits}", strict=False))


_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("python-httpx", "a Python program"),
    ("curl/", "curl"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_summary(user_agent: str) -> str:
    """ "Firefox on Linux": enough to recognise one's own devices, nothing to track by."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "Another program")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return f"{browser} on {system}" if system else browser
