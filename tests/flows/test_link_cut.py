"""The wire between the lane owner and PostgreSQL breaks at every point of a batch.

Whoever asked is told that the outcome is unknown, never that it went well or badly; the repetition
under the same id says what is true; nothing is lost, nothing is there twice, the books are exact.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs

from fairhouse.betting.api import Road, WriterSettings
from fairhouse.betting.jobs import fold_lanes
from fairhouse.betting.types import Bettor
from fairhouse.games.api import Games
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.refusals import Unavailable
from fairhouse.platform.database import Database, PoolSettings
from tests.cutting import Cut, Wire, wire_to
from tests.flows.betting_kit import SEALER, Table, new_player, table_on
from tests.folding import check_fold

UNIT = 10**6
PLAYERS = 5
EACH = 3
WRITTEN = {Cut.SENT, Cut.ANSWERED, Cut.HALF_ANSWERED, Cut.SILENT}
"""The statement was whole when the wire broke."""
SETTINGS = WriterSettings(lease_s=1.0)


@dataclass
class Scene:
    """A table at the far end of the wire, and a look at the database past it."""

    table: Table
    wire: Wire
    direct: Database
    players: list[Bettor]

    async def entries(self, ids: list[str]) -> dict[str, Any]:
        async with self.direct.read() as tx:
            rows = await tx.fetch(
                "select id, nonce, payout, balance_after, outcome from betting.entry"
                " where id = any($1::uuid[])",
                [from_wire("bet", id_) for id_ in ids],
            )
        return {str(row["id"]): row for row in rows}


@pytest.fixture
async def scene(database_urls, db: Database) -> AsyncGenerator[Scene]:
    async with wire_to(database_urls.app) as (wire, url):
        far = await Database.connect(
            url, PoolSettings(size_max=6, statement_timeout_ms=1_000, silence_timeout_s=1)
        )
        with capture_logs():
            async with table_on(far, SETTINGS) as table:
                players = [new_player() for _ in range(PLAYERS)]
                for player in players:
                    await table.give(player, 100 * UNIT)
                    await table.dice(player)
                yield Scene(table, wire, db, players)
        await far.close()
    while await fold_lanes(db):
        pass
    await check_fold(db)


async def until_answered(table: Table, bettor: Bettor, id_: str) -> Any:
    while True:
        try:
            return await table.dice(bettor, bet_id=id_)
        except Unavailable:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("cut", Cut, ids=lambda cut: cut.name.lower())
async def test_nobody_is_lied_to(scene: Scene, cut: Cut):
    asked = [(player, scene.table.bet_id()) for player in scene.players for _ in range(EACH)]
    ids = [id_ for _, id_ in asked]
    scene.wire.next_cut = cut
    told = await asyncio.wait_for(
        asyncio.gather(
            *(scene.table.dice(player, bet_id=id_) for player, id_ in asked),
            return_exceptions=True,
        ),
        20,
    )

    assert scene.wire.cuts == 1
    unknown = [one for one in told if isinstance(one, BaseException)]
    assert unknown
    assert [] == [one for one in unknown if not isinstance(one, Unavailable)]
    if cut not in WRITTEN:
        sure = {one.id for one in told if not isinstance(one, BaseException)}
        there = await scene.entries(ids)
        assert {str(from_wire("bet", id_)) for id_ in sure} == there.keys()
    if cut in {Cut.ANSWERED, Cut.HALF_ANSWERED, Cut.SILENT}:
        assert await scene.entries(ids), "it was committed all the same"

    answers = await asyncio.wait_for(
        asyncio.gather(*(until_answered(scene.table, *one) for one in asked)), 20
    )
    there = await scene.entries(ids)
    assert there.keys() == {str(from_wire("bet", id_)) for id_ in ids}
    for answer in answers:
        row = there[str(from_wire("bet", answer.id))]
        assert (answer.nonce, answer.outcome) == (row["nonce"], row["outcome"])
    for first, later in zip(told, answers, strict=True):
        assert isinstance(first, BaseException) or first == later
    await scene.table.check_books()


async def test_one_cut_after_another(scene: Scene):
    """Broken again while the repetitions are on their way."""
    asked = [(player, scene.table.bet_id()) for player in scene.players for _ in range(EACH)]
    waiting = [asyncio.create_task(until_answered(scene.table, *one)) for one in asked]
    for cut in (Cut.ANSWERED, Cut.WITHIN, Cut.SENT, Cut.BEFORE):
        scene.wire.next_cut = cut
        extra = scene.table.bet_id()
        asked.append((scene.players[0], extra))
        waiting.append(asyncio.create_task(until_answered(scene.table, scene.players[0], extra)))
        await asyncio.wait_for(scene.wire.happened.wait(), 20)
        scene.wire.happened.clear()
    answers = await asyncio.wait_for(asyncio.gather(*waiting), 30)

    assert scene.wire.cuts == 4
    assert len(await scene.entries([answer.id for answer in answers])) == len(asked)
    await scene.table.check_books()


@pytest.mark.parametrize("end", ["killed", "cut"])
async def test_nobody_waits_for_ever_when_it_ends_while_players_are_loaded(
    database_urls, db: Database, owner_db: Database, end: str
):
    """What left the queue and is in no batch yet is told as well."""
    async with wire_to(database_urls.app) as (wire, url):
        far = await Database.connect(url, PoolSettings(size_max=6))
        with capture_logs():
            road = Road(far, sealer=SEALER, settings=SETTINGS)
            games = Games(far, road, sealer=SEALER, pauses=lambda _: {})
            task = asyncio.create_task(road.run())
            await road.refresh_house()
            await road.ready()
            table = Table(far, road, games, {})
            player = new_player()
            await table.give(player, UNIT)
            async with owner_db.tx() as tx:
                await tx.execute("lock table betting.player_account in exclusive mode")
                waiting = [asyncio.create_task(table.dice(player)) for _ in range(3)]
                while not await _is_loading(db):
                    await asyncio.sleep(0.02)
                if end == "killed":
                    task.cancel()
                else:
                    wire.cut_all()
                told = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)
            assert [isinstance(one, Unavailable) for one in told] == [True] * 3
            road.stop()
            await asyncio.gather(task, return_exceptions=True)
        await far.close()


async def _is_loading(db: Database) -> bool:
    async with db.read() as tx:
        return bool(
            await tx.fetchval(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                " and datname = current_database()"
            )
        )
