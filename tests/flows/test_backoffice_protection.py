"""Player protection at the staff's desk: protect alone, loosen and let back only in pairs."""

import re
from dataclasses import dataclass

import pytest

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database
from fairhouse.protection import api as protection
from fairhouse.protection.types import LimitKind, Period, Play
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import Browser, House, shown
from tests.flows.cashier_world import a_world

WHY = {"reason": "the player wrote that it is too much"}
LOSS = {"limit": "loss.day", **WHY}


@dataclass
class Scene:
    house: House
    player: Player

    @property
    def wire(self) -> str:
        return to_wire("ply", self.player.id)

    @property
    def card(self) -> str:
        return f"/admin/players/{self.wire}"

    async def limits(self) -> list[tuple[str, str, str, int]]:
        async with self.house.db.read() as tx:
            found = await protection.protection(tx, player_id=self.player.id, play=Play())
        limits = [one.limit for one in found.limits]
        return [(one.kind, one.period, one.source, one.amount) for one in limits]

    async def state(self) -> str | None:
        async with self.house.db.read() as tx:
            found = await protection.exclusion(tx, player_id=self.player.id)
        return found.kind if found else None

    async def log(self) -> list[tuple[str, str]]:
        async with self.house.db.read() as tx:
            rows = await tx.fetch(
                "select action, actor from audit.entry"
                " where action like 'protection.%' and subject = $1 order by seq",
                self.wire,
            )
        return [(row["action"], row["actor"]) for row in rows]

    async def wish(self, browser: Browser) -> str:
        page = await browser.get(f"{self.card}?tab=protection")
        found = re.search(r'action="([^"]+/protection/wishes/lwi_[0-9a-z]+)/reject"', page.text)
        assert found is not None
        return found[1]

    async def ask_return(self) -> None:
        async with self.house.db.tx() as tx:
            player = await identity.player(tx, player_id=self.player.id)
            await protection.ask_return(tx, player=player)


@pytest.fixture
async def scene(db: Database, worker_db: Database, clock: SettableClock) -> Scene:
    world = await a_world(db, worker_db)
    deps = BackofficeDeps(
        db=db,
        sealer=stage.sealer(),
        passwords=stage.passwords(),
        policies={1: world.policy},
    )
    return Scene(await stage.a_house(db, worker_db, clock, deps), world.player)


async def test_a_tighter_limit_binds_at_once(scene: Scene):
    async with scene.house.at_work("carl") as carl:
        first = await carl.post(f"{scene.card}/protection/limit", {**LOSS, "amount": "50"})
        await carl.post(f"{scene.card}/protection/limit", {**LOSS, "amount": "20"})
        page = await carl.text(f"{scene.card}?tab=protection")

    assert first.headers["location"] == f"{scene.card}?tab=protection&done=saved"
    assert await scene.limits() == [("loss", "day", "operator", 20_000_000)]
    assert "Loss, day operator $20.00 $0.00 $20.00" in page
    assert "$50.00 → $20.00 the player wrote" in page
    assert await scene.log() == [("protection.limit", scene.house.wire("carl"))] * 2


async def test_a_looser_limit_waits_for_a_second_person(scene: Scene):
    limit = f"{scene.card}/protection/limit"
    async with scene.house.at_work("carl") as carl, scene.house.at_work("anna") as anna:
        await carl.post(limit, {**LOSS, "amount": "20"})
        asked = await carl.post(limit, {**LOSS, "amount": ""})
        twice = await carl.post(limit, {**LOSS, "amount": "80"})
        wish = await scene.wish(carl)
        listed = await anna.text("/admin/protection")
        home = await anna.text("/admin/")
        alone = await carl.post(f"{wish}/approve", WHY)
        before = await scene.limits()
        approved = await anna.post(f"{wish}/approve", WHY)
        again = await anna.post(f"{wish}/approve", WHY)

    assert asked.headers["location"].endswith("done=limit_wished")
    assert [twice.status_code, alone.status_code, again.status_code] == [409, 409, 409]
    assert "Loss, day $20.00 → removal the player wrote" in listed
    assert "Waiting for a second person: Player protection: 1" in home
    assert before == [("loss", "day", "operator", 20_000_000)]
    assert approved.status_code == 303
    assert await scene.limits() == []
    assert [action for action, _ in await scene.log()] == [
        "protection.limit",
        "protection.limit",
        "protection.approve_limit",
    ]


