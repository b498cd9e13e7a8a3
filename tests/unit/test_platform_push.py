"""The push hub: everything that waits is bounded, and nobody waits for a slow socket."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from prometheus_client import REGISTRY

from fairhouse.platform.frames import text_frame
from fairhouse.platform.push import (
    CLOSE_CODES,
    ENDED,
    PING,
    PING_STEPS,
    SLICE,
    SLOW,
    SWEEPS_MAX,
    WAITING_MAX,
    Hub,
    Listener,
)


class Pipe:
    """A port whose peer reads, or does not."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.on_writable: Callable[[], None] | None = None
        self.is_open = is_open
        self.written: list[bytes] = []
        self.closed: tuple[int, str] | None = None

    def write_frame(self, frame: bytes) -> bool:
        if self.is_open:
            self.written.append(frame)
        return self.is_open

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def forget_handshake(self) -> None:
        """Nothing to forget."""

    def drain(self) -> None:
        """The peer reads again."""
        self.is_open = True
        assert self.on_writable is not None
        self.on_writable()

    @property
    def texts(self) -> list[str]:
        return [frame[2:].decode() for frame in self.written]


def _taken(listener: Listener) -> list[str]:
    texts: list[str] = []
    while (push := listener.take()) is not None:
        texts += push.texts
    return texts


def _metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"fairhouse_push_{name}", labels) or 0.0


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536])
def test_a_frame_states_its_length_as_rfc_6455_says(size: int) -> None:
    frame = text_frame("x" * size)

    head = {1: 2, 2: 4, 8: 10}
    width = 1 if size < 126 else 2 if size < 65_536 else 8
    assert frame[0] == 0x81
    assert frame[1] == (size if width == 1 else {2: 126, 8: 127}[width])
    assert int.from_bytes(frame[head[width] - width : head[width]], "big") == size
    assert frame[head[width] :] == b"x" * size


def test_messages_reach_the_listeners_of_their_channel_only() -> None:
    hub = Hub()
    mine, other = Pipe(), Pipe()
    hub.attach(["a", "feed"], mine)
    hub.attach(["b"], other)

    hub.publish("a", "1", "2")

    assert mine.written == [text_frame("1") + text_frame("2")]
    assert other.written == []


def test_a_slow_listener_is_closed_and_the_rest_go_on() -> None:
    hub = Hub()
    narrow, wide = Pipe(is_open=False), Pipe()
    slow = hub.attach(["feed"], narrow)
    hub.attach(["feed"], wide)
    dropped = _metric("dropped_total")

    for number in range(WAITING_MAX + 1):
        hub.publish("feed", str(number))

    assert slow.closed == SLOW
    assert narrow.closed == (CLOSE_CODES[SLOW], SLOW)
    assert slow.waiting == 0
    assert wide.texts == [str(number) for number in range(WAITING_MAX + 1)]
    assert _metric("dropped_total") == dropped + 1


def test_of_a_state_only_the_newest_waits_and_it_comes_after_what_it_overtook() -> None:
    hub = Hub()
    pipe = Pipe(is_open=False)
    listener = hub.attach(["player:1"], pipe)
    coalesced = _metric("coalesced_total")

    hub.publish("player:1", "btc 1", state="balance:BTC")
    hub.publish("player:1", "all", state="balance")
    hub.publish("player:1", "bet")
    for amount in range(2, 1_000):
        hub.publish("player:1", f"btc {amount}", state="balance:BTC")

    assert listener.closed is None
    assert listener.waiting == 3
    assert _metric("coalesced_total") == coalesced + 998
    pipe.drain()
    assert pipe.texts == ["all", "bet", "btc 999"]


def test_states_of_two_channels_do_not_replace_each_other() -> None:
    hub = Hub()
    listener = hub.attach(["a", "b"])

    hub.publish("a", "1", state="s")
    hub.publish("b", "2", state="s")

    assert _taken(listener) == ["1", "2"]


def test_what_waited_goes_first_when_the_socket_drains() -> None:
    hub = Hub()
    pipe = Pipe(is_open=False)
    hub.attach(["a"], pipe)
    hub.publish("a", "1")
    pipe.is_open = True

    hub.publish("a", "2")
    pipe.drain()
    hub.publish("a", "3")

    assert pipe.texts == ["1", "2", "3"]


