"""Pure decisions of messages: when to try again, how long to keep."""

from datetime import timedelta
from typing import Final

ATTEMPTS_MAX: Final = 8
LEASE: Final = timedelta(minutes=5)
"""A mail that was taken and not answered for is offered again after this: the sender died. Longer
than a whole batch takes when every mail of it runs into the relay's time-out."""
_FIRST_WAIT_S: Final = 15
_WAIT_MAX_S: Final = 3600

NOTIFICATIONS_KEPT: Final = timedelta(days=180)
MAILS_KEPT: Final = timedelta(days=30)
"""Ended mails keep no content; the bare row stays for support."""


def wait_after(attempt: int) -> timedelta | None:
    """How long to wait after failed attempt number `attempt` (from 1); None: give up.

    15 s, 30 s, 1 min, 2 min … at most an hour, 8 attempts.
    """
    assert attempt >= 1
    if attempt >= ATTEMPTS_MAX:
        return None
    return timedelta(seconds=min(_FIRST_WAIT_S * 2 ** (attempt - 1), _WAIT_MAX_S))
