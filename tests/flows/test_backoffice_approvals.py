"""The queue of what waits for a second person, and balances corrected by hand."""

import re

import asyncpg
import pytest

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import Browser, House
from tests.flows.cashier_world import USDT_ASSET, World, a_world

WHY = {"reason": "looked at it closely"}


class Scene:
    def __init__(self, house: House, world: World) -> None:
        self.house, self.world = house, world
        self.player = to_wire("ply", world.player.id)
        self.path = f"/admin/players/{self.player}/adjust"

    async def adjust(self, browser: Browser, amount: str, direction: str = "give"):
        fields = {"currency": "USDT", "amount": amount, "direction": direction, **WHY}
        return await browser.post(self.path, fields)

    async def log(self) -> list[tuple[str, str]]:
        async with self.house.db.read() as tx:
            rows = await tx.fetch(
                "select action, actor from audit.entry where action like 'ledger.%' order by seq"
            )
        return [(row["action"], row["actor"]) for row in rows]


async def wish_of(browser: Browser) -> str:
    page = await browser.get("/admin/approvals")
    found = re.search(r'<tr id="(wsh_[0-9a-z]+)"', page.text)
    assert found is not None, page.text
    return f"/admin/approvals/{found[1]}"


@pytest.fixture
async def scene(db: Database, worker_db: Database, clock: SettableClock) -> Scene:
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    world = await a_world(db, worker_db)
    return Scene(await stage.a_house(db, worker_db, clock, deps), world)


async def test_500_dollars_need_one_person_and_a_review(scene: Scene):
    house = scene.house
    async with house.at_work("tom") as tom, house.at_work("carl") as carl:
        answer = await scene.adjust(tom, "500")
        taken = await scene.adjust(tom, "100", "take")
        day = house.clock.time.date().isoformat()
        page = await tom.text(f"/admin/adjustments?day={day}")
        too_early = await carl.post(f"/admin/adjustments/1/{day}/review", WHY)
        house.clock.advance(days=1)
    async with house.at_work("tom") as tom, house.at_work("carl") as carl:
        own = await tom.post(f"/admin/adjustments/1/{day}/review", WHY)
        reviewed = await carl.post(f"/admin/adjustments/1/{day}/review", WHY)
        after = await carl.text(f"/admin/adjustments?day={day}")
        file = (await tom.get(f"/admin/adjustments.csv?day={day}")).text

    assert (answer.status_code, taken.status_code) == (303, 303)
    assert (await scene.world.cash(USDT_ASSET)).posted == 400 * 10**6
    assert "$500.00" in page
    assert "-$100.00" in page
    assert (too_early.status_code, own.status_code, reviewed.status_code) == (404, 403, 303)
    assert "looked at it closely Fairhouse · carl" in after
    assert sorted(line.split(",")[5:7] for line in file.splitlines()[1:]) == [
        ["-100", "-100000000"],
        ["500", "500000000"],
    ]
    assert await scene.log() == [
        ("ledger.adjust", house.wire("tom")),
        ("ledger.adjust", house.wire("tom")),
        ("ledger.review", house.wire("carl")),
    ]
    await scene.world.books_are_exact()


async def test_more_than_500_dollars_need_two_from_the_start(scene: Scene):
    house = scene.house
    async with house.at_work("tom") as tom, house.at_work("tess") as tess:
        await scene.adjust(tom, "500.000001")
        before = (await scene.world.cash(USDT_ASSET)).posted
        wish = await wish_of(tom)
        own = await tom.post(f"{wish}/approve", WHY)
        page = await tess.text("/admin/approvals")
        done = await tess.post(f"{wish}/approve", WHY)
        again = await tess.post(f"{wish}/reject", WHY)
        after = await tess.text("/admin/approvals?done=wish_approved")

    assert (before, own.status_code, done.status_code, again.status_code) == (0, 403, 303, 409)
    assert "Balance corrected" in page
    assert "500.000001 USDT" in page
    assert "Nothing waits for a second person." in after
    assert (await scene.world.cash(USDT_ASSET)).posted == 500_000_001
    assert [action for action, _ in await scene.log()] == [
        "ledger.adjust.propose",
        "ledger.adjust.approve",
    ]
    await scene.world.books_are_exact()


