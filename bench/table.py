"""The table of a run: `python -m bench.table` prints it as Markdown for the README."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from bench.lines import Line, from_json

RESULTS: Final = Path(__file__).parent / "results"
LATEST: Final = RESULTS / "latest.json"
SOAK: Final = RESULTS / "soak.json"
MACHINE: Final = RESULTS / "machine.json"

_HEADS: Final = ("Line", "At", "Result", "Baseline", "Ratio", "p50", "p99", "Verdict")


def shown(value: float | None, unit: str = "") -> str:
    """A number as a person reads it; nothing for None."""
    if value is None:
        return ""
    text = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.2f}"
    return f"{text} {unit}".strip()


def cells(line: Line) -> tuple[str, ...]:
    """The columns of one line; notes are not among them."""
    return (
        line.name,
        shown(line.concurrency),
        shown(line.value, line.unit),
        shown(line.baseline),
        "" if line.ratio is None else f"{line.ratio:.2f}x",
        shown(line.p50_ms, "ms"),
        shown(line.p99_ms, "ms"),
        "" if line.verdict == "INFO" else line.verdict,
    )


def plain(lines: Sequence[Line]) -> str:
    """For the terminal, with the notes under each line that has a verdict or notes."""
    rows = [_HEADS, *(cells(line) for line in lines)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS))]
    out: list[str] = []
    for at, row in enumerate(rows):
        out.append("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
        if at and lines[at - 1].notes:
            out.append(f"    {lines[at - 1].notes}")
    return "\n".join(text.rstrip() for text in out)


def markdown(lines: Sequence[Line], machine: Mapping[str, Any]) -> str:
    """For the README: the machine, the table, the notes in the last column."""
    head = (*_HEADS, "Notes")
    rows = [(*cells(line), line.notes) for line in lines]
    table = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        [named(machine), "", *("| " + " | ".join(_escaped(row)) + " |" for row in table)]
    )


def named(machine: Mapping[str, Any]) -> str:
    """The machine in a sentence."""
    postgres = machine["postgres"].get("server_version", "?")
    return (
        f"Measured on {machine['processor']}, {machine['cores']} cores,"
        f" {machine['memory_gb']} GB, PostgreSQL {postgres}, Python {machine['python']},"
        f" load generators on the same machine (commit {machine['commit']})."
    )


def _escaped(row: Sequence[str]) -> list[str]:
    return [text.replace("|", "\\|") for text in row]


def main() -> None:
    """Print the committed run."""
    lines = [
        line for file in (LATEST, SOAK) if file.exists() for line in from_json(file.read_text())
    ]
    print(markdown(lines, json.loads(MACHINE.read_text())))


if __name__ == "__main__":
    main()
