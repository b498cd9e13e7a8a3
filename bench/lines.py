"""One line of the results: what is measured, against what, and whether it is enough.

Pure. The shape on disk is a list of objects with exactly the keys of `Line`; the machine, versions
and settings of a run stand beside it in `machine.json`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

Verdict = Literal["PASS", "MISS", "INFO"]

PASS: Final = "PASS"
MISS: Final = "MISS"
INFO: Final = "INFO"
"""Measured for comparison; nothing is demanded of it."""

PLACE_AT_1024_MIN: Final = 5.0
PLACE_AT_64_MIN: Final = 3.0
ZIPF_SHARE_MIN: Final = 0.60
HTTP_MIN: Final = 2.0
HTTP_P99_MS_MAX: Final = {64: 10.0, 256: 25.0}
GROWTH_SHARE_MIN: Final = 0.85
DRIFT_MAX: Final = 0.10


@dataclass(frozen=True, slots=True)
class Line:
    """One measured line; numbers that do not apply are None."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    """What it is compared with, in the same unit, measured in the same run."""
    ratio: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    concurrency: int | None = None
    verdict: Verdict = "INFO"
    notes: str = ""

    def judged(self, good: bool, aim: str) -> "Line":
        """The same line with its verdict, and what was demanded in front of the notes."""
        notes = f"{aim}; {self.notes}" if self.notes else aim
        return replace(self, verdict=PASS if good else MISS, notes=notes)


def compared(line: Line, baseline: float) -> Line:
    """The line with its baseline and ratio."""
    ratio = round(line.value / baseline, 2) if baseline else None
    return replace(line, baseline=round(baseline, 2), ratio=ratio)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of a sorted sequence lies (nearest rank). 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def in_ms(ordered_s: Sequence[float], share: float) -> float:
    """A quantile of sorted seconds, in milliseconds."""
    return round(quantile(ordered_s, share) * 1000, 2)


def judged_place(line: Line) -> Line:
    """`ledger.place` against one transaction per bet."""
    demanded = {1024: PLACE_AT_1024_MIN, 64: PLACE_AT_64_MIN}.get(line.concurrency or 0)
    if demanded is None or line.ratio is None:
        return line
    return line.judged(line.ratio >= demanded, f"at least {demanded:g}x")


def judged_zipf(line: Line, uniform: float) -> Line:
    """A few busy players against evenly busy ones, at the same concurrency."""
    share = line.value / uniform if uniform else 0.0
    good = share >= ZIPF_SHARE_MIN
    return line.judged(good, f"{share:.0%} of uniform, at least {ZIPF_SHARE_MIN:.0%}")


def judged_http(line: Line) -> Line:
    """`http.bet` against one transaction per bet, and its tail."""
    p99_max = HTTP_P99_MS_MAX.get(line.concurrency or 0)
    if p99_max is None or line.ratio is None or line.p99_ms is None:
        return line
    good = line.ratio >= HTTP_MIN and line.p99_ms <= p99_max
    return line.judged(good, f"at least {HTTP_MIN:g}x with p99 <= {p99_max:g} ms")


def judged_growth(line: Line) -> Line:
    """The large database against the small one, same active players."""
    share = line.ratio or 0.0
    return line.judged(share >= GROWTH_SHARE_MIN, f"at least {GROWTH_SHARE_MIN:.0%} of small")


def has_missed(lines: Sequence[Line]) -> bool:
    """Whether any line misses its aim."""
    return any(line.verdict == MISS for line in lines)


def to_json(lines: Sequence[Line]) -> str:
    """The list as it is kept in `latest.json`."""
    return json.dumps([asdict(line) for line in lines], indent=1) + "\n"


def from_json(text: str) -> list[Line]:
    """The lines of `latest.json`."""
    return [Line(**item) for item in json.loads(text)]
