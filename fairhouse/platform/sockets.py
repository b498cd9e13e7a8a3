"""The WebSocket as a plain ASGI app: one task and a few kilobytes for a socket.

`SocketApp` admits a socket to channels of the hub and keeps it until the client goes, its session
ends, or it is too slow. What clients say is read and ignored: reading is how a disconnect is
noticed. It stands before the web framework (`in_front`), whose layers would stay in memory for as
long as the socket lives.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.frames import CLOSE_GRACE_S, port_of
from fairhouse.platform.http import AsgiApp, Receive, Scope, Send
from fairhouse.platform.push import CLOSE_CODES, SLOW, Hub, Listener

SOCKETS_MAX: Final = 20_000
CLOSE_POLICY: Final = 1008

Admit = Callable[[Scope], Awaitable[Iterable[str]]]
"""The channels of a new socket. Refuses with whatever forbids it; the code is the close reason."""


class SocketApp:
    """Serves one path's sockets."""

    def __init__(self, hub: Hub, admit: Admit, *, sockets_max: int = SOCKETS_MAX) -> None:
        self._hub = hub
        self._admit = admit
        self._sockets_max = sockets_max
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket's life."""
        await receive()
        if self._open >= self._sockets_max:
            await _close(send, CLOSE_CODES[SLOW], "full")
            return
        self._open += 1
        try:
            await self._serve(scope, receive, send)
        finally:
            self._open -= 1

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            channels = await self._admit(scope)
        except Refusal as refusal:
            await _close(send, CLOSE_POLICY, refusal.code)
            return
        await send({"type": "websocket.accept"})
        port = port_of(scope)
        if port is not None:
            port.forget_handshake()
        listener = self._hub.attach(channels, port)
        try:
            if port is not None:
                await _until_gone(receive)
            else:
                await _serve_over_asgi(receive, send, listener)
        finally:
            self._hub.detach(listener)


def in_front(path: str, sockets: AsgiApp, app: AsgiApp) -> AsgiApp:
    """Sockets of one path go past the app and what is wrapped around it."""

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] == "websocket" and scope["path"] == path
        await (sockets if is_ours else app)(scope, receive, send)

    return chosen


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _serve_over_asgi(receive: Receive, send: Send, listener: Listener) -> None:
    """For servers without a frame port: a second task sends what comes into the inbox."""
    reader = asyncio.create_task(_until_gone(receive))
    writer = asyncio.create_task(_send_news(send, listener))

    def stop() -> None:
        """A slow socket's writer hangs; one that was ended has a last word to say."""
        grace_s = 0.0 if listener.closed == SLOW else CLOSE_GRACE_S
        asyncio.get_running_loop().call_later(grace_s, writer.cancel)

    listener.on_close = stop
    await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
    for task in (reader, writer):
        task.cancel()
    await asyncio.gather(reader, writer, return_exceptions=True)
    if listener.closed is not None:
        await _close(send, CLOSE_CODES[listener.closed], listener.closed)


async def _send_news(send: Send, listener: Listener) -> None:
    while (push := await listener.next()) is not None:
        for text in push.texts:
            await send({"type": "websocket.send", "text": text})


async def _close(send: Send, code: int, reason: str) -> None:
    """Servers tell in different ways that the peer has gone already, or wait for one that does not
    read; a goodbye is never worth more than a few seconds.
    """
    with suppress(Exception):
        await asyncio.wait_for(
            send({"type": "websocket.close", "code": code, "reason": reason}), CLOSE_GRACE_S
        )
