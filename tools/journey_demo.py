"""The demo that a journey walks on: the one that runs, or one started for it and stopped after."""

import asyncio
import contextlib
import json
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

START_S: Final = 420.0
STOP_S: Final = 90.0


class DemoUnavailable(Exception):
    """No demo runs and none could be started; the message says why."""


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """Where its doors are."""

    player: str
    """The first brand's player API."""
    backoffice: str
    bank: str
    rpc: str
    operator: str
    """The worker's loopback pages."""

    @staticmethod
    def of(data: Path) -> "RunningDemo | None":
        """The demo that is ready on this data folder."""
        try:
            found: dict[str, Any] = json.loads((data / "ready.json").read_text())
        except (OSError, ValueError):
            return None
        ports: dict[str, int] = found["ports"]
        if not Path(f"/proc/{found['pid']}").exists() and Path("/proc/self").exists():
            return None

        def at(name: str) -> str:
            return f"http://127.0.0.1:{ports[name]}"

        return RunningDemo(
            player=at("fairhouse"),
            backoffice=at("backoffice"),
            bank=at("bank"),
            rpc=at("chain"),
            operator=at("metrics.worker"),
        )


@asynccontextmanager
async def running_demo(data: Path, *, any_ports: bool) -> AsyncGenerator[RunningDemo]:
    """The running demo, or a new one for as long as the block lasts. Raises DemoUnavailable."""
    found = RunningDemo.of(data)
    if found is not None:
        yield found
        return
    sys.stderr.write(f"No demo runs on {data}: starting one (and stopping it afterwards).\n")
    command = [sys.executable, "-m", "devnet.demo", "--data", str(data), "--no-history"]
    if any_ports:
        command.append("--any-ports")
    # A session of its own: Ctrl-C reaches us, and we stop it in order.
    process = await asyncio.create_subprocess_exec(
        *command, stdout=sys.stderr, start_new_session=True
    )
    try:
        yield await _ready(process, data)
    finally:
        await _stop(process)


async def _ready(process: Process, data: Path) -> RunningDemo:
    async with asyncio.timeout(START_S):
        while True:
            found = RunningDemo.of(data)
            if found is not None:
                return found
            if process.returncode is not None:
                raise DemoUnavailable("The demo did not start; it said why above.")
            await asyncio.sleep(0.3)


async def _stop(process: Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
