"""The signer's local socket: bounded frames, bounded time, one verdict after the other.

The socket file is 0600 (0660 with a group). On Linux the peer's user id can be demanded as well
(SO_PEERCRED). Whatever a peer sends, the server lives on; a peer that breaks the form is cut off.
"""

import asyncio
import json
import logging
import os
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from fairhouse.chains.codecs.orders import (
    MalformedOrder,
    Refused,
    SignerAnswer,
    decode_request,
    encode_answer,
    frame,
    frame_length,
)
from signer.service import Service

_LOG: Final = logging.getLogger("signer")
_PEER: Final = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class SocketSettings:
    """Where the signer listens and for how long it listens to one peer."""

    path: Path
    mode: int = 0o600
    peer_uids: frozenset[int] = frozenset()
    """Empty: whoever may open the file may speak."""
    frame_timeout_s: float = 5.0
    idle_timeout_s: float = 300.0
    connections_max: int = 32


class Server:
    """Speaks frames; knows nothing of what they mean."""

    def __init__(self, service: Service, settings: SocketSettings) -> None:
        self._service = service
        self._settings = settings
        self._open = 0

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """Bound while the context lasts. A dead signer's socket file is replaced."""
        path = self._settings.path
        await asyncio.to_thread(_make_way, path)
        before = os.umask(0o177)
        try:
            server = await asyncio.start_unix_server(self._serve, str(path))
        finally:
            os.umask(before)
        path.chmod(self._settings.mode)
        try:
            yield
        finally:
            server.close()
            path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open >= self._settings.connections_max or not self._is_welcome(writer):
            writer.close()
            return
        self._open += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception:  # noqa: BLE001 (one peer's trouble must not end the signer)
            _log("failed", "an exchange failed", failed=True)
        finally:
            self._open -= 1
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        async with asyncio.timeout(self._settings.idle_timeout_s):
            head = await reader.readexactly(4)
        async with asyncio.timeout(self._settings.frame_timeout_s):
            try:
                body = await reader.readexactly(frame_length(head))
                answer = self._service.answer(decode_request(body))
                goes_on = True
            except MalformedOrder as error:
                answer, goes_on = Refused("malformed", str(error)[:200], final=True), False
            _tell(answer)
            writer.write(frame(encode_answer(answer)))
            await writer.drain()
        return goes_on

    def _is_welcome(self, writer: asyncio.StreamWriter) -> bool:
        if not self._settings.peer_uids:
            return True
        peer = cast("socket.socket", writer.get_extra_info("socket"))
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        _, uid, _ = cast("tuple[int, int, int]", _PEER.unpack(credentials))
        if uid not in self._settings.peer_uids:
            _log("unwelcome", f"user {uid} may not speak to the signer")
            return False
        return True


def _make_way(path: Path) -> None:
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as probe, suppress(ConnectionRefusedError):
        probe.connect(str(path))
        raise RuntimeError(f"another signer listens on {path}")
    path.unlink()


def _tell(answer: SignerAnswer) -> None:
    if isinstance(answer, Refused):
        _log("refused", answer.message, code=answer.code)


def _log(event: str, message: str, *, code: str = "", failed: bool = False) -> None:
    line = json.dumps({"event": event, "code": code, "message": message})
    if failed:
        _LOG.exception(line)
    else:
        _LOG.info(line)
