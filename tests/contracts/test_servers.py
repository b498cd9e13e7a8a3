"""One suite for every HTTP server we may run: hot routes, the app, sockets, stopping."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
from fastapi import FastAPI, Request, WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.hot import HotRequest, HotResponse, HotRoute, HotTable
from fairhouse.platform.http import EdgeSettings, edge, install_errors
from fairhouse.platform.listening import HttpServer, Listen, PortTaken
from fairhouse.platform.servers import ServerName, make_server

BODY_MAX = 20_000
EDGE = EdgeSettings("test", body_bytes_max=BODY_MAX)

pytestmark = pytest.mark.parametrize("name", get_args(ServerName))


class Teapot(Refusal):
    code = "teapot"
    status = 418


@dataclass
class Kitchen:
    """What the routes of this suite share with its tests."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    finished: list[str] = field(default_factory=list[str])

    def table(self) -> HotTable:
        return HotTable(
            [
                HotRoute("/hot", self._hot),
                HotRoute("/slow", self._slow),
                HotRoute("/hot/{name}/tail", self._hot),
            ],
            EDGE,
        )

    def _hot(self, request: HotRequest) -> Awaitable[HotResponse] | None:
        return None if request.body.startswith(b"decline") else self._echo(request)

    async def _echo(self, request: HotRequest) -> HotResponse:
        if request.body == b"refuse":
            raise Teapot("No coffee.", retry_after_s=3)
        if request.body == b"break":
            raise ZeroDivisionError
        told = {
            "by": "hot",
            "variable": request.variable,
            "body": request.body.decode(),
            "scheme": request.scheme,
            "client": request.client,
            "size": len(request.headers),
        }
        return HotResponse(200, json.dumps(told).encode())

    def _slow(self, request: HotRequest) -> Awaitable[HotResponse]:
        return self._waited("hot")

    async def _waited(self, by: str) -> HotResponse:
        self.begun.set()
        await self.go.wait()
        self.finished.append(by)
        return HotResponse(200, b'{"by":"hot"}')

    def app(self) -> FastAPI:
        app = FastAPI()
        install_errors(app)

        @app.post("/hot")
        @app.post("/cold")
        async def cold(request: Request) -> dict[str, Any]:
            body = await request.body()
            host = request.client.host if request.client else ""
            scheme = request.url.scheme
            return {"by": "app", "body": body.decode(), "scheme": scheme, "client": host}

        @app.get("/page")
        async def page() -> dict[str, str]:
            return {"by": "app"}

        @app.get("/slow-page")
        async def slow_page() -> dict[str, str]:
            await self._waited("app")
            return {"by": "app"}

        @app.websocket("/socket")
        async def echo(websocket: WebSocket, greeting: str = "") -> None:
            if websocket.headers.get("origin") == "http://evil":
                await websocket.close(1008)
                return
            await websocket.accept()
            await websocket.send_text(f"hello {greeting}")
            with contextlib.suppress(Exception):
                while (text := await websocket.receive_text()) != "bye":
                    await websocket.send_text(text)
                await websocket.close(4_000, "as you wish")

        return app


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A connection as a client with bare hands sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)
        await self.writer.drain()

    async def answer(self, *, is_head: bool = False) -> Answer:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        lines = head.decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines[1:] if line)
        headers = {key.lower(): value for key, value in pairs}
        length = 0 if is_head else int(headers.get("content-length", "0"))
        body = await asyncio.wait_for(self.reader.readexactly(length), 10)
        return Answer(int(lines[0].split()[1]), headers, body)

    async def is_closed(self) -> bool:
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(self.reader.read(1), 10) == b""
        return True


