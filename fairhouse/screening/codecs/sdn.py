"""OFAC's `sdn_advanced.xml`, read as a stream.

The document is some hundred megabytes: one element is looked at and forgotten before the next. No
DTD, no entity and no outside reference is followed (defusedxml); size, depth and counts are
bounded. Format: OFAC "Advanced Sanctions List Standard" (UN/CEFACT), namespace ignored.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from fairhouse.screening.types import ListMalformed

DIGITAL_CURRENCY: Final = "Digital Currency Address - "
BIRTH_DATE: Final = "Birthdate"
NATIONALITIES: Final = frozenset({"Nationality Country", "Citizenship Country"})
PARTIES_MAX: Final = 500_000
TEXT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class SdnName:
    """One name, its parts in the order of the document."""

    text: str
    is_weak: bool
    """The publisher calls it a low-quality alias: too common to judge by."""


@dataclass(frozen=True, slots=True)
class Birth:
    """A day, or a span of days, in which the person was born."""

    since: date
    until: date


@dataclass(slots=True)
class SdnParty:
    """A person, entity, vessel or aircraft."""

    ref: str
    names: list[SdnName] = field(default_factory=list[SdnName])
    births: list[Birth] = field(default_factory=list[Birth])
    countries: list[str] = field(default_factory=list[str])
    """ISO 3166-1 alpha-2 of nationality and citizenship."""
    addresses: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(ticker, address) of digital currencies."""


@dataclass(slots=True)
class _Words:
    """The document's own reference values, which stand before what uses them."""

    features: dict[str, str] = field(default_factory=dict[str, str])
    countries: dict[str, str] = field(default_factory=dict[str, str])
    locations: dict[str, str] = field(default_factory=dict[str, str])


class SdnReader:
    """Reads a document once; `issued_on` is known after the first party."""

    def __init__(self, document: IO[bytes]) -> None:
        self._document = document
        self._words = _Words()
        self.issued_on: date | None = None

    def parties(self) -> Iterator[SdnParty]:
        """Every party in turn. Refuses with ListMalformed."""
        count = 0
        try:
            for element in self._elements():
                party = self._take(element)
                if party is None:
                    continue
                count += 1
                if count > PARTIES_MAX:
                    raise ListMalformed("The list has more parties than any list has.")
                yield party
        except (ParseError, DefusedXmlException) as error:
            raise ListMalformed(f"The list is no XML that we read: {type(error).__name__}.") from (
                error
            )
        if self.issued_on is None or count == 0:
            raise ListMalformed("The list has no date of issue or no parties.")

    def _elements(self) -> Iterator[Element]:
        """Elements as they end, each forgotten once it was looked at."""
        above: list[Element] = []
        for event, element in iterparse(
            self._document,
            events=("start", "end"),
            forbid_dtd=True,
            forbid_entities=True,
            forbid_external=True,
        ):
            if event == "start":
                above.append(element)
                if len(above) > 40:
                    raise ListMalformed("The list is nested deeper than any list is.")
                continue
            above.pop()
            yield element
            if _tag(element) in _WHOLE:
                element.clear()
                if above:
                    above[-1].remove(element)

    def _take(self, element: Element) -> SdnParty | None:
        tag, words = _tag(element), self._words
        if tag == "DateOfIssue" and self.issued_on is None:
            self.issued_on = _day(element, first=True)
        elif tag == "FeatureType":
            words.features[element.get("ID", "")] = _text(element)
        elif tag == "Country":
            words.countries[element.get("ID", "")] = element.get("ISO2", "")
        elif tag == "Location":
            words.locations[element.get("ID", "")] = self._location(element)
        elif tag == "DistinctParty":
            return self._party(element)
        return None

    def _location(self, element: Element) -> str:
        for country in _all(element, "LocationCountry"):
            return self._words.countries.get(country.get("CountryID", ""), "")
        return ""

    def _party(self, element: Element) -> SdnParty:
        party = SdnParty(ref=element.get("FixedRef", "")[:40])
        for alias in _all(element, "Alias"):
            is_weak = alias.get("LowQuality", "false") == "true"
            for name in _all(alias, "DocumentedName"):
                text = " ".join(_text(part) for part in _all(name, "NamePartValue"))
                if text:
                    party.names.append(SdnName(text[:TEXT_MAX], is_weak))
        for feature in _all(element, "Feature"):
            self._feature(feature, party)
        return party

    def _feature(self, feature: Element, party: SdnParty) -> None:
        kind = self._words.features.get(feature.get("FeatureTypeID", ""), "")
        if kind.startswith(DIGITAL_CURRENCY):
            ticker = kind.removeprefix(DIGITAL_CURRENCY).strip()
            for detail in _all(feature, "VersionDetail"):
                if _text(detail):
                    party.addresses.append((ticker, _text(detail)))
        elif kind == BIRTH_DATE:
            for period in _all(feature, "DatePeriod"):
                birth = _span(period)
                if birth is not None:
                    party.births.append(birth)
        elif kind in NATIONALITIES:
            for place in _all(feature, "VersionLocation"):
                country = self._words.locations.get(place.get("LocationID", ""), "")
                if country and country not in party.countries:
                    party.countries.append(country)


_WHOLE: Final = frozenset(
    {
        *("DistinctParty", "Location", "SanctionsEntry", "ProfileRelationship"),
        *("IDRegDocument", "FeatureType", "Country", "AreaCode"),
    }
)


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(element: Element, tag: str) -> Iterator[Element]:
    return (found for found in element.iter() if _tag(found) == tag)


def _text(element: Element) -> str:
    return " ".join((element.text or "").split())[:TEXT_MAX]


def _day(element: Element, *, first: bool) -> date | None:
    """A day of year, month and day; without month or day, the first or last that it may be."""
    parts = {_tag(part): _text(part) for part in element}
    try:
        year = int(parts.get("Year", ""))
        month = int(parts.get("Month") or (1 if first else 12))
        if parts.get("Day"):
            return date(year, month, int(parts["Day"]))
        last = 1 if first else monthrange(year, month)[1]
        return date(year, month, last)
    except ValueError:
        return None


def _span(period: Element) -> Birth | None:
    """The widest reading of a period: from the earliest start to the latest end."""
    days: list[date] = []
    for side, first in (("Start", True), ("End", False)):
        for outer in _all(period, side):
            for inner in ("From", "To"):
                found = [_day(one, first=first) for one in _all(outer, inner)]
                days += [day for day in found if day is not None]
    return Birth(min(days), max(days)) if days else None
