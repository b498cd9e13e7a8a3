"""Brands and jurisdictions made and changed by operators, version by version."""

from collections.abc import Callable, Sequence

from fairhouse.audit import api as audit
from fairhouse.audit.types import Fact
from fairhouse.brands import codecs, rules
from fairhouse.brands.engine import registry
from fairhouse.brands.events import DefinitionMade
from fairhouse.brands.store import definitions as store
from fairhouse.brands.tables import BRANDS, JURISDICTIONS
from fairhouse.brands.types import (
    Brand,
    BrandDefinition,
    BrandId,
    BrandTaken,
    DefinitionChanged,
    DefinitionInvalid,
    DefinitionUnchanged,
    DefinitionVersion,
    Difference,
    Jurisdiction,
    JurisdictionCode,
    JurisdictionVersion,
    UnknownBrand,
    UnknownJurisdiction,
)
from fairhouse.platform.database import Tx
from fairhouse.platform.outbox import announce

RELEASE = "release"


async def store_released(tx: Tx) -> None:
    """Write down what this release brings and is not there yet; the same again changes nothing."""
    rulebook = await store.missing_jurisdictions(tx, tuple(JURISDICTIONS.values()))
    brands = await store.missing(tx, BRANDS)
    if not rulebook and not brands:
        return
    await store.lock(tx)
    reason = "came with the platform"
    for one in rulebook:
        await store.add_jurisdiction(tx, JurisdictionVersion(one, RELEASE, reason, tx.now))
    for brand in brands:
        made = registry.definition_of(brand)
        await store.add(
            tx, DefinitionVersion(brand.id, brand.version, made, RELEASE, reason, tx.now)
        )


async def create_brand(tx: Tx, *, definition: BrandDefinition, actor: str, reason: str) -> Brand:
    """A new brand with its own players, books and theme; every process knows it a second later.

    Refuses with DefinitionInvalid, UnknownJurisdiction, BrandTaken and ReasonMissing.
    """
    # CHECK
    why = rules.clean_reason(reason)
    await store.lock(tx)
    rulebook = await _rulebook(tx)
    rules.check_definition(definition, _rules_of(definition, rulebook))
    known = await _brands(tx, rulebook)
    _check_free(definition, known, None)
    # RECORD
    brand_id = await store.add_brand(tx, definition.slug)
    line = DefinitionVersion(brand_id, 1, definition, actor, why, tx.now)
    await store.add(tx, line)
    await _note_down(tx, brand_id, "brand.create", definition.slug, line, None)
    # ANNOUNCE
    await announce(tx, DefinitionMade(brand_id, definition.slug, 1, actor))
    return registry.brand_of(line, rulebook)


async def change_brand(
    tx: Tx,
    *,
    brand_id: int,
    based_on: int,
    definition: BrandDefinition,
    actor: str,
    reason: str,
) -> Brand:
    """The next version of a brand; `based_on` is the version that it was made from.

    The slug stays. Refuses with UnknownBrand, DefinitionChanged, DefinitionUnchanged,
    DefinitionInvalid, UnknownJurisdiction, BrandTaken and ReasonMissing.
    """
    # CHECK
    why = rules.clean_reason(reason)
    await store.lock(tx)
    before, rulebook = await _changed(tx, brand_id, based_on, definition)
    # RECORD
    line = DefinitionVersion(before.id, before.version + 1, definition, actor, why, tx.now)
    await store.add(tx, line)
    was = registry.definition_of(before)
    await _note_down(tx, before.id, "brand.change", before.slug, line, was)
    # ANNOUNCE
    await announce(tx, DefinitionMade(before.id, before.slug, line.version, actor))
    return registry.brand_of(line, rulebook)


async def check_brand_change(
    tx: Tx, *, brand_id: int, based_on: int, definition: BrandDefinition
) -> Brand:
    """The brand as it stands, when `change_brand` would change it now. Refuses as that does."""
    before, _ = await _changed(tx, brand_id, based_on, definition)
    return before


async def _changed(
    tx: Tx, brand_id: int, based_on: int, definition: BrandDefinition
) -> tuple[Brand, dict[JurisdictionCode, Jurisdiction]]:
    rulebook = await _rulebook(tx)
    known = await _brands(tx, rulebook)
    before = next((item for item in known if item.id == brand_id), None)
    if before is None:
        raise UnknownBrand(f"There is no brand {brand_id}.", param="brand_id")
    _check_based_on(before.version, based_on)
    if definition.slug != before.slug:
        raise DefinitionInvalid("slug stays what it is.", param="slug")
    if definition == registry.definition_of(before):
        raise DefinitionUnchanged("Nothing would change.")
    rules.check_definition(definition, _rules_of(definition, rulebook))
    _check_free(definition, known, before.id)
    return before, rulebook


