"""A small document in the form of OFAC's `sdn_advanced.xml`, made from plain facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from xml.sax.saxutils import escape

NS = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML"


@dataclass(frozen=True)
class Party:
    """One person of the document; `births` are (year, month, day), month and day may be None."""

    ref: str
    names: Sequence[str]
    addresses: Sequence[tuple[str, str]] = ()
    births: Sequence[tuple[int, int | None, int | None]] = ()
    countries: Sequence[str] = ()
    weak: Sequence[str] = field(default=())


TICKERS = {"XBT": "344", "ETH": "345", "USDT": "887"}
COUNTRIES = {"RU": "1", "IR": "2", "KP": "3", "SY": "4", "DE": "5"}


def document(parties: Sequence[Party], issued: tuple[int, int, int] = (2026, 11, 1)) -> BytesIO:
    """The whole document."""
    year, month, day = issued
    tickers = "".join(
        f'<FeatureType ID="{id_}" FeatureTypeGroupID="1">Digital Currency Address - {name}'
        "</FeatureType>"
        for name, id_ in TICKERS.items()
    )
    countries = "".join(
        f'<Country ID="{id_}" ISO2="{code}">x</Country>' for code, id_ in COUNTRIES.items()
    )
    locations = "".join(
        f'<Location ID="9{id_}"><LocationCountry CountryID="{id_}" CountryRelevanceID="1"/>'
        "</Location>"
        for id_ in COUNTRIES.values()
    )
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><Sanctions xmlns="{NS}" Version="1">'
        f"<DateOfIssue CalendarTypeID='1'><Year>{year}</Year><Month>{month}</Month>"
        f"<Day>{day}</Day></DateOfIssue><ReferenceValueSets><FeatureTypeValues>{tickers}"
        '<FeatureType ID="8" FeatureTypeGroupID="1">Birthdate</FeatureType>'
        '<FeatureType ID="10" FeatureTypeGroupID="1">Nationality Country</FeatureType>'
        f"</FeatureTypeValues><CountryValues>{countries}</CountryValues></ReferenceValueSets>"
        f"<Locations>{locations}</Locations><DistinctParties>"
        f"{''.join(_party(one) for one in parties)}</DistinctParties></Sanctions>"
    )
    return BytesIO(text.encode())


def _party(party: Party) -> str:
    names = [(name, "false") for name in party.names] + [(name, "true") for name in party.weak]
    aliases = "".join(
        f'<Alias AliasTypeID="1403" Primary="true" LowQuality="{weak}"><DocumentedName>'
        + "".join(
            f"<DocumentedNamePart><NamePartValue>{escape(part)}</NamePartValue>"
            "</DocumentedNamePart>"
            for part in name.split(" ")
        )
        + "</DocumentedName></Alias>"
        for name, weak in names
    )
    features = "".join(
        f'<Feature FeatureTypeID="{TICKERS[ticker]}"><FeatureVersion><VersionDetail '
        f'DetailTypeID="1432">{address}</VersionDetail></FeatureVersion></Feature>'
        for ticker, address in party.addresses
    )
    features += "".join(
        '<Feature FeatureTypeID="8"><FeatureVersion><DatePeriod>'
        f"<Start><From>{_day(birth)}</From><To>{_day(birth)}</To></Start>"
        f"<End><From>{_day(birth)}</From><To>{_day(birth)}</To></End>"
        "</DatePeriod></FeatureVersion></Feature>"
        for birth in party.births
    )
    features += "".join(
        '<Feature FeatureTypeID="10"><FeatureVersion>'
        f'<VersionLocation LocationID="9{COUNTRIES[code]}"/></FeatureVersion></Feature>'
        for code in party.countries
    )
    return (
        f'<DistinctParty FixedRef="{party.ref}"><Profile ID="{party.ref}"><Identity>{aliases}'
        f"</Identity>{features}</Profile></DistinctParty>"
    )


def _day(birth: tuple[int, int | None, int | None]) -> str:
    year, month, day = birth
    text = f"<Year>{year}</Year>"
    if month:
        text += f"<Month>{month}</Month>"
    return text + (f"<Day>{day}</Day>" if day else "")
