"""Brands and jurisdictions made by operators: versions, refusals, memory of every process."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fairhouse.audit import api as audit
from fairhouse.brands import api
from fairhouse.brands.types import (
    BrandDefinition,
    BrandTaken,
    DefinitionChanged,
    DefinitionInvalid,
    DefinitionUnchanged,
    JurisdictionCode,
    ReasonMissing,
    Theme,
    UnknownBrand,
    UnknownJurisdiction,
)
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database

WHO = "cli:tester"
OWL = BrandDefinition(
    slug="third",
    name="Third House",
    domains=("third.example", "www.third.example"),
    theme=Theme("#ffb000", "#1a1200", "#664600", "#0d1117", "T"),
    jurisdiction=JurisdictionCode("demonstration"),
    terms_version="2026-11-01",
    currencies=(CurrencyCode("USDT"), CurrencyCode("PLAY")),
    languages=("de",),
    games=("dice", "mines"),
)


@pytest.fixture(autouse=True)
def _as_released() -> Iterator[None]:
    yield
    api.forget_changes()


async def _create(db: Database, of: BrandDefinition = OWL) -> int:
    async with db.tx() as tx:
        made = await api.create_brand(tx, definition=of, actor=WHO, reason="A new house.")
    async with db.read() as tx:
        await api.refresh(tx)
    return made.id


async def test_a_brand_is_made_and_known_after_a_refresh(db: Database):
    before = api.generation()
    with pytest.raises(UnknownBrand):
        api.brand_for_host("third.example")

    brand_id = await _create(db)

    assert brand_id == 3
    found = api.brand_for_host("WWW.Third.example.:443")
    assert (found.id, found.name, found.version, found.languages) == (3, "Third House", 1, ("de",))
    assert found.jurisdiction is api.jurisdiction("demonstration")
    assert found.offers("dice")
    assert not found.offers("plinko")
    assert api.generation() > before
    assert api.definition_of(found) == OWL
    async with db.read() as tx:
        assert not await api.refresh(tx)
        (line,) = await api.brand_history(tx, brand_id=brand_id)
        news = await tx.fetch("select type, subject from platform.outbox")
        (entry,) = await audit.entries(tx, streams=[audit.stream_of(brand_id)])
    assert (line.actor, line.reason, line.definition) == (WHO, "A new house.", OWL)
    assert [tuple(row.values()) for row in news] == [("brands.definition_made", "third")]
    assert (entry.action, entry.subject) == ("brand.create", "brand:third")


async def test_a_change_is_a_version_and_says_what_it_replaced(db: Database):
    brand_id = await _create(db)
    changed = replace(OWL, name="Third Floor", games=())

    async with db.tx() as tx:
        await api.change_brand(
            tx, brand_id=brand_id, based_on=1, definition=changed, actor=WHO, reason="Its new name."
        )
    async with db.read() as tx:
        await api.refresh(tx)
        history = await api.brand_history(tx, brand_id=brand_id)
        newest, _ = await audit.entries(tx, streams=[audit.stream_of(brand_id)])

    assert api.brand(brand_id).name == "Third Floor"
    assert [line.version for line in history] == [2, 1]
    assert {
        one.field: (one.before, one.after) for one in api.definition_differences(OWL, changed)
    } == {"name": ('"Third House"', '"Third Floor"'), "games": ('["dice", "mines"]', "[]")}
    assert newest.details["before"] == {"name": '"Third House"', "games": '["dice", "mines"]'}


async def test_a_brand_that_came_with_the_platform_is_changed_like_any_other(db: Database):
    async with db.tx() as tx:
        await api.store_released(tx)
        await api.store_released(tx)
        was = api.definition_of(api.brand(1))
        await api.change_brand(
            tx,
            brand_id=1,
            based_on=1,
            definition=replace(was, name="Fairer House"),
            actor=WHO,
            reason="A better name.",
        )
    async with db.read() as tx:
        await api.refresh(tx)
        assert [line.actor for line in await api.brand_history(tx, brand_id=1)] == [WHO, "release"]
        stored = await api.jurisdiction_history(tx, code="uk")
    assert api.brand_for_host("localhost").name == "Fairer House"
    assert [one.jurisdiction for one in stored] == [api.jurisdiction("uk")]


async def test_of_two_who_change_at_once_one_is_told(db: Database):
    brand_id = await _create(db)

    async def change(name: str) -> bool:
        try:
            async with db.tx() as tx:
                await api.change_brand(
                    tx,
                    brand_id=brand_id,
                    based_on=1,
                    definition=replace(OWL, name=name),
                    actor=WHO,
                    reason="Another name.",
                )
        except DefinitionChanged as refusal:
            return refusal.fields != {"version": 2}
        return True

    assert sorted(await asyncio.gather(*(change(f"House {n}") for n in range(4)))) == [
        *(False, False, False),
        True,
    ]


async def test_of_two_who_take_a_domain_at_once_one_gets_it(db: Database):
    async def create(n: int) -> bool:
        try:
            await _create(db, replace(OWL, slug=f"third{n}"))
        except BrandTaken:
            return False
        return True

    assert sorted(await asyncio.gather(*(create(n) for n in range(4)))) == [False] * 3 + [True]


BAD: list[tuple[dict, type[Refusal], str]] = [
    ({"slug": "Third"}, DefinitionInvalid, "slug"),
    ({"slug": "x" * 40}, DefinitionInvalid, "slug"),
    ({"slug": "nightowl"}, BrandTaken, "slug"),
    ({"domains": ()}, DefinitionInvalid, "domains"),
    ({"domains": ("a.example", "a.example")}, DefinitionInvalid, "domains"),
    ({"domains": ("A.example",)}, DefinitionInvalid, "domains"),
    ({"domains": ("a.example:80",)}, DefinitionInvalid, "domains"),
    ({"domains": ("a..example",)}, DefinitionInvalid, "domains"),
    ({"domains": ("nightowl.localhost",)}, BrandTaken, "domains"),
    ({"name": " x "}, DefinitionInvalid, "name"),
    ({"theme": replace(OWL.theme, accent="red")}, DefinitionInvalid, "theme.accent"),
    ({"theme": replace(OWL.theme, accent_ink="#ffb001")}, DefinitionInvalid, "theme.accent_ink"),
    ({"theme": replace(OWL.theme, ground="#c08000")}, DefinitionInvalid, "theme.ground"),
    ({"theme": replace(OWL.theme, mark="TT")}, DefinitionInvalid, "theme.mark"),
    ({"jurisdiction": JurisdictionCode("atlantis")}, UnknownJurisdiction, "jurisdiction"),
    ({"jurisdiction": JurisdictionCode("ontario")}, DefinitionInvalid, "currencies"),
    ({"reference_currency": "XXX"}, DefinitionInvalid, "reference_currency"),
    ({"currencies": ()}, DefinitionInvalid, "currencies"),
    ({"currencies": (CurrencyCode("DOGE?"),)}, DefinitionInvalid, "currencies"),
    ({"languages": ("tlh",)}, DefinitionInvalid, "languages"),
    ({"games": ("dice", "dice")}, DefinitionInvalid, "games"),
    ({"terms_version": "soon"}, DefinitionInvalid, "terms_version"),
    ({"public_url": "javascript:alert(1)"}, DefinitionInvalid, "public_url"),
]


async def test_bad_definitions_are_refused_by_name_and_change_nothing(db: Database):
    for change, refusal, param in BAD:
        with pytest.raises(refusal) as told:
            await _create(db, replace(OWL, **change))
        assert (change, told.value.param) == (change, param)

    async with db.read() as tx:
        assert await tx.fetchval("select count(*) from brands.definition") == 0
        assert await tx.fetchval("select count(*) from brands.brand") == 2


async def test_changes_that_are_none_are_refused(db: Database):
    brand_id = await _create(db)
    other = replace(OWL, name="Other")
    for id_, based_on, definition, reason, refusal in (
        (brand_id, 1, OWL, "The same again.", DefinitionUnchanged),
        (9, 1, other, "A reason.", UnknownBrand),
        (brand_id, 1, replace(OWL, slug="other"), "A reason.", DefinitionInvalid),
        (brand_id, 1, other, " ", ReasonMissing),
        (brand_id, 0, other, "A reason.", DefinitionChanged),
    ):
        with pytest.raises(refusal):
            async with db.tx() as tx:
                await api.change_brand(
                    tx,
                    brand_id=id_,
                    based_on=based_on,
                    definition=definition,
                    actor=WHO,
                    reason=reason,
                )


async def test_rules_change_by_version_and_bind_their_brands(db: Database):
    uk = api.jurisdiction("uk")
    slower = replace(uk, version=2, play=replace(uk.play, slot_cycle_ms=3_000))
    await _create(db, replace(OWL, jurisdiction=JurisdictionCode("uk")))

    async with db.tx() as tx:
        await api.change_jurisdiction(
            tx, based_on=1, jurisdiction=slower, actor=WHO, reason="RTS 14D was changed."
        )
    async with db.read() as tx:
        await api.refresh(tx)
    assert api.brand(3).jurisdiction.play.slot_cycle_ms == 3_000
    assert api.brand(1).jurisdiction.code == "demonstration"
    for bad, based_on, refusal in (
        (slower, 1, DefinitionChanged),
        (replace(slower, version=7), 2, DefinitionInvalid),
        (replace(slower, version=3), 2, DefinitionUnchanged),
        (replace(slower, version=3, minimum_age=12), 2, DefinitionInvalid),
        (replace(slower, version=3, excluded_countries=frozenset({"GB"})), 2, DefinitionInvalid),
    ):
        with pytest.raises(refusal):
            async with db.tx() as tx:
                await api.change_jurisdiction(
                    tx, based_on=based_on, jurisdiction=bad, actor=WHO, reason="Try it."
                )


async def test_nobody_rewrites_a_version(db: Database, worker_db: Database):
    await _create(db)
    for role in (db, worker_db):
        for attack in (
            "update brands.definition set reason = 'rewritten'",
            "delete from brands.definition",
            "truncate brands.jurisdiction",
        ):
            with pytest.raises(Exception, match="permission denied"):
                async with role.tx() as tx:
                    await tx.execute(attack)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({**json.loads(api.as_json(OWL)), "colour": "red"}),
        json.dumps({**json.loads(api.as_json(OWL)), "theme": {"accent": 1}}),
        json.dumps({**json.loads(api.as_json(OWL)), "games": "dice"}),
    ],
)
def test_text_that_is_no_definition_is_refused(text: str):
    with pytest.raises(DefinitionInvalid):
        api.parse_definition(text)


def test_a_definition_survives_its_json():
    assert api.parse_definition(api.as_json(OWL)) == OWL
    for rules in api.jurisdictions():
        assert api.parse_jurisdiction(api.as_json(rules)) == rules


@pytest.mark.parametrize("accent", ["#ffb000", "#2fd180", "#0044cc", "#ffffff", "#777777"])
def test_text_on_any_accent_is_chosen_to_be_readable(accent: str):
    assert api.softer(accent) != accent
    theme = replace(OWL.theme, accent=accent, accent_ink=api.ink_on(accent), ground="#000000")
    if accent != "#0044cc":
        assert theme.accent_ink[0] == "#"
