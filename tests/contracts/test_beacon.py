"""Both beacons keep the port's promises; drand's relays against rounds that quicknet published."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest

from fairhouse.fairness.adapters.drand import DrandRelays
from fairhouse.fairness.adapters.local_beacon import LocalBeacon
from fairhouse.fairness.beacons import QUICKNET, verifies
from fairhouse.kernel.outcomes import Done, Unknown

PUBLISHED = {
    1_000: (
        (
            "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125"
            "e342b73a8dd2bacbe47e4b6b63ed5e39"
        ),
        "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd",
    ),
    657_413: (
        (
            "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be"
            "41076862b98fad56e91a6b85b89cd97b"
        ),
        "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587",
    ),
}
"""Rounds of the League of Entropy's quicknet: signature, and the randomness published with it."""


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_rounds_verify(number):
    signature, randomness = (bytes.fromhex(one) for one in PUBLISHED[number])

    assert verifies(QUICKNET, number, signature)
    assert randomness == hashlib.sha256(signature).digest()
    assert not verifies(QUICKNET, number + 1, signature)
    altered = bytearray(signature)
    altered[-1] ^= 1
    assert not verifies(QUICKNET, number, bytes(altered))
    assert not verifies(QUICKNET, number, b"")


def test_the_calendar():
    genesis_ms = QUICKNET.genesis_s * 1000

    assert genesis_ms == QUICKNET.published_ms(1)
    assert genesis_ms + 999 * 3_000 == QUICKNET.published_ms(1_000)
    assert QUICKNET.first_round_at(genesis_ms) == 1
    assert QUICKNET.first_round_at(genesis_ms - 5_000) == 1
    assert QUICKNET.first_round_at(genesis_ms + 1) == 2
    for unix_ms in range(1_767_323_045_000, 1_767_323_052_000, 500):
        found = QUICKNET.first_round_at(unix_ms)
        assert QUICKNET.published_ms(found) >= unix_ms > QUICKNET.published_ms(found - 1)


async def test_the_local_beacon_signs_nothing_early():
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    beacon = LocalBeacon(bytes(range(32)), lambda: now)
    number = beacon.info.first_round_at(int(now.timestamp() * 1000))

    early = await beacon.signature(number)
    assert isinstance(early, Unknown)
    now = datetime(2026, 1, 2, 3, 4, 9, tzinfo=UTC)
    found = await beacon.signature(number)
    assert isinstance(found, Done)
    assert verifies(beacon.info, number, found.value)
    assert not verifies(QUICKNET, number, found.value)
    again = LocalBeacon(bytes(range(32)), lambda: now)
    assert (again.info, await again.signature(number)) == (beacon.info, found)
    assert LocalBeacon(bytes(32), lambda: now).info.public_key != beacon.info.public_key


def served(number):
    signature, randomness = PUBLISHED[number]
    return {"round": number, "randomness": randomness, "signature": signature}


class Relay:
    """What a relay says to a request's round; None: it says nothing at all."""

    def __init__(self):
        self.asked = []
        self.status = 200
        self.document: Callable[[int], object] = served
        self.is_silent = False

    async def answer(self, reader, writer):
        line = await reader.readline()
        while (await reader.readline()).strip():
            pass
        path = line.split()[1].decode()
        self.asked.append(path)
        if self.is_silent:
            await asyncio.sleep(30)
        number = int(path.rpartition("/")[2])
        body = json.dumps(self.document(number)).encode() if number in PUBLISHED else b"{}"
        status = self.status if number in PUBLISHED else 404
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def relays(count, timeout_s=0.5):
    made = [Relay() for _ in range(count)]
    servers = [await asyncio.start_server(one.answer, "127.0.0.1", 0) for one in made]
    urls = [f"http://127.0.0.1:{one.sockets[0].getsockname()[1]}/" for one in servers]
    async with httpx.AsyncClient(trust_env=False) as client:
        yield made, DrandRelays(client, urls, QUICKNET, timeout_s=timeout_s)
    for server in servers:
        server.close()


async def test_a_relay_is_asked_and_verified():
    async with relays(1) as ([relay], beacon):
        found = await beacon.signature(1_000)

        assert found == Done(bytes.fromhex(PUBLISHED[1_000][0]))
        assert relay.asked == [f"/{QUICKNET.chain_hash}/public/1000"]
        assert isinstance(await beacon.signature(1_001), Unknown)


@pytest.mark.parametrize("fault", ["status", "silence", "other round", "forged", "no json"])
async def test_a_bad_relay_is_passed_over_and_asked_last_from_then_on(fault):
    async with relays(2) as ([bad, good], beacon):
        if fault == "status":
            bad.status = 500
        elif fault == "silence":
            bad.is_silent = True
        elif fault == "other round":
            bad.document = lambda _: served(657_413)
        elif fault == "forged":
            bad.document = lambda number: {**served(657_413), "round": number}
        else:
            bad.document = lambda _: "nothing"
        found = await beacon.signature(1_000)
        again = await beacon.signature(1_000)

        assert found == again == Done(bytes.fromhex(PUBLISHED[1_000][0]))
        assert (len(bad.asked), len(good.asked)) == (1, 2)


async def test_nobody_answers():
    async with relays(2, timeout_s=0.2) as (made, beacon):
        for relay in made:
            relay.is_silent = True
        found = await beacon.signature(1_000)

        assert isinstance(found, Unknown)
        assert "ReadTimeout" in found.reason
