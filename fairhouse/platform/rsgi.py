"""RSGI, granian's own interface: the fast lane on it, and a bridge to ASGI for everything else.

Source: the RSGI specification 1.5, as granian implements it. What RSGI cannot say is lost: the
reason of a close frame, headers and subprotocol of a WebSocket's acceptance. We use none of them.
"""

import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final, Protocol, cast

import structlog

from fairhouse.platform.hot import HotRequest, HotTable
from fairhouse.platform.http import AsgiApp, Message, Scope

_log = structlog.get_logger("http")

_CLOSE: Final = 0
_BYTES: Final = 1
_SOCKET_SCHEMES: Final = {"http": "ws", "https": "wss"}
_ABNORMAL: Final = 1006


class RsgiScope(Protocol):
    """A request's line and headers, or a WebSocket's handshake."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Any


class RsgiHttp(Protocol):
    """How an HTTP request is read and answered."""

    async def __call__(self) -> bytes: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def client_disconnect(self) -> None: ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Any: ...


class RsgiApp:
    """An ASGI app and a hot table as one RSGI application."""

    def __init__(self, app: AsgiApp, table: HotTable | None) -> None:
        self._app = app
        self._table = table
        self._headers: list[tuple[str, str]] = []
        if table is not None:
            self._headers = [(name.decode(), value.decode()) for name, value in table.headers]

    async def __rsgi__(self, scope: RsgiScope, proto: Any) -> None:
        """RSGI's entry point."""
        if scope.proto == "ws":
            await _Socket(scope, proto).run(self._app)
        elif self._table is None or scope.method != "POST" or not await self._hot(scope, proto):
            await _Exchange(scope, proto, None).run(self._app)

    async def _hot(self, scope: RsgiScope, proto: RsgiHttp) -> bool:
        """Whether it was answered here; nothing was read when it was not."""
        table = cast("HotTable", self._table)
        found = table.find(scope.path.encode())
        if found is None:
            return False
        began = time.perf_counter()
        pairs = cast("list[tuple[str, str]]", scope.headers.items())
        headers = {name.encode(): value.encode("latin-1") for name, value in pairs}
        length = headers.get(b"content-length", b"0")
        if len(headers) != len(pairs) or b"transfer-encoding" in headers or not length.isdigit():
            return False
        if int(length) > table.body_bytes_max:
            return False
        body = await proto()
        request = HotRequest(
            path=scope.path,
            variable=found[1],
            headers=headers,
            body=body,
            scheme=scope.scheme,
            server=_address(scope.server),
            request_id=table.request_id(headers),
            started_s=began,
            client=(_address(scope.client) or ("",))[0],
        )
        answering = found[0].handler(request)
        if answering is None:
            await _Exchange(scope, proto, body).run(self._app)
            return True
        response = await table.answer(found[0], request, answering)
        more = [(name.decode(), value.decode()) for name, value in response.headers]
        proto.response_bytes(
            response.status,
            [*self._headers, *more, ("x-request-id", request.request_id)],
            response.body,
        )
        return True


class _Exchange:
    """One HTTP request as ASGI sees it."""

    def __init__(self, scope: RsgiScope, proto: RsgiHttp, body: bytes | None) -> None:
        self._scope = _asgi_scope(scope, "http", scope.scheme)
        self._proto = proto
        self._body = body
        self._chunks: AsyncIterator[bytes] | None = None
        self._read = False
        self._start: Message | None = None
        self._stream: Any = None
        self._complete = False

    async def run(self, app: AsgiApp) -> None:
        try:
            await app(self._scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - the client is answered whatever happened
            _log.error("request failed below the app", exc_info=error)
        if not self._complete and self._stream is None:
            self._proto.response_bytes(500, [("content-type", "text/plain")], b"Accident")

    async def _receive(self) -> Message:
        if self._read:
            await self._proto.client_disconnect()
            return {"type": "http.disconnect"}
        if self._body is None:
            if self._chunks is None:
                self._chunks = aiter(self._proto)
            # Not `anext(…, None)`: granian's awaitable in its wrapper ends in a segmentation fault.
            with contextlib.suppress(StopAsyncIteration):
                chunk = await anext(self._chunks)
                return {"type": "http.request", "body": bytes(chunk), "more_body": True}
        self._read = True
        return {"type": "http.request", "body": self._body or b"", "more_body": False}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._stream is None:
            assert self._start is not None, "a response starts with its status"
            status, headers = self._start["status"], _texts(self._start.get("headers", ()))
            if not more:
                self._proto.response_bytes(status, headers, body)
                self._complete = True
                return
            self._stream = self._proto.response_stream(status, headers)
        if body:
            await self._stream.send_bytes(body)


class _Socket:
    """One WebSocket as ASGI sees it."""

    def __init__(self, scope: RsgiScope, proto: Any) -> None:
        scheme = _SOCKET_SCHEMES.get(scope.scheme, scope.scheme)
        self._scope: Scope = _asgi_scope(scope, "websocket", scheme)
        self._scope["subprotocols"] = list[str]()
        self._proto = proto
        self._transport: Any = None
        self._told_connect = False
        self._closed = False

    async def run(self, app: AsgiApp) -> None:
        try:
            await app(self._scope, self._receive, self._send)
        finally:
            if not self._closed:
                self._close(1000 if self._transport is not None else 403)

    async def _receive(self) -> Message:
        if not self._told_connect:
            self._told_connect = True
            return {"type": "websocket.connect"}
        if self._closed:
            return {"type": "websocket.disconnect", "code": _ABNORMAL}
        try:
            message = await self._transport.receive()
        except RuntimeError:
            self._closed = True
            return {"type": "websocket.disconnect", "code": _ABNORMAL}
        if message.kind == _CLOSE:
            self._closed = True
            return {"type": "websocket.disconnect", "code": 1000}
        kind = "bytes" if message.kind == _BYTES else "text"
        return {"type": "websocket.receive", kind: message.data}

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self._transport = await self._proto.accept()
        elif message["type"] == "websocket.close":
            is_open = self._transport is not None
            self._close(message.get("code", 1000) if is_open else 403)
        elif message.get("text") is not None:
            await self._transport.send_str(message["text"])
        else:
            await self._transport.send_bytes(message["bytes"])

    def _close(self, status: int) -> None:
        self._closed = True
        self._proto.close(status)


def _asgi_scope(scope: RsgiScope, kind: str, scheme: str) -> Scope:
    pairs = cast("list[tuple[str, str]]", scope.headers.items())
    headers = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
    if scope.authority is not None and not any(name == b"host" for name, _ in headers):
        headers.insert(0, (b"host", scope.authority.encode()))
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": scope.http_version,
        "method": scope.method,
        "scheme": scheme,
        "path": scope.path,
        "raw_path": scope.path.encode(),
        "query_string": scope.query_string.encode(),
        "root_path": "",
        "headers": headers,
        "server": _address(scope.server),
        "client": _address(scope.client),
        "state": {},
    }


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() else 0


def _texts(headers: Any) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
