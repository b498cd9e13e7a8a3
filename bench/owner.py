"""A lane owner with its own clients, as a process of its own: `python -m bench.owner URL`.

It does what it reads, one JSON object per line, and answers each with one: take lanes, let its
clients bet until a given moment, give the lanes up. Beside the road runs what runs beside it in
the API's process: house limits, the hot rows, the feed, and a listener for every commit.
The clients are light: one task per bet in flight, commands made on the fly.
"""

import asyncio
import gc
import random
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import uvloop

from bench.child import answer, orders
from bench.paced import Pacer
from bench.roadside import Roadside
from bench.sampling import picks, zipf_weights
from bench.stage import PLAY, STAKE_UNITS, bettor, is_rich
from fairhouse.app.process import spare_garbage_collection
from fairhouse.betting.api import Road, fingerprint
from fairhouse.betting.types import Bet, BetId, BetKey, Bettor, Place, Settled
from fairhouse.fairness.types import Stream
from fairhouse.games import catalogue
from fairhouse.games.dice import rules as dice
from fairhouse.games.dice.types import DiceParams, Direction
from fairhouse.games.original import Ended
from fairhouse.ledger.types import InsufficientFunds
from fairhouse.platform.database import Database
from fairhouse.platform.telemetry import configure_logging

PICKS: Final = 1 << 17
EVERY: Final = 100
"""Every so many commands are a repetition, and as many come from a player without money."""
WARMED_AT_ONCE: Final = 512
PARAMS: Final = DiceParams(5000, Direction.UNDER)
SHOWN: Final = dice.shown_params(PARAMS)
GAME: Final = catalogue.usual("dice")
INFO: Final = GAME.info
MOST: Final = 2 * STAKE_UNITS
PRINT: Final = fingerprint(game="dice", stake=STAKE_UNITS)


def decide(stream: Stream) -> Settled:
    """Half a unit either way."""
    result = GAME.original.play(stream, PARAMS, STAKE_UNITS, (), MOST)
    assert type(result) is Ended
    return Settled(result.payout, result.shown)


async def placed(road: Road, command: Place) -> Bet:
    """Nothing is paused and nobody is excluded here; `http.bet` measures those checks."""

    async def made() -> Place:
        return command

    return await road.place(BetKey(command.bet_id, command.bettor, command.fingerprint), made)


def new_id() -> BetId:
    """A fresh uuid7."""
    unix_ms = time.time_ns() // 1_000_000
    tail = random.getrandbits(74)
    high, low = tail >> 62, tail & (1 << 62) - 1
    return BetId(UUID(int=unix_ms << 80 | 7 << 76 | high << 64 | 2 << 62 | low))


def command_of(one: Bettor) -> Place:
    """A bet as the application's games make it."""
    return Place(
        bet_id=new_id(),
        bettor=one,
        currency=PLAY,
        stake=STAKE_UNITS,
        game=INFO.slug,
        game_version=INFO.version,
        table_hash=INFO.table_hash,
        params=SHOWN,
        decide=decide,
        fingerprint=PRINT,
        opens_round=False,
    )


@dataclass(slots=True)
class Tally:
    """What the clients were told in one round."""

    fresh: int = 0
    repeated: int = 0
    refused: int = 0
    waits_s: "array[float]" = field(default_factory=lambda: array("d"))
    """Of the fresh bets that were answered before the round's end."""


