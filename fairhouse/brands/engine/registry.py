"""The brands and jurisdictions in force, in memory, for lookups that cannot wait.

It starts with what the release brings (`tables`) and is replaced at once by `refresh`: at the start
of every process, on `brands.definition_made`, and every second in case news got lost. Per process
there is one, `KNOWN`; whoever asks for a brand asks it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from fairhouse.brands.store import definitions as store
from fairhouse.brands.tables import BRANDS, JURISDICTIONS
from fairhouse.brands.types import (
    Brand,
    BrandDefinition,
    BrandId,
    DefinitionVersion,
    Jurisdiction,
    JurisdictionCode,
    UnknownBrand,
    UnknownJurisdiction,
)
from fairhouse.platform.database import Tx

_PORT: Final = re.compile(r":[0-9]{1,5}$")


class Registry:
    """What is in force."""

    def __init__(self) -> None:
        self.generation = 0
        """Counts up whenever anything changed; what is kept of a brand is kept for one."""
        self._revision: object = None
        self.reset()

    def reset(self) -> None:
        """Back to what the release brings."""
        self._revision = None
        self._put(BRANDS, JURISDICTIONS)

    async def refresh(self, tx: Tx) -> bool:
        """Take over what the database holds, whole; True when something changed."""
        revision = await store.revision(tx)
        if revision == self._revision:
            return False
        rules = newest_jurisdictions(await store.newest_jurisdictions(tx))
        self._put(newest_brands(await store.newest(tx), rules), rules)
        self._revision = revision
        return True

    def _put(self, brands: Iterable[Brand], rules: Mapping[JurisdictionCode, Jurisdiction]) -> None:
        self._brands = tuple(sorted(brands, key=lambda item: item.id))
        self._rules = dict(rules)
        self._by_id = {item.id: item for item in self._brands}
        self._by_slug = {item.slug: item for item in self._brands}
        self._by_domain = {domain: item for item in self._brands for domain in item.domains}
        self.generation += 1

    @property
    def brands(self) -> Sequence[Brand]:
        """In the order of their ids."""
        return self._brands

    @property
    def jurisdictions(self) -> Sequence[Jurisdiction]:
        """By code."""
        return tuple(self._rules[code] for code in sorted(self._rules))

    def brand(self, brand_id: int) -> Brand:
        """Refuses with UnknownBrand."""
        found = self._by_id.get(BrandId(brand_id))
        if found is None:
            raise UnknownBrand(f"There is no brand {brand_id}.", param="brand_id")
        return found

    def brand_named(self, slug: str) -> Brand:
        """Refuses with UnknownBrand."""
        found = self._by_slug.get(slug)
        if found is None:
            known = ", ".join(self._by_slug)
            raise UnknownBrand(f"brand must be one of {known}.", param="brand")
        return found

    def brand_for_host(self, host: str) -> Brand:
        """The brand of a Host header, with or without port. Refuses with UnknownBrand."""
        name = _PORT.sub("", host.strip().lower()).rstrip(".")
        found = self._by_domain.get(name)
        if found is None:
            raise UnknownBrand(f"No brand answers to the host {name[:80]!r}.", param="host")
        return found

    def jurisdiction(self, code: str) -> Jurisdiction:
        """Refuses with UnknownJurisdiction."""
        found = self._rules.get(JurisdictionCode(code))
        if found is None:
            known = ", ".join(sorted(self._rules))
            raise UnknownJurisdiction(f"jurisdiction must be one of {known}.", param="jurisdiction")
        return found


def newest_jurisdictions(
    stored: Iterable[Jurisdiction],
) -> dict[JurisdictionCode, Jurisdiction]:
    """What the release brings, replaced by newer versions of the database."""
    found = dict(JURISDICTIONS)
    for one in stored:
        known = found.get(one.code)
        if known is None or one.version > known.version:
            found[one.code] = one
    return found


def newest_brands(
    stored: Iterable[DefinitionVersion], rules: Mapping[JurisdictionCode, Jurisdiction]
) -> list[Brand]:
    """The database's brands; of those that the release brings, too, the newer version."""
    found = {item.id: replace(item, jurisdiction=rules[item.jurisdiction.code]) for item in BRANDS}
    for line in stored:
        known = found.get(line.brand_id)
        if known is None or line.version >= known.version:
            found[line.brand_id] = brand_of(line, rules)
    return list(found.values())


def brand_of(line: DefinitionVersion, rules: Mapping[JurisdictionCode, Jurisdiction]) -> Brand:
    """A brand as its definition says, under the rules in force."""
    made = line.definition
    return Brand(
        id=line.brand_id,
        slug=made.slug,
        name=made.name,
        domains=made.domains,
        theme=made.theme,
        jurisdiction=rules[made.jurisdiction],
        reference_currency=made.reference_currency,
        terms_version=made.terms_version,
        currencies=made.currencies,
        languages=made.languages,
        version=line.version,
        games=made.games,
        entity=made.entity,
        public_url=made.public_url,
    )


def definition_of(brand: Brand) -> BrandDefinition:
    """What an operator decided about a brand."""
    return BrandDefinition(
        slug=brand.slug,
        name=brand.name,
        domains=brand.domains,
        theme=brand.theme,
        jurisdiction=brand.jurisdiction.code,
        reference_currency=brand.reference_currency,
        terms_version=brand.terms_version,
        currencies=brand.currencies,
        languages=brand.languages,
        games=brand.games,
        entity=brand.entity,
        public_url=brand.public_url,
    )


KNOWN: Final = Registry()
"""This process's."""
