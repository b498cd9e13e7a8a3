"""Brands as data, and pause switches with reason, actor and event."""

import asyncio

import pytest

from fairhouse.brands import api
from fairhouse.brands.types import BrandId, ReasonMissing, Switch, UnknownBrand, UnknownSwitch
from fairhouse.kernel.currencies import CURRENCIES
from fairhouse.kernel.refusals import Paused, Refusal
from fairhouse.platform.database import Database

ONE, TWO = BrandId(1), BrandId(2)
STAFF = "stf_1"


async def test_the_database_knows_the_brands_that_came_with_the_platform(db: Database):
    async with db.read() as tx:
        rows = await tx.fetch("select id, slug from brands.brand")

    assert {(row["id"], row["slug"]) for row in rows} == {
        (item.id, item.slug) for item in api.all_brands()
    }


def test_hosts_lead_to_brands():
    assert api.brand_for_host("localhost:8080").id == ONE
    assert api.brand_for_host("127.0.0.1").id == ONE
    assert api.brand_for_host("NightOwl.localhost.:8080").id == TWO
    for host in ("", "evil.example", "localhost:8080:1", "xlocalhost"):
        with pytest.raises(UnknownBrand):
            api.brand_for_host(host)
    assert api.brand(2).name == "Night Owl"
    with pytest.raises(UnknownBrand):
        api.brand(3)


def test_brands_do_not_share_what_must_be_their_own():
    brands = api.all_brands()
    domains = [domain for item in brands for domain in item.domains]

    assert len(set(domains)) == len(domains)
    assert len({item.theme.accent for item in brands}) == len(brands)
    assert all(item.minimum_age >= 18 for item in brands)
    assert all(set(item.currencies) <= set(CURRENCIES) for item in brands)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("brand", api.all_brands(), ids=lambda item: item.slug)
def test_the_accent_is_readable(brand):
    """WCAG 2 contrast, 4.5 : 1 for text."""
    for a, b in (
        (brand.theme.accent, brand.theme.accent_ink),
        (brand.theme.accent, brand.theme.ground),
    ):
        bright, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5


async def test_a_pause_stops_one_flow_of_one_brand_until_it_is_resumed(db: Database):
    board = api.PauseBoard()
    async with db.tx() as tx:
        assert await api.pause(
            tx, brand_id=ONE, switch="game:dice", reason="  New   tables. ", actor=STAFF
        )
        assert not await api.pause(
            tx, brand_id=ONE, switch="game:dice", reason="Another one.", actor="stf_2"
        )
        await board.refresh(tx)

    async with db.read() as tx:
        assert await api.paused(tx, brand_id=ONE) == {"game:dice": "New tables."}
        assert await api.paused(tx, brand_id=TWO) == {}
        (pause,) = await api.pauses(tx, brand_id=ONE)
    assert pause.actor == STAFF
    api.check_open(board.paused(TWO), api.game_switch("dice"))
    api.check_open(board.paused(ONE), api.BETTING, api.game_switch("mines"))
    with pytest.raises(Paused) as refusal:
        api.check_open(board.paused(ONE), api.BETTING, api.game_switch("dice"))
    assert refusal.value.fields == {"switch": "game:dice", "reason": "New tables."}

    async with db.tx() as tx:
        assert await api.resume(tx, brand_id=ONE, switch="game:dice", reason="Done.", actor=STAFF)
        assert not await api.resume(
            tx, brand_id=ONE, switch="game:dice", reason="Done.", actor=STAFF
        )
        await board.refresh(tx)
    assert board.paused(ONE) == {}
    async with db.read() as tx:
        news = await tx.fetch("select type, subject, payload from platform.outbox order by id")
    assert [(row["type"], row["subject"], row["payload"]["paused"]) for row in news] == [
        ("brands.switch_changed", "game:dice", True),
        ("brands.switch_changed", "game:dice", False),
    ]
    async with db.tx() as tx:
        assert await api.pause(
            tx, brand_id=ONE, switch="game:dice", reason="Once more.", actor=STAFF
        )


async def test_two_who_pause_at_once_make_one_event(db: Database):
    async def pause(number: int) -> bool:
        async with db.tx() as tx:
            return await api.pause(
                tx, brand_id=TWO, switch="withdrawals", reason=f"Reason {number}", actor=STAFF
            )

    assert sorted(await asyncio.gather(*(pause(n) for n in range(8)))) == [False] * 7 + [True]
    async with db.read() as tx:
        assert await tx.fetchval("select count(*) from platform.outbox") == 1


@pytest.mark.parametrize(
    ("brand_id", "switch", "reason", "refusal"),
    [
        (3, "betting", "A reason", UnknownBrand),
        (1, "everything", "A reason", UnknownSwitch),
        (1, "game:", "A reason", UnknownSwitch),
        (1, "game:Dice;drop", "A reason", UnknownSwitch),
        (1, "betting", "  \n ", ReasonMissing),
        (1, "betting", "x" * 501, ReasonMissing),
    ],
)
async def test_bad_switches_change_nothing(
    db: Database, brand_id: int, switch: str, reason: str, refusal: type[Refusal]
):
    async with db.tx() as tx:
        for change in (api.pause, api.resume):
            with pytest.raises(refusal):
                await change(
                    tx, brand_id=BrandId(brand_id), switch=switch, reason=reason, actor=STAFF
                )
        assert await tx.fetchval("select count(*) from brands.pause_switch") == 0


def test_switch_names():
    assert api.parse_switch("deposits") == Switch("deposits")
