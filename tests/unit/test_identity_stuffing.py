"""Lists of leaked passwords are tried on many mailboxes; people fail on few."""

import pytest

from fairhouse.identity.engine.stuffing import (
    FAILURES_PER_MINUTE,
    MAILBOXES_MAX,
    MAILBOXES_MAX_UNDER_ATTACK,
    StuffingGuard,
)
from fairhouse.platform.http import TooManyRequests


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def tries(guard: StuffingGuard, network: str, mailboxes: int) -> int:
    """How many different mailboxes a list got to try."""
    for number in range(mailboxes):
        try:
            guard.check(network, f"{number}@player.test")
        except TooManyRequests:
            return number
        guard.failed(network, f"{number}@player.test")
    return mailboxes


def test_a_list_from_one_network_ends_after_a_dozen():
    guard = StuffingGuard(monotonic_s=Clock())
    assert MAILBOXES_MAX == tries(guard, "203.0.113.9", 1000)
    guard.check("203.0.113.10", "somebody@player.test")


def test_somebody_who_mistypes_their_own_password_is_not_meant():
    clock = Clock()
    guard = StuffingGuard(monotonic_s=clock)
    for _ in range(200):
        clock.now += 2
        guard.check("198.51.100.7", "ada@player.test")
        guard.failed("198.51.100.7", "ada@player.test")
    assert MAILBOXES_MAX - 1 == tries(guard, "198.51.100.7", 1000)


def test_it_ends_by_itself_and_says_when():
    clock = Clock()
    guard = StuffingGuard(monotonic_s=clock)
    tries(guard, "203.0.113.9", 50)
    with pytest.raises(TooManyRequests) as refusal:
        guard.check("203.0.113.9", "new@player.test")
    clock.now += float(str(refusal.value.fields["retry_after_s"]))
    guard.check("203.0.113.9", "new@player.test")


def test_many_networks_at_once_are_an_attack():
    clock = Clock()
    guard = StuffingGuard(monotonic_s=clock)
    for number in range(FAILURES_PER_MINUTE):
        assert not guard.is_under_attack
        guard.failed(f"net {number}", f"{number}@player.test")
    assert guard.is_under_attack
    assert MAILBOXES_MAX_UNDER_ATTACK == tries(guard, "203.0.113.9", 50)
    clock.now += 61
    assert not guard.is_under_attack


def test_memory_is_bounded():
    guard = StuffingGuard(monotonic_s=Clock())
    for number in range(60_000):
        guard.failed(f"net {number}", "a@player.test")
    assert len(guard._failed) <= 50_000
