"""The HTTP edge: what every server of ours does before a route sees a request.

`edge(app, …)` wraps an ASGI app with request ids, a body bound, security headers and an access
log; `install_errors(app)` gives every refusal the one error envelope. A module's `http.py` offers
`routes(deps) -> APIRouter`, where `deps` is a frozen dataclass of exactly what its routes need
(database, session gate, use cases), so that only `app` wires.

Error envelope: `{"error": {"code", "message", "param", "fields", "request_id"}}`.
"""

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException

from fairhouse.kernel.refusals import FieldValue, Malformed, Refusal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_BYTES_MAX: Final = 64 * 1024
REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")

_log = structlog.get_logger("http")
_requests = Counter(
    "fairhouse_http_requests_total", "Answers given", ["server", "method", "route", "status"]
)
_seconds = Histogram(
    "fairhouse_http_request_seconds", "Time from request to answer", ["server", "route"]
)


class TooManyRequests(Refusal):
    """The caller is over the rate; `fields["retry_after_s"]` says when to come again."""

    code = "too_many_requests"
    status = 429


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """How a server presents itself."""

    server: str
    """A name for logs and metrics: "player", "backoffice"."""
    content_security_policy: str = (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    is_https: bool = False
    body_bytes_max: int = BODY_BYTES_MAX
    uploads: Mapping[str, int] = field(default_factory=dict[str, int])
    """Path to the bytes that its body may have instead."""

    def bound(self, path: str) -> int:
        """How many bytes a request's body may have."""
        return self.uploads.get(path, self.body_bytes_max)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Security headers on every answer."""
        pairs = [
            ("content-security-policy", self.content_security_policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ]
        if self.is_https:
            pairs.append(("strict-transport-security", "max-age=31536000"))
        return [(name.encode(), value.encode()) for name, value in pairs]


def error_body(
    code: str,
    message: str,
    request_id: str,
    *,
    param: str | None = None,
    fields: Mapping[str, FieldValue] | None = None,
) -> dict[str, object]:
    """The one error envelope."""
    error = {
        "code": code,
        "message": message,
        "param": param,
        "fields": dict(fields or {}),
        "request_id": request_id,
    }
    return {"error": error}


def refusal_body(refusal: Refusal, request_id: str) -> dict[str, object]:
    """The envelope of a refusal."""
    return error_body(
        refusal.code, refusal.message, request_id, param=refusal.param, fields=refusal.fields
    )


def refusal_headers(refusal: Refusal) -> dict[str, str]:
    """Retry-After where it is known."""
    retry_after = refusal.fields.get("retry_after_s")
    return {} if retry_after is None else {"retry-after": str(retry_after)}


def refusal_response(refusal: Refusal, request_id: str) -> JSONResponse:
    """A JSON answer with the refusal's status."""
    return JSONResponse(
        refusal_body(refusal, request_id),
        status_code=refusal.status,
        headers=refusal_headers(refusal),
    )


def accident_body(request_id: str) -> dict[str, object]:
    """The envelope of an accident of ours: which request it was, and not why."""
    message = f"Something went wrong on our side. Quote {request_id} to support."
    return error_body(_HTTP_CODES[500], message, request_id)


_HTTP_CODES: Final = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    500: "accident",
}


def request_id_of(request: Request) -> str:
    """The id that this request's log lines and answer carry."""
    return str(request.scope.get("request_id", ""))


def client_ip(request: Request) -> str:
    """The peer's address as the server saw it (uvicorn resolves trusted proxies)."""
    return request.client.host if request.client else "0.0.0.0"


def install_errors(app: FastAPI) -> None:
    """One envelope for refusals, malformed input, HTTP's own errors and accidents."""

    async def on_refusal(request: Request, error: Exception) -> JSONResponse:
        return refusal_response(cast("Refusal", error), request_id_of(request))

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        first = cast("RequestValidationError", error).errors()[0]
        return refusal_response(_malformed(first), request_id_of(request))

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        known = cast("HTTPException", error)
        code = _HTTP_CODES.get(known.status_code, "http_error")
        body = error_body(code, str(known.detail), request_id_of(request))
        headers = dict(known.headers or {})
        return JSONResponse(body, status_code=known.status_code, headers=headers)

    async def on_accident(request: Request, error: Exception) -> JSONResponse:
        request_id = request_id_of(request)
        _log.error("request failed", request_id=request_id, exc_info=error)
        return JSONResponse(accident_body(request_id), status_code=500)

    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_accident)


