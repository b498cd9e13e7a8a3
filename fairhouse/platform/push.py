"""Push: messages to open sockets, by channel, with a bound on everything that waits.

A message is encoded once, whoever receives it. A socket that keeps up gets it at once; for one that
lags it waits in the socket's inbox, where a newer *state* (a balance, a multiplier) replaces the
older one. An inbox that overflows closes its socket with `SLOW`: the client reconnects and reads
the truth over REST; pushes are only news. Nothing here is durable.

A large channel is told in slices, one per turn of the event loop, so that bets pass in between.
"""

import asyncio
import time
from collections import Counter as Tally
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from fairhouse.platform.frames import FramePort, text_frame

WAITING_MAX: Final = 256
SLICE: Final = 200
"""Sockets told in one turn of the event loop: about two milliseconds."""
SWEEPS_MAX: Final = 32
ENDED_MAX: Final = 20_000
PING_STEPS: Final = 25
"""`Hub.ping` is called once a second and reaches each socket every 25 s."""
PING: Final = '{"type":"ping","data":{}}'
SLOW: Final = "slow"
ENDED: Final = "ended"
CLOSE_CODES: Final = {SLOW: 1013, ENDED: 1008}

_open = Gauge("fairhouse_push_sockets", "Open sockets")
_sent = Counter("fairhouse_push_messages_total", "Messages handed or queued to sockets")
_dropped = Counter("fairhouse_push_dropped_total", "Sockets closed because they were too slow")
_coalesced = Counter("fairhouse_push_coalesced_total", "Older states that a newer one replaced")
_skipped = Counter(
    "fairhouse_push_broadcasts_skipped_total",
    "Broadcasts that were given up before they began: a newer state came, or too many waited",
    ["why"],
)
_overtaken, _crowded = _skipped.labels("overtaken"), _skipped.labels("crowded")
_sweep_s = Histogram(
    "fairhouse_push_broadcast_seconds",
    "From a broadcast's publication until its last socket was told",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5),
)


@dataclass(eq=False)
class Push:
    """Messages published together: ready JSON texts, and their frames, encoded on first use."""

    channel: str
    texts: tuple[str, ...]
    state: str | None = None

    @cached_property
    def frames(self) -> bytes:
        """All texts as WebSocket frames, one after the other."""
        return b"".join(text_frame(text) for text in self.texts)

    @property
    def key(self) -> object:
        """What a newer push replaces in an inbox; a push without state replaces nothing."""
        return self if self.state is None else (self.channel, self.state)


