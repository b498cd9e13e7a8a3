"""Games at the staff's desk: tables in pairs, stops by one, what was returned, live rounds."""

import re

import pytest

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.backoffice.jobs import watch_drift
from fairhouse.games import api as games
from fairhouse.platform.database import Database
from fairhouse.reports.api import DriftRules
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import Browser, House
from tests.flows.betting_kit import new_player
from tests.flows.crash_kit import scene_on
from tests.flows.test_drift import USDT, table

__all__ = ["table"]

DICE = "/admin/games/1/dice"
WHY = {"reason": "looked at it closely"}


@pytest.fixture
async def house(db: Database, worker_db: Database, clock: SettableClock) -> House:
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    return await stage.a_house(db, worker_db, clock, deps)


async def wish_of(browser: Browser) -> str:
    page = await browser.get("/admin/games")
    found = re.search(r'<tr id="(gwi_[0-9a-z]+)"', page.text)
    assert found is not None
    return f"/admin/games/wishes/{found[1]}"


async def log(house: House) -> list[tuple[str, str, str]]:
    async with house.db.read() as tx:
        rows = await tx.fetch(
            "select action, actor, subject from audit.entry where action like 'game.%' order by seq"
        )
    return [(row["action"], row["actor"], row["subject"]) for row in rows]


async def variant(house: House) -> str:
    async with house.db.read() as tx:
        found = await games.offered(tx, brand_id=1)
    return next(one.info.variant for slug, one in found.items() if slug == "dice")


async def test_another_table_needs_two(house: House):
    async with house.at_work("tom") as tom, house.at_work("tess") as tess:
        form = await tom.text(DICE)
        sent = await tom.post(f"{DICE}/table", {"table": "1/97", **WHY})
        wish = await wish_of(tom)
        alone = await tom.post(f"{wish}/approve", WHY)
        before = await variant(house)
        await wish_of(tess)
        approved = await tess.post(f"{wish}/approve", WHY)
        page = await tess.text("/admin/games?done=game_approved")

    assert "over 50.50 98.9901 %" in form, "the numbers of the maths sheet"
    assert sent.headers["location"] == "/admin/games?done=game_wished"
    assert (alone.status_code, before, approved.status_code) == (409, "99", 303)
    assert await variant(house) == "97"
    assert "1 / 97" in page
    assert await log(house) == [
        ("game.propose", house.wire("tom"), "game:dice"),
        ("game.approve", house.wire("tess"), "game:dice"),
    ]
    async with house.db.read() as tx:
        rows = await tx.fetch("select details from audit.entry where action = 'game.approve'")
    before = {"version": "1", "table": "99", "stopped": False}
    assert [(row["details"]["before"], row["details"]["after"]) for row in rows] == [
        (before, {**before, "table": "97"})
    ]


async def test_one_person_stops_a_version_and_two_start_it_again(house: House):
    async with house.at_work("carl") as carl, house.at_work("tom") as tom:
        await carl.get(DICE)
        stopped = await carl.post(f"{DICE}/stop", {"version": "1", **WHY})
        again = await carl.post(f"{DICE}/stop", {"version": "1", **WHY})
        page = await carl.text(DICE)
        may_not = await carl.post(f"{DICE}/restart", {"version": "1", **WHY})
        await tom.get(DICE)
        await tom.post(f"{DICE}/restart", {"version": "1", **WHY})
        wish = await wish_of(tom)
    async with house.at_work("tess") as tess:
        await tess.get("/admin/games")
        started = await tess.post(f"{wish}/approve", WHY)

    assert (stopped.status_code, again.status_code, may_not.status_code) == (303, 409, 403)
    assert "looked at it closely carl" in page
    assert started.status_code == 303
    async with house.db.read() as tx:
        assert [] == await games.stops(tx, brand_id=1)
    assert [action for action, _, _ in await log(house)] == [
        *("game.stop", "game.propose", "game.approve"),
    ]


async def test_support_reads_and_changes_nothing(house: House):
    async with house.at_work("sue") as sue:
        page = await sue.get(DICE)
        answers = [
            await sue.post(f"{DICE}/stop", {"version": "1", **WHY}),
            await sue.post(f"{DICE}/table", {"table": "1/97", **WHY}),
            await sue.post(f"{DICE}/nonsense", WHY),
        ]
    assert "/stop" not in page.text
    assert [answer.status_code for answer in answers] == [403, 403, 404]
    assert await log(house) == []


@pytest.mark.usefixtures("table")
async def test_the_page_shows_what_was_returned(house: House, table, worker_db: Database):
    player = new_player()
    await table.give(player, 10**11, USDT)
    for _ in range(30):
        await table.dice(player, currency_code="USDT", stake="2")
    await table.mines(player, currency_code="USDT")
    await watch_drift(worker_db, DriftRules())
    async with house.at_work("sue") as sue:
        page = await sue.get("/admin/games")
        one = await sue.text(DICE)
    assert '<svg class="band"' in page.text
    assert "30 bets" in one
    assert "inside its band" in one or "its band" in one


async def test_live_rounds_are_watched(house: House, db: Database, clock: SettableClock):
    async with scene_on(db, clock) as scene:
        await scene.turn()
        async with house.at_work("sue") as sue:
            page = await sue.text("/admin/crash")
            part = await sue.get("/admin/crash/live")
    assert "Round 1 betting" in page
    assert "Nobody is in." in page
    assert "<html" not in part.text
