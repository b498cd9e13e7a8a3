"""`fairness.outcome`: outcomes per second of one core, against the HMAC-SHA256 they stand on."""

import asyncio
import hmac
import time
from collections.abc import Callable
from statistics import median
from typing import Final
from uuid import UUID

from bench.baseline import Baseline
from bench.lines import Line, compared
from bench.stage import STAKE_UNITS, Sizes, Stage
from fairhouse.fairness.types import ActiveSeeds, SeedPairId
from fairhouse.games.dice import rules as dice
from fairhouse.games.dice.types import DiceParams, Direction

ROUND_S: Final = 0.4
AT_ONCE: Final = 1_000
SEEDS: Final = ActiveSeeds(SeedPairId(UUID(int=1)), UUID(int=2), "5e" * 32, "", "bench")
PARAMS: Final = DiceParams(5000, Direction.UNDER)


def bare(count: int) -> None:
    """What cannot be saved: one digest per outcome."""
    key = SEEDS.server_seed.encode()
    digest = hmac.digest
    for _ in range(count):
        digest(key, b"bench:123456:0", "sha256")


def outcomes(count: int) -> None:
    """Stream, roll, win and payout of a dice bet, as the road computes them."""
    for nonce in range(count):
        dice.decide(SEEDS.stream(nonce), PARAMS, STAKE_UNITS)


def rate_of(work: Callable[[int], None], seconds: float) -> float:
    """Of one core: repetitions by processor time."""
    done = 0
    started_s = time.process_time()
    while time.process_time() - started_s < seconds:
        work(AT_ONCE)
        done += AT_ONCE
    return done / (time.process_time() - started_s)


async def measure(stage: Stage, baseline: Baseline, sizes: Sizes) -> list[Line]:
    """Both in turn."""
    found: dict[str, list[float]] = {"bare": [], "outcome": []}
    for _ in range(max(3, sizes.rounds)):
        found["bare"].append(await asyncio.to_thread(rate_of, bare, ROUND_S))
        found["outcome"].append(await asyncio.to_thread(rate_of, outcomes, ROUND_S))
    line = Line(
        name="fairness.outcome",
        value=round(median(found["outcome"])),
        unit="outcomes/s",
        concurrency=1,
        notes="dice, per core by processor time; baseline: bare HMAC-SHA256",
    )
    line = compared(line, median(found["bare"]))
    print(f"    {line.value:,.0f} outcomes/s, {line.baseline:,.0f} digests/s", flush=True)
    return [line]
