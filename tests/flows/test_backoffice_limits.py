"""House limits at the staff's desk: a wish, a second person, clear errors, the log."""

import re
from dataclasses import dataclass

import pytest

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.betting import api as betting
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import Browser, House, shown

DICE = "/admin/limits/1/dice/USDT"
WHY = {"reason": "looked at it closely"}
WISH = {"stake_min": "2", "stake_max": "50", "profit_share_bp": "0.5", **WHY}
USDT = CurrencyCode("USDT")


@dataclass
class Scene:
    house: House

    async def log(self) -> list[tuple[str, str, str]]:
        async with self.house.db.read() as tx:
            rows = await tx.fetch(
                "select action, actor, subject from audit.entry"
                " where action like 'limit.%' order by seq"
            )
        return [(row["action"], row["actor"], row["subject"]) for row in rows]

    async def in_force(self) -> tuple[int, int]:
        async with self.house.db.read() as tx:
            found = await betting.effective_limits(
                tx, brand_id=1, games=["dice"], currencies=[USDT]
            )
        return found["dice", USDT].limits.stake_min, found["dice", USDT].profit_share_bp


@pytest.fixture
async def scene(db: Database, worker_db: Database, clock: SettableClock) -> Scene:
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    return Scene(await stage.a_house(db, worker_db, clock, deps))


async def wish_of(browser: Browser) -> str:
    page = await browser.get("/admin/limits")
    found = re.search(r'<tr id="(hlc_[0-9a-z]+)"', page.text)
    assert found is not None
    return f"/admin/limits/changes/{found[1]}"


async def test_a_wish_binds_when_a_second_person_approves(scene: Scene):
    async with scene.house.at_work("tom") as tom, scene.house.at_work("tess") as tess:
        sent = await tom.post(DICE, WISH)
        own = await tom.text("/admin/limits")
        home = await tess.text("/admin/")
        wish = await wish_of(tess)
        alone = await tom.post(f"{wish}/approve", WHY)
        before = await scene.in_force()
        approved = await tess.post(f"{wish}/approve", WHY)
        page = await tess.text("/admin/limits?done=limit_approved")
        form = await tess.get(DICE)

    assert sent.headers["location"] == "/admin/limits?done=limit_wished"
    assert "You wished this; another person must approve it." in own
    assert "Waiting for a second person: Limits: 1" in home
    assert alone.status_code == 409
    assert before == (1, 100)
    assert approved.status_code == 303
    assert await scene.in_force() == (2_000_000, 50)
    assert "Approved. It binds for new bets." in page
    assert "2 USDT set for this game" in page
    assert "Waiting for a second person" not in page
    assert 'value="0.5"' in form.text
    assert await scene.log() == [
        ("limit.propose", scene.house.wire("tom"), "limit:dice:USDT"),
        ("limit.approve", scene.house.wire("tess"), "limit:dice:USDT"),
    ]


async def test_a_wish_is_rejected_or_taken_back(scene: Scene):
    async with scene.house.at_work("tom") as tom, scene.house.at_work("anna") as anna:
        await tom.post(DICE, WISH)
        await tom.post(f"{await wish_of(tom)}/reject", WHY)
        await tom.post(DICE, WISH)
        await anna.post(f"{await wish_of(anna)}/reject", WHY)
        page = await anna.text("/admin/limits")

    assert await scene.in_force() == (1, 100)
    assert page.count("looked at it closely") == 4
    assert [action for action, _, _ in await scene.log()] == ["limit.propose", "limit.reject"] * 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stake_min": "two"}, "stake_min"),
        ({"stake_min": "60"}, "No stake would be left: at least 60 and at most 50 USDT in dice."),
        ({"profit_share_bp": "11"}, "profit_share_bp must be from 0.01 to 10 % of the bankroll"),
        ({"stake_min": "0"}, "stake_min must be more than 0."),
        ({"reason": "x"}, "reason must have 3 to 500 characters."),
    ],
)
async def test_the_form_comes_back_with_what_is_wrong(
    scene: Scene, change: dict[str, str], words: str
):
    async with scene.house.at_work("tom") as tom:
        answer = await tom.post(DICE, {**WISH, **change})

    assert answer.status_code == 422
    assert words in shown(answer)
    (name,) = change
    assert re.search(rf'name="{name}"', answer.text)
    assert f'value="{WISH["stake_max"]}"' in answer.text, "what was typed is kept"
    assert await scene.log() == []


async def test_only_one_wish_waits(scene: Scene):
    async with scene.house.at_work("tom") as tom:
        await tom.post(DICE, WISH)
        answer = await tom.post(DICE, {**WISH, "stake_min": "3"})

    assert answer.status_code == 409
    assert "waits for approval already" in shown(answer)


@pytest.mark.parametrize("handle", ["sue", "carl"])
async def test_who_may_not_change_limits_reads_them(scene: Scene, handle: str):
    async with scene.house.at_work("tom") as tom, scene.house.at_work(handle) as reader:
        await tom.post(DICE, WISH)
        wish = await wish_of(tom)
        page = await reader.get("/admin/limits")
        form = await reader.get(DICE)
        answers = [
            await reader.post(DICE, WISH),
            await reader.post(f"{wish}/approve", WHY),
            await reader.post(f"{wish}/reject", WHY),
        ]

    assert "/approve" not in page.text
    assert "You may read the limits, not change them." in shown(form)
    assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_another_brands_limits_are_out_of_reach(scene: Scene):
    async with scene.house.at_work("anna") as anna:
        answer = await anna.post(
            f"/admin/staff/{scene.house.wire('tom')}/limit", {"brand_2": "on", **WHY}
        )
        assert answer.status_code == 303
    async with scene.house.at_work("tom") as tom:
        assert (await tom.get(DICE)).status_code == 403
        assert (await tom.post(DICE, WISH)).status_code == 403
        nowhere = [await tom.get(f"/admin/limits/2/{rest}") for rest in ("chess/USDT", "dice/XYZ")]

    assert [answer.status_code for answer in nowhere] == [404, 404]
