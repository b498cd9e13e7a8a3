"""OFAC's document: read as a stream, refused when it is not what it says."""

from datetime import date
from io import BytesIO

import pytest

from fairhouse.screening.codecs.sdn import SdnReader
from fairhouse.screening.engine.importing import read_sdn
from fairhouse.screening.types import ListMalformed
from tests.vectors.sdn_small import Party, document

ADDRESS = "0x983a81ca6FB1e441266D2FbcB7D8E530AC2E05A2"


def test_names_births_countries_and_addresses_are_read():
    party = Party(
        "36", ["Ivan PETROV", "Иван ПЕТРОВ"], [("ETH", ADDRESS)], [(1970, 3, 5)], ["RU"], ["Vanya"]
    )
    reader = SdnReader(document([party]))
    (found,) = list(reader.parties())

    assert date(2026, 11, 1) == reader.issued_on
    assert "36" == found.ref
    assert [("Ivan PETROV", False), ("Иван ПЕТРОВ", False), ("Vanya", True)] == [
        (name.text, name.is_weak) for name in found.names
    ]
    assert [("ETH", ADDRESS)] == found.addresses
    assert ["RU"] == found.countries
    assert [(date(1970, 3, 5), date(1970, 3, 5))] == [(b.since, b.until) for b in found.births]


def test_a_year_alone_is_the_whole_year():
    (found,) = SdnReader(document([Party("1", ["A B"], births=[(1970, None, None)])])).parties()
    assert [(date(1970, 1, 1), date(1970, 12, 31))] == [(b.since, b.until) for b in found.births]


def test_a_month_alone_is_the_whole_month():
    (found,) = SdnReader(document([Party("1", ["A B"], births=[(1970, 2, None)])])).parties()
    assert [(date(1970, 2, 1), date(1970, 2, 28))] == [(b.since, b.until) for b in found.births]


def test_the_same_address_of_two_tickers_is_one_entry():
    party = Party("36", ["X Y"], [("ETH", ADDRESS), ("USDT", ADDRESS.lower())])
    content = read_sdn(document([party]))
    (entry,) = content.addresses.values()
    assert ("ETH", "USDT") == entry.tickers


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<Sanctions><DateOfIssue><Year>2026</Year></DateOfIssue>&b;</Sanctions>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><Sanctions/>"""


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not xml",
        b"<Sanctions/>",
        BOMB,
        OUTSIDE,
        document([Party("1", ["A B"])]).getvalue()[:-40],
        b"<a>" * 100 + b"</a>" * 100,
    ],
)
def test_anything_else_is_refused(text: bytes):
    with pytest.raises(ListMalformed):
        read_sdn(BytesIO(text))
