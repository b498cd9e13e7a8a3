"""`http.bet`: dice bets over HTTP through the real application.

Session, pause switches, limits, seed pair and nonce, outcome, durable commit: all of it, by
`python -m fairhouse.app api` with real settings; the load comes from processes of their own. Every
HTTP server that the settings offer has a database and a process of its own, the default one also
two processes that share the lanes, and they take turns. `http.bet.many_sessions` is the same with
so many players that each bets seldom.
"""

import os
from dataclasses import replace
from typing import Final

from bench import audit
from bench.api_process import servers
from bench.baseline import Baseline
from bench.lines import MISS, Line, compared, judged_http
from bench.served import GUESTS, Served
from bench.stage import Sizes, Stage

CONNECTIONS: Final = (64, 256)
MANY_SESSIONS: Final = 20_000
MANY_AT: Final = 256
MANY_ROUND_S: Final = 6.0
"""Every session is used and read anew in this time."""


def chosen_servers(*, is_quick: bool) -> list[str]:
    """FAIRHOUSE_BENCH_SERVER names one; quick is the default one alone."""
    named = os.environ.get("FAIRHOUSE_BENCH_SERVER")
    if named:
        return [named]
    return servers()[:1] if is_quick else servers()


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """All servers and the baseline in turn."""
    names = chosen_servers(is_quick=sizes.is_quick)
    print(f"  starting {', '.join(names)} with {GUESTS} guests each", flush=True)
    all_served = [await Served.started(stage, name) for name in names]
    all_served.append(await Served.started(stage, names[0], count=2))
    before = len(baseline.rates)
    for number in range(sizes.rounds):
        print(f"  round {number + 1} of {sizes.rounds}")
        rate = await baseline.round(sizes.round_s)
        print(f"    pgbench, {baseline.clients} clients: {rate:10,.0f} bets/s", flush=True)
        for connections in CONNECTIONS:
            for served in all_served:
                await _round(served, connections, sizes.round_s)
    one = all_served[0]
    many = [] if sizes.is_quick else await _many(stage, names[0], one, sizes)
    for served in all_served:
        await _finish(served)
    return _lines(all_served, baseline.rate_since(before)) + many


async def _round(served: Served, connections: int, seconds: float) -> None:
    seen = await served.round(connections, seconds)
    print(
        f"    {served.name:26} {connections:4} connections: {seen.rate:10,.0f} bets/s"
        f"   p99 {seen.p99_ms} ms, {served.cpu_us[connections][-1]:.0f} us API",
        flush=True,
    )


async def _finish(served: Served) -> None:
    await served.stop()
    bets = await audit.check_everything(served.owner)
    print(f"  the books of {bets:,} bets are exact", flush=True)


async def _many(stage: Stage, server: str, few: Served, sizes: Sizes) -> list[Line]:
    """Many players in turn with few; the rounds of the few that are compared are their own."""
    few = replace(few, loads={}, cpu_us={})
    many = await Served.started(stage, server, sessions=MANY_SESSIONS)
    print(f"  {MANY_SESSIONS:,} sessions against {GUESTS:,}", flush=True)
    for _ in range(sizes.rounds):
        for served in (few, many):
            await _round(served, MANY_AT, MANY_ROUND_S)
    await _finish(many)
    line = replace(many.line(MANY_AT), name="http.bet.many_sessions")
    line = compared(line, few.line(MANY_AT).value)
    return [replace(line, notes=f"against {GUESTS:,} sessions; {line.notes}")]


def _lines(all_served: list[Served], baseline: float) -> list[Line]:
    lines: list[Line] = []
    for connections in CONNECTIONS:
        found = [compared(served.line(connections), baseline) for served in all_served]
        best = max(found, key=_passes_and_rate)
        lines += [judged_http(line) if line is best else line for line in found]
    return lines


def _passes_and_rate(line: Line) -> tuple[bool, float]:
    return judged_http(line).verdict != MISS, line.value
