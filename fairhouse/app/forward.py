"""A request that reached the wrong process goes to the owner of its lane, once.

Every API process listens for the others (`platform.link`) and writes the address beside its lanes.
A request whose lane lives elsewhere is sent there as it came, with its own session token, which the
owner verifies like any other: the link needs to be trusted with nothing but requests. Only what the
first process knows by its own address is said in words that hold anywhere: the Host header becomes
the brand's public one, and Origin, which was checked against it, is left out. What was
forwarded is not forwarded again: where two processes disagree about a lane, the second refuses, and
the first looks anew. While a lane changes hands there is nobody to ask; the request waits a moment.

Nothing is sent twice when the outcome of the first time is unknown: that is for the caller to
decide, who repeats with the same id.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Final, cast

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from prometheus_client import Counter
from starlette.requests import HTTPConnection

from fairhouse.app.settings import LaneSettings, SettingsInvalid
from fairhouse.betting.types import LaneElsewhere
from fairhouse.games.crash.types import RunnerElsewhere
from fairhouse.identity.types import Session
from fairhouse.kernel.refusals import Refusal, Unavailable
from fairhouse.platform.hot import HotRequest, HotResponse
from fairhouse.platform.http import AsgiApp, Message, Scope, request_id_of
from fairhouse.platform.link import Link, PeerAbsent, PeerSilent, bind

PATIENCE_S: Final = 3.0
"""How long a request waits for its lane to have an owner."""
TIMEOUT_S: Final = 10.0
"""How long the owner may take to answer."""
LOOK_AGAIN_S: Final = 0.025
FORWARDED: Final = "fairhouse.forwarded"
"""Marks the scope of a request that came from another process."""
_ELSEWHERE: Final = frozenset({LaneElsewhere.code, RunnerElsewhere.code})
_ANSWERED_HEADERS: Final = frozenset({b"retry-after"})

_log = structlog.get_logger("app")
_forwarded = Counter("fairhouse_forwarded_total", "Requests for lanes elsewhere", ["result"])


Where = Callable[[], str | None]
"""The address of whoever can do it, as it is known at the moment; None while nobody is."""


class OwnerSilent(Unavailable):
    """The process that owns the lane did not answer: whether it did the work is not known."""

    code = "owner_silent"


class Call(msgspec.Struct, array_like=True, gc=False):
    """A request on its way to the owner of its lane."""

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    scheme: str
    server: tuple[str, int | None] | None
    client: tuple[str, int] | None


class Answer(msgspec.Struct, array_like=True, gc=False):
    """What the owner says."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    is_elsewhere: bool
    """The lane is not that process's either; nothing was done."""


class _Refused(msgspec.Struct):
    code: str


class _Envelope(msgspec.Struct):
    error: _Refused


_calls: Final = msgspec.msgpack.Decoder(Call)
_answers: Final = msgspec.msgpack.Decoder(Answer)
_packed: Final = msgspec.msgpack.Encoder().encode
_envelopes: Final = msgspec.json.Decoder(_Envelope)


