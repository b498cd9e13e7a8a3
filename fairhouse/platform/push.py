"""Push: messages to open sockets, by channel, with a bound on every queue.

A socket that cannot keep up is closed with `SLOW`: its client reconnects and reads the state over
REST, which is the truth; pushes are only news. Nothing here is durable.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Counter, Gauge

QUEUE_MAX: Final = 256
SLOW: Final = "slow"
ENDED: Final = "ended"

_open = Gauge("fairhouse_push_sockets", "Open sockets")
_sent = Counter("fairhouse_push_messages_total", "Messages queued to sockets")
_dropped = Counter("fairhouse_push_dropped_total", "Sockets closed because they were too slow")


@dataclass(slots=True, eq=False)
class Listener:
    """One socket's inbox. `None` in the queue means: close, the reason is `closed`."""

    channels: frozenset[str]
    queue: asyncio.Queue[str | None] = field(
        default_factory=lambda: asyncio.Queue(maxsize=QUEUE_MAX)
    )
    closed: str | None = None

    def close(self, reason: str) -> None:
        """Make the reader stop, even when its queue is full."""
        if self.closed is not None:
            return
        self.closed = reason
        if self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """The listeners of this process."""

    def __init__(self) -> None:
        self._by_channel: defaultdict[str, set[Listener]] = defaultdict(set)

    def attach(self, channels: Iterable[str]) -> Listener:
        """Open an inbox on some channels."""
        listener = Listener(frozenset(channels))
        for channel in listener.channels:
            self._by_channel[channel].add(listener)
        _open.inc()
        return listener

    def detach(self, listener: Listener) -> None:
        """Forget an inbox; safe to call twice."""
        was_there = False
        for channel in listener.channels:
            members = self._by_channel.get(channel)
            if members and listener in members:
                members.discard(listener)
                was_there = True
                if not members:
                    del self._by_channel[channel]
        if was_there:
            _open.dec()

    def has_listeners(self, channel: str) -> bool:
        """Lets a caller skip building a message that nobody would read."""
        return channel in self._by_channel

    def publish(self, channel: str, message: str) -> None:
        """Queue a ready JSON text to every listener of a channel."""
        for listener in list(self._by_channel.get(channel, ())):
            if listener.closed is not None:
                continue
            if listener.queue.full():
                _dropped.inc()
                listener.close(SLOW)
                continue
            listener.queue.put_nowait(message)
            _sent.inc()

    def end(self, channel: str) -> None:
        """Close every socket of a channel: a session was revoked."""
        for listener in list(self._by_channel.get(channel, ())):
            listener.close(ENDED)
