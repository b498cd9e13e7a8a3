"""Reading an exported history, CSV or JSON Lines alike: docs/fairness/history-format.md."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TextIO, cast

from fairhouse.app.fairness.asking import InvalidRequest
from fairhouse.fairness.codecs.receipts import COLUMNS, JSON_COLUMNS

Row = Mapping[str, Any]

CELL_CHARS_MAX: Final = 1 << 20
ABSENT: Final = {"server_seed", "closed_at", "receipt_key", "receipt_signature", "round_proof"}
"""Columns that may be null."""
LATER: Final = "round_proof"
"""A column that exports of before 23 November 2026 have not."""
EARLIER: Final = tuple(name for name in COLUMNS if name != LATER)


def rows(file: TextIO) -> Iterator[tuple[int, Row]]:
    """Line numbers and rows; the first character tells the format. Refuses with InvalidRequest."""
    first = file.readline()
    if not first:
        return
    if first.lstrip().startswith("{"):
        yield from _json_lines([first], file)
        return
    csv.field_size_limit(CELL_CHARS_MAX)
    names = tuple(next(csv.reader([first])))
    if names not in {COLUMNS, EARLIER}:
        raise InvalidRequest(
            "The file is no exported history: its first line must name the columns of "
            "docs/fairness/history-format.md.",
            param="file",
        )
    for number, cells in _cells(file):
        yield number, _checked(number, _from_cells(number, names, cells))


def _cells(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    number = 1
    try:
        for number, cells in enumerate(csv.reader(file, strict=True), 2):
            yield number, cells
    except csv.Error as error:
        raise _bad(number + 1, f"is no line of CSV: {error}") from None


def _json_lines(first: Iterable[str], rest: Iterable[str]) -> Iterator[tuple[int, Row]]:
    number = 0
    for part in (first, rest):
        for line in part:
            number += 1
            if line.strip():
                yield number, _checked(number, _parsed(number, line))


def _from_cells(number: int, names: tuple[str, ...], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(names):
        raise _bad(number, f"has {len(cells)} cells instead of {len(names)}")
    found: dict[str, Any] = {LATER: None, **dict(zip(names, cells, strict=True))}
    for name in ABSENT:
        found[name] = found[name] or None
    for name in JSON_COLUMNS:
        if found[name] is not None:
            found[name] = _parsed(number, found[name])
    if found["nonce"].isdigit():
        found["nonce"] = int(found["nonce"])
    return found


def _parsed(number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _bad(number, "is not JSON") from None


def _checked(number: int, found: Any) -> Row:
    if not isinstance(found, dict) or set(COLUMNS) != {LATER, *cast("dict[str, Any]", found)}:
        raise _bad(number, "has not the columns of an exported history")
    row: dict[str, Any] = {LATER: None, **cast("dict[str, Any]", found)}
    for name in COLUMNS:
        value = row[name]
        if name in {"params", "outcome"}:
            is_good = isinstance(value, dict)
        elif name == LATER:
            is_good = value is None or isinstance(value, dict)
        elif name == "choices":
            is_good = isinstance(value, list)
        elif name == "nonce":
            is_good = type(value) is int and value >= 0
        else:
            is_good = isinstance(value, str) or (value is None and name in ABSENT)
        if not is_good:
            raise _bad(number, f"has no {name} as it should be")
    return row


def _bad(number: int, what: str) -> InvalidRequest:
    return InvalidRequest(f"Line {number} {what}.", param="file")
