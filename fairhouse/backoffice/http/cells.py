"""Tables as data: one description gives the page, its next rows, and the export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from fairhouse.kernel.currencies import ASSETS, CURRENCIES, AssetId, CurrencyCode
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import format_units

REFERENCE_SCALE: Final = 6
_SHORT: Final = 14


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: how it is shown, and what it is."""

    text: str
    kind: str = "text"
    """text, number, id, state, time, flag."""
    href: str | None = None
    raw: str | None = None
    """The whole value, for copying, sorting and exports; None: the text is all of it."""
    note: str | None = None
    """A second line in small print."""

    @property
    def value(self) -> str:
        """What an export writes."""
        return self.text if self.raw is None else self.raw


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the key of its heading, and whether figures stand in it."""

    name: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they are shown; each row's first link is where Enter leads."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    more: str | None = None
    """Where the next rows are; None at the end."""


def grouped(number: str) -> str:
    """Thousands apart by thin spaces, which a copy of the whole cell does not carry."""
    sign = "-" if number.startswith("-") else ""
    whole, dot, fraction = number.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}{dot}{fraction}" if whole.isdigit() else number


def usd(micro: int | None) -> str:
    """Reference micro-units in dollars and cents, rounded towards zero."""
    if micro is None:
        return "–"
    sign, cents = ("-" if micro < 0 else ""), abs(micro) // 10_000
    return f"{sign}${cents // 100:,}.{cents % 100:02d}"


def units(amount: int, currency: str) -> str:
    """Ledger units of a currency with its code."""
    scale = CURRENCIES[CurrencyCode(currency)].scale
    return f"{grouped(format_units(amount, scale))} {currency}"


def base(amount: int, asset: str | None) -> str:
    """Base units of an asset, to the last one."""
    known = ASSETS.get(AssetId(asset)) if asset else None
    if known is None:
        return grouped(str(amount))
    return f"{grouped(format_units(amount, known.decimals))} {known.currency}"


def in_unit(amount: int, unit: str) -> str:
    """A sum of the books, in whichever book its unit is kept."""
    return base(amount, unit) if "." in unit else units(amount, unit)


def clock(at: datetime | None) -> str:
    """A time with its zone."""
    return "–" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def short(text: str) -> str:
    """Both ends of a long id."""
    return text if len(text) <= _SHORT + 3 else f"{text[:9]}…{text[-5:]}"


def id_cell(prefix: str, id_: UUID, href: str | None = None) -> Cell:
    """A wire id, linked to its page."""
    wire = to_wire(prefix, id_)
    return Cell(short(wire), "id", href or f"/admin/{_PATHS[prefix]}/{wire}", raw=wire)


_PATHS: Final = {
    "ply": "players",
    "dep": "deposits",
    "wdr": "withdrawals",
    "bet": "bets",
    "fam": "families",
}


def player_cell(player_id: UUID, username: str | None) -> Cell:
    """A player by name, linked to their card."""
    wire = to_wire("ply", player_id)
    return Cell(username or short(wire), "id", f"/admin/players/{wire}", raw=wire)


def hash_cell(text: str | None, href: str | None = None) -> Cell:
    """A hash or address, shown by its ends."""
    return Cell("–") if not text else Cell(short(text), "id", href, raw=text)


def time_cell(at: datetime | None) -> Cell:
    """A time; an export writes it in ISO 8601."""
    if at is None:
        return Cell("–", "time", raw="")
    return Cell(clock(at), "time", raw=at.astimezone(UTC).isoformat())


def units_cell(amount: int, currency: str, note: str | None = None) -> Cell:
    """An amount in ledger units."""
    scale = CURRENCIES[CurrencyCode(currency)].scale
    return Cell(units(amount, currency), "number", raw=format_units(amount, scale), note=note)


def base_cell(amount: int, asset: str | None, note: str | None = None) -> Cell:
    """An amount in base units."""
    known = ASSETS.get(AssetId(asset)) if asset else None
    raw = format_units(amount, known.decimals) if known else str(amount)
    return Cell(base(amount, asset), "number", raw=raw, note=note)


def usd_cell(micro: int | None) -> Cell:
    """A value in the reference currency."""
    raw = "" if micro is None else format_units(micro, REFERENCE_SCALE)
    return Cell(usd(micro), "number", raw=raw)


def number_cell(number: int) -> Cell:
    """A count."""
    return Cell(f"{number:,}", "number", raw=str(number))


def state_cell(state: str) -> Cell:
    """A state, shown as a coloured word."""
    return Cell(state, "state")