class Listener:
    """One socket's inbox. `closed` says why it must end."""

    __slots__ = ("_waiting", "_wake", "channels", "closed", "on_close", "port", "turn")

    def __init__(self, channels: tuple[str, ...], port: FramePort | None, turn: int = 0) -> None:
        self.channels = channels
        self.turn = turn
        """Which of the 25 shares of pings it belongs to."""
        self.closed: str | None = None
        self.on_close: Callable[[], None] | None = None
        self.port = port
        self._waiting: dict[object, Push] | None = None
        self._wake: asyncio.Future[None] | None = None
        if port is not None:
            port.on_writable = self.flush

    @property
    def waiting(self) -> int:
        """How many pushes wait."""
        return len(self._waiting or ())

    def offer(self, push: Push) -> None:
        """Deliver at once where the socket keeps up; else keep, coalesce, or close it as slow."""
        if self.closed is not None:
            return
        if self._waiting is None and self.port is not None and self.port.write_frame(push.frames):
            return
        waiting = self._waiting
        if waiting is None:
            waiting = self._waiting = {}
        if waiting.pop(push.key, None) is not None:
            _coalesced.inc()
        elif len(waiting) >= WAITING_MAX:
            _dropped.inc()
            self.close(SLOW)
            return
        waiting[push.key] = push
        self._call()

    def flush(self) -> None:
        """Hand over what waits, as far as the port takes it."""
        while (push := self._first()) is not None:
            if self.port is None or not self.port.write_frame(push.frames):
                return
            self.take()

    def take(self) -> Push | None:
        """The oldest push that waits."""
        push = self._first()
        if push is not None and self._waiting is not None:
            self._waiting.pop(push.key)
            if not self._waiting:
                self._waiting = None
        return push

    async def next(self) -> Push | None:
        """The oldest push, as soon as there is one; None when the inbox is closed and empty."""
        while self._waiting is None:
            if self.closed is not None:
                return None
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        return self.take()

    def close(self, reason: str) -> None:
        """Make the socket end. What a slow one did not take is forgotten."""
        if self.closed is not None:
            return
        self.closed = reason
        if reason == SLOW or self.port is not None:
            self._waiting = None
        if self.port is not None:
            self.port.close(CLOSE_CODES[reason], reason)
        if self.on_close is not None:
            self.on_close()
        self._call()

    def _first(self) -> Push | None:
        return None if self._waiting is None else next(iter(self._waiting.values()))

    def _call(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


@dataclass(slots=True, eq=False)
class _Sweep:
    """A broadcast on its way through a channel."""

    push: Push
    listeners: tuple[Listener, ...]
    told: int = 0
    begun_s: float = field(default_factory=time.perf_counter)


class Hub:
    """The listeners of this process."""

    def __init__(self) -> None:
        self._by_channel: defaultdict[str, set[Listener]] = defaultdict(set)
        self._sweeps: deque[_Sweep] = deque()
        self._swept: Tally[str] = Tally()
        """How many sweeps each channel still waits for: what comes later must stay behind them."""
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._turns: list[set[Listener]] = [set() for _ in range(PING_STEPS)]
        self._attached = 0
        self._pinged = 0

    def attach(self, channels: Iterable[str], port: FramePort | None = None) -> Listener:
        """Open an inbox on some channels; closed at once where a channel has been ended."""
        self._attached += 1
        listener = Listener(tuple(dict.fromkeys(channels)), port, self._attached % PING_STEPS)
        for channel in listener.channels:
            self._by_channel[channel].add(listener)
        self._turns[listener.turn].add(listener)
        _open.inc()
        if any(channel in self._ended for channel in listener.channels):
            listener.close(ENDED)
        return listener

    def detach(self, listener: Listener) -> None:
        """Forget an inbox; safe to call twice."""
        for channel in listener.channels:
            members = self._by_channel.get(channel)
            if members is not None:
                members.discard(listener)
                if not members:
                    del self._by_channel[channel]
        if listener in self._turns[listener.turn]:
            self._turns[listener.turn].discard(listener)
            _open.dec()

    @property
    def has_any(self) -> bool:
        """Whether anybody listens to anything."""
        return bool(self._by_channel)

    def has_listeners(self, channel: str) -> bool:
        """Lets a caller skip building a message that nobody would read."""
        return channel in self._by_channel

    def publish(self, channel: str, *messages: str, state: str | None = None) -> None:
        """Hand ready JSON texts, in order, to every listener of a channel.

        `state` names what the message tells whole: of one state only the newest is kept for a
        socket that lags. To be called in the event loop's thread; returns within two ms.
        """
        members = self._by_channel.get(channel)
        if not members or not messages:
            return
        push = Push(channel, messages, state)
        _sent.inc(len(members) * len(messages))
        if len(members) > SLICE or self._swept[channel]:
            self._begin(_Sweep(push, tuple(members)))
            return
        for listener in tuple(members):
            listener.offer(push)

    def end(self, channel: str) -> None:
        """Close every socket of a channel, now and later: a session was revoked."""
        self._ended[channel] = None
        if len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)
        for listener in tuple(self._by_channel.get(channel, ())):
            listener.close(ENDED)

    async def ping(self) -> int:
        """Ping the next share of the sockets; call it every second. Proxies keep what is used."""
        push = Push("", (PING,), "ping")
        for listener in tuple(self._turns[self._pinged % PING_STEPS]):
            listener.offer(push)
        self._pinged += 1
        return 0

    # --- Broadcasts

    def _begin(self, sweep: _Sweep) -> None:
        """Queue a broadcast behind those under way; an older one of the same state gives way."""
        if sweep.push.state is not None:
            for place in range(len(self._sweeps) - 1, 0, -1):
                if self._sweeps[place].push.key == sweep.push.key:
                    self._give_up(place, _overtaken)
        if len(self._sweeps) >= SWEEPS_MAX:
            self._give_up(1, _crowded)
        if not self._sweeps:
            asyncio.get_running_loop().call_soon(self._step)
        self._sweeps.append(sweep)
        self._swept[sweep.push.channel] += 1

    def _give_up(self, place: int, counted: Counter) -> None:
        counted.inc()
        self._forget(self._sweeps[place])
        del self._sweeps[place]

    def _forget(self, sweep: _Sweep) -> None:
        self._swept[sweep.push.channel] -= 1
        if not self._swept[sweep.push.channel]:
            del self._swept[sweep.push.channel]

    def _step(self) -> None:
        """Tell one slice; the event loop has a turn before the next."""
        sweep = self._sweeps[0]
        for listener in sweep.listeners[sweep.told : sweep.told + SLICE]:
            listener.offer(sweep.push)
        sweep.told += SLICE
        if sweep.told >= len(sweep.listeners):
            _sweep_s.observe(time.perf_counter() - sweep.begun_s)
            self._sweeps.popleft()
            self._forget(sweep)
        if self._sweeps:
            asyncio.get_running_loop().call_soon(self._step)
