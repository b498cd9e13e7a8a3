"""What staff may and may not do: login, roles, brands, forms, decisions, pauses."""

import re
from dataclasses import dataclass

import pytest
from pyotp.totp import TOTP
from structlog.testing import capture_logs

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.backoffice.rules import PERMISSIONS
from fairhouse.backoffice.types import Action
from fairhouse.cashier.types import WithdrawalState
from fairhouse.identity.types import PlayerStatus
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import House, shown
from tests.flows.cashier_world import ETH, World, a_world

ETHER = 10**9
ONE_APPROVAL = 2 * ETHER
TWO_APPROVALS = 5 * ETHER
WHY = {"reason": "looked at it closely"}


@dataclass
class Scene:
    house: House
    world: World

    @property
    def card(self) -> str:
        return f"/admin/players/{to_wire('ply', self.world.player.id)}"

    async def asked(self, units: int) -> str:
        """The page of a withdrawal that waits for approval."""
        found = await self.world.ask(units)
        return f"/admin/withdrawals/{to_wire('wdr', found.id)}"

    async def states(self) -> list[WithdrawalState]:
        async with self.house.db.read() as tx:
            rows = await tx.fetch("select state from cashier.withdrawal order by id")
        return [WithdrawalState(row["state"]) for row in rows]

    async def log(self) -> list[tuple[str, str, str]]:
        """Action, actor and reason of everything but logins, the oldest first."""
        async with self.house.db.read() as tx:
            rows = await tx.fetch(
                "select action, actor, reason from audit.entry"
                " where action not like 'staff.log_%' order by at, stream, seq"
            )
        return [(row["action"], row["actor"], row["reason"]) for row in rows]


@pytest.fixture
async def scene(db: Database, worker_db: Database, clock: SettableClock) -> Scene:
    world = await a_world(db, worker_db)
    deps = BackofficeDeps(
        db=db,
        sealer=stage.sealer(),
        passwords=stage.passwords(),
        policies={1: world.policy},
    )
    house = await stage.a_house(db, worker_db, clock, deps)
    await world.give(ETH, 20 * ETHER)
    await world.fill_hot(ETH, 10**20)
    return Scene(house, world)


# --- Coming in


async def test_password_and_code_are_both_needed(scene: Scene):
    house = scene.house
    async with house.browser() as browser:
        stranger = await browser.get("/admin/players")
        wrong = await house.log_in(browser, "tom", password="not the password")
        house.clock.advance(seconds=31)
        await browser.get("/admin/login")
        bad_code = await browser.post(
            "/admin/login",
            {"handle": "tom", "password": stage.STAFF_PASSWORD, "totp": "000000"},
        )
        nobody = await browser.post(
            "/admin/login",
            {"handle": "nobody", "password": stage.STAFF_PASSWORD, "totp": "000000"},
        )
        right = await house.log_in(browser, "tom")
        inside = await browser.get("/admin/players")

    assert (stranger.status_code, stranger.headers["location"]) == (
        303,
        "/admin/login?next=/admin/players",
    )
    assert [wrong.status_code, bad_code.status_code] == [401, 401]
    assert nobody.status_code in {401, 403}
    assert right.status_code == 303
    assert inside.status_code == 200


async def test_the_cookie_is_ours_alone(scene: Scene):
    async with scene.house.browser() as browser:
        answer = await scene.house.log_in(browser, "tom")

    cookies = answer.headers.get_list("set-cookie")
    (session,) = [
        line for line in cookies if line.startswith("fh_staff=") and "Max-Age=0" not in line
    ]
    assert "HttpOnly" in session
    assert "SameSite=strict" in session


async def test_a_login_leads_only_to_our_own_pages(scene: Scene):
    house = scene.house
    for wanted in ("https://evil.test/", "//evil.test/admin/", "/admin//evil.test", "/other"):
        async with house.browser() as browser:
            house.clock.advance(seconds=31)
            await browser.get("/admin/login")
            code = TOTP(stage.SECRETS["tom"]).at(house.clock.time)
            answer = await browser.post(
                "/admin/login",
                {
                    "handle": "tom",
                    "password": stage.STAFF_PASSWORD,
                    "totp": code,
                    "next": wanted,
                },
            )
        assert answer.headers["location"] == "/admin/"


