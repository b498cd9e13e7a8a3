"""What findings mean: the decision table applied, and the circuit breaker's states."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from fairhouse.screening.tables import (
    HOLD_SCORE,
    POLICY_VERSION,
    RULES,
    SEVERE_UNKNOWN_HOLDS,
    Rule,
)
from fairhouse.screening.types import (
    AddressHit,
    AlertLevel,
    Category,
    Exposure,
    Finding,
    Judgement,
    Verdict,
)

_GRAVITY: Final = {Verdict.CLEAR: 0, Verdict.HOLD: 1, Verdict.FREEZE: 2}


def rule_of(finding: Finding) -> Rule | None:
    """The first rule of the table that fits."""
    for rule in RULES:
        is_about = (rule.category, rule.exposure) == (finding.category, finding.exposure)
        if is_about and finding.share_bps >= rule.from_bps:
            return rule
    return None


def judge(findings: Iterable[Finding]) -> Judgement:
    """The gravest verdict of all findings; many small ones hold together."""
    verdict, score = Verdict.CLEAR, 0
    reasons: list[str] = []
    for finding in findings:
        rule = rule_of(finding)
        if rule is None:
            continue
        meant = rule.verdict
        is_unknown = finding.category is Category.OTHER_RISK
        if is_unknown and finding.level is AlertLevel.SEVERE and SEVERE_UNKNOWN_HOLDS:
            meant = Verdict.HOLD
        verdict = max(verdict, meant, key=_GRAVITY.__getitem__)
        score += rule.points
        reasons.append(f"{finding.category}.{finding.exposure}.{finding.share_bps}")
    if verdict is Verdict.CLEAR and score >= HOLD_SCORE:
        verdict = Verdict.HOLD
        reasons.append(f"score.{score}")
    return Judgement(verdict, score, tuple(reasons), POLICY_VERSION)


def judge_hit(hit: AddressHit) -> Judgement:
    """An address that a list names: as a direct sanctions finding of the whole amount."""
    judged = judge([Finding(Category.SANCTIONS, Exposure.DIRECT, 10_000, AlertLevel.SEVERE)])
    return replace(judged, reasons=(f"listed.{hit.list}.{hit.version}",))


def refused_by_provider(why: str) -> Judgement:
    """The provider will never answer about it: a person has to."""
    return Judgement(Verdict.HOLD, 0, (f"provider.{why[:120]}",), POLICY_VERSION)


# --- The circuit breaker

FAILURES_MAX: Final = 5
OPEN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Stops asking a provider that does not answer; one question tries it again."""

    failures: int = 0
    """In a row."""
    open_until_s: float = 0.0
    """Monotonic seconds."""

    def allows(self, now_s: float) -> bool:
        """Whether the provider may be asked now."""
        return now_s >= self.open_until_s

    def after_answer(self) -> "Breaker":
        """Any answer, a refusal too, closes it."""
        return Breaker()

    def after_failure(self, now_s: float) -> "Breaker":
        """Silence or an error of theirs. From the fifth in a row nobody asks for 30 s."""
        failures = self.failures + 1
        is_open = failures >= FAILURES_MAX
        return Breaker(failures, now_s + OPEN_S if is_open else 0.0)


def poll_after_s(polls: int) -> int:
    """How long to wait for the provider's analysis, which takes it about 30 s."""
    return 3 if polls < 10 else 60
