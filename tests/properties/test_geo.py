"""Where addresses are: against a search through all ranges, and against the standard library."""

import ipaddress
import itertools
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhouse.platform import geo
from fairhouse.platform.geo import Geo, GeoFiles, GeoInvalid, Ranges

V4, V6 = 2**32 - 1, 2**128 - 1
CODES = ("DE", "FR", "??", "US")


@st.composite
def ranges(draw, top: int):
    """Disjoint ranges with gaps and without."""
    near = st.integers(0, min(top, 400))
    anywhere = st.integers(0, top)
    cuts = sorted(draw(st.sets(st.one_of(near, anywhere), max_size=30)))
    rows = [
        (first, last - 1, draw(st.integers(0, 3)))
        for first, last in itertools.pairwise(cuts)
        if last > first
    ]
    return [row for row in rows if draw(st.booleans())]


def naive(rows, value: int) -> int:
    return next((label for first, last, label in rows if first <= value <= last), -1)


@given(ranges(V4), st.lists(st.integers(0, V4)))
def test_v4_is_found_as_by_looking_at_every_range(rows, values):
    found = Ranges(rows)
    edges = [edge for first, last, _ in rows for edge in (first - 1, first, last, last + 1)]
    for value in [*values, *(edge for edge in edges if 0 <= edge <= V4)]:
        assert found.find(value) == naive(rows, value)


@given(ranges(V6), st.lists(st.integers(0, V6)))
def test_v6_is_found_as_by_looking_at_every_range(rows, values):
    found = Ranges(rows)
    edges = [edge for first, last, _ in rows for edge in (first - 1, first, last, last + 1)]
    for value in [*values, *(edge for edge in edges if 0 <= edge <= V6)]:
        assert found.find(value) == naive(rows, value)


@given(ranges(V4), ranges(V6))
def test_a_file_says_what_its_lines_say(tmp_path_factory, v4, v6):
    folder = tmp_path_factory.mktemp("geo")
    _write(folder, v4, v6)
    found = geo.load(GeoFiles(str(folder / "geoip"), str(folder / "geoip6")))

    for rows, make in ((v4, ipaddress.IPv4Address), (v6, ipaddress.IPv6Address)):
        for first, last, label in rows:
            for value in (first, last):
                place = found.place(str(make(value)))
                if not place.is_private and make is ipaddress.IPv4Address:
                    assert place.country == (None if CODES[label] == "??" else CODES[label])


def _write(folder: Path, v4, v6) -> None:
    lines = [f"{first},{last},{CODES[label]}" for first, last, label in v4]
    (folder / "geoip").write_text("\n".join(["# made for a test", *lines]) + "\n")
    lines = [
        f"{ipaddress.IPv6Address(first)},{ipaddress.IPv6Address(last)},{CODES[label]}"
        for first, last, label in v6
    ]
    (folder / "geoip6").write_text("\n".join(lines) + "\n")


@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.integers(0, 60), st.sampled_from(geo.KINDS)), max_size=25
    ),
    st.lists(st.integers(0, 700), max_size=40),
)
def test_of_overlapping_lists_the_stronger_kind_holds(listed, values):
    # In 5.0.0.0/8: far from what is private.
    base = 5 << 24
    rows = [(4, base + first, base + first + size, kind) for first, size, kind in listed]
    found = Geo(kinds=rows)

    for value in values:
        here = [kind for _, first, last, kind in rows if first <= base + value <= last]
        expected = min(here, key=geo.KINDS.index) if here else None
        assert expected == found.place(str(ipaddress.IPv4Address(base + value))).kind


@given(st.integers(0, V4))
def test_what_is_private_is_what_the_standard_library_calls_so(value: int):
    address = ipaddress.IPv4Address(value)
    special = address in ipaddress.ip_network("192.0.0.0/24")
    expected = not address.is_global or address.is_multicast or special
    assert expected == Geo().place(str(address)).is_private