async def test_sessions_end_by_idling_and_by_logging_out(scene: Scene):
    house = scene.house
    async with house.at_work("sue") as sue, house.at_work("tom") as tom:
        await tom.post("/admin/logout")
        out = await tom.get("/admin/")
        house.clock.advance(minutes=31)
        idle = await sue.get("/admin/")
        part = await sue.get("/admin/live", **{"hx-request": "true"})

    assert [out.status_code, idle.status_code] == [303, 303]
    assert part.headers["hx-redirect"] == "/admin/login"


async def test_logins_and_refusals_are_in_the_log_without_what_was_typed(scene: Scene):
    house = scene.house
    async with house.browser() as browser:
        await house.log_in(browser, "tom", password="my secret password")
        await browser.post("/admin/login", {"handle": "my secret password", "totp": "1"})
    async with house.at_work("tom"), house.db.read() as tx:
        rows = await tx.fetch("select * from audit.entry order by seq")

    assert [row["action"] for row in rows] == ["staff.log_in_refused", "staff.log_in"]
    assert rows[0]["subject"] == house.wire("tom")
    assert "secret" not in str(rows)


# --- Forms


async def test_a_form_without_its_token_does_nothing(scene: Scene):
    fields = {"brand": "1", "switch": "betting", "change": "pause", **WHY}
    async with scene.house.at_work("anna") as anna, scene.house.at_work("carl") as carl:
        for token in ("", "0" * 64, carl.csrf):
            answer = await anna.post("/admin/switches", fields, csrf=token)
            note = await anna.post(f"{scene.card}/notes", {"text": "a note"}, csrf=token)
            assert [answer.status_code, note.status_code] == [403, 403]

    assert await scene.log() == []


async def test_a_form_from_another_site_does_nothing(scene: Scene):
    async with scene.house.at_work("anna") as anna:
        answer = await anna.client.post(
            "/admin/switches",
            data={"csrf": anna.csrf, "brand": "1", "switch": "betting", "change": "pause", **WHY},
            headers={"origin": "http://evil.test"},
        )

    assert answer.status_code == 403
    assert await scene.log() == []


# --- Roles: every deed for every role, button and server alike


DEEDS = {
    Action.APPROVE_WITHDRAWAL: "approve",
    Action.REJECT_WITHDRAWAL: "reject",
    Action.LOCK_PLAYER: "lock",
    Action.HOLD_PAYOUTS: "hold",
    Action.FLAG_TEST: "test",
    Action.REVEAL_PERSON: "reveal",
}
HANDLES = ("sue", "tom", "carl", "anna")


@pytest.mark.parametrize("handle", HANDLES)
async def test_buttons_and_server_agree(scene: Scene, handle: str):
    """For one role: what its pages offer is what the server does, and all else is refused."""
    role = stage.ROLES[handle]
    payment = await scene.asked(ONE_APPROVAL)
    offered: dict[Action, bool] = {}
    done: dict[Action, bool] = {}
    async with scene.house.at_work(handle) as browser:
        for action, verb in DEEDS.items():
            page = payment if action.startswith("withdrawal.") else scene.card
            offered[action] = f'action="{page}/{verb}"' in (await browser.get(page)).text
            answer = await browser.post(f"{page}/{verb}", WHY)
            assert answer.status_code in {200, 303, 403}
            done[action] = answer.status_code != 403
        page = await browser.get("/admin/switches")
        offered[Action.PAUSE] = 'value="pause"' in page.text
        fields = {"brand": "1", "switch": "betting", "change": "pause", **WHY}
        done[Action.PAUSE] = (await browser.post("/admin/switches", fields)).status_code == 303
        offered[Action.READ_AUDIT] = 'href="/admin/audit"' in (await browser.get("/admin/")).text
        done[Action.READ_AUDIT] = (await browser.get("/admin/audit")).status_code == 200
        offered[Action.VERIFY_AUDIT] = offered[Action.READ_AUDIT]
        verified = await browser.post("/admin/audit/verify")
        done[Action.VERIFY_AUDIT] = verified.status_code == 200

    granted = {action: role in PERMISSIONS[action] for action in done}
    assert offered == granted
    assert done == granted


