"""The clients of the sockets' benchmark count what they hear, however it is cut."""

import asyncio

import pytest

from bench.push_client import Client, Heard
from fairhouse.platform.frames import text_frame

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
CRASH = '{"type":"crash","data":{"multiplier":"1.00","t":1}}'
BALANCE = '{"type":"balance","data":{"available":"5","pad":"%s","t":2}}' % ("x" * 200)
OTHER = '{"type":"ping","data":{}}'


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 64, 10_000])
async def test_frames_are_counted_however_they_are_cut(cut: int) -> None:
    heard = Heard()
    opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    client = Client("/v1/ws", heard, opened)
    stream = HEAD + b"".join(text_frame(text) for text in (CRASH, BALANCE, OTHER, CRASH))

    for at in range(0, len(stream), cut):
        client.data_received(stream[at : at + cut])

    assert opened.done()
    assert (len(heard.crash_ns), len(heard.balance_ns), heard.others) == (2, 1, 1)


async def test_a_refused_handshake_fails_its_opening() -> None:
    opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    Client("/v1/ws", Heard(), opened).data_received(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    with pytest.raises(ConnectionError, match="403"):
        await opened
