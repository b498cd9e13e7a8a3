"""The HTTP servers that we can run on, by name. Which one runs is a setting.

`tests/contracts/test_servers.py` holds each to the same behaviour.
"""

import contextlib
import socket
from collections.abc import Generator
from typing import Any, Literal

import uvicorn

from fairhouse.platform import frames
from fairhouse.platform.granian_server import GranianServer
from fairhouse.platform.hot import HotAsgi
from fairhouse.platform.hot_protocol import HotLane
from fairhouse.platform.listening import BACKLOG, GRACE_S, HttpServer, Listen, bind_all

ServerName = Literal["uvicorn", "uvicorn-asgi", "granian-asgi", "granian-rsgi"]


def make_server(name: ServerName, listen: Listen, *, host: str) -> HttpServer:
    """Bind the ports and make a server for them. Raises PortTaken."""
    sockets = bind_all(host, listen.ports)
    if name in {"uvicorn", "uvicorn-asgi"}:
        return UvicornServer(listen, sockets, has_lane=name == "uvicorn")
    for probe in sockets:
        probe.close()
    interface = "rsgi" if name == "granian-rsgi" else "asgi"
    return GranianServer(listen, host=host, interface=interface)


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own signal handlers: one process, several servers, one stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class UvicornServer:
    """uvicorn on httptools, hot routes in its protocol (`has_lane`) or in an ASGI shell alone."""

    def __init__(self, listen: Listen, sockets: list[socket.socket], *, has_lane: bool) -> None:
        app = listen.app
        if listen.hot is not None:
            app = HotAsgi(app, listen.hot)
        config = uvicorn.Config(
            app,  # pyright: ignore[reportArgumentType]
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(listen.trusted_proxies),
            forwarded_allow_ips=listen.trusted_proxies or None,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=listen.keep_alive_s,
            backlog=BACKLOG,
            **frames.UVICORN,
        )
        if listen.hot is not None and has_lane:
            lane: Any = HotLane(listen.hot, trusted_proxies=listen.trusted_proxies)
            config.http = lane
        self._server = _Uvicorn(config)
        self._sockets = sockets

    async def serve(self) -> None:
        """See `HttpServer`."""
        await self._server.serve(self._sockets)

    def stop(self) -> None:
        """See `HttpServer`."""
        self._server.should_exit = True