class Clients:
    """Everybody who bets through one owner."""

    def __init__(self, side: Roadside, rich: list[Bettor], poor: list[Bettor]) -> None:
        self._road = side.road
        self._rich = rich
        self._poor = cycle(poor)
        self._turn = count()

    async def warm(self) -> int:
        """Every player once, so that nobody is loaded while the clock runs; how many bets."""
        for first in range(0, len(self._rich), WARMED_AT_ONCE):
            some = self._rich[first : first + WARMED_AT_ONCE]
            await asyncio.gather(*(placed(self._road, command_of(one)) for one in some))
        for one in [next(self._poor) for _ in range(min(64, EVERY))]:
            await self._refused(one)
        return len(self._rich)

    async def one_bet(self) -> None:
        """By anybody who has money."""
        await placed(self._road, command_of(random.choice(self._rich)))

    async def play(self, in_flight: int, start_s: float, seconds: float, weights: str) -> Tally:
        """Keep `in_flight` commands under way from `start_s` on the monotonic clock."""
        ranks = zipf_weights(len(self._rich)) if weights == "zipf" else None
        drawn = cycle(picks(self._rich, ranks, PICKS, random.Random(start_s)))
        tally = Tally()
        await asyncio.sleep(max(0.0, start_s - time.perf_counter()))
        until = start_s + seconds
        await asyncio.gather(*(self._one_slot(drawn, until, tally) for _ in range(in_flight)))
        return tally

    async def _one_slot(self, drawn: Iterator[Bettor], until: float, tally: Tally) -> None:
        road, turn, clock = self._road, self._turn, time.perf_counter
        while (started := clock()) < until:
            number = next(turn) % EVERY
            if number == 0:
                await self._refused(next(self._poor))
                tally.refused += 1
                continue
            command = command_of(next(drawn))
            bet = await placed(road, command)
            ended = clock()
            tally.fresh += 1
            if ended <= until:
                tally.waits_s.append(ended - started)
            if number == 1:
                again = await placed(road, command)
                assert (again.id, again.nonce, again.payout) == (bet.id, bet.nonce, bet.payout)
                tally.repeated += 1

    async def _refused(self, one: Bettor) -> None:
        try:
            await placed(self._road, command_of(one))
        except InsufficientFunds:
            return
        raise AssertionError("a player without money was let play")


class Owner:
    """The process: its database, and while it owns lanes the road and the clients."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._side: Roadside | None = None
        self._clients: Clients | None = None

    async def take(self, order: dict[str, Any]) -> dict[str, object]:
        """Own these lanes and warm up."""
        lanes = tuple(order["lanes"])
        self._side = await Roadside.started(self._db, lanes)
        players = [bettor(k * order["stride"]) for k in range(order["active"])]
        mine = {k: one for k, one in enumerate(players) if one.lane in lanes}
        rich = [one for k, one in mine.items() if is_rich(k)]
        poor = [one for k, one in mine.items() if not is_rich(k)]
        self._clients = Clients(self._side, rich, poor)
        warmed = await self._clients.warm()
        spare_garbage_collection()
        return {"warmed": warmed}

    async def play(self, order: dict[str, Any]) -> dict[str, object]:
        """One round; the waits go to a file as doubles."""
        assert self._clients is not None
        before_s = time.process_time()
        tally = await self._clients.play(
            order["in_flight"], order["start_s"], order["seconds"], order["weights"]
        )
        cpu_s = time.process_time() - before_s
        waits = self._folder / f"waits-{order['start_s']}-{order['name']}"
        await asyncio.to_thread(waits.write_bytes, tally.waits_s.tobytes())
        return {
            "fresh": tally.fresh,
            "repeated": tally.repeated,
            "refused": tally.refused,
            "in_time": len(tally.waits_s),
            "waits": str(waits),
            "cpu_s": cpu_s,
        }

    async def soak(self, order: dict[str, Any]) -> dict[str, object]:
        """A given rate for long; counted by thirds, in constant memory."""
        assert self._clients is not None
        pacer = Pacer(self._clients.one_bet, order["rate"], order["seconds"])
        await pacer.run()
        return {
            "answered": sum(third.answered for third in pacer.thirds),
            "left_out": pacer.left_out,
            "thirds": [asdict(third) for third in pacer.thirds],
        }

    async def release(self, _: dict[str, Any]) -> dict[str, object]:
        """Give the lanes up, cleanly."""
        if self._side is not None:
            await self._side.stop()
        self._side = self._clients = None
        gc.unfreeze()
        return {}


async def main(url: str, folder: str) -> None:
    """Do what is asked until standard input ends."""
    configure_logging("bench-owner", pretty=True, level="WARNING")
    db = await Database.connect(url)
    owner = Owner(db, Path(folder))
    async for order in orders():
        answer(**await getattr(owner, order["do"])(order))
    await owner.release({})
    await db.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2]))
