"""Where an address of the network is, and what it is used for: from files, without asking anybody.

Country: Tor's geoip format (Debian's `tor-geoipdb`; IPFire's data, CC BY-SA 4.0) and, where the
operator names one, an MaxMind DB file, which then leads. Kind: files of ranges that the operator
names (Tor exits, VPN and hosting lists; also the packed table of PyPI's `iporigin`): signals, never
proofs. Sorted arrays and bisection: some microseconds a lookup, 8 to 34 bytes a range.

Sources: Tor's `geoip` (decimal IPv4 ranges) and `geoip6` files; RFC 4291 2.5.5.2 (mapped IPv4),
RFC 6052 (64:ff9b::/96) and RFC 3056 (6to4): these carry an IPv4 address and are looked up by it.
"""

import ipaddress
import socket
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from operator import le, lt, ne
from pathlib import Path
from typing import Any, Final, cast

import maxminddb
import structlog

TOR_GEOIP: Final = "/usr/share/tor/geoip"
TOR_GEOIP6: Final = "/usr/share/tor/geoip6"
UNKNOWN: Final = "??"
KINDS: Final = ("tor", "vpn", "proxy", "hosting", "bot")
"""The stronger first: where ranges overlap, the stronger says what an address is."""
_ORIGIN_MAGIC: Final = b"IPORIGIN"
_ORIGIN_HEADER: Final = struct.Struct("<8sHQHII")
_ORIGIN_V4: Final = struct.Struct("<IIH")
_ORIGIN_V6: Final = struct.Struct("<16s16sH")
_ORIGIN_KINDS: Final = {"cdn": "hosting"}
_V4_BITS: Final = (1 << 32) - 1
_MAPPED: Final = 0xFFFF << 32
_NAT64: Final = 0x64FF9B << 96
_LOW: Final = (1 << 64) - 1

_log = structlog.get_logger("geo")


class GeoInvalid(Exception):
    """A file that the settings name is not what it should be; the message says which and why."""


@dataclass(frozen=True, slots=True)
class GeoFiles:
    """What to read. Files that are not there are missed loudly, not fatally."""

    geoip: str = TOR_GEOIP
    geoip6: str = TOR_GEOIP6
    mmdb: str = ""
    """A MaxMind DB with `country.iso_code`; it leads, the others fill its gaps."""
    networks: Mapping[str, str] = field(default_factory=dict[str, str])
    """Kind to a file of ranges (one CIDR or address a line, # comments); `iporigin` to its
    `ranges.bin`, which has kinds of its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of an address."""

    country: str | None
    """ISO 3166-1 alpha-2; None: not known."""
    kind: str | None
    """One of KINDS; None: in no list."""
    is_private: bool = False
    """Not of the public internet: this machine, a house, documentation."""


NOWHERE: Final = Place(None, None)
PRIVATE: Final = Place(None, None, is_private=True)