def post(path: str, body: str, *headers: str) -> str:
    lines = [f"POST {path} HTTP/1.1", "host: here", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", body])


@dataclass
class Served:
    server: HttpServer
    serving: asyncio.Task[None]
    ports: list[int]
    kitchen: Kitchen

    @asynccontextmanager
    async def wire(self, number: int = 0) -> AsyncGenerator[Wire]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[number])
        try:
            yield Wire(reader, writer)
        finally:
            writer.close()

    async def once(self, text: str) -> Answer:
        async with self.wire() as wire:
            await wire.send(text)
            return await wire.answer()


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@asynccontextmanager
async def served(
    name: ServerName, *, ports: int = 1, trusted: str = "", keep_alive_s: int = 5
) -> AsyncGenerator[Served]:
    kitchen, numbers = Kitchen(), free_ports(ports)
    app = edge(kitchen.app(), EDGE)  # pyright: ignore[reportArgumentType]
    listen = Listen(app, numbers, trusted, kitchen.table(), keep_alive_s=keep_alive_s)
    server = make_server(name, listen, host="127.0.0.1")
    serving = asyncio.create_task(server.serve())
    for port in numbers:
        await _until_open(port)
    try:
        yield Served(server, serving, numbers, kitchen)
    finally:
        kitchen.go.set()
        server.stop()
        await asyncio.wait_for(serving, 15)


async def _until_open(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.01)


async def test_hot_and_cold_share_a_connection(name: ServerName) -> None:
    async with served(name) as here, here.wire() as wire:
        for path, by in (("/hot", "hot"), ("/cold", "app"), ("/hot", "hot"), ("/hot", "hot")):
            await wire.send(post(path, "soup"))
            answer = await wire.answer()
            assert (answer.status, answer.json["by"], answer.json["body"]) == (200, by, "soup")


async def test_pipelined_requests_are_answered_in_order(name: ServerName) -> None:
    async with served(name) as here, here.wire() as wire:
        asked = [("/hot", "1"), ("/cold", "2"), ("/hot", "3"), ("/hot", "4"), ("/cold", "5")]
        await wire.send("".join(post(path, body) for path, body in asked))
        answers = [await wire.answer() for _ in asked]

    assert [answer.json["body"] for answer in answers] == ["1", "2", "3", "4", "5"]


async def test_a_request_may_come_in_crumbs(name: ServerName) -> None:
    text = post("/hot/a_b-1/tail", "bread and butter")
    async with served(name) as here, here.wire() as wire:
        for at in range(0, len(text), 7):
            await wire.send(text[at : at + 7])
            await asyncio.sleep(0.002)
        answer = await wire.answer()

    assert answer.json["body"] == "bread and butter"
    assert answer.json["variable"] == "a_b-1"


async def test_a_hot_body_in_chunks(name: ServerName) -> None:
    async with served(name) as here, here.wire() as wire:
        head = "POST /hot HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n"
        await wire.send(f"{head}3\r\nabc\r\n")
        await asyncio.sleep(0.02)
        await wire.send("2\r\nde\r\n0\r\n\r\n")
        answer = await wire.answer()
        await wire.send(post("/hot", "next"))

        assert (answer.status, answer.json["body"]) == (200, "abcde")
        assert (await wire.answer()).json["body"] == "next"


async def test_a_declined_request_reaches_the_app_whole(name: ServerName) -> None:
    async with served(name) as here, here.wire() as wire:
        for _ in range(2):
            await wire.send(post("/hot", "decline, please"))
            answer = await wire.answer()
            assert (answer.json["by"], answer.json["body"]) == ("app", "decline, please")
        await wire.send(post("/hot", "now"))
        assert (await wire.answer()).json["by"] == "hot"


@pytest.mark.parametrize("how", ["declared", "chunked"])
async def test_a_body_over_the_bound_is_refused(name: ServerName, how: str) -> None:
    big = "x" * (BODY_MAX + 1)
    head = "POST /hot HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n"
    chunked = f"{head}{len(big):x}\r\n{big}\r\n0\r\n\r\n"
    async with served(name) as here:
        answer = await here.once(post("/hot", big) if how == "declared" else chunked)

    assert (answer.status, answer.json["error"]["code"]) == (413, "body_too_large")


async def test_other_methods_meet_the_app(name: ServerName) -> None:
    async with served(name) as here:
        got = await here.once("GET /hot HTTP/1.1\r\nhost: here\r\n\r\n")
        async with here.wire() as wire:
            await wire.send("HEAD /hot HTTP/1.1\r\nhost: here\r\n\r\n")
            head = await wire.answer(is_head=True)

    assert (got.status, head.status) == (405, 405)
    assert got.json["error"]["code"] == "method_not_allowed"
    assert got.headers["allow"] == "POST"


