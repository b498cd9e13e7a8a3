"""`ws.push`: ten thousand open sockets, a crash-style broadcast, and their own balances.

The sockets are the application's, opened with real one-time tickets; the clients live in another
process. What was sent is counted against what was heard: a round with a difference fails the run.
"""

import asyncio
import contextlib
import resource
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

import psutil

from bench.api_process import BRAND, settings_of, toml
from bench.audit import BooksBroken
from bench.baseline import Baseline
from bench.child import Child
from bench.lines import Line
from bench.stage import Sizes, Stage, bettor
from fairhouse.app.store import issue_ticket
from fairhouse.kernel.ids import derived_id
from fairhouse.platform.database import Database

SOCKETS: Final = 10_000
BATCH: Final = 500
"""Tickets made and sockets opened at a time: a ticket lasts 30 s."""
BALANCES_PER_S: Final = 1_000
SETTLE_S: Final = 0.5
SETTLE_TRIES: Final = 20
FILES_RESERVED: Final = 500
P99_MS_MAX: Final = 250.0
SOCKET_KB_MAX: Final = 40.0


@dataclass(slots=True)
class Crowd:
    """A server with its open sockets."""

    server: Child
    clients: Child
    sockets: int
    rested_bytes: int
    """The server's memory before the first socket."""
    opened_s: float = 0.0

    def socket_kb(self) -> float:
        """What the server's memory has grown by, per socket."""
        grown = _resident_bytes(self.server.pid) - self.rested_bytes
        return round(grown / 1024 / self.sockets, 1)


@dataclass(slots=True)
class Rounds:
    """What was measured, one item per round."""

    crash: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    balance: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    server_us: list[float] = field(default_factory=list[float])
    """Processor time of the server per delivered message."""
    server_share: list[float] = field(default_factory=list[float])
    """Of one core."""
    client_share: list[float] = field(default_factory=list[float])
    late_p99_ms: list[float] = field(default_factory=list[float])
    late_max_ms: list[float] = field(default_factory=list[float])
    skipped: int = 0
    """Broadcasts that a newer one overtook before the first socket heard them."""


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """`ws.push.*`; pgbench is no measure for it."""
    del baseline
    found = Rounds()
    seconds = 2 * sizes.round_s
    async with contextlib.AsyncExitStack() as stack:
        crowd = await _gather_crowd(stage, stack)
        socket_kb = crowd.socket_kb()
        for _ in range(sizes.rounds):
            await _round(crowd, seconds, found)
        await crowd.server.ask("rest")
        return _lines(crowd, found, socket_kb, crowd.socket_kb())


async def _gather_crowd(stage: Stage, stack: contextlib.AsyncExitStack) -> Crowd:
    urls, owner = await stage.prepare("bench_push", 0)
    folder = stage.folder / "push"
    folder.mkdir()
    settings = settings_of(urls, folder, None)
    file = folder / "settings.toml"
    file.write_text(toml(settings.model_dump(exclude_none=True)))
    server = await Child.started("bench.push_server", str(file))
    stack.push_async_callback(server.stop)
    clients = await Child.started("bench.push_client", str(settings.http.player_ports[BRAND]))
    stack.push_async_callback(clients.stop)
    await server.heard()
    sockets = _sockets_allowed()
    # The first sockets warm what all share: pools, code, caches.
    await clients.ask("open", tickets=await _tickets(owner, range(BATCH)))
    await server.ask("rest")
    crowd = Crowd(server, clients, sockets - BATCH, _resident_bytes(server.pid))
    began_s, opened = time.monotonic(), BATCH
    for first in range(BATCH, sockets, BATCH):
        tickets = await _tickets(owner, range(first, min(first + BATCH, sockets)))
        opened = (await clients.ask("open", tickets=tickets))["open"]
    if opened != sockets:
        raise BooksBroken(f"{opened} of {sockets} sockets are open")
    crowd.opened_s = time.monotonic() - began_s
    await server.ask("rest")
    return crowd


async def _tickets(owner: Database, numbers: range) -> list[str]:
    """One for each player, as `/v1/ws-ticket` gives them."""
    tickets: list[str] = []
    async with owner.tx() as tx:
        for number in numbers:
            player_id = bettor(number).player_id
            session_id = derived_id("bench-session", str(number))
            tickets.append(await issue_ticket(tx, player_id=player_id, session_id=session_id))
    return tickets