# --- Withdrawals


async def test_approve_lets_it_go_on(scene: Scene):
    path = await scene.asked(ONE_APPROVAL)
    async with scene.house.at_work("tom") as tom:
        await tom.get(path)
        answer = await tom.post(f"{path}/approve", WHY)
        page = await tom.text(f"{path}?done=approved")
    scene.house.clock.advance(seconds=61)
    await scene.world.price()
    await scene.world.jobs.step_withdrawals()

    assert answer.headers["location"] == f"{path}?done=approved"
    assert "Approved. The other checks must still pass." in page
    assert "looked at it closely tom" in page
    assert "You have approved it." in page
    (state,) = await scene.states()
    assert state in {WithdrawalState.APPROVED, WithdrawalState.ORDERED}
    assert await scene.log() == [
        ("withdrawal.approve", scene.house.wire("tom"), "looked at it closely")
    ]


async def test_above_the_threshold_a_second_person_is_needed(scene: Scene):
    path = await scene.asked(TWO_APPROVALS)
    async with scene.house.at_work("tom") as tom, scene.house.at_work("tess") as tess:
        await tom.post(f"{path}/approve", WHY)
        again = await tom.post(f"{path}/approve", WHY)
        between = await tess.text(path)
        second = await tess.post(f"{path}/approve", WHY)
        after = await tess.text(path)

    assert again.status_code == 409
    assert "another person must" in shown(again)
    assert "(1 of 2)" in between
    assert second.status_code == 303
    assert "No further approval is needed." in after
    assert [actor for _, actor, _ in await scene.log()] == [
        scene.house.wire("tom"),
        scene.house.wire("tess"),
    ]


async def test_reject_gives_the_money_back_with_the_reason(scene: Scene):
    before = await scene.world.cash()
    path = await scene.asked(ONE_APPROVAL)
    async with scene.house.at_work("carl") as carl:
        await carl.post(f"{path}/reject", {"reason": "the source of funds is unclear"})
        page = await carl.text(path)
        late = await carl.post(f"{path}/reject", WHY)

    assert await scene.states() == [WithdrawalState.REJECTED]
    assert await scene.world.cash() == before
    assert "the source of funds is unclear" in page
    assert "There is nothing left to decide." in page
    assert late.status_code == 409


async def test_nothing_is_decided_without_a_reason(scene: Scene):
    path = await scene.asked(ONE_APPROVAL)
    async with scene.house.at_work("tom") as tom:
        for reason in ("", "  ", "ab", "x" * 501):
            answer = await tom.post(f"{path}/approve", {"reason": reason})
            assert answer.status_code == 422

    assert await scene.log() == []


async def test_the_deed_and_its_entry_are_one(scene: Scene, owner_db: Database):
    path = await scene.asked(ONE_APPROVAL)
    async with owner_db.tx() as tx:
        await tx.execute(
            "alter table audit.entry add constraint full_disk"
            " check (action <> 'withdrawal.approve')"
        )
    async with scene.house.at_work("tom") as tom:
        with capture_logs() as logged:
            answer = await tom.post(f"{path}/approve", WHY)
    async with scene.house.db.read() as tx:
        approvals = await tx.fetchval("select count(*) from cashier.approval")

    assert answer.status_code == 500
    assert approvals == 0
    assert "request failed" in [line["event"] for line in logged]


# --- Players


