"""A JSON-RPC proxy that makes trouble on demand: a real HTTP server between us and a node.

For tests and the demo's buttons. It drops connections before or after the node has acted, answers
429, goes silent, changes answers, or switches to another node between two calls.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, cast

import httpx

Rewrite = Callable[[str, list[Any], Any], Any]
"""Method, parameters and the node's result, to the result that is passed on."""


class Fault(Enum):
    """What goes wrong."""

    NONE = "none"
    REFUSE = "refuse"
    """The connection ends before the node hears of it."""
    SWALLOW = "swallow"
    """The node acts, and the connection ends before its answer arrives."""
    HANG = "hang"
    """The node acts, and no answer ever comes."""
    RATE_LIMIT = "rate_limit"
    """HTTP 429."""
    GARBAGE = "garbage"
    """HTTP 200 with something that is no JSON."""


class RpcProxy:
    """One proxy in front of `upstream`; its fields may be changed at any time."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.fault = Fault.NONE
        self.only: Collection[str] | None = None
        """Methods that the fault strikes; None strikes all."""
        self.rewrite: Rewrite | None = None
        self.calls = Counter[str]()
        """How often each method was asked."""
        self.url = ""
        self._client = httpx.AsyncClient(timeout=60, trust_env=False)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: HTTP/1.1 with content-length, as our own client speaks it."""
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def close(self) -> None:
        """Close the connections to the node."""
        await self._client.aclose()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        body = await _read_body(reader)
        if body is None:
            return False
        request = json.loads(body)
        fault = self._fault_for(_listed(request))
        if fault is Fault.REFUSE:
            return False
        if fault is Fault.RATE_LIMIT:
            await _write(writer, 429, b"too many requests")
            return True
        answer = await self._forward(request)
        if fault is Fault.SWALLOW:
            return False
        if fault is Fault.HANG:
            await asyncio.sleep(3600)
        await _write(writer, 200, b"<html>" if fault is Fault.GARBAGE else answer)
        return True

    def _fault_for(self, calls: list[Any]) -> Fault:
        methods = [str(call["method"]) for call in calls]
        self.calls.update(methods)
        if self.only is None or any(method in self.only for method in methods):
            return self.fault
        return Fault.NONE

    async def _forward(self, request: Any) -> bytes:
        response = await self._client.post(self.upstream, json=request)
        rewrite = self.rewrite
        if rewrite is None:
            return response.content
        asked = {call["id"]: call for call in _listed(request)}
        answer: Any = response.json()
        for item in _listed(answer):
            call = asked[item["id"]]
            if "result" in item:
                item["result"] = rewrite(call["method"], call["params"], item["result"])
        return json.dumps(answer).encode()


def _listed(message: Any) -> list[Any]:
    return cast("list[Any]", message if isinstance(message, list) else [message])


async def _read_body(reader: asyncio.StreamReader) -> bytes | None:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line.partition(b":")[2]))
    return None


async def _write(writer: asyncio.StreamWriter, status: int, body: bytes) -> None:
    head = f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


@asynccontextmanager
async def proxied(upstream: str, *, port: int = 0) -> AsyncGenerator[RpcProxy]:
    """A running proxy in front of a node; `port` 0 takes a free one."""
    proxy = RpcProxy(upstream)
    tasks = set[asyncio.Task[None]]()

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(proxy.handle(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await proxy.close()
