"""Load over HTTP from a process of its own: `wrk` with `bet.lua`, or our own loader without it.

wrk keeps its connections busy without a pause (closed loop) and tells latencies as it saw them.
"""

import asyncio
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

HERE: Final = Path(__file__).parent
THREADS: Final = 1
TIMEOUT_S: Final = 10


class LoadFailed(Exception):
    """The load generator did not do its work; the message is its own."""


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients saw in one round."""

    answered: int
    """Whole answers, refusals among them."""
    seconds: float
    p50_ms: float
    p99_ms: float
    refused: int
    """Answers beside 200."""
    broken: int
    """Connections that broke and requests that timed out."""

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
        p50_ms=round(told["p50_us"] / 1000, 2),
        p99_ms=round(told["p99_us"] / 1000, 2),
        refused=told["refused"],
        broken=told["broken"],
    )
