"""Calls between processes: only with the key, each once, and never an outcome made up."""

import asyncio
import os
import socket
import stat
from contextlib import asynccontextmanager

import pytest

from fairhouse.platform import link
from fairhouse.platform.link import Link, PeerAbsent, PeerSilent, Sealing

KEY = bytes(range(32))


@asynccontextmanager
async def serving(handler, at="tcp:127.0.0.1:0", key=KEY):
    bound, address = link.bind(at)
    task = asyncio.create_task(link.serve(bound, key, handler))
    try:
        yield address
    finally:
        task.cancel()
        bound.close()


async def echo(payload):
    return b"to " + payload


@pytest.fixture(params=["tcp", "unix"])
def place(request, tmp_path):
    return "tcp:127.0.0.1:0" if request.param == "tcp" else f"unix:{tmp_path}/link.sock"


async def test_calls_are_answered_each_by_its_own_answer(place):
    async def later(payload):
        await asyncio.sleep(0.02 if payload < b"50" else 0)
        return b"to " + payload

    async with serving(later, place) as address:
        here = Link(address, KEY)
        asked = [b"%02d" % number for number in range(100)]
        answers = await asyncio.gather(*(here.call(one) for one in asked))
        here.close()
    assert answers == [b"to " + one for one in asked]


def test_a_unix_socket_is_its_owners_alone(tmp_path):
    path = tmp_path / "link.sock"
    bound, address = link.bind(f"unix:{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    bound.close()
    again, same = link.bind(address)
    assert same == address
    again.close()


@pytest.mark.parametrize("address", ["", "127.0.0.1:1", "tcp:127.0.0.1", "tcp::1", "tcp:host:x"])
def test_an_address_of_another_form_is_refused(address):
    with pytest.raises(ValueError, match="neither"):
        link.bind(address)


async def test_a_peer_with_another_key_hears_nothing():
    heard = []

    async def listen(payload):
        heard.append(payload)
        return b""

    async with serving(listen, key=bytes(32)) as address:
        with pytest.raises(PeerAbsent):
            await Link(address, KEY).call(b"secret")
    assert heard == []


async def test_nobody_there_means_not_sent():
    bound, address = link.bind("tcp:127.0.0.1:0")
    bound.close()
    with pytest.raises(PeerAbsent):
        await Link(address, KEY).call(b"hello")


async def test_no_answer_is_an_unknown_outcome_and_the_next_call_connects_anew():
    async def fail_or_hang(payload):
        if payload == b"fail":
            raise ZeroDivisionError
        if payload == b"hang":
            await asyncio.sleep(60)
        return payload

    async with serving(fail_or_hang) as address:
        here = Link(address, KEY, timeout_s=0.3)
        for word in (b"hang", b"fail"):
            with pytest.raises(PeerSilent):
                await here.call(word)
            assert await here.call(b"well") == b"well"
        here.close()


async def test_too_many_waiting_calls_are_not_sent():
    async def hang(_):
        await asyncio.sleep(60)
        return b""

    async with serving(hang) as address:
        here = Link(address, KEY, timeout_s=0.5, waiting_max=2)
        waiting = [asyncio.create_task(here.call(b"one")) for _ in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(PeerAbsent):
            await here.call(b"three")
        for one in waiting:
            with pytest.raises(PeerSilent):
                await one
        here.close()


class Raw:
    """A peer that has the key, and sends what it likes."""

    async def open(self, address, key=KEY):
        _, host, port = address.split(":")
        self.reader, self.writer = await asyncio.open_connection(host, int(port))
        ours = os.urandom(32)
        self.writer.write(ours)
        theirs = await self.reader.readexactly(32)
        await self.reader.readexactly(32)
        self.sealing = Sealing(key, ours + theirs)
        return self

    async def is_turned_away(self, frame):
        self.writer.write(frame)
        try:
            return await asyncio.wait_for(self.reader.read(1), 10) == b""
        except ConnectionError:
            return True


async def test_frames_cannot_be_altered_repeated_or_moved():
    heard = []

    async def listen(payload):
        heard.append(payload)
        return payload

    async with serving(listen) as address:
        one = await Raw().open(address)
        frame = one.sealing.frame(b"call", 1, b"pay me")
        altered = frame[:-1] + b"E"
        assert await one.is_turned_away(altered)
        other = await Raw().open(address)
        assert await other.is_turned_away(frame), "of another connection"
        third = await Raw().open(address)
        good = third.sealing.frame(b"call", 1, b"once")
        third.writer.write(good)
        assert await third.sealing.read(third.reader, b"answer") == (1, b"once")
        assert await third.is_turned_away(good), "sent again"
        fourth = await Raw().open(address)
        answer_as_call = fourth.sealing.frame(b"answer", 1, b"turned round")
        assert await fourth.is_turned_away(answer_as_call)
        fifth = await Raw().open(address)
        assert await fifth.is_turned_away(b"\xff" * 12)
        assert await (await Raw().open(address, bytes(32))).is_turned_away(
            Sealing(bytes(32), bytes(64)).frame(b"call", 1, b"no key")
        )
    assert heard == [b"once"]


async def test_an_impostor_at_the_address_gets_random_bytes_only():
    got = []
    over = asyncio.Event()

    async def pretend(reader, writer):
        got.append(await reader.readexactly(32))
        writer.write(bytes(64))
        got.append(await reader.read())
        over.set()
        writer.close()

    bound = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.start_server(pretend, sock=bound)
    with pytest.raises(PeerAbsent):
        await Link(f"tcp:127.0.0.1:{bound.getsockname()[1]}", KEY).call(b"a session token")
    await asyncio.wait_for(over.wait(), 10)
    server.close()
    assert got[1:] == [b""]