async def test_an_outdated_wish_is_not_approved(scene: Scene):
    limit = f"{scene.card}/protection/limit"
    async with scene.house.at_work("carl") as carl, scene.house.at_work("anna") as anna:
        await carl.post(limit, {**LOSS, "amount": "20"})
        await carl.post(limit, {**LOSS, "amount": "80"})
        wish = await scene.wish(carl)
        await carl.post(limit, {**LOSS, "amount": "10"})
        answer = await anna.post(f"{wish}/approve", WHY)
        await anna.post(f"{wish}/reject", WHY)

    assert answer.status_code == 409
    assert await scene.limits() == [("loss", "day", "operator", 10_000_000)]


async def test_the_players_own_limit_is_shown_and_left_alone(scene: Scene):
    async with scene.house.db.tx() as tx:
        await protection.set_limit(
            tx,
            sealer=stage.sealer(),
            player=scene.player,
            kind=LimitKind.SESSION,
            period=Period.WEEK,
            amount=90,
        )
    async with scene.house.at_work("carl") as carl:
        fields = {"limit": "session.week", "amount": "120", **WHY}
        await carl.post(f"{scene.card}/protection/limit", fields)
        page = await carl.text(f"{scene.card}?tab=protection")

    assert "Time, week player 90 min 0 min 90 min" in page
    assert "Time, week operator 120 min" in page


async def test_a_break_and_an_exclusion_are_one_persons_deed(scene: Scene):
    async with scene.house.at_work("sue") as sue:
        await sue.post(f"{scene.card}/protection/cool-off", {"term": "24h", **WHY})
        taking_a_break = await scene.state()
        await sue.post(f"{scene.card}/protection/exclude", {"term": "6m", **WHY})
        listed = await sue.text("/admin/protection")
        only_breaks = await sue.text("/admin/protection?kind=cool_off")
        bogus = await sue.post(f"{scene.card}/protection/exclude", {"term": "1d", **WHY})

    assert taking_a_break == "cool_off"
    assert await scene.state() == "self_exclusion"
    assert listed.count("in force") == 2
    assert only_breaks.count("in force") == 1
    assert bogus.status_code == 422
    assert [action for action, _ in await scene.log()] == [
        "protection.cool_off",
        "protection.exclude",
    ]


async def test_a_return_takes_term_request_wait_and_two_people(scene: Scene):
    readmit = f"{scene.card}/protection/readmit"
    house = scene.house
    async with house.at_work("carl") as carl:
        await carl.post(f"{scene.card}/protection/exclude", {"term": "6m", **WHY})
        early = await carl.post(readmit, WHY)
    house.clock.advance(days=190)
    await scene.ask_return()
    async with house.at_work("carl") as carl:
        hasty = await carl.post(readmit, WHY)
    house.clock.advance(days=2)
    async with house.at_work("carl") as carl, house.at_work("anna") as anna:
        first = await carl.post(readmit, WHY)
        alone = await carl.post(readmit, WHY)
        between = await scene.state()
        seen = await anna.text(f"{scene.card}?tab=protection")
        second = await anna.post(readmit, WHY)
        page = await anna.text(f"{scene.card}?tab=protection")

    assert [early.status_code, hasty.status_code, alone.status_code] == [409, 409, 409]
    assert first.headers["location"].endswith("done=readmission_noted")
    assert between == "self_exclusion"
    assert "asked to return" in seen
    assert second.headers["location"].endswith("done=readmitted")
    assert await scene.state() is None
    assert "Exclusion all accounts 6m" in page
    assert " ended carl" in page


async def test_a_player_is_found_by_id(scene: Scene):
    async with scene.house.at_work("sue") as sue:
        found = await sue.get(f"/admin/protection?q={scene.wire}")
        unknown = await sue.get("/admin/protection?q=somebody")

    assert found.headers["location"] == f"{scene.card}?tab=protection"
    assert unknown.status_code == 422
    assert "ply_" in shown(unknown)


@pytest.mark.parametrize("handle", ["sue", "tom", "carl", "anna"])
async def test_what_the_card_offers_is_what_the_server_does(scene: Scene, handle: str):
    deeds = {
        "limit": {"limit": "wager.day", "amount": "5"},
        "cool-off": {"term": "24h"},
        "exclude": {"term": "6m"},
    }
    offered: dict[str, bool] = {}
    done: dict[str, bool] = {}
    async with scene.house.at_work(handle) as browser:
        page = await browser.get(f"{scene.card}?tab=protection")
        for deed, fields in deeds.items():
            path = f"{scene.card}/protection/{deed}"
            offered[deed] = f'action="{path}"' in page.text
            done[deed] = (await browser.post(path, {**fields, **WHY})).status_code == 303

    assert offered == done
    assert done["exclude"] is (handle in {"sue", "carl"})
    assert done["limit"] is (handle == "carl")
