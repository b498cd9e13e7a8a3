"""One prebuilt frame to many sockets: the one place that reaches below ASGI.

ASGI's `send` builds, checks and copies a frame for every socket, in a coroutine; a broadcast wants
one frame, encoded once, handed to ten thousand transports. `FrameProtocol` is uvicorn's own
WebSocket protocol that offers this in `scope["extensions"]["fairhouse.frames"]` as a `FramePort`.
Under a server that offers nothing, `platform.sockets` sends over plain ASGI.

Our frames go past the library's state machine. That is sound because they are whole, unmasked text
frames (RFC 6455, 5.1 and 5.4), never sent inside a fragmented message, before the handshake's
answer or after a close frame, and compression is off, so that no frame depends on another.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION: Final = "fairhouse.frames"
BUFFER_BYTES_MAX: Final = 32 * 1024
"""What a transport may hold for a socket that does not read; above, messages wait in its inbox."""
CLOSE_GRACE_S: Final = 5.0
"""How long a peer may take to answer a close frame before its connection is cut."""
INCOMING_BYTES_MAX: Final = 4096
_log = logging.getLogger("fairhouse.sockets")
# At INFO the library logs every socket with its address, and the ticket in it.
_log.setLevel(logging.WARNING)
_TEXT: Final = 0x81
_SHORT: Final = 126
_LONG: Final = 1 << 16


class FramePort(Protocol):
    """A socket that takes prebuilt frames."""

    on_writable: Callable[[], None] | None
    """Called when frames are taken again after `write_frame` said no."""

    def write_frame(self, frame: bytes) -> bool:
        """Whether the frame was taken; not while the transport's buffer is full."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Say goodbye behind what is buffered; cut the connection if the peer does not answer."""
        ...

    def forget_handshake(self) -> None:
        """Let go of request, answer and scope: about 5 KB of a socket that may live for days."""
        ...


def text_frame(text: str) -> bytes:
    """A final, unmasked text frame (RFC 6455, 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < _SHORT:
        return bytes((_TEXT, size)) + payload
    if size < _LONG:
        return bytes((_TEXT, _SHORT)) + size.to_bytes(2, "big") + payload
    return bytes((_TEXT, _SHORT + 1)) + size.to_bytes(8, "big") + payload


def port_of(scope: Mapping[str, Any]) -> FramePort | None:
    """The socket's port, where the server offers one."""
    extensions = cast("Mapping[str, Any]", scope.get("extensions") or {})
    return extensions.get(EXTENSION)


class FrameProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with a `FramePort`; for `uvicorn.Config(ws=FrameProtocol)`."""

    on_writable: Callable[[], None] | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.logger = self.conn.logger = _log

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection: bound what it may buffer."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=BUFFER_BYTES_MAX)

    async def run_asgi(self) -> None:
        """Offer the port to the app."""
        cast("dict[str, Any]", self.scope)["extensions"][EXTENSION] = self
        await super().run_asgi()

    def resume_writing(self) -> None:
        """The transport's buffer drained."""
        super().resume_writing()
        if self.on_writable is not None:
            self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """Break all circles, so that a socket goes without waiting for the garbage collector: with
        ten thousand of them a full collection would hold up bets for half a second.
        """
        self.on_writable = None
        super().connection_lost(exc)
        self.conn.parser.close()

    def write_frame(self, frame: bytes) -> bool:
        """Whether the frame was taken; a socket that is going takes and forgets it."""
        if self.close_sent or self.transport.is_closing():
            return True
        if not self.writable.is_set():
            return False
        self.transport.write(frame)
        return True

    def close(self, code: int, reason: str) -> None:
        """As ASGI's `websocket.close`, but without waiting for a peer that does not read."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSE_GRACE_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """A peer that answers no ping: the library waits for its buffer to drain, we do not."""
        super().keepalive_timeout()
        self.loop.call_later(CLOSE_GRACE_S, self.transport.abort)

    def forget_handshake(self) -> None:
        """Nothing after the handshake looks at these."""
        cast("dict[str, Any]", self.scope).clear()
        del self.request, self.response


UVICORN: Final[Mapping[str, Any]] = {
    "ws": FrameProtocol,
    "ws_per_message_deflate": False,
    "ws_max_size": INCOMING_BYTES_MAX,
    "ws_ping_interval": 25.0,
    "ws_ping_timeout": 20.0,
}
"""How uvicorn serves sockets: `uvicorn.Config(app, **UVICORN)`. Compression would cost each socket
40 KB and every frame its own copy; a peer that answers no ping is gone after 45 s."""
