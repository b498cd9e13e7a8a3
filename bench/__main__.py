"""The benchmark: `make bench`, `make bench QUICK=1`, `python -m bench place http`.

Prints what goes on, a table at the end, and writes `results/latest.json` with `machine.json`
beside it; some parts alone write `results/partial.json`. Ends with 1 when a line misses its aim,
with 2 when the books or counts do not agree.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import uvloop

from bench import growth, hot_row, http_bet, outcome, place, push, scan, soak, tigerbeetle
from bench.audit import BooksBroken
from bench.baseline import Baseline
from bench.lines import Line, has_missed, to_json
from bench.machine import check_durable, described
from bench.stage import Sizes, Stage, stage
from bench.table import LATEST, MACHINE, RESULTS, SOAK, named, plain
from fairhouse.platform.database import Database

COMPARED: Final = frozenset({"place", "http"})
"""The parts in whose rounds the baseline takes its turn."""

PARTIAL: Final = RESULTS / "partial.json"
"""What a run of some parts alone finds, and any run so far; not kept."""

Part = Callable[[Stage, Baseline, Sizes], Awaitable[list[Line]]]

PARTS: Final[Mapping[str, Part]] = {
    "place": place.measure,
    "hot_row": hot_row.measure,
    "http": http_bet.measure,
    "push": push.measure,
    "tigerbeetle": tigerbeetle.measure,
    "outcome": outcome.measure,
    "scan": scan.measure,
    "growth": growth.measure,
}
NOT_QUICK: Final = frozenset({"growth", "scan", "hot_row", "tigerbeetle"})
EXTRA: Final[Mapping[str, Part]] = {"soak": soak.measure}
"""Only when named."""


def main(argv: list[str] | None = None) -> int:
    """0 when every line passes."""
    arguments = _parser().parse_args(argv)
    if arguments.server:
        os.environ["FAIRHOUSE_BENCH_SERVER"] = arguments.server
    try:
        lines = uvloop.run(_run(arguments))
    except BooksBroken as error:
        print(f"bench: the run fails: {error}", file=sys.stderr)
        return 2
    print()
    print(plain(lines))
    return 1 if has_missed(lines) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join({**PARTS, **EXTRA}))
    parser.add_argument("--rounds", type=int, help="rounds of every way (at least three count)")
    parser.add_argument("--server", help="the HTTP server for http.bet; all by default")
    parser.add_argument("--round-s", type=float, help="seconds of a round")
    return parser


async def _run(arguments: argparse.Namespace) -> list[Line]:
    sizes = Sizes.chosen(rounds=arguments.rounds, round_s=arguments.round_s)
    async with stage() as on:
        db = await Database.connect(on.urls.app)
        async with db.read() as tx:
            settings = await check_durable(tx)
        await db.close()
        machine = described(settings, quick=sizes.is_quick, rounds=sizes.rounds)
        print(named(machine))
        usual = [name for name in PARTS if not (sizes.is_quick and name in NOT_QUICK)]
        lines = await _measured(arguments.parts or usual, on, sizes)
    file = SOAK if arguments.parts == ["soak"] else PARTIAL if arguments.parts else LATEST
    await asyncio.to_thread(_write, file, lines, machine)
    return lines


async def _measured(parts: list[str], on: Stage, sizes: Sizes) -> list[Line]:
    started_s = time.monotonic()
    baseline = await Baseline.prepared(on, sizes.players)
    if COMPARED & set(parts):
        print("pgbench.per_bet: one transaction per bet, choosing the number of clients")
        for clients, rate in (await baseline.choose_clients(sizes.round_s)).items():
            print(f"    {clients:3} clients: {rate:10,.0f} bets/s", flush=True)
    lines: list[Line] = []
    for name in parts:
        print(f"{name} ({time.monotonic() - started_s:.0f} s)", flush=True)
        lines += await {**PARTS, **EXTRA}[name](on, baseline, sizes)
        # A run takes half an hour: what is measured outlives an accident of a later part.
        await asyncio.to_thread(_write, PARTIAL, lines, {})
    return [*await baseline.finished(), *lines]


def _write(file: Path, lines: list[Line], machine: Mapping[str, object]) -> None:
    RESULTS.mkdir(exist_ok=True)
    file.write_text(to_json(lines))
    if file == LATEST:
        MACHINE.write_text(json.dumps(machine, indent=1) + "\n")
    if file != PARTIAL:
        print(f"\n  written: {file.relative_to(RESULTS.parents[1])}")


if __name__ == "__main__":
    sys.exit(main())
