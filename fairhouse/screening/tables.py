"""The decision table of screening: data with a version, judged by `rules.verdicts`."""

from dataclasses import dataclass
from typing import Final

from fairhouse.screening.types import Category, Exposure, Verdict

POLICY_VERSION: Final = "2026-11-1"

HOLD_SCORE: Final = 100
"""Points from which what is not grave enough alone holds together."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one category and exposure means, from a share of the amount on."""

    category: Category
    exposure: Exposure
    from_bps: int
    """Hundredths of a per cent of the amount."""
    verdict: Verdict
    """CLEAR: it only counts points."""
    points: int = 0


_C, _D, _I = Category, Exposure.DIRECT, Exposure.INDIRECT
_SERIOUS: Final = (_C.STOLEN, _C.RANSOMWARE, _C.DARKNET, _C.MIXER)

RULES: Final[tuple[Rule, ...]] = (
    Rule(_C.SANCTIONS, _D, 0, Verdict.FREEZE),
    Rule(_C.SANCTIONS, _I, 1000, Verdict.HOLD),
    Rule(_C.SANCTIONS, _I, 0, Verdict.CLEAR, 60),
    Rule(_C.TERRORISM, _D, 0, Verdict.FREEZE),
    Rule(_C.TERRORISM, _I, 0, Verdict.HOLD),
    Rule(_C.CHILD_ABUSE, _D, 0, Verdict.FREEZE),
    Rule(_C.CHILD_ABUSE, _I, 0, Verdict.HOLD),
    *(Rule(one, _D, 1000, Verdict.HOLD) for one in _SERIOUS),
    *(Rule(one, _D, 0, Verdict.CLEAR, 50) for one in _SERIOUS),
    *(Rule(one, _I, 0, Verdict.CLEAR, 25) for one in _SERIOUS),
    Rule(_C.SCAM, _D, 2500, Verdict.HOLD),
    Rule(_C.SCAM, _D, 0, Verdict.CLEAR, 40),
    Rule(_C.SCAM, _I, 0, Verdict.CLEAR, 15),
    Rule(_C.OTHER_RISK, _D, 0, Verdict.CLEAR, 40),
    Rule(_C.OTHER_RISK, _I, 0, Verdict.CLEAR, 10),
)
"""The first rule that fits a finding counts. Harmless findings fit none."""

SEVERE_UNKNOWN_HOLDS: Final = True
"""What the provider calls severe and our table does not know is looked at by a person."""
