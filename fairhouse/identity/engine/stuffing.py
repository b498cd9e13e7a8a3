"""Credential stuffing: many accounts tried from one network, or everywhere at once.

An account guards itself in the database (three failures lock it). What a list of leaked passwords
does is one try each on very many mailboxes; that is seen here, in this process's memory, by failed
logins alone: a right password from the same network changes nothing. A household or an office
mistypes a few of its own mailboxes, not a dozen within a quarter of an hour.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from fairhouse.platform.http import TooManyRequests

WINDOW_S: Final = 900.0
MAILBOXES_MAX: Final = 12
"""Different mailboxes that may fail from one network in the window."""
MAILBOXES_MAX_UNDER_ATTACK: Final = 3
FAILURES_PER_MINUTE: Final = 120
"""All over this process: more is an attack from many networks at once."""
NETWORKS_MAX: Final = 50_000


class StuffingGuard:
    """Counts failed logins by network and altogether."""

    def __init__(self, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._failed: OrderedDict[str, OrderedDict[str, float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=FAILURES_PER_MINUTE)

    @property
    def is_under_attack(self) -> bool:
        """More failures in the last minute than people make."""
        return len(self._all) == FAILURES_PER_MINUTE and self._monotonic_s() - self._all[0] < 60

    def check(self, network: str, mailbox: str) -> None:
        """Before a password is looked at. Refuses with TooManyRequests, known mailbox or not."""
        failed = self._fresh(network)
        most = MAILBOXES_MAX_UNDER_ATTACK if self.is_under_attack else MAILBOXES_MAX
        if len(failed) < most or mailbox in failed:
            return
        wait_s = int(WINDOW_S - (self._monotonic_s() - next(iter(failed.values())))) + 1
        raise TooManyRequests(
            f"Too many failed logins from your network; try again in {wait_s} s.",
            param="email",
            retry_after_s=wait_s,
        )

    def failed(self, network: str, mailbox: str) -> None:
        """A login failed."""
        now_s = self._monotonic_s()
        self._all.append(now_s)
        failed = self._fresh(network)
        failed.pop(mailbox, None)
        failed[mailbox] = now_s
        self._failed[network] = failed
        self._failed.move_to_end(network)
        while len(failed) > MAILBOXES_MAX:
            failed.popitem(last=False)
        while len(self._failed) > NETWORKS_MAX:
            self._failed.popitem(last=False)

    def _fresh(self, network: str) -> OrderedDict[str, float]:
        """What still counts of a network, oldest first."""
        failed = self._failed.get(network, OrderedDict())
        oldest_s = self._monotonic_s() - WINDOW_S
        while failed and next(iter(failed.values())) <= oldest_s:
            failed.popitem(last=False)
        return failed
