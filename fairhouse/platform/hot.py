"""The fast lane of HTTP: a few busy routes answered in front of FastAPI.

A hot route is a plain function of a `HotRequest`, without a framework: no server is named here, so
the same route runs behind uvicorn's protocol (`platform.hot_protocol`), behind any ASGI server
(`HotAsgi`) and behind RSGI (`platform.rsgi`). It has two beats:

1. It is called at once with the whole request, and answers None to decline: whatever is unusual
   (malformed JSON, a field too many, another content type) goes on to FastAPI's route of the same
   path, which says what is wrong. Declining must come before anything is done.
2. Otherwise it returns an awaitable of the answer; refusals raised there get the one envelope.

The same path must exist in FastAPI too: it documents the route, takes what was declined, and
answers other methods. A request that belongs to another process can be handed on as it is: that is
what a `Forwarder` is for.
"""

import itertools
import re
import secrets
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.http import (
    REQUEST_ID,
    AsgiApp,
    EdgeSettings,
    Message,
    Receive,
    Scope,
    Send,
    accident_body,
    refusal_body,
    refusal_headers,
)

_log = structlog.get_logger("http")
_json = msgspec.json.Encoder()

Headers = Mapping[bytes, bytes]
"""Names in lower case. A request that repeats a header is never hot."""


class HotRequest(msgspec.Struct, gc=False):
    """A whole request, whichever server read it."""

    path: str
    variable: str
    """What stands in the place of the pattern's braces; empty when it has none."""
    headers: Headers
    body: bytes
    scheme: str
    """"http" or "https", as a trusted proxy says."""
    server: tuple[str, int | None] | None
    """The address that was connected to, for a request without a Host header."""
    request_id: str
    started_s: float
    """On the `perf_counter` clock."""
    client: str = ""
    """The caller's address, as a trusted proxy says; empty for what another process forwarded."""


class HotResponse(msgspec.Struct, gc=False):
    """An answer in JSON; the shells add security headers, length and request id."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


HotHandler = Callable[[HotRequest], Awaitable[HotResponse] | None]
Forwarder = Callable[[HotRequest, int], Awaitable[HotResponse]]
"""Hands a request to the process that owns a lane, and returns that process's answer as it is.

A hot handler calls it with the request and the player's lane when the road says LaneElsewhere;
without one that refusal is the answer. It must not forward what was forwarded once.
"""


@dataclass(frozen=True, slots=True)
class HotRoute:
    """A busy POST route."""

    path: str
    """At most one variable, a whole segment: "/v1/games/mines/bets/{bet_id}/steps"."""
    handler: HotHandler


class LatencyBoard(Collector):
    """Seconds per route and status as a Prometheus histogram, counted without its locks.

    One event loop counts and serves the metrics; an observation is one bisection and two additions.
    """

    BOUNDS: Final = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], list[int]] = {}
        self._sums: dict[tuple[str, int], float] = {}

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        key = (route, status)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = [0] * (len(self.BOUNDS) + 1)
            self._sums[key] = 0.0
        counts[bisect_left(self.BOUNDS, seconds)] += 1
        self._sums[key] += seconds

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """For the metrics page."""
        family = HistogramMetricFamily(
            "fairhouse_http_hot_seconds",
            "Time from request to answer on the fast lane",
            labels=["route", "status"],
        )
        for (route, status), counts in self._counts.items():
            running = list(itertools.accumulate(counts))
            bounds = [*map(str, self.BOUNDS), "+Inf"]
            buckets = list(zip(bounds, running, strict=True))
            family.add_metric([route, str(status)], buckets, self._sums[route, status])
        yield family


class HotTable:
    """The hot routes of one server, and what every answer of theirs has in common."""

    def __init__(
        self,
        routes: Sequence[HotRoute],
        settings: EdgeSettings,
        *,
        registry: CollectorRegistry | None = None,
    ) -> None:
        """`registry` receives the latencies; None counts without telling."""
        self._exact = {item.path.encode(): item for item in routes if "{" not in item.path}
        self._patterns = {
            _pattern(item.path): item for item in routes if item.path.encode() not in self._exact
        }
        self._places = sorted({place for place, _ in self._patterns})
        self.body_bytes_max = settings.body_bytes_max
        self.headers: Final = ((b"content-type", b"application/json"), *settings.headers())
        self._board = LatencyBoard()
        if registry is not None:
            registry.register(self._board)
        self._ids = _request_ids()

    def find(self, path: bytes) -> tuple[HotRoute, str] | None:
        """The route of a POST to this path, with the pattern's variable."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact, ""
        parts = path.split(b"/")
        for place in self._places:
            if place >= len(parts):
                break
            variable, parts[place] = parts[place], b""
            route = self._patterns.get((place, b"/".join(parts)))
            if route is not None and _VARIABLE.fullmatch(variable):
                return route, variable.decode()
            parts[place] = variable
        return None

    def request_id(self, headers: Headers) -> str:
        """The client's, when it is a decent one, or a new one."""
        offered = headers.get(b"x-request-id")
        if offered is not None:
            text = offered.decode("latin-1")
            if REQUEST_ID.fullmatch(text):
                return text
        return next(self._ids)

    async def answer(
        self, route: HotRoute, request: HotRequest, answering: Awaitable[HotResponse]
    ) -> HotResponse:
        """Await what the handler began; trouble becomes its envelope, and the time is counted."""
        try:
            response = await answering
        except Exception as error:  # noqa: BLE001 - whatever a route meets, its client is answered
            response = self.failed(request, error)
        self.observe(route, request, response)
        return response

    def failed(self, request: HotRequest, error: Exception) -> HotResponse:
        """The envelope of a refusal, or of an accident."""
        id_ = request.request_id
        if not isinstance(error, Refusal):
            _log.error("request failed", request_id=id_, exc_info=error)
            return HotResponse(500, _json.encode(accident_body(id_)))
        headers = refusal_headers(error).items()
        return HotResponse(
            error.status,
            _json.encode(refusal_body(error, id_)),
            tuple((name.encode(), value.encode()) for name, value in headers),
        )

    def observe(self, route: HotRoute, request: HotRequest, response: HotResponse) -> None:
        """Count an answer and its time."""
        self._board.observe(route.path, response.status, time.perf_counter() - request.started_s)


