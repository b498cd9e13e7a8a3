"""Risk at the staff's desk: write, test, put in force by another, look at cases, draw links."""

import json
import re

import pytest

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database
from fairhouse.risk.types.observations import Kind
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import House, shown
from tests.flows.risk_kit import Teller, install, player

WHY = {"reason": "looked at it closely"}
RULE = {
    "name": "many_deposits",
    "on": ["deposit"],
    "let": [["n", "count(deposit, 24 h)"]],
    "when": "n >= 3",
    "action": "hold",
    "says": {"en": "{n} deposits in a day.", "de": "{n} Einzahlungen an einem Tag."},
}


@pytest.fixture
async def house(db: Database, worker_db: Database, clock: SettableClock) -> House:
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    return await stage.a_house(db, worker_db, clock, deps)


async def test_a_rule_goes_from_a_mistake_to_a_hold_and_a_closed_case(
    house: House, worker_db: Database, clock: SettableClock
):
    teller = Teller(worker_db, clock)
    wrong = {**RULE, "when": "n >= 3 usd"}
    async with house.at_work("carl") as carl, house.at_work("anna") as anna:
        mistaken = await carl.post(
            "/admin/risk/rules/new", {"definition": json.dumps(wrong), **WHY}
        )
        garbled = await carl.post("/admin/risk/rules/new", {"definition": "{", **WHY})
        made = await carl.post("/admin/risk/rules/new", {"definition": json.dumps(RULE), **WHY})
        page = made.headers["location"].partition("?")[0]
        untested = await anna.post(f"{page}/publish", WHY)
        await carl.post(f"{page}/test", WHY)
        own = await carl.post(f"{page}/publish", WHY)
        published = await anna.post(f"{page}/publish", WHY)
        for _ in range(3):
            clock.advance(minutes=1)
            await teller.tell(player(1), Kind.DEPOSIT, 20)
        overview = (await carl.get("/admin/risk")).text
        found = re.search(r"/admin/risk/cases/(rcs_[0-9a-z]+)", overview)
        assert found is not None
        case = await carl.text(f"/admin/risk/cases/{found[1]}")
        closed = await carl.post(
            f"/admin/risk/cases/{found[1]}/close", {"verdict": "harmless", **WHY}
        )
        after = await carl.text("/admin/risk")
    async with house.db.read() as tx:
        rows = await tx.fetch("select action from audit.entry where action like 'risk.%'")

    assert mistaken.status_code == garbled.status_code == 422
    assert "line 1, column 3" in shown(mistaken)
    assert "n &gt;= 3 usd" in mistaken.text
    assert "no JSON" in shown(garbled)
    assert (untested.status_code, own.status_code, published.status_code) == (409, 403, 303)
    assert "3 deposits in a day." in case
    assert closed.status_code == 303
    assert "No case is open." in after
    assert "0 %" in after
    expected = ["risk.draft", "risk.test", "risk.publish", "risk.close_case"]
    assert sorted(expected) == sorted(row["action"] for row in rows)


async def test_linked_accounts_are_drawn_without_scripts(
    house: House, worker_db: Database, clock: SettableClock
):
    await install(worker_db)
    teller = Teller(worker_db, clock)
    for who in (1, 2, 3):
        await teller.tell(player(who), Kind.WITHDRAWAL_REQUESTED, 60 + who, address="one wallet")
        clock.advance(hours=2)
    async with house.at_work("carl") as carl:
        overview = (await carl.get("/admin/risk")).text
        case = re.search(r"/admin/risk/cases/(rcs_[0-9a-z]+)", overview)
        assert case is not None
        page = await carl.get(f"/admin/risk/cases/{case[1]}")

    drawn = page.text
    assert drawn.count("<circle") == 3
    assert drawn.count("<line") == 3
    assert "payout address" in drawn
    assert to_wire("ply", player(1)) in drawn
    assert "style=" not in drawn


@pytest.mark.parametrize("path", ["/admin/risk", "/admin/risk/rules/new"])
async def test_support_reads_no_risk(house: House, path: str):
    async with house.at_work("sue") as sue:
        answer = await sue.get(path)
        home = (await sue.get("/admin/")).text

    assert answer.status_code == 403
    assert 'href="/admin/risk"' not in home