def test_ending_a_channel_closes_its_sockets_and_later_ones_and_detach_is_repeatable() -> None:
    hub = Hub()
    before = _metric("sockets")
    pipe, late = Pipe(), Pipe()
    listener = hub.attach(["session:1"], pipe)

    hub.end("session:1")
    hub.detach(listener)
    hub.detach(listener)
    assert not hub.has_listeners("session:1")
    reopened = hub.attach(["feed", "session:1"], late)

    assert listener.closed == reopened.closed == ENDED
    assert pipe.closed == late.closed == (CLOSE_CODES[ENDED], ENDED)
    hub.detach(reopened)
    assert _metric("sockets") == before


async def test_the_next_push_is_waited_for_until_the_inbox_closes() -> None:
    hub = Hub()
    listener = hub.attach(["a"])
    waiting = asyncio.create_task(listener.next())
    await asyncio.sleep(0)

    hub.publish("a", "1")
    first = await waiting
    hub.publish("a", "last words")
    hub.end("a")

    assert first is not None
    assert first.texts == ("1",)
    assert _taken(listener) == ["last words"]
    assert await listener.next() is None


async def test_a_large_channel_is_told_in_slices_with_turns_for_others_between() -> None:
    hub = Hub()
    pipes = [Pipe() for _ in range(3 * SLICE)]
    for pipe in pipes:
        hub.attach(["feed"], pipe)
    told: list[int] = []

    hub.publish("feed", "1")
    hub.publish("feed", "2", "3")
    while not all(len(pipe.written) == 2 for pipe in pipes):
        told.append(sum(len(pipe.written) for pipe in pipes))
        await asyncio.sleep(0)
    told.append(sum(len(pipe.written) for pipe in pipes))

    assert max(after - before for before, after in pairwise(told)) <= SLICE
    assert {tuple(pipe.written) for pipe in pipes} == {
        (text_frame("1"), text_frame("2") + text_frame("3"))
    }


async def test_a_channel_that_shrank_keeps_its_order_behind_a_broadcast() -> None:
    hub = Hub()
    pipes = [Pipe() for _ in range(SLICE + 1)]
    listeners = [hub.attach(["feed"], pipe) for pipe in pipes]

    hub.publish("feed", "1")
    for listener in listeners[1:]:
        hub.detach(listener)
    hub.publish("feed", "2")
    await asyncio.sleep(0.01)

    assert pipes[0].texts == ["1", "2"]


async def test_those_who_go_during_a_broadcast_do_not_disturb_it() -> None:
    hub = Hub()
    pipes = [Pipe() for _ in range(3 * SLICE)]
    listeners = [hub.attach(["feed", f"session:{number}"], p) for number, p in enumerate(pipes)]

    hub.publish("feed", "1")
    await asyncio.sleep(0)
    for number, listener in enumerate(listeners[::2]):
        hub.end(f"session:{2 * number}")
        hub.detach(listener)
    late = Pipe()
    hub.attach(["feed"], late)
    await asyncio.sleep(0.01)

    assert all(pipe.texts == ["1"] for pipe in pipes[1::2])
    assert late.written == []
    assert not hub.has_listeners("session:0")


async def test_broadcasts_under_way_are_bounded_and_a_newer_state_overtakes_an_older() -> None:
    hub = Hub()
    pipes = [Pipe() for _ in range(SLICE + 1)]
    for pipe in pipes:
        hub.attach(["feed"], pipe)
    overtaken = _metric("broadcasts_skipped_total", why="overtaken")
    crowded = _metric("broadcasts_skipped_total", why="crowded")

    for number in range(100):
        hub.publish("feed", f"tick {number}", state="tick")
    for number in range(100):
        hub.publish("feed", str(number))
    await asyncio.sleep(0.1)

    # The first tick had begun; of the rest the newest stays; then the bound bites.
    newest = [str(number) for number in range(100 - SWEEPS_MAX + 1, 100)]
    assert {tuple(pipe.texts) for pipe in pipes} == {("tick 0", *newest)}
    assert _metric("broadcasts_skipped_total", why="overtaken") == overtaken + 98
    assert _metric("broadcasts_skipped_total", why="crowded") == crowded + 102 - SWEEPS_MAX


async def test_every_socket_is_pinged_once_in_a_round() -> None:
    hub = Hub()
    pipes = [Pipe() for _ in range(60)]
    for pipe in pipes:
        hub.attach(["feed"], pipe)

    for _ in range(PING_STEPS):
        await hub.ping()

    assert {tuple(pipe.texts) for pipe in pipes} == {(PING,)}