async def test_refusals_and_accidents_have_the_one_envelope(name: ServerName) -> None:
    async with served(name) as here:
        refused = await here.once(post("/hot", "refuse", "x-request-id: abcdefgh-1"))
        broken = await here.once(post("/hot", "break"))

    assert refused.json["error"] == {
        "code": "teapot",
        "message": "No coffee.",
        "param": None,
        "fields": {"retry_after_s": 3},
        "request_id": "abcdefgh-1",
    }
    assert (refused.status, refused.headers["retry-after"]) == (418, "3")
    assert refused.headers["x-request-id"] == "abcdefgh-1"
    assert broken.status == 500
    assert broken.json["error"]["request_id"] in broken.json["error"]["message"]
    assert "ZeroDivision" not in broken.body.decode()


async def test_hot_and_cold_present_themselves_alike(name: ServerName) -> None:
    async with served(name) as here:
        hot = await here.once(post("/hot", "x", "x-request-id: <script>"))
        cold = await here.once(post("/cold", "x"))

    assert hot.headers.keys() == cold.headers.keys()
    assert {*hot.headers} >= {"content-security-policy", "x-content-type-options", "x-request-id"}
    assert hot.headers.get("server") == ("granian" if name.startswith("granian") else None)
    assert hot.headers["x-request-id"] != "<script>"


async def test_a_repeated_header_is_left_to_the_app(name: ServerName) -> None:
    async with served(name) as here:
        answer = await here.once(post("/hot", "x", "origin: a", "origin: b"))

    assert answer.json["by"] == "app"


async def test_headers_may_be_large(name: ServerName) -> None:
    many = [f"x-filler-{number}: {'y' * 300}" for number in range(20)]
    async with served(name) as here:
        hot = await here.once(post("/hot", "x", *many))
        absurd = [f"x-filler-{number}: {'y' * 8_000}" for number in range(60)]
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            assert (await here.once(post("/hot", "x", *absurd))).status in {200, 400, 431}
        after = await here.once(post("/hot", "x"))

    assert (hot.status, hot.json["size"]) == (200, 22)
    assert after.status == 200


async def test_no_http_is_answered_with_400_or_nothing(name: ServerName) -> None:
    async with served(name) as here:
        async with here.wire() as wire:
            await wire.send("eat my shorts\r\n\r\n")
            said = await asyncio.wait_for(wire.reader.read(), 10)
        after = await here.once(post("/hot", "x"))

    assert said == b"" or b" 400 " in said.splitlines()[0]
    assert after.status == 200


async def test_close_is_honoured(name: ServerName) -> None:
    async with served(name) as here, here.wire() as wire:
        await wire.send(post("/hot", "x", "connection: close"))
        answer = await wire.answer()

        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await wire.is_closed()


async def test_http_1_0_and_expectations(name: ServerName) -> None:
    async with served(name) as here:
        async with here.wire() as wire:
            await wire.send("POST /hot HTTP/1.0\r\nhost: here\r\ncontent-length: 1\r\n\r\nx")
            old = await wire.answer()
            assert await wire.is_closed()
        async with here.wire() as wire:
            head, _, body = post("/hot", "later", "expect: 100-continue").partition("\r\n\r\n")
            await wire.send(f"{head}\r\n\r\n")
            assert (await wire.answer()).status == 100
            await wire.send(body)
            answer = await wire.answer()

    assert old.status == 200
    assert answer.json["body"] == "later"


async def test_a_client_that_leaves_stops_nothing(name: ServerName) -> None:
    async with served(name) as here:
        async with here.wire() as wire:
            await wire.send(post("/slow", ""))
            await asyncio.wait_for(here.kitchen.begun.wait(), 10)
        async with here.wire() as wire:
            await wire.send("POST /hot HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\nhalf")
        await asyncio.sleep(0.05)
        here.kitchen.go.set()
        after = await here.once(post("/hot", "x"))
        async with asyncio.timeout(10):
            while not here.kitchen.finished:
                await asyncio.sleep(0.01)

    assert after.status == 200
    assert here.kitchen.finished == ["hot"]


