"""The player's API with something to tell its sockets: `python -m bench.push_server FILE`.

Everything between a message and the wire is the application's own: hub, sockets, server. Only the
news is made here, as a crash game and the road would make it.
"""

import asyncio
import gc
import os
import random
import signal
import sys
import time
from array import array
from pathlib import Path
from typing import Final

import uvloop
from prometheus_client import REGISTRY

from bench.child import answer, orders
from bench.lines import in_ms
from bench.stage import SEALER, bettor
from fairhouse.app.player import PINGS_EVERY_S, front, make_app, make_parts
from fairhouse.app.process import Listen, process
from fairhouse.app.settings import load
from fairhouse.app.subscriptions import message
from fairhouse.app.ws import feed_channel, player_channel
from fairhouse.platform.push import Hub

BRAND_ID: Final = 1
BROADCASTS_PER_S: Final = 4
TICK_S: Final = 0.002
"""How often the event loop is asked whether it has time for others."""


async def _broadcast(hub: Hub, seconds: float) -> int:
    """A round of crash: where the multiplier is now, four times a second."""
    began_s, told = time.monotonic(), 0
    while (passed_s := time.monotonic() - began_s) < seconds:
        data = {
            "round": "crs_01981f0a7c3e4b5a",
            "phase": "running",
            "elapsed_ms": int(passed_s * 1000),
            "multiplier": f"{1 + passed_s / 4:.2f}",
            "t": time.monotonic_ns(),
        }
        hub.publish(feed_channel(BRAND_ID), message("crash", data), state="crash")
        told += 1
        await asyncio.sleep(max(0.0, began_s + told / BROADCASTS_PER_S - time.monotonic()))
    return told


async def _tell_balances(hub: Hub, seconds: float, players: int, per_s: int) -> int:
    """As after so many bets a second, each by another player."""
    began_s, told = time.monotonic(), 0
    while (passed_s := time.monotonic() - began_s) < seconds:
        while told < passed_s * per_s:
            channel = player_channel(bettor(random.randrange(players)).player_id)
            change = {
                "currency": "PLAY",
                "available": f"{1000 + told}.00000000",
                "t": time.monotonic_ns(),
            }
            hub.publish(channel, message("balance", change), state="balance:PLAY")
            told += 1
        await asyncio.sleep(TICK_S)
    return told


async def _lateness(into: "array[float]") -> None:
    """How late a timer is: what a bet may have to wait for the event loop."""
    while True:
        due_s = time.monotonic() + TICK_S
        await asyncio.sleep(TICK_S)
        into.append(time.monotonic() - due_s)


async def _round(hub: Hub, seconds: float, players: int, per_s: int) -> None:
    late, skipped = array("d"), _skipped()
    watching = asyncio.create_task(_lateness(late))
    cpu_s = time.process_time()
    broadcasts, balances = await asyncio.gather(
        _broadcast(hub, seconds), _tell_balances(hub, seconds, players, per_s)
    )
    cpu_s = time.process_time() - cpu_s
    watching.cancel()
    ordered = sorted(late)
    answer(
        broadcasts=broadcasts,
        skipped=_skipped() - skipped,
        balances=balances,
        cpu_s=cpu_s,
        late_p99_ms=in_ms(ordered, 0.99),
        late_max_ms=in_ms(ordered, 1.0),
    )


def _skipped() -> int:
    """Broadcasts that a newer one overtook before they began."""
    name = "fairhouse_push_broadcasts_skipped_total"
    return int(REGISTRY.get_sample_value(name, {"why": "overtaken"}) or 0)


async def _obey(hub: Hub) -> None:
    answer()
    async for order in orders():
        if order["do"] == "rest":
            gc.collect()
            answer()
        else:
            await _round(hub, order["seconds"], order["players"], order["per_s"])
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()


async def main(file: Path) -> None:
    """Serve until nobody gives orders any more."""
    settings = load(file)
    async with process("api", settings) as run:
        db = await run.database(settings.database.app_url)
        parts = make_parts(settings, db, SEALER)
        run.stack.callback(parts.passwords.close)
        ports = list(settings.http.player_ports.values())
        served, hot = front(parts, make_app(parts))
        run.listens.append(Listen(served, ports, hot=hot))
        run.task(parts.news.follow_outbox)
        run.task(lambda: _obey(parts.hub))
        run.loop("pings", PINGS_EVERY_S, parts.hub.ping)

        async def ready() -> None:
            """As soon as it listens."""

        await run.run(ready)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