async def change_jurisdiction(
    tx: Tx, *, based_on: int, jurisdiction: Jurisdiction, actor: str, reason: str
) -> Jurisdiction:
    """The next version of a set of rules, or a new set (`based_on` 0): `version` is one more.

    Binds every brand under it a second later. Refuses with DefinitionInvalid, DefinitionChanged,
    DefinitionUnchanged and ReasonMissing.
    """
    # CHECK
    why = rules.clean_reason(reason)
    await store.lock(tx)
    before = await check_jurisdiction_change(tx, based_on=based_on, jurisdiction=jurisdiction)
    # RECORD
    line = JurisdictionVersion(jurisdiction, actor, why, tx.now)
    await store.add_jurisdiction(tx, line)
    await _note_down(tx, None, "jurisdiction.change", jurisdiction.code, line, before)
    # ANNOUNCE
    await announce(tx, DefinitionMade(0, jurisdiction.code, jurisdiction.version, actor))
    return jurisdiction


async def check_jurisdiction_change(
    tx: Tx, *, based_on: int, jurisdiction: Jurisdiction
) -> Jurisdiction | None:
    """The rules as they stand, when `change_jurisdiction` would change them now; None: there are
    none of that code. Refuses as that does.
    """
    before = (await _rulebook(tx)).get(jurisdiction.code)
    _check_based_on(before.version if before else 0, based_on)
    if jurisdiction.version != based_on + 1:
        raise DefinitionInvalid(f"version must be {based_on + 1}.", param="version")
    if before and not codecs.differences(before, jurisdiction)[1:]:
        raise DefinitionUnchanged("Nothing but the version would change.")
    rules.check_jurisdiction(jurisdiction)
    return before


async def _note_down(
    tx: Tx,
    brand_id: int | None,
    deed: str,
    name: str,
    line: DefinitionVersion | JurisdictionVersion,
    before: BrandDefinition | Jurisdiction | None,
) -> None:
    """The fields that changed, before and after, in the audit log."""
    if isinstance(line, DefinitionVersion):
        known = before if isinstance(before, BrandDefinition) else None
        changes, version = codecs.differences(known, line.definition), line.version
    else:
        known = before if isinstance(before, Jurisdiction) else None
        changes, version = codecs.differences(known, line.jurisdiction), line.jurisdiction.version
    was: dict[str, Fact] = {one.field: one.before for one in changes} if before else {}
    await audit.record(
        tx,
        stream=audit.stream_of(brand_id),
        actor=line.actor,
        deed=deed,
        subject=f"{'jurisdiction' if brand_id is None else 'brand'}:{name}",
        reason=line.reason,
        before=was or None,
        after={one.field: one.after for one in changes},
        details={"version": version},
    )


def _check_based_on(newest: int, based_on: int) -> None:
    if newest != based_on:
        raise DefinitionChanged(
            f"Version {newest} is in force, this was made from {based_on}; look at it again.",
            version=newest,
        )


def _check_free(definition: BrandDefinition, known: Sequence[Brand], own: BrandId | None) -> None:
    for other in known:
        if other.id == own:
            continue
        if other.slug == definition.slug:
            raise BrandTaken(f"slug: {other.name} has {other.slug}.", param="slug")
        for domain in definition.domains:
            if domain in other.domains:
                raise BrandTaken(f"domains: {other.name} has {domain}.", param="domains")


def _rules_of(
    definition: BrandDefinition, rulebook: dict[JurisdictionCode, Jurisdiction]
) -> Jurisdiction:
    found = rulebook.get(definition.jurisdiction)
    if found is None:
        known = ", ".join(sorted(rulebook))
        raise UnknownJurisdiction(f"jurisdiction must be one of {known}.", param="jurisdiction")
    return found


async def _rulebook(tx: Tx) -> dict[JurisdictionCode, Jurisdiction]:
    return registry.newest_jurisdictions(await store.newest_jurisdictions(tx))


async def _brands(tx: Tx, rulebook: dict[JurisdictionCode, Jurisdiction]) -> list[Brand]:
    return registry.newest_brands(await store.newest(tx), rulebook)


# --- Reading


async def brand_history(tx: Tx, *, brand_id: int) -> list[DefinitionVersion]:
    """All versions of a brand, the newest first."""
    return await store.history(tx, BrandId(brand_id))


async def jurisdiction_history(tx: Tx, *, code: str) -> list[JurisdictionVersion]:
    """All versions of a set of rules, the newest first."""
    return await store.jurisdiction_history(tx, code)


definition_of: Callable[[Brand], BrandDefinition] = registry.definition_of
"""What an operator decided about a brand."""


def definition_differences(
    before: BrandDefinition | None, after: BrandDefinition
) -> list[Difference]:
    """Field by field."""
    return codecs.differences(before, after)


def jurisdiction_differences(before: Jurisdiction | None, after: Jurisdiction) -> list[Difference]:
    """Field by field."""
    return codecs.differences(before, after)


def parse_definition(text: str) -> BrandDefinition:
    """From JSON. Refuses with DefinitionInvalid."""
    return codecs.definition(text)


def parse_jurisdiction(text: str) -> Jurisdiction:
    """From JSON. Refuses with DefinitionInvalid."""
    return codecs.jurisdiction(text)


def as_json(of: BrandDefinition | Jurisdiction) -> str:
    """Canonical JSON; `parse_…` reads it back."""
    return codecs.encode(of)
