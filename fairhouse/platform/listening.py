"""Ports, and what a server is asked to serve on them."""

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from fairhouse.platform.hot import HotTable
from fairhouse.platform.http import AsgiApp

GRACE_S: Final = 5
"""How long requests that are under way may take once the server is told to stop."""
BACKLOG: Final = 2_048


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


def bind_all(host: str, ports: Sequence[int]) -> list[socket.socket]:
    """Raises PortTaken."""
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