class Forwarder:
    """Hands requests to the owners of their lanes, and answers what others hand to us."""

    def __init__(
        self,
        *,
        key: bytes,
        own: str | None,
        address_of: Callable[[int], str | None],
        host_of: Callable[[HTTPConnection], str],
        patience_s: float = PATIENCE_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """`key` is shared by all API processes; `own` is the address of our listener; `host_of`
        names the public host of a request's brand. `patience_s` is for a lane without an owner,
        `timeout_s` for an owner's answer.
        """
        self._patience_s = patience_s
        self._timeout_s = timeout_s
        self.key = key
        self._host_of = host_of
        self._own = own
        self._address_of = address_of
        self._links: dict[str, Link] = {}
        self._app: AsgiApp | None = None

    def attach(self, app: AsgiApp) -> None:
        """What answers forwarded requests: it must refuse lanes elsewhere, not forward them."""
        self._app = app

    def close(self) -> None:
        """Hang up."""
        for link in self._links.values():
            link.close()

    async def answer(self, payload: bytes) -> bytes:
        """Another process's call, for `link.serve`."""
        return _packed(await self._answered_here(_calls.decode(payload)))

    async def hot(self, request: HotRequest, lane: int) -> HotResponse:
        """A `platform.hot.Forwarder`. Refuses with LaneElsewhere and OwnerSilent."""
        headers = [(name, value) for name, value in request.headers.items()]
        answer = await self._ask(
            Call(
                method="POST",
                path=request.path,
                query=b"",
                headers=_with_id(headers, request.request_id),
                body=request.body,
                scheme=request.scheme,
                server=request.server,
                client=None,
            ),
            lambda: self._address_of(lane),
        )
        return HotResponse(answer.status, answer.body, tuple(answer.headers))

    def install(self, app: FastAPI, player: Callable[[Request], Awaitable[Session]]) -> None:
        """FastAPI's routes forward as well, when the road says LaneElsewhere."""

        async def owner_of(request: Request, _: Exception) -> Where:
            lane = (await player(request)).lane
            return lambda: self._address_of(lane)

        self.install_for(app, LaneElsewhere, owner_of)

    def install_for(
        self,
        app: FastAPI,
        kind: type[Refusal],
        where_of: Callable[[Request, Exception], Awaitable[Where]],
    ) -> None:
        """Whatever is refused with `kind` is asked again where `where_of` says."""

        async def on_elsewhere(request: Request, error: Exception) -> Response:
            if FORWARDED in request.scope:
                return app_refuses(request, error)
            try:
                where = await where_of(request, error)
                answer = await self._ask(await _call_of(request), where)
            except Refusal as refusal:
                return app_refuses(request, refusal)
            headers = {name.decode(): value.decode("latin-1") for name, value in answer.headers}
            return Response(
                answer.body, answer.status, headers=headers, media_type="application/json"
            )

        def app_refuses(request: Request, error: Exception) -> Response:
            answer = cast("Callable[[Request, Exception], Response]", refuse)
            return answer(request, error)

        refuse = app.exception_handlers[Refusal]
        app.add_exception_handler(kind, on_elsewhere)

    async def _ask(self, call: Call, where: Where) -> Answer:
        """The owner's answer, as soon as there is an owner. Refuses as `hot`."""
        host = self._host_of(HTTPConnection(_scope(call)))
        call.headers = [pair for pair in call.headers if pair[0] not in {b"host", b"origin"}]
        call.headers.append((b"host", host.encode()))
        over_at_s = time.monotonic() + self._patience_s
        while True:
            answer = await self._try(call, where())
            if answer is not None and not answer.is_elsewhere:
                return answer
            if time.monotonic() >= over_at_s:
                _forwarded.labels("nobody").inc()
                raise LaneElsewhere(
                    "No process has this player's lane at the moment; repeat with the same id.",
                    retry_after_s=1,
                )
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _try(self, call: Call, address: str | None) -> Answer | None:
        if address is None:
            return None
        if address == self._own:
            # It became ours meanwhile, or it is leaving us and says so.
            return await self._answered_here(call)
        link = self._links.get(address)
        if link is None:
            link = self._links[address] = Link(address, self.key, timeout_s=self._timeout_s)
        try:
            answer = _answers.decode(await link.call(_packed(call)))
        except PeerAbsent:
            _forwarded.labels("absent").inc()
            return None
        except PeerSilent as error:
            _forwarded.labels("unknown").inc()
            raise OwnerSilent(
                "The process that takes this player's bets did not answer. Whether it took this "
                "one is not known: repeat with the same id.",
                retry_after_s=1,
            ) from error
        _forwarded.labels("elsewhere" if answer.is_elsewhere else "answered").inc()
        return answer

    async def _answered_here(self, call: Call) -> Answer:
        assert self._app is not None, "attach() comes first"
        taken = _Taken(call.body)
        # An accident is answered and logged by the app, which raises it again for its server.
        with contextlib.suppress(Exception):
            await self._app(_scope(call), taken.receive, taken.send)
        return taken.answer()


def listen(settings: LaneSettings) -> tuple[socket.socket, str]:
    """Our listener for other processes, and the address that they find it at.

    Refuses with SettingsInvalid.
    """
    try:
        bound, address = bind(settings.listen)
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"lanes.listen: {error}.") from error
    return bound, settings.advertised or address


class _Taken:
    """One request and its answer, through an ASGI app, in memory."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 500
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        if self._body is None:
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = list(message.get("headers", ()))
        else:
            self._parts.append(message.get("body", b""))

    def answer(self) -> Answer:
        body = b"".join(self._parts)
        return Answer(
            status=self._status,
            headers=[pair for pair in self._headers if pair[0].lower() in _ANSWERED_HEADERS],
            body=body,
            is_elsewhere=self._status == LaneElsewhere.status and _code(body) in _ELSEWHERE,
        )


def _code(body: bytes) -> str:
    try:
        return _envelopes.decode(body).error.code
    except msgspec.DecodeError:
        return ""


def _scope(call: Call) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": call.scheme,
        "path": call.path,
        "raw_path": call.path.encode(),
        "query_string": call.query,
        "root_path": "",
        "headers": call.headers,
        "client": call.client,
        "server": call.server,
        FORWARDED: True,
    }


async def _call_of(request: Request) -> Call:
    scope = request.scope
    return Call(
        method=request.method,
        path=scope["path"],
        query=scope["query_string"],
        headers=_with_id(list(scope["headers"]), request_id_of(request)),
        body=await request.body(),
        scheme=scope["scheme"],
        server=scope.get("server"),
        client=scope.get("client"),
    )


def _with_id(headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    """Both processes log the request under one id, which the answer's envelope carries too."""
    others = [pair for pair in headers if pair[0] != b"x-request-id"]
    return [*others, (b"x-request-id", request_id.encode())]