def hot_table(routes: Sequence[HotRoute], settings: EdgeSettings) -> HotTable:
    """The table of a process, whose latencies its metrics page shows."""
    return HotTable(routes, settings, registry=REGISTRY)


_VARIABLE: Final = re.compile(rb"[A-Za-z0-9_-]+")
"""Percent signs and queries are left to FastAPI."""


def _pattern(path: str) -> tuple[int, bytes]:
    """Which segment is the variable, and the path without it."""
    parts = path.split("/")
    place = next(at for at, part in enumerate(parts) if part.startswith("{"))
    parts[place] = ""
    return place, "/".join(parts).encode()


def _request_ids() -> Iterator[str]:
    """Unique in this process and unlikely anywhere else; cheaper than 8 random bytes each."""
    start = int.from_bytes(secrets.token_bytes(8), "big")
    return (f"{(start + number) & 0xFFFF_FFFF_FFFF_FFFF:016x}" for number in itertools.count())


def is_json(headers: Headers) -> bool:
    """Whether the body is declared as JSON without further ado."""
    declared = headers.get(b"content-type", b"")
    return declared == b"application/json" or declared.startswith(b"application/json;")


class HotAsgi:
    """The shell for ASGI servers: hot routes first, everything else to the app unchanged."""

    def __init__(self, app: AsgiApp, table: HotTable) -> None:
        self._app = app
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        found = None
        if scope["type"] == "http" and scope["method"] == "POST":
            found = self._table.find(scope["path"].encode())
        if found is None:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        taken: list[Message] = []
        body = await self._read(scope, receive, taken)
        if body is not None:
            request = self._request(scope, found[1], body, began)
            answering = found[0].handler(request)
            if answering is not None:
                await self._send(
                    send, request, await self._table.answer(found[0], request, answering)
                )
                return
        await self._app(scope, _replaying(taken, receive), send)

    async def _read(self, scope: Scope, receive: Receive, taken: list[Message]) -> bytes | None:
        """The whole body, or None when the request is none for us."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if len({name for name, _ in headers}) != len(headers):
            return None
        size = 0
        while True:
            message = await receive()
            taken.append(message)
            size += len(message.get("body", b""))
            if message["type"] != "http.request" or size > self._table.body_bytes_max:
                return None
            if not message.get("more_body"):
                return b"".join(part.get("body", b"") for part in taken)

    def _request(self, scope: Scope, variable: str, body: bytes, began: float) -> HotRequest:
        headers = dict(scope["headers"])
        return HotRequest(
            path=scope["path"],
            variable=variable,
            headers=headers,
            body=body,
            scheme=scope["scheme"],
            server=scope.get("server"),
            request_id=self._table.request_id(headers),
            started_s=began,
            client=(scope.get("client") or ("",))[0],
        )

    async def _send(self, send: Send, request: HotRequest, response: HotResponse) -> None:
        headers = [
            *self._table.headers,
            *response.headers,
            (b"content-length", str(len(response.body)).encode()),
            (b"x-request-id", request.request_id.encode()),
        ]
        start = {"type": "http.response.start", "status": response.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": response.body})


def _replaying(taken: Sequence[Message], receive: Receive) -> Receive:
    """What was read is read again, then what comes."""
    again = iter(taken)

    async def replay() -> Message:
        for message in again:
            return message
        return await receive()

    return replay
