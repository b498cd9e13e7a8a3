"""Forwarding: to the owner of the lane, once, as it came; and the truth when that fails."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fairhouse.app.forward import FORWARDED, Forwarder, OwnerSilent
from fairhouse.betting.types import LaneElsewhere
from fairhouse.platform import link
from fairhouse.platform.hot import HotRequest

KEY = bytes(range(32))
LANE = 5
ELSEWHERE = {"error": {"code": "lane_elsewhere"}}


class Process:
    """One that answers what is forwarded to it as its test wants."""

    def __init__(self) -> None:
        self.owner: dict[int, str] = {}
        """What it believes about lanes."""
        self.heard: list[dict[str, Any]] = []
        self.answers: list[tuple[int, object]] = []
        """The next ones; then 200."""
        self.delay_s = 0.0
        self.address = ""
        self.forwarder: Forwarder

    async def app(self, scope, receive, send):
        message = await receive()
        self.heard.append({**scope, "body": message["body"]})
        await asyncio.sleep(self.delay_s)
        status, body = self.answers.pop(0) if self.answers else (200, {"by": self.address})
        headers = [(b"retry-after", b"1"), (b"x-inner", b"not for the client")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})
        if status == 500:
            raise ZeroDivisionError

    async def ask(self, body: bytes = b"{}"):
        headers = {
            b"host": b"127.0.0.1:4711",
            b"origin": b"http://127.0.0.1:4711",
            b"authorization": b"Bearer token",
            b"content-type": b"application/json",
        }
        request = HotRequest(
            path="/v1/games/dice/bets",
            variable="",
            headers=headers,
            body=body,
            scheme="http",
            server=("127.0.0.1", 4711),
            request_id="request-0001",
            started_s=0.0,
        )
        return await self.forwarder.hot(request, LANE)


@asynccontextmanager
async def process(**settings):
    made = Process()
    bound, made.address = link.bind("tcp:127.0.0.1:0")
    made.forwarder = Forwarder(
        key=KEY,
        own=made.address,
        address_of=made.owner.get,
        host_of=lambda _: "casino.example",
        **settings,
    )
    made.forwarder.attach(made.app)
    task = asyncio.create_task(link.serve(bound, KEY, made.forwarder.answer))
    try:
        yield made
    finally:
        made.forwarder.close()
        task.cancel()
        bound.close()


async def test_it_arrives_as_it_came_and_the_answer_comes_back():
    async with process() as here, process() as there:
        here.owner[LANE] = there.address
        answer = await here.ask(b'{"stake": "1"}')

        assert (answer.status, json.loads(answer.body)) == (200, {"by": there.address})
        assert answer.headers == ((b"retry-after", b"1"),)
        (heard,) = there.heard
        assert heard["body"] == b'{"stake": "1"}'
        assert heard[FORWARDED]
        assert (heard["method"], heard["path"]) == ("POST", "/v1/games/dice/bets")
        assert dict(heard["headers"]) == {
            b"authorization": b"Bearer token",
            b"content-type": b"application/json",
            b"host": b"casino.example",
            b"x-request-id": b"request-0001",
        }


async def test_a_process_that_is_not_the_owner_either_does_not_pass_it_on():
    async with process(patience_s=0.3) as here, process() as there, process() as third:
        here.owner[LANE] = there.address
        there.owner[LANE] = third.address
        there.answers = [(503, ELSEWHERE)] * 1_000

        with pytest.raises(LaneElsewhere):
            await here.ask()
        assert third.heard == []


async def test_it_follows_the_lane_to_its_new_owner():
    async with process() as here, process() as former, process() as owner:
        here.owner[LANE] = former.address
        former.answers = [(503, ELSEWHERE)] * 1_000
        asking = asyncio.create_task(here.ask())
        await asyncio.sleep(0.1)
        del here.owner[LANE]
        await asyncio.sleep(0.1)
        here.owner[LANE] = owner.address

        assert json.loads((await asking).body) == {"by": owner.address}
        assert len(owner.heard) == 1


async def test_a_lane_that_became_ours_is_answered_here():
    async with process() as here:
        here.owner[LANE] = here.address
        assert json.loads((await here.ask()).body) == {"by": here.address}


async def test_a_lane_without_an_owner_is_refused_in_the_end():
    async with process(patience_s=0.2) as here:
        with pytest.raises(LaneElsewhere):
            await here.ask()


async def test_an_owner_that_died_is_as_good_as_none():
    async with process(patience_s=0.2) as here:
        async with process() as gone:
            here.owner[LANE] = gone.address
        with pytest.raises(LaneElsewhere):
            await here.ask()


async def test_an_owner_that_does_not_answer_is_asked_once():
    async with process(timeout_s=0.2) as here, process() as there:
        here.owner[LANE] = there.address
        there.delay_s = 60
        with pytest.raises(OwnerSilent):
            await here.ask()
        assert len(there.heard) == 1


async def test_refusals_and_accidents_of_the_owner_are_its_answers():
    async with process() as here, process() as there:
        here.owner[LANE] = there.address
        busy = {"error": {"code": "busy"}}
        there.answers = [(503, busy), (409, busy), (500, {"error": {"code": "accident"}})]
        answers = [await here.ask() for _ in range(4)]

        assert [one.status for one in answers] == [503, 409, 500, 200]
        assert json.loads(answers[0].body) == busy