async def _round(crowd: Crowd, seconds: float, into: Rounds) -> None:
    sockets = crowd.sockets + BATCH
    await crowd.clients.ask("forget")
    began_s = time.monotonic()
    told = await crowd.server.ask("round", seconds=seconds, players=sockets, per_s=BALANCES_PER_S)
    passed_s = time.monotonic() - began_s
    heard = await _heard(crowd, told, sockets)
    delivered = heard["crash"]["count"] + heard["balance"]["count"]
    into.crash.append(heard["crash"])
    into.balance.append(heard["balance"])
    into.server_us.append(told["cpu_s"] / delivered * 1e6)
    into.server_share.append(told["cpu_s"] / seconds)
    into.client_share.append(heard["cpu_s"] / passed_s)
    into.skipped += told["skipped"]
    into.late_p99_ms.append(told["late_p99_ms"])
    into.late_max_ms.append(told["late_max_ms"])
    print(
        f"    {sockets} sockets: broadcast p99 {heard['crash']['p99']} ms,"
        f" balance p99 {heard['balance']['p99']} ms,"
        f" {into.server_us[-1]:.1f} us/message, event loop late"
        f" {told['late_p99_ms']} ms (p99)",
        flush=True,
    )


async def _heard(crowd: Crowd, told: dict[str, Any], sockets: int) -> dict[str, Any]:
    """What the clients heard, as soon as it is all that was sent: nobody lags here, hence nothing
    may be coalesced, dropped or doubled.
    """
    broadcasts = told["broadcasts"] - told["skipped"]
    sent = {"crash": broadcasts * sockets, "balance": told["balances"], "lost": 0}
    heard: dict[str, Any] = {}
    for _ in range(SETTLE_TRIES):
        await asyncio.sleep(SETTLE_S)
        heard = await crowd.clients.ask("report")
        counts = {kind: heard[kind]["count"] for kind in ("crash", "balance")}
        if {**counts, "lost": heard["lost"]} == sent:
            return heard
    raise BooksBroken(f"sockets: sent {sent}, heard {heard}")


def _lines(crowd: Crowd, found: Rounds, open_kb: float, after_kb: float) -> list[Line]:
    sockets = crowd.sockets + BATCH
    notes = (
        f"server {median(found.server_share):.0%} of a core, {median(found.server_us):.1f} us per"
        f" message; clients {median(found.client_share):.0%} of a core; event loop late"
        f" p99 {median(found.late_p99_ms):.1f} ms, at worst {max(found.late_max_ms):.1f} ms;"
        f" {found.skipped} broadcasts overtaken by the next"
    )
    crash_p99 = round(median(one["p99"] for one in found.crash), 1)
    broadcast = Line(
        "ws.push.broadcast",
        value=crash_p99,
        unit="ms (p99)",
        p50_ms=round(median(one["p50"] for one in found.crash), 1),
        p99_ms=crash_p99,
        concurrency=sockets,
        notes=notes,
    )
    balance_p99 = round(median(one["p99"] for one in found.balance), 1)
    balance = Line(
        "ws.push.balance",
        value=balance_p99,
        unit="ms (p99)",
        p50_ms=round(median(one["p50"] for one in found.balance), 1),
        p99_ms=balance_p99,
        concurrency=sockets,
        notes=f"{BALANCES_PER_S} a second, each to its player, beside the broadcast",
    )
    memory = Line(
        "ws.push.memory",
        value=max(open_kb, after_kb),
        unit="KB/socket",
        concurrency=sockets,
        notes=(
            f"resident; {open_kb} after opening ({sockets / crowd.opened_s:.0f} a second with"
            f" ticket), {after_kb} after the rounds; the kernel's buffers are not in it"
        ),
    )
    has_crowd = sockets >= SOCKETS
    short = "" if has_crowd else f"; RLIMIT_NOFILE allows only {sockets} sockets"
    is_quick = crash_p99 <= P99_MS_MAX and not found.skipped
    return [
        broadcast.judged(
            has_crowd and is_quick, f"none overtaken, p99 at most {P99_MS_MAX:g} ms{short}"
        ),
        balance,
        memory.judged(
            has_crowd and memory.value < SOCKET_KB_MAX, f"under {SOCKET_KB_MAX:g} KB{short}"
        ),
    ]


def _resident_bytes(pid: int) -> int:
    return psutil.Process(pid).memory_info().rss


def _sockets_allowed() -> int:
    return min(SOCKETS, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - FILES_RESERVED)
