"""Evidence at the staff's desk: the log searched and handed out, tables for a regulator, looks."""

import csv
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fairhouse.audit.jobs import watch_audit
from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import House
from tests.flows.cashier_world import ETH, World, a_world
from tests.norms import ROOT

PERIOD = "since=2026-01-01&until=2026-02-01"


@pytest.fixture
async def world(db: Database, worker_db: Database) -> World:
    return await a_world(db, worker_db)


@pytest.fixture
async def house(db: Database, worker_db: Database, clock: SettableClock, world: World) -> House:
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    return await stage.a_house(db, worker_db, clock, deps)


def verified(file: Path, text: str) -> str:
    file.write_text(text)
    script = [sys.executable, "-S", str(ROOT / "tools/verify_audit.py"), str(file)]
    return subprocess.run(script, capture_output=True, text=True, check=False).stdout


async def test_the_log_is_found_by_actor_chain_and_time(house: House):
    async with house.at_work("carl") as carl, house.at_work("tom"):
        begun = house.clock.time
        house.clock.advance(minutes=10)
        await carl.post("/admin/audit/verify")
        house.clock.advance(minutes=1)
        by_actor = await carl.text(f"/admin/audit?actor={house.wire('tom')}")
        moment = begun.replace(microsecond=0, tzinfo=None).isoformat()
        later = await carl.text(f"/admin/audit?since={moment}&action=audit.verify")
        before = await carl.text(f"/admin/audit?until={moment}&action=audit.verify")
        chain = await carl.text("/admin/audit?stream=brand:1")
        file = (await carl.get(f"/admin/audit.csv?actor={house.wire('tom')}")).text
        wrong = await carl.get("/admin/audit?since=yesterday")

    assert "house #2 tom" in by_actor
    assert "#1 carl" not in by_actor
    assert "verified from the page of the log" in later
    assert "verified from the page of the log" not in before
    assert "house #" not in chain
    assert [row["actor"] for row in csv.DictReader(io.StringIO(file))] == [house.wire("tom")]
    assert wrong.status_code == 422


async def test_chains_from_the_page_hold_for_a_stranger(house: House, tmp_path: Path):
    async with house.at_work("carl") as carl:
        await watch_audit(house.db, stage.sealer())
        text = (await carl.get("/admin/audit.jsonl")).text
        key = json.loads(text.splitlines()[0])["public_key"]
        shown = stage.shown(await carl.post("/admin/audit/verify"))

    assert key in shown
    assert verified(tmp_path / "a", text).startswith("every link")
    assert "house #1 altered" in verified(
        tmp_path / "b", text.replace("staff.log_in", "staff.log_im", 1)
    )


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
async def test_a_regulator_s_table_comes_back_to_its_totals(
    house: House, world: World, format_: str
):
    for units in (5, 700, 10**12):
        await world.give(ETH, units)
    await world.fill_hot(ETH, 10**30)
    async with house.at_work("carl") as carl:
        path = f"/admin/regulator/export?dataset=transfers&format={format_}&{PERIOD}"
        text = (await carl.get(path)).text
        none = (await carl.get(path.replace("2026-01-01", "2026-01-20"))).text
        log = (await carl.get("/admin/audit?action=list.export")).text
    *lines, last = text.splitlines(keepends=True)
    if format_ == "csv":
        rows = list(csv.DictReader(io.StringIO("".join(lines))))
        totals = json.loads(next(csv.reader([last]))[1])
        empty = json.loads(next(csv.reader([none.splitlines()[-1]]))[1])
    else:
        rows = [json.loads(line) for line in lines]
        totals, empty = json.loads(last), json.loads(none.splitlines()[-1])

    assert totals["sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    sums: dict[str, list[int]] = {}
    for row in rows:
        sums.setdefault(row["unit"], []).append(int(row["amount"]))
    assert totals["totals"] == {
        unit: {"rows": len(found), "amount": str(sum(found))} for unit, found in sums.items()
    }
    assert (totals["rows"], sums["eth.ethereum"]) == (4, [10**30])
    assert (empty["rows"], empty["totals"]) == (0, {})
    assert "regulator transfers" in log


@pytest.mark.parametrize("dataset", ["players", "bets", "deposits", "withdrawals"])
async def test_every_table_can_be_taken(house: House, world: World, dataset: str):
    async with house.at_work("anna") as anna:
        answer = await anna.get(f"/admin/regulator/export?dataset={dataset}&{PERIOD}")
        page = await anna.get("/admin/regulator")
    last = json.loads(answer.text.splitlines()[-1])
    assert last["rows"] == (1 if dataset == "players" else 0)
    assert f'value="{dataset}"' in page.text


async def test_only_compliance_and_admins_take_them(house: House):
    for handle in ("sue", "tom"):
        async with house.at_work(handle) as browser:
            page = await browser.get("/admin/regulator")
            file = await browser.get(f"/admin/regulator/export?dataset=bets&{PERIOD}")
            chains = await browser.get("/admin/audit.jsonl")
            assert [one.status_code for one in (page, file, chains)] == [403, 403, 403]


async def test_a_look_at_personal_data_has_its_line(house: House, world: World):
    player = to_wire("ply", world.player.id)
    async with house.at_work("sue") as sue:
        await sue.get(f"/admin/players/{player}?tab=overview")
        await sue.get(f"/admin/players/{player}?tab=sessions")
        await sue.post(f"/admin/players/{player}/reveal", {"reason": "the player asked us to"})
    async with house.db.read() as tx:
        rows = await tx.fetch(
            "select action, actor, subject, reason from audit.entry"
            " where stream = 'personal:1' order by seq"
        )
    assert [tuple(row.values()) for row in rows] == [
        ("player.devices", house.wire("sue"), player, "the page of sessions was opened"),
        ("player.reveal", house.wire("sue"), player, "the player asked us to"),
    ]
