"""Staff's own access: passkeys, and the glass for when nobody else can act."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from fairhouse.backoffice.http import BackofficeDeps
from fairhouse.identity.types import Role
from fairhouse.platform.database import Database
from fairhouse.platform.http import RateLimiter
from tests.conftest import SettableClock
from tests.flows import backoffice_world as stage
from tests.flows.authenticator import USER_PRESENT, Authenticator
from tests.flows.backoffice_world import HOST, Browser, House

ORIGIN = HOST
RP_ID = HOST.removeprefix("http://")
REASON = "Nobody of compliance answers, and a player must be locked now."


@pytest.fixture
async def house(db: Database, worker_db: Database, clock: SettableClock) -> House:
    deps = BackofficeDeps(
        db=db,
        sealer=stage.sealer(),
        passwords=stage.passwords(),
        policies={},
        logins=RateLimiter(burst=100, per_minute=100),
    )
    return await stage.a_house(db, worker_db, clock, deps)


async def log_of(house: House) -> list[tuple[str, str, str]]:
    """Stream, action and reason, the oldest first."""
    async with house.db.read() as tx:
        rows = await tx.fetch("select stream, action, reason from audit.entry order by at, seq")
    return [(row["stream"], row["action"], row["reason"]) for row in rows]


def device() -> Authenticator:
    return Authenticator(rp_id=RP_ID, origin=ORIGIN)


async def add_passkey(browser: Browser, authenticator: Authenticator) -> int:
    await browser.get("/admin/me")
    asked = (await browser.post("/admin/me/passkey/options")).json()
    said = authenticator.create(asked["options"])
    fields = {
        "challenge": asked["challenge"],
        "credential": json.dumps(said),
        "label": "Desk key",
    }
    return (await browser.post("/admin/me/passkey", fields)).status_code


async def log_in(browser: Browser, authenticator: Authenticator) -> int:
    await browser.get("/admin/login")
    asked = (await browser.post("/admin/login/passkey/options")).json()
    said = authenticator.get(asked["options"])
    fields = {"challenge": asked["challenge"], "credential": json.dumps(said)}
    return (await browser.post("/admin/login/passkey", fields)).status_code


async def test_a_passkey_logs_staff_in_without_password_and_code(house: House):
    async with house.at_work("anna") as anna:
        key = device()
        assert await add_passkey(anna, key) == 200
        assert "Desk key" in unescape((await anna.get("/admin/me")).text)

        async with house.browser() as again:
            assert await log_in(again, key) == 200
            assert "anna" in (await again.get("/admin/me")).text
    deeds = [action for _, action, _ in await log_of(house)]
    assert "staff.add_passkey" in deeds
    assert deeds.count("staff.log_in") == 2


async def test_a_lie_logs_nobody_in(house: House):
    async with house.at_work("anna") as anna:
        key = device()
        await add_passkey(anna, key)
        for liar in (
            device(),
            replace(key, origin="http://evil.test"),
            replace(key, rp_id="evil.test"),
            replace(key, flags=USER_PRESENT),
            replace(key, key=device().key),
            replace(key, user_handle=b"somebody else"),
        ):
            async with house.browser() as stranger:
                assert await log_in(stranger, liar) == 422
                assert (await stranger.get("/admin/me")).status_code == 303


async def test_broken_glass_gives_every_role_for_half_an_hour_and_an_alarm(
    house: House, clock: SettableClock
):
    async with house.at_work("carl") as carl:
        await carl.get("/admin/me")
        short = await carl.post("/admin/me/glass", {"reason": "because"})
        assert short.status_code == 422
        assert (await carl.post("/admin/me/glass", {"reason": REASON})).status_code == 303
        page = unescape((await carl.get("/admin/me")).text)
        for role in Role:
            assert re.search(rf"<small>[^<]*{role}", page), role

        clock.advance(minutes=29)
        assert "treasurer" in (await carl.get("/admin/me")).text
        clock.advance(minutes=2)
        assert "treasurer" not in (await carl.get("/admin/me")).text
        late = await carl.post("/admin/me/glass", {"reason": REASON})
        assert late.status_code == 403, "a login of half an hour ago is not fresh"
    told = [one for one in await log_of(house) if one[1] == "event.glass_broken"]
    assert [("events", "event.glass_broken", REASON)] == told


async def test_not_everybody_may_break_it(house: House):
    async with house.at_work("sue") as sue:
        await sue.get("/admin/me")
        assert (await sue.post("/admin/me/glass", {"reason": REASON})).status_code == 403


async def test_broken_glass_is_never_mended(house: House):
    async with house.at_work("anna") as anna:
        await anna.get("/admin/me")
        await anna.post("/admin/me/glass", {"reason": REASON})
    for db in (house.db, house.worker_db):
        for attack in ("delete from identity.glass", "update identity.glass set reason = 'x'"):
            with pytest.raises(Exception, match="permission denied"):
                async with db.tx() as tx:
                    await tx.execute(attack)
