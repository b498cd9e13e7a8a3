"""What every process of ours does alike: log, serve, loop, tell how it fares, and stop cleanly.

`Process.run()` ends on SIGINT or SIGTERM: servers stop taking requests and finish those they have,
loops are cancelled between statements (their transaction is undone, as in a crash), pools close.
"""

import asyncio
import gc
import resource
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from fairhouse.app.evidence import watching
from fairhouse.app.settings import Settings
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.http import AsgiApp
from fairhouse.platform.listening import GRACE_S, HttpServer, Listen, PortTaken
from fairhouse.platform.loops import HealthBoard, Step, run_loop
from fairhouse.platform.servers import make_server
from fairhouse.platform.telemetry import METRICS_CONTENT_TYPE, configure_logging, metrics_text

GC_THRESHOLDS: Final = (100_000, 50, 100)
"""New objects before the young are looked at, and so on: seldom, for each look stops everything."""
__all__ = ["GRACE_S", "Listen", "PortTaken", "Probe", "Process", "process"]

_log = structlog.get_logger("app")


class EndedByItself(Exception):
    """A part that must run as long as the process came to its end; the message names it."""


Probe = Callable[[], Awaitable[Mapping[str, Any]]]


@dataclass(slots=True)
class Process:
    """One of our processes, from its first log line to its last."""

    name: str
    settings: Settings
    stack: AsyncExitStack
    board: HealthBoard = field(default_factory=HealthBoard)
    listens: list[Listen] = field(default_factory=list[Listen])
    before_stop: list[Callable[[], Awaitable[None]]] = field(
        default_factory=list[Callable[[], Awaitable[None]]]
    )
    """What is done when told to stop, while the servers still serve; bounded by `GRACE_S`."""
    probes: dict[str, Probe] = field(default_factory=dict[str, Probe])
    """Extra pages beside /healthz on the metrics port, by path."""
    _tasks: list[tuple[Callable[[], Awaitable[None]], Callable[[], None] | None]] = field(
        default_factory=list[tuple[Callable[[], Awaitable[None]], Callable[[], None] | None]]
    )
    _loops: list[tuple[str, float, Step, asyncio.Event | None]] = field(
        default_factory=list[tuple[str, float, Step, asyncio.Event | None]]
    )

    _db: Database | None = None
    """The first pool: where the process says of itself that it began and ended."""

    async def database(self, url: str) -> Database:
        """A pool that closes with the process; the first one is watched with its clock."""
        chosen = PoolSettings(
            size_max=self.settings.database.pool_max,
            application_name=f"fairhouse-{self.name}",
        )
        db = await Database.connect(url, chosen)
        self.stack.push_async_callback(db.close)
        if self._db is None:
            self._db = db
            self.loop("clock", watching.CLOCK_EVERY_S, lambda: watching.watch_clock(db))
            self.loop("ill loops", watching.ILL_EVERY_S, watching.IllLoops(db, self.board).step)
        return db

    async def _note(self, *, is_started: bool) -> None:
        """Whether it can be written down or not, the process starts and ends."""
        if self._db is None:
            return
        try:
            await asyncio.wait_for(watching.note_process(self._db, is_started=is_started), GRACE_S)
        except Exception as error:  # noqa: BLE001 - evidence never keeps a process from ending
            _log.warning("not written down", is_started=is_started, error=repr(error))

    def loop(
        self, name: str, interval_s: float, step: Step, wake: asyncio.Event | None = None
    ) -> None:
        """Run `step` again and again until the process stops."""
        self._loops.append((name, interval_s, step, wake))

    def task(
        self, run: Callable[[], Awaitable[None]], *, farewell: Callable[[], None] | None = None
    ) -> None:
        """Run beside the servers until the process stops: then `farewell` asks it to end by
        itself; without one it is cancelled.
        """
        self._tasks.append((run, farewell))

    async def run(self, ready: Callable[[], Awaitable[None]]) -> None:
        """Serve and loop until told to stop. `ready` refuses while a dependency is out of reach."""
        stop = asyncio.Event()
        running = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            running.add_signal_handler(number, stop.set)
        http = self.settings.http
        metrics = Listen(_metrics_app(self, ready), [http.metrics_ports[self.name]])
        servers = [make_server(http.server, each, host=http.host) for each in self.listens]
        servers.append(make_server("uvicorn-asgi", metrics, host=http.host))
        serving = [_begun(server.serve(), f"server {at}") for at, server in enumerate(servers)]
        tasks = {
            _begun(_ended(run), f"task {getattr(run, '__qualname__', run)}"): farewell
            for run, farewell in self._tasks
        }
        loops = [
            _begun(run_loop(name, every, step, wake=wake, board=self.board), f"loop {name}")
            for name, every, step, wake in self._loops
        ]
        stopping = asyncio.create_task(stop.wait())
        spare_garbage_collection()
        await self._note(is_started=True)
        _log.info("started", loops=len(self._loops), listens=len(self.listens))
        done, _ = await asyncio.wait(
            {stopping, *serving, *tasks, *loops}, return_when=asyncio.FIRST_COMPLETED
        )
        fallen = [] if stop.is_set() else sorted(_how_it_ended(task) for task in done)
        if fallen:
            _log.error("stopping: a part ended by itself", parts=fallen)
        stopping.cancel()
        await _hand_over(self.before_stop)
        await _drain(servers, serving)
        await _say_farewell(tasks)
        await _cancel([*serving, *tasks, *loops])
        await self._note(is_started=False)
        _log.info("stopped")
        if fallen:
            # Cancelled or returned: without this it would look like a stop in good order.
            raise EndedByItself("; ".join(fallen))


