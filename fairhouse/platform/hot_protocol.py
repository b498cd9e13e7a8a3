"""The fast lane inside uvicorn: hot requests are answered without ASGI.

uvicorn's own protocol reads the connection and serves everything that is not hot. A hot request
takes the place of its request-response cycle: no scope, no messages, one write. Whatever is out of
the ordinary goes uvicorn's way and meets the fast lane's ASGI shell there: a body in chunks or too
large, a repeated header, HTTP/1.0, `Expect`, an upgrade, a request pipelined behind another.

It builds on these names of uvicorn's httptools protocol, which the conformance tests hold: `cycle`
(with `response_complete`, `disconnected`, `keep_alive`, `message_event`), `pipeline`, `flow`,
`tasks`, `server_state`, and the parser's callbacks.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from fairhouse.platform.hot import Headers, HotRequest, HotResponse, HotRoute, HotTable

IsTrusted = Callable[[str], bool]

_SCHEMES: Final = {b"http": "http", b"https": "https"}


def trusting(proxies: str) -> IsTrusted | None:
    """Whether a peer's `X-Forwarded-Proto` is believed, as uvicorn decides it; None: nobody's."""
    if not proxies:
        return None
    hosts = ProxyHeadersMiddleware(_nowhere, proxies).trusted_hosts
    return hosts.__contains__


async def _nowhere(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("only its list of hosts is wanted")


class _Heads:
    """Status line and the headers that all answers share, joined once per status and second."""

    def __init__(self, table: HotTable) -> None:
        self._fixed = b"".join(b"%b: %b\r\n" % pair for pair in table.headers)
        self._defaults: list[tuple[bytes, bytes]] | None = None
        self._heads: dict[int, bytes] = {}

    def of(self, status: int, defaults: list[tuple[bytes, bytes]]) -> bytes:
        """`defaults` are uvicorn's: the date, renewed every second."""
        if defaults is not self._defaults:
            self._defaults = defaults
            self._heads.clear()
        head = self._heads.get(status)
        if head is None:
            lines = b"".join(b"%b: %b\r\n" % pair for pair in defaults)
            head = self._heads[status] = STATUS_LINE[status] + lines + self._fixed
        return head


class _Event:
    """A hot request waits for nothing that uvicorn announces."""

    def set(self) -> None:
        """Nobody listens."""


_EVENT: Final = _Event()


class HotCycle:
    """A hot request under way, in the place of uvicorn's request-response cycle."""

    __slots__ = (
        "body",
        "disconnected",
        "found",
        "headers",
        "keep_alive",
        "message_event",
        "response_complete",
        "started_s",
        "task",
    )

    def __init__(self, found: tuple[HotRoute, str], headers: Headers, *, keep_alive: bool) -> None:
        self.found = found
        self.headers = headers
        self.keep_alive = keep_alive
        self.body = b""
        self.started_s = time.perf_counter()
        self.response_complete = False
        self.disconnected = False
        self.message_event = _EVENT
        self.task: asyncio.Task[None] | None = None


class HotProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, lane: "HotLane", config: Config, state: ServerState, **rest: Any) -> None:
        super().__init__(config, state, **rest)
        self._lane = lane
        self._hot: HotCycle | None = None
        self._idle_since_s: float | None = None

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        """Unlike uvicorn's, makes no scope yet."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Hot or cold."""
        before: Any = self.cycle
        if before is None or before.response_complete:
            self._hot = self._recognised()
            if self._hot is not None:
                self.cycle = self._hot  # pyright: ignore[reportAttributeAccessIssue]
                return
        self._hot = None
        self._begin_cold()

    def on_body(self, body: bytes) -> None:
        """The length was checked against the bound when the headers came."""
        if self._hot is None:
            super().on_body(body)
        else:
            self._hot.body += body

    def on_message_complete(self) -> None:
        """The whole request is there: answer it, or leave it to uvicorn after all."""
        hot, self._hot = self._hot, None
        if hot is None:
            super().on_message_complete()
            return
        request = self._request(hot)
        answering = hot.found[0].handler(request)
        if answering is None:
            self.cycle = None  # pyright: ignore[reportAttributeAccessIssue]
            self._begin_cold()
            super().on_body(hot.body)
            super().on_message_complete()
            return
        hot.task = self.loop.create_task(self._answer(hot, request, answering))
        self.tasks.add(hot.task)

    def _recognised(self) -> HotCycle | None:
        parser: Any = self.parser
        table = self._lane.table
        if parser.get_method() != b"POST":
            return None
        found = table.find(self.url)
        if found is None:
            return None
        headers = dict(self.headers)
        length = headers.get(b"content-length", b"0")
        is_ordinary = (
            len(headers) == len(self.headers)
            and b"transfer-encoding" not in headers
            and not self.expect_100_continue
            and length.isdigit()
            and int(length) <= table.body_bytes_max
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
        )
        if not is_ordinary:
            return None
        return HotCycle(found, headers, keep_alive=parser.should_keep_alive())

    def _begin_cold(self) -> None:
        """What uvicorn does at the beginning of a message, now that it is known to be cold."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def _request(self, hot: HotCycle) -> HotRequest:
        headers = hot.headers
        return HotRequest(
            path=self.url.decode("ascii"),
            variable=hot.found[1],
            headers=headers,
            body=hot.body,
            scheme=self._scheme(headers),
            server=self.server,
            request_id=self._lane.table.request_id(headers),
            started_s=hot.started_s,
            client=self._client(headers),
        )

    def _client(self, headers: Headers) -> str:
        """The peer; behind a trusted proxy whom it names, as uvicorn's own middleware reads it."""
        peer = self.client[0] if self.client is not None else ""
        named = headers.get(b"x-forwarded-for")
        lane = self._lane
        if named is None or lane.is_trusted is None or not lane.is_trusted(peer):
            return peer
        return lane.client_named(named.decode("latin-1"))[0] or peer

    def _scheme(self, headers: Headers) -> str:
        is_trusted = self._lane.is_trusted
        if is_trusted is not None and self.client is not None and is_trusted(self.client[0]):
            forwarded = _SCHEMES.get(headers.get(b"x-forwarded-proto", b"").strip())
            if forwarded is not None:
                return forwarded
        return self.scheme or "http"

    async def _answer(
        self, hot: HotCycle, request: HotRequest, answering: Awaitable[HotResponse]
    ) -> None:
        table = self._lane.table
        try:
            # As `HotTable.answer`, one coroutine less.
            try:
                response = await answering
            except Exception as error:  # noqa: BLE001 - whatever it meets, its client is answered
                response = table.failed(request, error)
            table.observe(hot.found[0], request, response)
            if not hot.disconnected:
                self.transport.write(self._written(hot, request, response))
                if self.flow.write_paused:
                    await self.flow.drain()
        except asyncio.CancelledError:
            # The grace at the stop is over: nobody may take this for an answer.
            hot.keep_alive = False
            raise
        finally:
            if hot.task is not None:
                self.tasks.discard(hot.task)
            hot.response_complete = True
            if not hot.keep_alive:
                self.transport.close()
            self.on_response_complete()

    def _written(self, hot: HotCycle, request: HotRequest, response: HotResponse) -> bytes:
        more = b""
        if response.headers:
            more = b"".join(b"%b: %b\r\n" % pair for pair in response.headers)
        return b"%b%b%bcontent-length: %d\r\nx-request-id: %b\r\n\r\n%b" % (
            self._lane.heads.of(response.status, self.server_state.default_headers),
            more,
            b"" if hot.keep_alive else b"connection: close\r\n",
            len(response.body),
            request.request_id.encode(),
            response.body,
        )

    # Keep-alive: one timer that looks when it fires, instead of one made and dropped per request.

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since_s = None

    def on_response_complete(self) -> None:
        """Begin what was pipelined behind, or wait for what comes."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._idle_since_s = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close when idle for long enough."""
        self.timeout_keep_alive_task = None
        if self._idle_since_s is None or self.transport.is_closing():
            return
        left_s = self._idle_since_s + self.timeout_keep_alive - self.loop.time()
        if left_s > 0:
            self._look_again(left_s)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave no timer behind."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _look_again(self, after_s: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            after_s, self.timeout_keep_alive_handler
        )


class HotLane:
    """The fast lane of one server: makes the protocol of each connection for uvicorn."""

    def __init__(self, table: HotTable, *, trusted_proxies: str = "") -> None:
        self.table = table
        self.is_trusted = trusting(trusted_proxies)
        hosts: Any = ProxyHeadersMiddleware(_nowhere, trusted_proxies or "127.0.0.1").trusted_hosts
        self.client_named: Callable[[str], tuple[str, int]] = hosts.get_trusted_client_address
        """The last of X-Forwarded-For that is no trusted proxy."""
        self.heads = _Heads(table)

    def __call__(self, config: Config, server_state: ServerState, **rest: Any) -> HotProtocol:
        """As uvicorn calls a protocol class."""
        return HotProtocol(self, config, server_state, **rest)
