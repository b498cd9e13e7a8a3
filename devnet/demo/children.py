"""One supervised process: started, watched, started again when it dies, stopped in order.

A child dies with its supervisor (PR_SET_PDEATHSIG, Linux); it has a session of its own, so that
Ctrl-C reaches the supervisor alone, which then stops everybody in the right order.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

BACKOFF_FIRST_S: Final = 0.5
BACKOFF_MAX_S: Final = 15.0
RESTARTS_BEFORE_READY_MAX: Final = 3
STEADY_S: Final = 20.0
"""Having run so long, the next restart is quick again."""
PROBE_EVERY_S: Final = 0.15
_PR_SET_PDEATHSIG: Final = 1
_IS_LINUX: Final = sys.platform == "linux"
_LIBC: Final = ctypes.CDLL(None)

Say = Callable[[str, str], None]
"""Who and what: a line of the demo's log."""


class ChildFailed(Exception):
    """A child did not come up; the message ends with its log."""


class ChildState(StrEnum):
    """How a child fares."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    DOWN = "down"
    """Dead, to be started again."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run."""

    name: str
    command: Sequence[str]
    log: Path
    ready: Callable[[], Awaitable[bool]]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    stop_signal: signal.Signals = signal.SIGTERM
    stop_s: float = 15.0
    ready_s: float = 60.0
    before: Callable[[], None] | None = None
    """Runs before each start."""


@dataclass(slots=True)
class Child:
    """A child and its keeper."""

    spec: ChildSpec
    say: Say
    state: ChildState = ChildState.STOPPED
    restarts: int = 0
    _process: Process | None = None
    _keeper: asyncio.Task[None] | None = None
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _pause_s: float = 0.0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def start(self) -> None:
        """Begin; `wait_ready` tells when it is there."""
        assert self._keeper is None
        self._keeper = asyncio.create_task(self._keep())

    async def wait_ready(self) -> None:
        """Return once it answers. Raises ChildFailed with the end of its log."""
        try:
            async with asyncio.timeout(self.spec.ready_s):
                await self._came_up()
        except TimeoutError:
            raise ChildFailed(self._why(f"is not ready after {self.spec.ready_s:.0f} s")) from None

    async def _came_up(self) -> None:
        while not self._up.is_set():
            if self.restarts >= RESTARTS_BEFORE_READY_MAX:
                raise ChildFailed(self._why("keeps ending"))
            await asyncio.sleep(PROBE_EVERY_S)

    def kill(self, *, down_s: float = 0.0) -> None:
        """As if the machine had killed it (SIGKILL); it stays down for `down_s` at least."""
        self._pause_s = down_s
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    async def stop(self) -> None:
        """End it for good: its stop signal, then after a while SIGKILL."""
        self._stopping = True
        process, keeper = self._process, self._keeper
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self.spec.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), self.spec.stop_s)
            except TimeoutError:
                self.say(self.spec.name, f"did not stop within {self.spec.stop_s:.0f} s: killed")
                process.kill()
                await process.wait()
        if keeper is not None:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
        self.state = ChildState.STOPPED

    async def _keep(self) -> None:
        backoff_s = BACKOFF_FIRST_S
        while not self._stopping:
            began = time.monotonic()
            code = await self._live()
            if self._stopping:
                return
            self.state = ChildState.DOWN
            self._up.clear()
            self.restarts += 1
            if time.monotonic() - began > STEADY_S:
                backoff_s = BACKOFF_FIRST_S
            wait_s = max(backoff_s, self._pause_s)
            self._pause_s = 0.0
            self.say(self.spec.name, f"{_ended(code)}; starts again in {wait_s:.1f} s")
            await asyncio.sleep(wait_s)
            backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)

    async def _live(self) -> int:
        """One life, from its start to its end."""
        spec = self.spec
        if spec.before is not None:
            spec.before()
        self.state = ChildState.STARTING
        with spec.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *spec.command,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **spec.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        if self._stopping:
            self._process.send_signal(spec.stop_signal)
        prober = asyncio.create_task(self._probe())
        try:
            return await self._process.wait()
        finally:
            prober.cancel()

    async def _probe(self) -> None:
        while not await self.spec.ready():
            await asyncio.sleep(PROBE_EVERY_S)
        self.state = ChildState.READY
        self._up.set()
        if self.restarts:
            self.say(self.spec.name, "is back")

    def _why(self, what: str) -> str:
        lines: list[str] = []
        if self.spec.log.exists():
            lines = self.spec.log.read_text(errors="replace").splitlines()[-15:]
        end = "\n    ".join(lines) or "(empty)"
        return f"{self.spec.name} {what}. The end of {self.spec.log}:\n    {end}"


def _die_with_parent() -> None:
    if _IS_LINUX:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _ended(code: int) -> str:
    if code < 0:
        return f"was killed ({signal.Signals(-code).name})"
    return f"ended with code {code}"
