"""Exports for a regulator: whole tables as CSV or JSON Lines, with control totals. LOG-07.

The last line carries, by unit, how many rows there are and what their amounts come to, added up by
the database in the same snapshot, and the SHA-256 of all lines before it: whoever reads the file
adds up again and compares.
"""

import csv
import hashlib
import io
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.database import Tx
from fairhouse.reports.store import regulator as store
from fairhouse.reports.types import Dataset, Total

DATASETS: Final = tuple(store.DATASETS)
FORMATS: Final = ("jsonl", "csv")


async def regulator_export(
    tx: Tx,
    *,
    dataset: str,
    format_: str,
    brands: Sequence[int],
    since: datetime,
    until: datetime,
) -> AsyncGenerator[str]:
    """The file line by line; `tx` is one snapshot. Refuses with Malformed."""
    # CHECK
    of = store.DATASETS.get(dataset)
    if of is None or format_ not in FORMATS:
        raise Malformed(
            f"dataset must be one of {', '.join(DATASETS)}, format one of {', '.join(FORMATS)}.",
            param="dataset",
        )
    write = _csv_line if format_ == "csv" else _json_line(of)
    digest = hashlib.sha256()
    if format_ == "csv":
        head = _csv_line(list(of.columns))
        digest.update(head.encode())
        yield head
    async for row in store.rows(tx, of, brands, since, until):
        line = write([_plain(value) for value in row])
        digest.update(line.encode())
        yield line
    last = _last(of, await store.totals(tx, of, brands, since, until), digest.hexdigest())
    text = json.dumps(last, sort_keys=True)
    yield _csv_line(["#totals", text]) if format_ == "csv" else text + "\n"


def _json_line(of: Dataset) -> Callable[[list[object]], str]:
    def write(values: list[object]) -> str:
        content = dict(zip(of.columns, values, strict=True))
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"

    return write


def _csv_line(values: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(["" if value is None else value for value in values])
    return line.getvalue()


def _plain(value: object) -> object:
    """Amounts and ids as text, times in ISO 8601 and UTC; no number loses a digit."""
    match value:
        case None | bool() | str():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


def _last(of: Dataset, totals: Sequence[Total], digest: str) -> dict[str, object]:
    return {
        "dataset": of.name,
        "unit": of.unit,
        "rows": sum(total.rows for total in totals),
        "totals": {total.unit: {"rows": total.rows, **total.sums} for total in totals},
        "sha256": digest,
    }
