"""Our own load generator, where wrk is missing: `python -m bench.loader URL TOKENS CONNECTIONS S`.

Slower than wrk (it is Python, and it shares the machine): the figures are then a lower bound.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from bench.load import STEP_US
from fairhouse.kernel.ids import to_wire, uuid7

_PARAMS = '{"target":"50.00","direction":"under"}'
_BODY = '{"id":"%s","currency":"PLAY","stake":"0.01","params":' + _PARAMS + "}"


class Tally:
    """What all connections saw."""

    def __init__(self, heads: list[bytes]) -> None:
        self.heads = cycle(heads)
        self.waits_s: list[float] = []
        self.refused = 0
        self.broken = 0


def heads_of(tokens: list[str], place: str) -> list[bytes]:
    """Everything of a request that stays the same."""
    length = len(_BODY % to_wire("bet", uuid7(0, bytes(10))))
    return [
        (
            f"POST /v1/games/dice/bets HTTP/1.1\r\nHost: {place}\r\nAuthorization: Bearer {token}"
            f"\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()
        for token in tokens
    ]


async def connection(host: str, port: int, until_s: float, tally: Tally) -> None:
    """One request after the other until the time is over."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
        while (started_s := time.perf_counter()) < until_s:
            id_ = to_wire("bet", uuid7(time.time_ns() // 1_000_000, random.randbytes(10)))
            writer.write(next(tally.heads) + (_BODY % id_).encode())
            head = await reader.readuntil(b"\r\n\r\n")
            fields = head.lower()
            await reader.readexactly(int(fields.split(b"content-length:")[1].split(b"\r\n")[0]))
            tally.waits_s.append(time.perf_counter() - started_s)
            tally.refused += not head.startswith(b"HTTP/1.1 200")
        writer.close()
    except (OSError, asyncio.IncompleteReadError):
        tally.broken += 1


async def main(url: str, tokens: list[str], connections: int, seconds: float) -> None:
    """Load, and say what was seen."""
    place = urlsplit(url)
    tally = Tally(heads_of(tokens, place.netloc))
    started_s = time.perf_counter()
    await asyncio.gather(
        *(
            connection(place.hostname or "", place.port or 80, started_s + seconds, tally)
            for _ in range(connections)
        )
    )
    took_s = time.perf_counter() - started_s
    waits_us = Counter(int(wait_s * 1e6) // STEP_US * STEP_US for wait_s in tally.waits_s)
    result = {
        "requests": len(tally.waits_s),
        "micros": round(took_s * 1e6),
        "refused": tally.refused,
        "broken": tally.broken,
        "waits_us": sorted(waits_us.items()),
    }
    print("RESULT", json.dumps(result))


if __name__ == "__main__":
    sessions = Path(sys.argv[2]).read_text().split()
    uvloop.run(main(sys.argv[1], sessions, int(sys.argv[3]), float(sys.argv[4])))