class Ranges:
    """Sorted, disjoint ranges of one version, each with a label: bisection in C."""

    def __init__(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """(first, last, label). Refuses with GeoInvalid where ranges overlap."""
        found = sorted(rows)
        self.labels = array("H", [row[2] for row in found])
        self._first_upper = array("Q", [row[0] >> 64 for row in found])
        self._first = array("Q", [row[0] & _LOW for row in found])
        self._last_upper = array("Q", [row[1] >> 64 for row in found])
        self._last = array("Q", [row[1] & _LOW for row in found])
        self._check()

    @classmethod
    def of_columns(
        cls, first: "array[int]", last: "array[int]", labels: "array[int]", *, is_wide: bool
    ) -> "Ranges":
        """From columns that are sorted already; wide ones are upper and lower halves in turn."""
        made = cls(())
        made.labels = labels
        if is_wide:
            made._first_upper, made._first = first[0::2], first[1::2]
            made._last_upper, made._last = last[0::2], last[1::2]
        else:
            made._first_upper = made._last_upper = array("Q", bytes(8 * len(first)))
            made._first, made._last = first, last
        made._check()
        return made

    def _check(self) -> None:
        firsts = zip(self._first_upper, self._first, strict=True)
        ends = zip(self._last_upper, self._last, strict=True)
        if not all(map(le, firsts, ends)):
            raise GeoInvalid("A range ends before it begins.")
        following = islice(zip(self._first_upper, self._first, strict=True), 1, None)
        ends = zip(self._last_upper, self._last, strict=True)
        if not all(map(lt, ends, following)):
            raise GeoInvalid("Ranges overlap or are not in order.")

    def find(self, value: int) -> int:
        """The label; -1: in no range."""
        if value <= _LOW and not (self._first_upper and self._first_upper[-1]):
            at = bisect_right(self._first, value) - 1
            return self.labels[at] if at >= 0 and value <= self._last[at] else -1
        upper, lower = value >> 64, value & _LOW
        at = bisect_right(self._first_upper, upper) - 1
        while at >= 0 and self._first_upper[at] == upper and self._first[at] > lower:
            at -= 1
        inside = at >= 0 and (upper, lower) <= (self._last_upper[at], self._last[at])
        return self.labels[at] if inside else -1

    def __len__(self) -> int:
        return len(self.labels)


def _special(*networks: str) -> Ranges:
    found = [ipaddress.ip_network(text) for text in networks]
    return Ranges((int(one.network_address), int(one.broadcast_address), 0) for one in found)


_NEAR4: Final = _special(
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
)
"""IANA's special-purpose registry, with multicast and what is reserved: nobody plays from there."""
_NEAR6: Final = _special("2001::/23", "2001:db8::/32", "3fff::/20")
"""The same inside 2000::/3; all outside of it is near."""


class Geo:
    """What the files say; immutable once loaded."""

    def __init__(
        self,
        *,
        v4: Ranges | None = None,
        v6: Ranges | None = None,
        countries: Sequence[str] = (),
        kinds: Iterable[tuple[int, int, int, str]] = (),
        mmdb: maxminddb.Reader | None = None,
        missing: Sequence[str] = (),
    ) -> None:
        """`countries` by label; `kinds` as (version, first, last, kind), overlapping at will."""
        self._countries = tuple(countries)
        self._places = {4: v4 or Ranges(()), 6: v6 or Ranges(())}
        listed = list(kinds)
        self._kinds = {version: Ranges(_by_strength(listed, version)) for version in (4, 6)}
        self._mmdb = mmdb
        self.missing = tuple(missing)
        """What was looked for and is not there, as sentences for the health page and the log."""

    @property
    def knows_countries(self) -> bool:
        """Whether a country can be told at all."""
        return self._mmdb is not None or len(self._places[4]) > 0

    @property
    def knows_kinds(self) -> bool:
        """Whether any list of Tor, VPN or hosting ranges was read."""
        return any(len(ranges) for ranges in self._kinds.values())

    def place(self, text: str) -> Place:
        """What is known of an address; nothing of what is none."""
        parsed = parse(text)
        if parsed is None:
            return NOWHERE
        version, value = parsed
        if _is_private(version, value):
            return PRIVATE
        label = self._kinds[version].find(value)
        kind = KINDS[label] if label >= 0 else None
        return Place(self._country(version, value), kind)

    def _country(self, version: int, value: int) -> str | None:
        if self._mmdb is not None:
            found = _mmdb_country(self._mmdb, version, value)
            if found is not None:
                return found
        label = self._places[version].find(value)
        country = self._countries[label] if label >= 0 else UNKNOWN
        return None if country == UNKNOWN else country


def parse(text: str) -> tuple[int, int] | None:
    """Version and number of an address; IPv4 carried inside IPv6 is that IPv4. None: no address."""
    try:
        return 4, int.from_bytes(socket.inet_pton(socket.AF_INET, text))
    except (OSError, ValueError):
        pass
    try:
        value = int.from_bytes(socket.inet_pton(socket.AF_INET6, text.partition("%")[0]))
    except (OSError, ValueError):
        return None
    return _carried(value)


def _carried(value: int) -> tuple[int, int]:
    prefix = value >> 32 << 32
    if prefix in {_MAPPED, _NAT64}:
        return 4, value & _V4_BITS
    if value >> 112 == 0x2002:
        return 4, value >> 80 & _V4_BITS
    return 6, value


def _is_private(version: int, value: int) -> bool:
    if version == 4:
        return _NEAR4.find(value) >= 0
    return value >> 125 != 1 or _NEAR6.find(value) >= 0


def _by_strength(
    rows: Sequence[tuple[int, int, int, str]], version: int
) -> list[tuple[int, int, int]]:
    """Disjoint ranges of kinds: where lists overlap, the stronger kind holds."""
    merged: list[tuple[int, int, int]] = []
    for strength, kind in enumerate(KINDS):
        own = _joined((first, last) for v, first, last, k in rows if v == version and k == kind)
        merged = _filled(merged, [(first, last, strength) for first, last in own])
    return merged


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _filled(
    strong: list[tuple[int, int, int]], weak: list[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    """The stronger ranges, and of the weaker what they leave free; both sorted and disjoint."""
    found, at = list(strong), 0
    for first, last, label in weak:
        begin = first
        while at < len(strong) and strong[at][1] < begin:
            at += 1
        probe = at
        while probe < len(strong) and strong[probe][0] <= last:
            if begin < strong[probe][0]:
                found.append((begin, strong[probe][0] - 1, label))
            begin = max(begin, strong[probe][1] + 1)
            probe += 1
        if begin <= last:
            found.append((begin, last, label))
    found.sort()
    return found


# --- Files


def load(files: GeoFiles) -> Geo:
    """Read what is there. Refuses with GeoInvalid for a file that is there and unreadable; one that
    is not there is told in `Geo.missing`, and the platform runs without it.
    """
    missing: list[str] = []
    codes: dict[str, int] = {}
    v4 = _tor_ranges(files.geoip, codes, missing, is_wide=False)
    v6 = _tor_ranges(files.geoip6, codes, missing, is_wide=True)
    kinds = [row for kind, file in files.networks.items() for row in _kind_rows(kind, file)]
    if not kinds:
        missing.append("No list of Tor, VPN or hosting ranges is named: networks cannot be told.")
    for sentence in missing:
        _log.warning("location data is missing", what=sentence)
    return Geo(
        v4=v4,
        v6=v6,
        countries=tuple(codes),
        kinds=kinds,
        mmdb=_open_mmdb(files.mmdb),
        missing=missing,
    )


def _tor_ranges(
    file: str, codes: dict[str, int], missing: list[str], *, is_wide: bool
) -> Ranges | None:
    """Column by column: 660,000 lines in well under a second."""
    if not file or not Path(file).exists():
        missing.append(f"{file or 'geoip'} is not there: apt-get install tor-geoipdb.")
        return None
    lines = Path(file).read_text(encoding="ascii", errors="replace").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    if not rows:
        missing.append(f"{file} holds no ranges.")
        return None
    cells = ",".join(rows).split(",")
    if len(cells) != 3 * len(rows) or any(map(ne, map(len, cells[2::3]), repeat(2))):
        raise GeoInvalid(f"{file} must have lines of first, last and country.")
    for country in dict.fromkeys(cells[2::3]):
        codes.setdefault(country, len(codes))
    labels = array("H", map(codes.__getitem__, cells[2::3]))
    read = _wide_column if is_wide else _narrow_column
    try:
        first, last = read(cells[0::3]), read(cells[1::3])
    except (OSError, ValueError, OverflowError) as error:
        raise GeoInvalid(f"{file}: {error}.") from None
    try:
        return Ranges.of_columns(first, last, labels, is_wide=is_wide)
    except GeoInvalid as error:
        raise GeoInvalid(f"{file}: {error}") from None


def _narrow_column(cells: Sequence[str]) -> "array[int]":
    return array("Q", map(int, cells))


def _wide_column(cells: Sequence[str]) -> "array[int]":
    found = array("Q", b"".join(map(socket.inet_pton, repeat(socket.AF_INET6), cells)))
    if sys.byteorder == "little":
        found.byteswap()
    return found


def _kind_rows(kind: str, file: str) -> Iterator[tuple[int, int, int, str]]:
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise GeoInvalid(f"{file}: {error}.") from error
    if data.startswith(_ORIGIN_MAGIC):
        yield from _origin_rows(data, file)
        return
    if kind not in KINDS:
        raise GeoInvalid(f"networks: {kind} must be one of {', '.join(KINDS)}.")
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise GeoInvalid(f"{file}, line {number}: {text[:60]!r} is no network.") from None
        first, last = int(network.network_address), int(network.broadcast_address)
        yield network.version, first, last, kind


def _origin_rows(data: bytes, file: str) -> Iterator[tuple[int, int, int, str]]:
    """The packed table of PyPI's iporigin, format 1."""
    try:
        _, version, _, labels, v4, v6 = _ORIGIN_HEADER.unpack_from(data)
        if version != 1:
            raise GeoInvalid(f"{file} is of format {version}; 1 is known.")
        at, kinds = _ORIGIN_HEADER.size, list[str]()
        for _ in range(labels):
            (length,) = struct.unpack_from("<H", data, at)
            kind = data[at + 2 : at + 2 + length].decode().partition("\t")[2]
            kinds.append(_ORIGIN_KINDS.get(kind, kind))
            at += 2 + length
        for _ in range(v4):
            first, last, label = _ORIGIN_V4.unpack_from(data, at)
            at += _ORIGIN_V4.size
            if kinds[label] in KINDS:
                yield 4, first, last, kinds[label]
        for _ in range(v6):
            low, high, label = _ORIGIN_V6.unpack_from(data, at)
            at += _ORIGIN_V6.size
            if kinds[label] in KINDS:
                yield 6, int.from_bytes(low), int.from_bytes(high), kinds[label]
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise GeoInvalid(f"{file} is cut off or damaged: {error}.") from error


def _open_mmdb(file: str) -> maxminddb.Reader | None:
    if not file:
        return None
    try:
        return cast("Any", maxminddb).open_database(file)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise GeoInvalid(f"{file}: {error}.") from error


def _mmdb_country(reader: maxminddb.Reader, version: int, value: int) -> str | None:
    address = ipaddress.IPv4Address(value) if version == 4 else ipaddress.IPv6Address(value)
    try:
        found: object = cast("Any", reader).get(address)
    except ValueError:
        return None
    for key in ("country", "iso_code"):
        inner = cast("dict[str, object]", found) if isinstance(found, dict) else {}
        found = inner.get(key)
    return found if isinstance(found, str) and len(found) == 2 else None
