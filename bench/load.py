"""Load over HTTP from a process of its own: `wrk` with `bet.lua`, or our own loader without it.

wrk keeps its connections busy without a pause (closed loop) and tells latencies as it saw them.
"""

import asyncio
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

HERE: Final = Path(__file__).parent
THREADS: Final = 1
STEP_US: Final = 50
"""As in `bet.lua`."""
TIMEOUT_S: Final = 10


class LoadFailed(Exception):
    """The load generator did not do its work; the message is its own."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients saw in one round."""

    answered: int
    """Whole answers, refusals among them."""
    seconds: float
    waits_us: Mapping[int, int]
    """Latencies by steps of `STEP_US`, to how many there were."""
    refused: int
    """Answers beside 200."""
    broken: int
    """Connections that broke and requests that timed out."""

    @staticmethod
    def together(loads: Sequence["Load"]) -> "Load":
        """What clients of several processes saw at the same time."""
        waits: Counter[int] = Counter()
        for one in loads:
            waits.update(one.waits_us)
        return Load(
            answered=sum(one.answered for one in loads),
            seconds=max(one.seconds for one in loads),
            waits_us=waits,
            refused=sum(one.refused for one in loads),
            broken=sum(one.broken for one in loads),
        )

    @property
    def p50_ms(self) -> float:
        """Half of all answers came sooner."""
        return self._quantile_ms(0.5)

    @property
    def p99_ms(self) -> float:
        """One answer in a hundred took longer."""
        return self._quantile_ms(0.99)

    def _quantile_ms(self, share: float) -> float:
        wanted = share * sum(self.waits_us.values())
        seen = 0
        for step, count in sorted(self.waits_us.items()):
            seen += count
            if seen >= wanted:
                return (step + STEP_US) / 1000
        return 0.0

    @property
    def rate(self) -> float:
        """Accepted bets per second."""
        return (self.answered - self.refused) / self.seconds


def program() -> str:
    """The name of what makes the load here."""
    return "wrk" if shutil.which("wrk") else "bench.loader"


async def run(url: str, tokens: Path, connections: int, seconds: float) -> Load:
    """One round of dice bets. Raises LoadFailed."""
    whole_s = str(max(1, round(seconds)))
    if program() == "wrk":
        command = [
            *("wrk", "-t", str(THREADS), "-c", str(connections), "-d", f"{whole_s}s"),
            *("--timeout", str(TIMEOUT_S), "-s", str(HERE / "bet.lua"), url),
            *("--", str(tokens), urlsplit(url).netloc),
        ]
    else:
        loader = (sys.executable, "-m", "bench.loader")
        command = [*loader, url, str(tokens), str(connections), whole_s]
    ran = await asyncio.create_subprocess_exec(
        *command,
        cwd=HERE.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await ran.communicate()
    found = re.search(r"^RESULT (\{.*\})$", said.decode(), re.MULTILINE)
    if ran.returncode or found is None:
        raise LoadFailed((said + complained).decode()[-800:])
    return parsed(found[1])


def parsed(result: str) -> Load:
    """The line that both generators end with."""
    told = json.loads(result)
    return Load(
        answered=told["requests"],
        seconds=told["micros"] / 1e6,
        waits_us=dict(told["waits_us"]),
        refused=told["refused"],
        broken=told["broken"],
    )