async def test_what_a_player_does_not_have_is_not_taken(scene: Scene):
    house = scene.house
    async with house.at_work("tom") as tom, house.at_work("tess") as tess:
        small = await scene.adjust(tom, "5", "take")
        await scene.adjust(tom, "700", "take")
        wish = await wish_of(tess)
        large = await tess.post(f"{wish}/approve", WHY)
        still = await tess.get("/admin/approvals")

    assert (small.status_code, large.status_code) == (409, 409)
    assert wish.rpartition("/")[2] in still.text, "a refused approval leaves the wish waiting"
    assert [action for action, _ in await scene.log()] == ["ledger.adjust.propose"]


async def test_nobody_else_adjusts(scene: Scene):
    for handle in ("sue", "carl", "anna"):
        async with scene.house.at_work(handle) as browser:
            answer = await scene.adjust(browser, "1")
            page = await browser.get(f"/admin/players/{scene.player}?tab=ledger")
            assert answer.status_code == 403
            assert '/adjust"' not in page.text
    assert await scene.log() == []


async def test_the_database_holds_the_threshold(scene: Scene):
    with pytest.raises(asyncpg.CheckViolationError):
        async with scene.house.db.tx() as tx:
            await tx.execute(
                "insert into backoffice.adjustment values ($1, 1, $1, 'USDT', 1, 500000001, $1,"
                " null, 'because', now())",
                tx.new_id(),
            )


async def test_the_queue_shows_every_journal(scene: Scene):
    house = scene.house
    async with house.at_work("tom") as tom, house.at_work("tess") as tess:
        limit = {"stake_min": "2", "stake_max": "50", "profit_share_bp": "0.5", **WHY}
        await tom.post("/admin/limits/1/dice/USDT", limit)
        await tom.post("/admin/games/1/dice/table", {"table": "1/97", **WHY})
        await scene.adjust(tom, "900")
        page = await tess.get("/admin/approvals")
        paths = re.findall(r'action="(/admin/[^"]+/approve)"', page.text)
        answers = [await tess.post(path, WHY) for path in paths]
        after = await tess.text("/admin/approvals")

    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert "Nothing waits for a second person." in after


async def test_a_legal_hold_is_lifted_by_two(scene: Scene):
    house, card = scene.house, f"/admin/players/{scene.player}"
    async with house.at_work("carl") as carl, house.at_work("anna") as anna:
        placed = await carl.post(f"{card}/legal-hold", {"reason": "a court asked for it"})
        page = await carl.get(card)
        found = re.search(r'name="hold" value="(hld_[0-9a-z]+)"', page.text)
        assert found is not None
        wished = await carl.post(f"{card}/lift-legal-hold", {"hold": found[1], **WHY})
        wish = await wish_of(carl)
        own = await carl.post(f"{wish}/approve", WHY)
        held = await carl.text(card)
        lifted = await anna.post(f"{wish}/approve", WHY)
        free = await carl.text(card)
    async with house.at_work("sue") as sue:
        may_not = await sue.post(f"{card}/legal-hold", {"reason": "because"})

    codes = [one.status_code for one in (placed, wished, own, lifted, may_not)]
    assert codes == [303, 303, 403, 303, 403]
    assert "Legal hold: a court asked for it" in held
    assert "a court asked for it" not in free
    async with house.db.read() as tx:
        rows = await tx.fetch(
            "select action from audit.entry where action like 'legal%' order by seq"
        )
    assert [row["action"] for row in rows] == [
        "legal.hold",
        "legal.lift.propose",
        "legal.lift.approve",
        "legal.lift",
    ]