async def test_hold_lock_and_note_show_on_the_card(scene: Scene):
    async with scene.house.at_work("carl") as carl:
        await carl.post(f"{scene.card}/hold", WHY)
        await carl.post(f"{scene.card}/lock", WHY)
        await carl.post(f"{scene.card}/notes", {"text": "called <b>twice</b>"})
        page = await carl.get(scene.card)
        await carl.post(f"{scene.card}/lift-hold", WHY)
        await carl.post(f"{scene.card}/unlock", WHY)
        after = await carl.text(scene.card)
        nonsense = await carl.post(f"{scene.card}/explode", WHY)

    assert "Payouts are frozen: compliance" in shown(page)
    assert PlayerStatus.LOCKED in shown(page)
    assert "called &lt;b&gt;twice&lt;/b&gt;" in page.text
    assert "Payouts are frozen" not in after
    assert nonsense.status_code == 404
    assert [action for action, _, _ in await scene.log()] == [
        *("player.hold", "player.lock", "player.note", "player.lift_hold", "player.unlock"),
    ]


async def test_personal_data_is_shown_for_a_reason_only(scene: Scene):
    async with scene.house.at_work("sue") as sue:
        card = await sue.text(scene.card)
        answer = await sue.post(f"{scene.card}/reveal", WHY)

    assert "p1@player.test" not in card
    assert "p1@player.test" in shown(answer)
    async with scene.house.db.read() as tx:
        log = str(await tx.fetch("select * from audit.entry"))
    assert "player.test" not in log


# --- Pauses


async def test_pause_and_resume_a_game(scene: Scene):
    fields = {"brand": "1", "switch": "game:dice", **WHY}
    async with scene.house.at_work("anna") as anna:
        await anna.post("/admin/switches", {**fields, "change": "pause"})
        banner = await anna.text("/admin/players")
        page = await anna.text("/admin/switches")
        await anna.post("/admin/switches", {**fields, "change": "resume"})
        after = await anna.text("/admin/players")
        unknown = await anna.post("/admin/switches", {**fields, "switch": "all", "change": "pause"})

    assert "Paused: Fairhouse · game:dice: looked at it closely" in banner
    assert "looked at it closely anna" in page
    assert "Paused:" not in after
    assert unknown.status_code == 422
    assert [action for action, _, _ in await scene.log()] == ["switch.pause", "switch.resume"]


# --- Brands


async def test_staff_of_another_brand_find_and_touch_nothing(scene: Scene):
    house = scene.house
    path = await scene.asked(ONE_APPROVAL)
    async with house.at_work("anna") as anna:
        limited = await anna.post(
            f"/admin/staff/{house.wire('tom')}/limit", {"brand_2": "on", **WHY}
        )
        own = await anna.post(f"/admin/staff/{house.wire('anna')}/limit", {"brand_2": "on", **WHY})
    async with house.at_work("tom") as tom:
        pages = [await tom.get(page) for page in (path, scene.card, "/admin/players?brand=1")]
        approved = await tom.post(f"{path}/approve", WHY)
        lists = [await tom.get(f"/admin/{page}") for page in ("players", "withdrawals")]
        export = await tom.get("/admin/withdrawals.csv")
        searched = [
            await tom.text(f"/admin/search?q={text}")
            for text in ("player1", "p1@player.test", path.rpartition("/")[2])
        ]

    assert limited.status_code == 303
    assert own.status_code == 403
    assert [page.status_code for page in pages] == [403, 403, 403]
    assert approved.status_code == 403
    assert all("player1" not in page.text for page in (*lists, export))
    assert all("Nothing found." in page for page in searched)
    assert await scene.states() == [WithdrawalState.CHECKING]


async def test_pages_carry_no_inline_script_and_their_policy_says_so(scene: Scene):
    async with scene.house.at_work("anna") as anna:
        answer = await anna.get("/admin/")

    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)", answer.text) == []
    assert re.findall(r"\sstyle=|\son[a-z]+=", answer.text) == []
    assert answer.headers["cache-control"] == "no-store"
