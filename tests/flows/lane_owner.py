"""A process that owns lanes and bets at its own table: `python -m tests.flows.lane_owner URL FILE`.

Every request is written down before it is made ("try") and when it is answered ("ack"), so that
the test that kills this process knows exactly what was acknowledged. FILE names requests of a
former life to be repeated first.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairhouse.betting.api import Road, WriterSettings
from fairhouse.betting.types import Bettor, RoundAlreadyOpen, RoundClosed, StepTaken
from fairhouse.games.api import BetView, Games
from fairhouse.games.types import ChoiceNotOpen
from fairhouse.kernel.ids import to_wire, uuid7
from fairhouse.kernel.refusals import Unavailable
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.telemetry import configure_logging

PLAYERS = 8
TABS = 6
ELSEWHERE = (StepTaken, RoundClosed, ChoiceNotOpen)
"""Another life of this process went on with the same round."""
SEALER = Sealer({1: bytes(range(32))})


def bettor(number: int) -> Bettor:
    """The same players in every life."""
    player_id = uuid7(1_765_000_000_000 + number, bytes(10))
    return Bettor(player_id, 1, number % 16)


def say(*words: object) -> None:
    """One line that survives a kill as soon as it is written."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


async def until_answered(games: Games, request: Mapping[str, Any]) -> BetView:
    """Repeat with the same id while the answer is "later"."""
    player = bettor(request["player"])
    while True:
        try:
            return await once(games, player, request)
        except Unavailable:
            await asyncio.sleep(0.02)


async def once(games: Games, player: Bettor, request: Mapping[str, Any]) -> BetView:
    id_ = request["id"]
    if request["kind"] == "dice":
        params = {"target": request["target"], "direction": "under"}
        return await games.place(
            "dice", bettor=player, bet_id=id_, currency_code="PLAY", stake="0.01", params=params
        )
    if request["kind"] == "open":
        return await games.place(
            "mines",
            bettor=player,
            bet_id=id_,
            currency_code="PLAY",
            stake="0.01",
            params={"mines": 3},
        )
    step = request["step"]
    choice = {"do": "cash_out"} if request["kind"] == "cash_out" else {"do": "reveal", "tile": step}
    return await games.step("mines", bettor=player, bet_id=id_, step=step, choice=choice)


class Life:
    """One life of the process."""

    def __init__(self, db: Database, games: Games) -> None:
        self._db = db
        self._games = games
        self._made = 0

    def new_id(self) -> str:
        self._made += 1
        unix_ms = int(self._db.now().timestamp() * 1000)
        random = os.getpid().to_bytes(4, "big") + self._made.to_bytes(6, "big")
        return to_wire("bet", uuid7(unix_ms, random))

    async def ask(self, **request: Any) -> BetView:
        say("try", request)
        return await self.repeat(request)

    async def repeat(self, request: Mapping[str, Any]) -> BetView:
        bet = await until_answered(self._games, request)
        say("ack", request, bet.state, bet.payout, bet.nonce, bet.step)
        return bet

    async def dice(self, number: int) -> None:
        while True:
            await self.ask(kind="dice", player=number, id=self.new_id(), target="50.00")

    async def finish(self, number: int, bet: BetView) -> None:
        """Two reveals and out."""
        while bet.state == "open" and bet.step < 2:
            bet = await self.ask(kind="reveal", player=number, id=bet.id, step=bet.step)
        if bet.state == "open":
            await self.ask(kind="cash_out", player=number, id=bet.id, step=bet.step)

    async def mines(self, number: int) -> None:
        """Round after round; one that another life left open, or plays too, is finished first."""
        while True:
            try:
                bet = await self.ask(kind="open", player=number, id=self.new_id())
                await self.finish(number, bet)
            except RoundAlreadyOpen as refused:
                await self.finish_other(number, str(refused.fields["round_id"]))
            except ELSEWHERE:
                continue

    async def finish_other(self, number: int, bet_id: str) -> None:
        reader = bettor(number).player_id
        try:
            await self.finish(number, await self._games.bet(bet_id=bet_id, reader=reader))
        except (Unavailable, *ELSEWHERE):
            await asyncio.sleep(0.02)


async def main(url: str, unanswered: list[dict[str, Any]]) -> None:
    db = await Database.connect(url, PoolSettings(size_max=4))
    road = Road(db, sealer=SEALER, settings=WriterSettings(lease_s=1))
    games = Games(db, road, sealer=SEALER, pauses=lambda _: {})
    async with asyncio.TaskGroup() as group:
        group.create_task(road.run())
        await road.refresh_house()
        await road.ready()
        say("ready")
        life = Life(db, games)
        for request in unanswered:
            with contextlib.suppress(RoundAlreadyOpen, *ELSEWHERE):
                await life.repeat(request)
        say("repeated")
        for number in range(PLAYERS):
            group.create_task(life.mines(number))
            for _ in range(TABS):
                group.create_task(life.dice(number))


if __name__ == "__main__":
    configure_logging("lane_owner", pretty=False)
    asyncio.run(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())))
