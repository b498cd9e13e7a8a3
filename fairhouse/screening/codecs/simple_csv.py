"""Lists of people as a table: the columns of OpenSanctions' `targets.simple.csv`.

`id, name, aliases, birth_date, countries`; several values are parted by `;`. Other columns are
ignored, so that an operator's own list of politically exposed persons fits as well.
"""

import csv
from collections.abc import Iterator
from datetime import date
from io import TextIOWrapper
from typing import IO, Final

from fairhouse.screening.types import ListedName, ListMalformed, Topic

ROWS_MAX: Final = 3_000_000
FIELD_MAX: Final = 100_000
_NEEDED: Final = {"id", "name"}


def names(document: IO[bytes], topic: Topic) -> Iterator[ListedName]:
    """Every name and alias. Refuses with ListMalformed."""
    csv.field_size_limit(FIELD_MAX)
    text = TextIOWrapper(document, encoding="utf-8", newline="")
    try:
        reader = csv.DictReader(text, strict=True)
        if not set(reader.fieldnames or ()) >= _NEEDED:
            raise ListMalformed("The table needs the columns id and name.")
        for number, row in enumerate(reader):
            if number >= ROWS_MAX:
                raise ListMalformed(f"The table has more than {ROWS_MAX} rows.")
            yield from _row(row, topic)
    except (csv.Error, UnicodeDecodeError) as error:
        raise ListMalformed(f"The table cannot be read: {type(error).__name__}.") from error
    finally:
        text.detach()


def _row(row: dict[str, str | None], topic: Topic) -> Iterator[ListedName]:
    births = tuple(span for text in _several(row, "birth_date") if (span := _span(text)))
    countries = tuple(text.upper() for text in _several(row, "countries") if len(text) == 2)
    for name in dict.fromkeys((*_several(row, "name"), *_several(row, "aliases"))):
        yield ListedName((row["id"] or "")[:80], name[:500], False, births, countries, topic)


def _several(row: dict[str, str | None], column: str) -> list[str]:
    return [text.strip() for text in (row.get(column) or "").split(";") if text.strip()]


def _span(text: str) -> tuple[date, date] | None:
    """A day, month or year as the days it may be."""
    try:
        if len(text) == 4:
            return date(int(text), 1, 1), date(int(text), 12, 31)
        found = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return found, found
