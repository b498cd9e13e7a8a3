"""A loop keeps its pace, outlives its step's trouble, and tells how it fares."""

import asyncio

import pytest

from fairhouse.platform import loops
from fairhouse.platform.loops import HealthBoard, LoopHealth, run_loop


async def run_for(loop, condition):
    task = asyncio.create_task(loop)
    try:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.005)
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_more_work_is_done_at_once_and_idleness_waits():
    calls: list[int] = []

    async def step() -> int:
        calls.append(1)
        return 1 if len(calls) < 5 else 0

    await run_for(run_loop("eager", 60, step), lambda: len(calls) >= 5)
    await asyncio.sleep(0.02)

    assert 5 == len(calls)


async def test_a_wake_ends_the_pause():
    wake, calls = asyncio.Event(), []

    async def step() -> None:
        calls.append(1)

    async def wakes() -> None:
        await asyncio.sleep(0.02)
        wake.set()

    waking = asyncio.create_task(wakes())
    await run_for(run_loop("woken", 60, step, wake=wake), lambda: len(calls) >= 2)
    await waking

    assert not wake.is_set()


async def test_a_failing_step_is_retried_and_reported():
    board, calls = HealthBoard(), []
    reports: list[object] = []

    async def step() -> None:
        calls.append(1)
        if len(calls) < 3:
            raise ConnectionError("no node")
        reports.append(board.loops["flaky"].last_error)

    await run_for(run_loop("flaky", 0.001, step, board=board), lambda: len(calls) >= 4)

    assert "ConnectionError: no node" == reports[0]
    assert 0 == board.loops["flaky"].failures
    assert {} == board.report()


async def test_cancelling_interrupts_a_step():
    begun, undone = asyncio.Event(), []

    async def step() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            undone.append(1)
            raise

    await run_for(run_loop("long", 1, step), begun.is_set)

    assert [1] == undone


def test_backoff_grows_and_is_bounded():
    few = max(loops._backoff_s(1, 1) for _ in range(50))
    many = [loops._backoff_s(1, 50) for _ in range(50)]

    assert few <= 1
    assert 15 <= min(many)
    assert max(many) <= loops.BACKOFF_MAX_S


def test_a_silent_loop_is_unwell():
    health = LoopHealth("x", interval_s=1, started=100.0)

    assert health.is_healthy(130.0)
    assert not health.is_healthy(130.1)
    health.last_good = 200.0
    assert health.is_healthy(230.0)
    slow = LoopHealth("y", interval_s=60, started=0.0)
    assert slow.is_healthy(600.0)
    assert not slow.is_healthy(600.1)


async def test_two_loops_of_one_name_are_a_mistake():
    board = HealthBoard({"x": LoopHealth("x", 1)})

    async def step() -> None: ...

    with pytest.raises(AssertionError):
        await run_loop("x", 1, step, board=board)