@given(st.integers(0, V4))
def test_ipv4_inside_of_ipv6_is_that_ipv4(value: int):
    for carried in (
        ipaddress.IPv6Address(0xFFFF << 32 | value),
        ipaddress.IPv6Address(0x64FF9B << 96 | value),
        ipaddress.IPv6Address(0x2002 << 112 | value << 80 | 1),
    ):
        assert geo.parse(str(carried)) == (4, value)


@given(st.text(max_size=60))
def test_text_that_is_no_address_is_nowhere(text: str):
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        assert Geo().place(text) == geo.NOWHERE


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1%eth0", "fd00::1", "2001:db8::1", "::"]
)
def test_near_addresses_are_private(address: str):
    assert Geo().place(address).is_private


@pytest.mark.parametrize(
    "content",
    ["1,2", "1,2,DE\n2,3,FR", "9,3,DE", "x,3,DE", "1,99999999999,DE\n1,2,FR", "1,2,GERMANY"],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str):
    (tmp_path / "geoip").write_text(content)
    with pytest.raises(GeoInvalid, match="geoip"):
        geo.load(GeoFiles(str(tmp_path / "geoip"), ""))


def test_files_that_are_not_there_are_missed_and_not_fatal(tmp_path: Path):
    found = geo.load(GeoFiles(str(tmp_path / "geoip"), str(tmp_path / "geoip6")))

    assert len(found.missing) == 3
    assert "tor-geoipdb" in found.missing[0]
    assert not found.knows_countries
    assert found.place("185.220.101.1") == geo.NOWHERE


def test_lists_of_networks_and_the_packed_table(tmp_path: Path):
    (tmp_path / "exits").write_text("# Tor\n185.220.101.0/24\n2a0b:f4c2::/32 # and this\n\n")
    head = struct.pack("<8sHQHII", b"IPORIGIN", 1, 0, 2, 2, 1)
    labels = b"".join(struct.pack("<H", len(text)) + text for text in (b"A\tvpn", b"B\tunknown"))
    rows = struct.pack("<IIH", 0x05000000, 0x050000FF, 0) + struct.pack(
        "<IIH", 0x06000000, 0x060000FF, 1
    )
    first, last = (ipaddress.ip_address(text).packed for text in ("2a01::", "2a01::ff"))
    rows += struct.pack("<16s16sH", first, last, 0)
    (tmp_path / "ranges.bin").write_bytes(head + labels + rows)
    named = {"tor": str(tmp_path / "exits"), "iporigin": str(tmp_path / "ranges.bin")}

    found = geo.load(GeoFiles("", "", networks=named))

    assert found.knows_kinds
    for address, kind in (
        ("185.220.101.1", "tor"),
        ("::ffff:185.220.101.1", "tor"),
        ("2a0b:f4c2::5", "tor"),
        ("5.0.0.9", "vpn"),
        ("6.0.0.9", None),
        ("2a01::10", "vpn"),
        ("185.220.102.1", None),
    ):
        assert found.place(address).kind == kind


@pytest.mark.parametrize("content", [b"1.2.3.4/99", b"IPORIGIN", b"IPORIGIN" + b"\x02" * 40])
def test_a_damaged_list_is_named(tmp_path: Path, content: bytes):
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(GeoInvalid, match="list"):
        geo.load(GeoFiles("", "", networks={"tor": str(tmp_path / "list")}))


@pytest.mark.skipif(not Path(geo.TOR_GEOIP).exists(), reason="apt-get install tor-geoipdb")
def test_the_data_of_debian():
    found = geo.load(GeoFiles())

    assert found.knows_countries
    assert found.place("193.99.144.80").country == "DE"
    assert found.place("::ffff:193.99.144.80").country == "DE"
    assert found.place("2001:200::1").country == "JP"
    assert found.place("127.0.0.1") == geo.PRIVATE
