"""Brands and jurisdictions at the staff's desk: read, wished by one, approved by another."""

import json
import re
from collections.abc import Iterator

import pytest

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.brands import api as brands
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import Browser, House, shown

OWL = "/admin/brands/2"
WHY = "Looked at closely."


@pytest.fixture(autouse=True)
def _as_released() -> Iterator[None]:
    yield
    brands.forget_changes()


@pytest.fixture
async def house(db: Database, worker_db: Database, clock: SettableClock) -> House:
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    return await stage.a_house(db, worker_db, clock, deps)


async def fields_of(browser: Browser, path: str) -> dict[str, str]:
    """The form as it is drawn."""
    page = (await browser.get(path)).text
    found = re.findall(r'<input (?:type="hidden" )?name="([a-z._]+)"[^>]*? value="([^"]*)"', page)
    return {name: value.replace("&#34;", '"') for name, value in found if name != "csrf"}


async def approve(browser: Browser) -> None:
    page = (await browser.get("/admin/approvals")).text
    found = re.search(r'<tr id="(wsh_[0-9a-z]+)"', page)
    assert found is not None
    done = await browser.post(f"/admin/approvals/{found[1]}/approve", {"reason": WHY})
    assert done.status_code == 303, shown(done)


async def test_a_brand_changes_when_a_second_person_approves(house: House, db: Database):
    async with db.tx() as tx:
        await brands.store_released(tx)
    async with house.at_work("anna") as anna, house.at_work("carl") as carl:
        fields = await fields_of(anna, OWL)
        wanted = {**fields, "name": "Day Owl", "games": "dice, mines", "reason": WHY}
        sent = await anna.post(OWL, wanted)
        again = await anna.post(OWL, {**wanted, "name": "Other"})
        async with db.read() as tx:
            await brands.refresh(tx)
        before = brands.brand(2).name
        await approve(carl)
        async with db.read() as tx:
            await brands.refresh(tx)
        page = await carl.text(OWL)
        overview = await carl.text("/admin/brands")

    assert sent.headers["location"].endswith("?done=limit_wished")
    assert again.status_code == 409
    assert before == "Night Owl"
    assert (brands.brand(2).name, brands.brand(2).games) == ("Day Owl", ("dice", "mines"))
    assert 'name "Night Owl" → "Day Owl"' in page
    assert "came with the platform" in page
    assert "Day Owl" in overview
    async with db.read() as tx:
        rows = await tx.fetch("select action from audit.entry where stream = 'brand:2'")
    assert {row["action"] for row in rows} >= {
        *("brand.change.propose", "brand.change.approve", "brand.change"),
    }


async def test_a_bad_wish_is_drawn_again_with_its_error(house: House):
    async with house.at_work("anna") as anna, house.at_work("sue") as sue:
        fields = await fields_of(anna, OWL)
        for change, words in (
            ({"theme.accent": "purple"}, "theme.accent must be a colour"),
            ({"domains": "localhost"}, "Fairhouse has localhost"),
            ({"games": "roulette9"}, "there is no game 'roulette9'"),
            ({"jurisdiction": "atlantis"}, "jurisdiction must be one of"),
            ({"version": "7"}, "look at it again"),
            ({}, "Nothing would change"),
        ):
            answer = await anna.post(OWL, {**fields, **change, "reason": WHY})
            assert words in shown(answer), change
            assert answer.status_code in {404, 409, 422}
        refused = await sue.post(OWL, {**fields, "name": "Sue's", "reason": WHY})
        read = await sue.text(OWL)
    assert refused.status_code == 403
    assert "Wish for this change" not in read


async def test_rules_show_what_is_assumed_and_change_by_two(house: House, db: Database):
    path = "/admin/jurisdictions/uk"
    async with house.at_work("carl") as carl, house.at_work("anna") as anna:
        page = await carl.text(path)
        uk = brands.jurisdiction("uk")
        raw = json.loads(brands.as_json(uk)) | {"version": 2, "minimum_age": 21}
        sent = await carl.post(path, {"definition": json.dumps(raw), "version": "1", "reason": WHY})
        broken = await carl.post(path, {"definition": "{", "version": "1", "reason": WHY})
        await approve(anna)
    async with db.read() as tx:
        await brands.refresh(tx)

    assert "UK Gambling Commission" in page
    assert "kyc.tier3_value 10000000000 assumed" in page
    assert sent.status_code == 303
    assert broken.status_code == 422
    assert (brands.jurisdiction("uk").version, brands.jurisdiction("uk").minimum_age) == (2, 21)