def spare_garbage_collection() -> None:
    """What is there at the start stays: do not look at it again, and look seldom at the rest.

    With the defaults they cost a busy API a quarter of its time and its slowest hundredth most of
    theirs. Objects are freed by their counts; what is left to find are cycles, mostly of closed
    connections.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def allow_many_files() -> None:
    """A socket is a file: take as many as the system grants, not the usual 1,024."""
    granted = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (granted, granted))


def _begun(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    return asyncio.create_task(work, name=name)


def _how_it_ended(task: asyncio.Task[Any]) -> str:
    if task.cancelled():
        return f"{task.get_name()} was cancelled"
    error = task.exception()
    return f"{task.get_name()} {'returned' if error is None else f'failed: {error!r}'}"


async def _ended(run: Callable[[], Awaitable[None]]) -> None:
    await run()


async def _hand_over(steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
    for step in steps:
        try:
            await asyncio.wait_for(step(), GRACE_S)
        except Exception as error:  # noqa: BLE001 - it stops all the same
            _log.warning("not handed over in good order", error=repr(error))


async def _drain(servers: Sequence[HttpServer], serving: Sequence[asyncio.Task[None]]) -> None:
    """Take no more requests and finish those that are under way."""
    for server in servers:
        server.stop()
    await asyncio.wait(serving, timeout=GRACE_S + 2)


async def _say_farewell(
    tasks: Mapping[asyncio.Task[None], Callable[[], None] | None],
) -> None:
    """Let tasks that can end by themselves finish what they have."""
    leaving: list[asyncio.Task[None]] = []
    for task, farewell in tasks.items():
        if farewell is not None:
            farewell()
            leaving.append(task)
    if leaving:
        await asyncio.wait(leaving, timeout=GRACE_S)


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    """End what still runs; a task's own accident is raised."""
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


def _metrics_app(process: Process, ready: Callable[[], Awaitable[None]]) -> AsgiApp:
    """`/metrics`, `/healthz` (the process lives), `/readyz` (it can do its work), and probes."""

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(metrics_text(), media_type=METRICS_CONTENT_TYPE)

    async def health(_: Request) -> Response:
        ill = process.board.report()
        return JSONResponse({"process": process.name, "loops": dict(ill)}, 503 if ill else 200)

    async def readiness(_: Request) -> Response:
        try:
            await ready()
        except Refusal as refusal:
            return JSONResponse({"ready": False, "why": refusal.message}, status_code=503)
        return JSONResponse({"ready": True})

    def page(probe: Probe) -> Callable[[Request], Awaitable[Response]]:
        async def answer(_: Request) -> Response:
            return JSONResponse(dict(await probe()))

        return answer

    routes = [
        Route("/metrics", metrics),
        Route("/healthz", health),
        Route("/readyz", readiness),
        *(Route(path, page(probe)) for path, probe in process.probes.items()),
    ]
    return Starlette(routes=routes)  # pyright: ignore[reportReturnType]


@asynccontextmanager
async def process(name: str, settings: Settings) -> AsyncGenerator[Process]:
    """A process with its logging set up; what it opened is closed at the end."""
    configure_logging(name, pretty=settings.log_format == "pretty")
    allow_many_files()
    async with AsyncExitStack() as stack:
        yield Process(name, settings, stack)
