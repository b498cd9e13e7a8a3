"""A process tells how it fares, ends what it has begun, and is gone soon after it is told to go."""

import asyncio
import os
import signal
import socket
import time

import httpx
import pytest

from fairhouse.app.process import EndedByItself, Listen, PortTaken, process
from fairhouse.kernel.refusals import Unavailable
from tests.player_api import settings_for_tests


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _settings(port: int):
    base = settings_for_tests()
    http = base.http.model_copy(update={"metrics_ports": {"test": port}})
    return base.model_copy(update={"http": http})


async def _ready() -> None:
    return None


async def _not_ready() -> None:
    raise Unavailable("The signer does not answer.")


async def _get(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(200):
            try:
                return await client.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
    raise AssertionError(f"{url} never answered")


async def test_health_metrics_and_a_clean_stop() -> None:
    port, asked, ended, steps = _free_port(), asyncio.Event(), [], []

    async def polite() -> None:
        await asyncio.wait_for(asked.wait(), 30)
        ended.append("polite")

    async def endless() -> None:
        await asyncio.sleep(3600)

    async def step() -> int:
        steps.append(1)
        return 0

    async with process("test", _settings(port)) as run:
        run.task(polite, farewell=asked.set)
        run.task(endless)
        run.loop("stepping", 0.01, step)
        running = asyncio.create_task(run.run(_ready))
        health = await _get(f"http://127.0.0.1:{port}/healthz")
        ready = await _get(f"http://127.0.0.1:{port}/readyz")
        metrics = await _get(f"http://127.0.0.1:{port}/metrics")
        began = time.monotonic()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 20)
        took_s = time.monotonic() - began

    assert (health.status_code, ready.status_code) == (200, 200)
    assert 'fairhouse_loop_steps_total{loop="stepping",result="good"}' in metrics.text
    assert ended == ["polite"]
    assert steps
    assert took_s < 10


async def test_readiness_says_what_is_missing() -> None:
    port = _free_port()
    async with process("test", _settings(port)) as run:
        running = asyncio.create_task(run.run(_not_ready))
        answer = await _get(f"http://127.0.0.1:{port}/readyz")
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 20)

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "why": "The signer does not answer."}


@pytest.mark.parametrize("how", ["returns", "is cancelled", "fails"])
async def test_a_part_that_ends_by_itself_ends_the_process_and_is_named(how) -> None:
    """A supervisor must see that it was no stop in good order."""

    async def part() -> None:
        await asyncio.sleep(0.1)
        if how == "is cancelled":
            raise asyncio.CancelledError
        if how == "fails":
            raise OSError("the floor is gone")

    with pytest.raises(OSError if how == "fails" else EndedByItself) as ended:
        async with process("test", _settings(_free_port())) as run:
            run.task(part)
            async with asyncio.timeout(30):
                await run.run(_ready)
    assert how == "fails" or "part" in str(ended.value)


async def test_a_taken_port_is_named() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        async with process("test", _settings(_free_port())) as run:

            async def nothing(scope: object, receive: object, send: object) -> None:
                raise AssertionError

            run.listens.append(Listen(nothing, [port]))  # pyright: ignore[reportArgumentType]
            with pytest.raises(PortTaken, match=str(port)):
                await run.run(_ready)
