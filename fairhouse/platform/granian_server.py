"""granian inside our own event loop, by ASGI or RSGI.

Its listeners set SO_REUSEPORT and bind by themselves, so that a port is probed just before.
"""

import asyncio
import contextlib
from typing import Any, Final, Literal

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from fairhouse.platform.hot import HotAsgi
from fairhouse.platform.http import AsgiApp, Message, Receive, Scope, Send
from fairhouse.platform.listening import BACKLOG, GRACE_S, Listen
from fairhouse.platform.rsgi import RsgiApp

IN_FLIGHT_MAX: Final = 4_096
CLOSE_RESTART: Final = 1012
"""The server restarts: come again (IANA's registry of WebSocket close codes)."""


class GranianServer:
    """One embedded granian per port, all on this loop."""

    def __init__(self, listen: Listen, *, host: str, interface: Literal["asgi", "rsgi"]) -> None:
        self._leaving = asyncio.Event()
        app: Any = _Leaving(listen.app, self._leaving)
        if listen.hot is not None and (interface == "asgi" or listen.trusted_proxies):
            app = HotAsgi(app, listen.hot)
        if listen.trusted_proxies:
            app = ProxyHeadersMiddleware(app, listen.trusted_proxies)
        if interface == "rsgi":
            app = RsgiApp(app, None if listen.trusted_proxies else listen.hot)
        self._servers = [_server(app, host, port, interface, listen) for port in listen.ports]

    async def serve(self) -> None:
        """See `HttpServer`."""
        serving = [asyncio.ensure_future(server.serve()) for server in self._servers]
        leaving = asyncio.ensure_future(self._leaving.wait())
        await asyncio.wait({leaving, *serving}, return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        _, late = await asyncio.wait(serving, timeout=GRACE_S + 1)
        for each in late:
            each.cancel()
        for result in await asyncio.gather(*serving, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    def stop(self) -> None:
        """See `HttpServer`."""
        self._leaving.set()
        for server in self._servers:
            server.stop()


class _Leaving:
    """Ends open sockets when the server stops: granian waits for them as long as they please."""

    def __init__(self, app: AsgiApp, leaving: asyncio.Event) -> None:
        self._app = app
        self._leaving = leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        leaving = asyncio.ensure_future(self._leaving.wait())

        async def receive_or_leave() -> Message:
            message = asyncio.ensure_future(receive())
            await asyncio.wait({message, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if message.done():
                return message.result()
            message.cancel()
            with contextlib.suppress(Exception):
                await send({"type": "websocket.close", "code": CLOSE_RESTART})
            return {"type": "websocket.disconnect", "code": CLOSE_RESTART}

        try:
            await self._app(scope, receive_or_leave, send)
        finally:
            leaving.cancel()


def _server(app: Any, host: str, port: int, interface: str, listen: Listen) -> Server:
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.RSGI if interface == "rsgi" else Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=listen.keep_alive_s * 1000),
        backlog=BACKLOG,
        backpressure=IN_FLIGHT_MAX,
        log_enabled=False,
    )
    server.workers_kill_timeout = GRACE_S
    return server
