"""Rules as data, what they decide, and the refusals about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType
from uuid import UUID

from fairhouse.kernel.refusals import Refusal
from fairhouse.risk.types.checks import CheckCode
from fairhouse.risk.types.observations import Aggregate, Feature, Field, Kind

VersionId = NewType("VersionId", UUID)
CaseId = NewType("CaseId", UUID)
VERSION_PREFIX: Final = "rlv"
CASE_PREFIX: Final = "rcs"
POINTS_MAX: Final = 100


class Type(StrEnum):
    """What a part of a rule is; only like is compared with like."""

    COUNT = "count"
    MONEY = "money"
    """Reference units, written in whole dollars: `1000 usd`."""
    DURATION = "duration"
    """Seconds, written `90 s`, `5 m`, `2 h`, `7 d`."""
    TRUTH = "truth"
    TEXT = "text"


class Action(StrEnum):
    """What a rule may do. None of them takes money."""

    HOLD = "hold"
    """Withdrawals wait for a person."""
    ASK = "ask"
    """The player is asked for something; withdrawals wait for it."""
    ALERT = "alert"
    SCORE = "score"
    """Points; enough of them make withdrawals wait for a person."""


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, in the unit of its type."""

    value: int
    type: Type


@dataclass(frozen=True, slots=True)
class Text:
    """A literal."""

    value: str
    type: Type = Type.TEXT


@dataclass(frozen=True, slots=True)
class Ask:
    """A window."""

    feature: Feature
    type: Type


@dataclass(frozen=True, slots=True)
class This:
    """A field of the observation that is judged, or its `hour` (UTC)."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Name:
    """Something that `let` named."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Arithmetic: + - * / (down) and `ratio` (whole per cent, 0 of nothing)."""

    sign: str
    left: "Node"
    right: "Node"
    type: Type


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison, `and` or `or`."""

    sign: str
    left: "Node"
    right: "Node"
    type: Type = Type.TRUTH


@dataclass(frozen=True, slots=True)
class Not:
    """Denied."""

    inner: "Node"
    type: Type = Type.TRUTH


Node = Number | Text | Ask | This | Name | Arithmetic | Comparison | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A definition that was read and type-checked."""

    name: str
    on: frozenset[Kind]
    lets: tuple[tuple[str, Node], ...]
    when: Node
    action: Action
    points: int
    check: CheckCode
    """The line of a withdrawal's list that it speaks in."""
    quiet: timedelta
    """So long after a decision it decides nothing more about the same player."""
    says: Mapping[str, str]
    """By language; {name} is replaced by what `let` named."""
    features: tuple[Feature, ...]
    digest: str
    """SHA-256 of the canonical definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule as it is stored; versions are never edited."""

    id: VersionId
    name: str
    version: int
    brand_id: int | None
    """None: for all brands."""
    definition: Mapping[str, Any]
    digest: str
    author: str
    reason: str
    made_at: datetime
    state: str
    """draft, published, retired or rejected."""
    published_by: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule's condition was true of an observation."""

    seq: int
    player_id: UUID
    at: datetime
    values: Mapping[str, int | str | bool]
    """What `let` named, as of then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """What a version would have done to stored history."""

    id: UUID
    version_id: VersionId
    digest: str
    since: datetime
    until: datetime
    judged: int
    hits: int
    players: int
    labelled_bad: int
    """Players hit whose cases were closed as fraud."""
    labelled_good: int
    examples: tuple[Mapping[str, Any], ...]
    run_by: str
    run_at: datetime

    @property
    def precision_percent(self) -> int | None:
        """Of labelled players that it hit, those that were bad; None without labels."""
        labelled = self.labelled_bad + self.labelled_good
        return self.labelled_bad * 100 // labelled if labelled else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a version decided about an observation, with what it saw."""

    id: UUID
    version_id: VersionId
    rule: str
    version: int
    seq: int
    kind: Kind
    at: datetime
    brand_id: int
    player_id: UUID
    action: Action
    points: int
    check: CheckCode
    features: Mapping[str, int | str | bool]
    explanation: Mapping[str, str]
    """By language."""
    ref: str | None
    case_id: CaseId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCase:
    """Decisions about one player that somebody looks at."""

    id: CaseId
    brand_id: int
    player_id: UUID
    opened_at: datetime
    due_at: datetime
    state: str
    """open or closed."""
    verdict: str | None = None
    """fraud, harmless or unclear."""
    closed_at: datetime | None = None
    closed_by: str | None = None
    note: str | None = None
    decisions: tuple[Decision, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Quality:
    """How one version's decisions turned out."""

    name: str
    version: int
    decisions: int
    players: int
    fraud: int
    harmless: int
    waiting: int
    median_s: int
    """From opening to closing a case."""

    @property
    def precision_percent(self) -> int | None:
        """Of the players whose cases were closed with a clear verdict; None without any."""
        known = self.fraud + self.harmless
        return self.fraud * 100 // known if known else None


@dataclass(frozen=True, slots=True)
class Drift:
    """Scores of a model by tenths, against its training, where each tenth has as many."""

    model: str
    counts: tuple[int, ...]
    index: float
    """Population stability index; None of it below some dozens of scores."""
    is_drifted: bool


class RuleInvalid(Refusal):
    """The definition does not type-check; the message names place and fix."""

    code = "rule_invalid"
    status = 422


class RuleUnknown(Refusal):
    """There is no such version."""

    code = "rule_unknown"
    status = 404


class BackTestMissing(Refusal):
    """Published is only what was tested on history, in exactly this version."""

    code = "back_test_missing"
    status = 409


class SecondPersonNeeded(Refusal):
    """Who wrote a version cannot publish it."""

    code = "second_person_needed"
    status = 403


class RuleNotDraft(Refusal):
    """The version was decided already."""

    code = "rule_not_draft"
    status = 409


class CaseUnknown(Refusal):
    """There is no such case, or it is closed."""

    code = "risk_case_unknown"
    status = 404


NUMBER_AGGREGATES: Final = frozenset({Aggregate.SUM, Aggregate.MAX, Aggregate.LATEST})
TYPE_OF_FIELD: Final[Mapping[Field, Type]] = {
    Field.VALUE: Type.MONEY,
    Field.MOVED: Type.MONEY,
    Field.RETURNED: Type.MONEY,
    Field.POINTS: Type.COUNT,
}