def _malformed(first: Mapping[str, Any]) -> Malformed:
    """FastAPI's validation error as a refusal that names the field."""
    where = [str(part) for part in cast("Sequence[object]", first.get("loc", ()))[1:]]
    if first.get("type") == "json_invalid":
        return Malformed("The body is not valid JSON.", param="body")
    param = ".".join(where) or "body"
    return Malformed(f"{param}: {first.get('msg', 'is malformed')}.", param=param)


@dataclass(slots=True)
class _Exchange:
    """One request on its way through the edge."""

    settings: EdgeSettings
    scope: Scope
    receive: Receive
    send: Send
    request_id: str
    started: float = field(default_factory=time.perf_counter)
    status: int = 0
    received: int = 0

    async def bounded_receive(self) -> Message:
        """Chunked bodies have no length: count what really comes."""
        message = await self.receive()
        self.received += len(message.get("body", b""))
        bound = self.settings.bound(self.scope["path"])
        if self.received > bound:
            # FastAPI turns whatever else is raised while it reads a body into a 400.
            raise HTTPException(413, f"The body is over {bound} bytes.")
        return message

    async def send_with_headers(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers: list[tuple[bytes, bytes]] = list(message.get("headers", []))
            present = {name.lower() for name, _ in headers}
            headers += [pair for pair in self.settings.headers() if pair[0] not in present]
            headers.append((b"x-request-id", self.request_id.encode()))
            message = {**message, "headers": headers}
        await self.send(message)

    def finish(self) -> None:
        """Metrics and the access line; routes, never raw paths, so that labels stay few."""
        route = getattr(self.scope.get("route"), "path", "unmatched")
        seconds = time.perf_counter() - self.started
        server, method = self.settings.server, str(self.scope["method"])
        _requests.labels(server, method, route, str(self.status)).inc()
        _seconds.labels(server, route).observe(seconds)
        _log.info(
            "request",
            request_id=self.request_id,
            method=method,
            path=self.scope["path"],
            status=self.status,
            ms=round(seconds * 1000, 1),
        )


def edge(app: AsgiApp, settings: EdgeSettings) -> AsgiApp:
    """Wrap an ASGI app; WebSockets and lifespan pass through with a request id."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            if scope["type"] == "websocket":
                await app(scope, receive, send)
            else:
                await _serve(app, _Exchange(settings, scope, receive, send, request_id))
        finally:
            structlog.contextvars.unbind_contextvars("request_id")

    return wrapped


async def _serve(app: AsgiApp, exchange: _Exchange) -> None:
    declared = _header(exchange.scope, b"content-length")
    try:
        bound = exchange.settings.bound(exchange.scope["path"])
        if declared.isdigit() and int(declared) > bound:
            message = f"The body is over {bound} bytes."
            body = error_body(_HTTP_CODES[413], message, exchange.request_id, param="body")
            answer = JSONResponse(body, status_code=413)
            await answer(exchange.scope, exchange.receive, exchange.send_with_headers)
            return
        await app(exchange.scope, exchange.bounded_receive, exchange.send_with_headers)
    finally:
        exchange.finish()


def _header(scope: Scope, name: bytes) -> str:
    headers = cast("Sequence[tuple[bytes, bytes]]", scope.get("headers", ()))
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return ""


def _request_id(scope: Scope) -> str:
    offered = _header(scope, b"x-request-id")
    return offered if REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)


class RateLimiter:
    """Token buckets per key in this process's memory, bounded by forgetting the longest unused.

    In memory, because a limiter that writes to the database on every refused request is itself a
    way to flood it; several processes multiply the allowance by their number, which is stated in
    the settings. What guards money or accounts (lockout, caps) is counted in the database.
    """

    def __init__(
        self,
        *,
        burst: int,
        per_minute: int,
        keys_max: int = 100_000,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = float(burst)
        self._per_s = per_minute / 60
        self._keys_max = keys_max
        self._monotonic_s = monotonic_s
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable, *, param: str | None = None) -> None:
        """Take one token. Refuses with TooManyRequests."""
        now = self._monotonic_s()
        buckets = self._buckets
        found = buckets.pop(key, None)
        if found is None:
            tokens = self._burst
            if len(buckets) >= self._keys_max:
                buckets.popitem(last=False)
        else:
            tokens = found[0] + (now - found[1]) * self._per_s
            if tokens > self._burst:  # noqa: PLR1730 - `min` costs thrice as much
                tokens = self._burst
        allowed = tokens >= 1
        buckets[key] = (tokens - 1 if allowed else tokens, now)
        if not allowed:
            wait_s = int((1 - tokens) / self._per_s) + 1
            raise TooManyRequests(
                f"Too many requests; try again in {wait_s} s.", param=param, retry_after_s=wait_s
            )
