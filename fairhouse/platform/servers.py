"""HTTP servers behind one port: listen, serve, stop with everything finished that was begun.

Which one runs is a setting; `tests/contracts/test_servers.py` holds each to the same behaviour.
"""

import contextlib
import socket
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import uvicorn

from fairhouse.platform import frames
from fairhouse.platform.hot import HotAsgi, HotTable
from fairhouse.platform.hot_protocol import HotLane
from fairhouse.platform.http import AsgiApp

GRACE_S: Final = 5
"""How long requests that are under way may take once the server is told to stop."""
BACKLOG: Final = 2_048

ServerName = Literal["uvicorn", "uvicorn-asgi"]


class PortTaken(Exception):
    """A port that the settings name is in use; the message says which."""


@dataclass(frozen=True, slots=True)
class Listen:
    """An app and the ports that it answers on."""

    app: AsgiApp
    ports: Sequence[int]
    trusted_proxies: str = ""
    """Peers whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas."""
    hot: HotTable | None = None
    """Routes that are answered in front of the app."""
    keep_alive_s: int = 5
    """How long a connection may be idle between requests."""


class HttpServer(Protocol):
    """One of our servers."""

    async def serve(self) -> None:
        """Answer until `stop`, and then until what was begun is finished or the grace is over."""
        ...

    def stop(self) -> None:
        """Take no new connections and no new requests."""
        ...


def make_server(name: ServerName, listen: Listen, *, host: str) -> HttpServer:
    """Bind the ports and make a server for them. Raises PortTaken."""
    return UvicornServer(listen, _bind_all(host, listen.ports), has_lane=name == "uvicorn")


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own signal handlers: one process, several servers, one stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class UvicornServer:
    """uvicorn on httptools, hot routes in its protocol (`has_lane`) or in an ASGI shell alone."""

    def __init__(self, listen: Listen, sockets: list[socket.socket], *, has_lane: bool) -> None:
        app, http = listen.app, "httptools"
        if listen.hot is not None:
            app = HotAsgi(app, listen.hot)
        config = uvicorn.Config(
            app,  # pyright: ignore[reportArgumentType]
            http=http,
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


def _bind_all(host: str, ports: Sequence[int]) -> list[socket.socket]:
    with contextlib.ExitStack() as opened:
        bound = [opened.enter_context(_bind(host, port)) for port in ports]
        opened.pop_all()
    return bound


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise PortTaken(
            f"Port {port} on {host} is in use; name another in the settings."
        ) from error
    return bound