async def test_a_stop_finishes_what_was_begun(name: ServerName) -> None:
    async with served(name) as here, here.wire() as hot, here.wire() as cold, here.wire() as idle:
        await idle.send(post("/hot", "x"))
        assert (await idle.answer()).status == 200
        await hot.send(post("/slow", ""))
        await cold.send("GET /slow-page HTTP/1.1\r\nhost: here\r\n\r\n")
        async with asyncio.timeout(10):
            await here.kitchen.begun.wait()
        await asyncio.sleep(0.05)
        here.server.stop()
        await asyncio.sleep(0.3)
        here.kitchen.go.set()
        answers = [await hot.answer(), await cold.answer()]
        await asyncio.wait_for(here.serving, 10)

        assert [answer.json["by"] for answer in answers] == ["hot", "app"]
        assert sorted(here.kitchen.finished) == ["app", "hot"]
        with pytest.raises(OSError, match=r"refused|Connect call failed"):
            await asyncio.open_connection("127.0.0.1", here.ports[0])


async def test_a_proxy_is_believed_only_when_it_is_trusted(name: ServerName) -> None:
    forwarded = ("x-forwarded-proto: https", "x-forwarded-for: 203.0.113.7")
    async with served(name, trusted="127.0.0.1") as here:
        hot = await here.once(post("/hot", "x", *forwarded))
        cold = await here.once(post("/cold", "x", *forwarded))
        plain = await here.once(post("/hot", "x"))
    async with served(name, trusted="10.0.0.1") as here:
        liar = await here.once(post("/hot", "x", *forwarded))
        cold_liar = await here.once(post("/cold", "x", *forwarded))
    async with served(name) as here:
        nobody = await here.once(post("/hot", "x", *forwarded))

    assert (hot.json["scheme"], cold.json["scheme"]) == ("https", "https")
    assert cold.json["client"] == hot.json["client"] == "203.0.113.7"
    assert {one.json["client"] for one in (plain, liar, nobody)} == {"127.0.0.1"}
    assert plain.json["scheme"] == liar.json["scheme"] == nobody.json["scheme"] == "http"
    assert (cold_liar.json["scheme"], cold_liar.json["client"]) == ("http", "127.0.0.1")


async def test_sockets(name: ServerName) -> None:
    async with served(name) as here:
        url = f"ws://127.0.0.1:{here.ports[0]}/socket"
        async with connect(f"{url}?greeting=you") as ours:
            heard = [await ours.recv()]
            await ours.send("again")
            heard.append(await ours.recv())
            await ours.send("bye")
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(ours.recv(), 10)
        with pytest.raises(Exception, match=r"40[03]"):
            async with connect(url, origin="http://evil"):  # pyright: ignore[reportArgumentType]
                pass

    assert heard == ["hello you", "again"]
    assert closed.value.rcvd is not None
    # RSGI has no word for the code of a close frame.
    assert closed.value.rcvd.code == (1_005 if name == "granian-rsgi" else 4_000)


async def test_an_open_socket_does_not_hold_up_a_stop(name: ServerName) -> None:
    async with served(name) as here, connect(f"ws://127.0.0.1:{here.ports[0]}/socket") as ours:
        await ours.recv()
        here.server.stop()
        if name != "granian-asgi":  # it lets go of the socket only as the process ends
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(ours.recv(), 10)
        await asyncio.wait_for(here.serving, 10)


async def test_several_ports(name: ServerName) -> None:
    async with served(name, ports=2) as here, here.wire(0) as one, here.wire(1) as other:
        await one.send(post("/hot", "1"))
        await other.send(post("/hot", "2"))
        assert [(await wire.answer()).json["body"] for wire in (one, other)] == ["1", "2"]


async def test_a_taken_port_is_named(name: ServerName) -> None:
    kitchen = Kitchen()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        listen = Listen(kitchen.app(), [*free_ports(1), port], "", kitchen.table())  # pyright: ignore[reportArgumentType]
        with pytest.raises(PortTaken, match=str(port)):
            make_server(name, listen, host="127.0.0.1")


async def test_an_idle_connection_is_closed_and_a_busy_one_is_not(name: ServerName) -> None:
    async with served(name, keep_alive_s=1) as here, here.wire() as idle, here.wire() as busy:
        await idle.send(post("/hot", "x"))
        await idle.answer()
        for _ in range(6):
            await busy.send(post("/hot", "x"))
            assert (await busy.answer()).status == 200
            await asyncio.sleep(0.3)

        assert await idle.is_closed()
