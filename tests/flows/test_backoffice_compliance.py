"""Verifications and screening cases at the staff's desk."""

import io
from datetime import date

import pytest
from PIL import Image

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player
from fairhouse.kernel.ids import to_wire
from fairhouse.kyc import api as kyc
from fairhouse.kyc.api.player import checked
from fairhouse.kyc.types import Details, DocumentKind, Tier
from fairhouse.platform.database import Database
from fairhouse.screening import api as screening
from fairhouse.screening.types import CaseState
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.backoffice_world import House
from tests.flows.cashier_world import a_world
from tests.vectors.sdn_small import Party, document

WHY = {"reason": "looked at everything"}


@pytest.fixture
async def player(db: Database, worker_db: Database) -> Player:
    return (await a_world(db, worker_db)).player


@pytest.fixture
async def house(db: Database, worker_db: Database, clock: SettableClock, player: Player) -> House:
    deps = BackofficeDeps(db=db, sealer=stage.sealer(), passwords=stage.passwords(), policies={})
    return await stage.a_house(db, worker_db, clock, deps)


async def handed_in(house: House, player: Player) -> str:
    """The address of the request's page."""
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(out, "PNG")
    clean = await checked(out.getvalue())
    tools = kyc.KycTools(stage.sealer())
    details = Details("Jane", "Example", date(1990, 5, 4), "DE", "DE", "Weg 1, Berlin")
    async with house.db.tx() as tx:
        await kyc.save_details(tx, tools=tools, player=player, details=details)
        for kind in (DocumentKind.IDENTITY, DocumentKind.SELFIE):
            await kyc.upload(
                tx, tools=tools, player=player, tier=Tier.IDENTITY, kind=kind, document=clean
            )
        request = await kyc.submit(tx, player=player, tier=Tier.IDENTITY)
    return f"/admin/kyc/{to_wire('kyc', request.id)}"


async def test_a_verification_from_the_queue_to_its_approval(house: House, player: Player):
    page = await handed_in(house, player)
    async with house.at_work("carl") as carl:
        assert str(player.username) in await carl.text("/admin/kyc")
        closed = await carl.text(page)
        opened = await carl.post(f"{page}/details", WHY)
        await carl.post(f"{page}/approve", WHY)
        after = await carl.text(page)

    assert "Example" not in closed
    assert "Jane Example" in opened.text
    assert "approved" in after
    async with house.db.read() as tx:
        found = await kyc.player_standing(tx, player_id=player.id, brand_id=1)
    assert Tier.IDENTITY == found.tier


async def test_a_document_is_shown_sandboxed_and_the_look_is_logged(house: House, player: Player):
    await handed_in(house, player)
    async with house.db.read() as tx:
        (paper, *_) = await kyc.documents_of(tx, player_id=player.id)
    path = f"/admin/kyc/documents/{to_wire('doc', paper.id)}"
    async with house.at_work("carl") as carl:
        shown = await carl.get(path)
    async with house.at_work("sue") as sue:
        refused = await sue.get(path)

    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["content-security-policy"].startswith("sandbox")
    assert "no-store" == shown.headers["cache-control"]
    assert 403 == refused.status_code
    async with house.db.read() as tx:
        looks = await tx.fetchval(
            "select count(*) from audit.entry where action = 'kyc.read_document'"
        )
    assert 1 == looks


async def test_a_retry_tells_the_player_and_a_rejection_needs_two(house: House, player: Player):
    page = await handed_in(house, player)
    async with house.at_work("carl") as carl:
        await carl.get(page)
        await carl.post(f"{page}/retry", {"reason": "The photo is blurred."})
        await carl.post(f"{page}/reject", {"reason": "a forged document"})
        text = await carl.text(page)
    async with house.db.read() as tx:
        (request, *_) = (await kyc.player_standing(tx, player_id=player.id, brand_id=1)).requests
        active = (await identity.player(tx, player_id=player.id)).status
    assert ("retry", "The photo is blurred.", "active") == (request.state, request.note, active)
    assert "first of two" in text
    async with house.at_work("anna") as anna:
        await anna.get(page)
        await anna.post(f"{page}/reject", {"reason": "a forged document"})
    async with house.db.read() as tx:
        closed = (await identity.player(tx, player_id=player.id)).status
    assert "closed" == closed


async def test_the_support_role_sees_neither_desk(house: House, player: Player):
    page = await handed_in(house, player)
    async with house.at_work("sue") as sue:
        answers = [await sue.get(path) for path in ("/admin/kyc", page, "/admin/screening")]
        home = await sue.text("/admin/")
    assert [403, 403, 403] == [one.status_code for one in answers]
    assert "Screening" not in home


async def test_a_case_is_cleared_by_two_and_the_list_s_age_is_said(
    house: House, player: Player, worker_db: Database
):
    content = screening.read_sdn(document([Party("9", ["Jane EXAMPLE"])], (2025, 1, 1)))
    async with worker_db.tx() as tx:
        await screening.import_content(tx, content, is_fixture=True)
    await handed_in(house, player)
    async with house.db.read() as tx:
        (case,) = await screening.cases_of(tx, player_id=player.id)
    path = f"/admin/screening/{to_wire('scr', case.id)}/clear"
    async with house.at_work("carl") as carl:
        text = await carl.text("/admin/screening")
        first = await carl.post(path, WHY)
        again = await carl.post(path, WHY)
    async with house.at_work("anna") as anna:
        await anna.get("/admin/screening")
        await anna.post(path, WHY)

    assert "FIXTURE" in text
    assert "listed.ofac_sdn.9" in text
    assert (303, 409) == (first.status_code, again.status_code)
    async with house.db.read() as tx:
        (after,) = await screening.cases_of(tx, player_id=player.id)
    assert CaseState.CLEARED == after.state
