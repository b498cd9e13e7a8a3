"""Windows over observations in memory, by the same definition as `store.observations`.

For the simulator and for reports, which have no database; a property test holds the two equal.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.risk.types.observations import (
    KEPT,
    Aggregate,
    Dimension,
    Feature,
    Field,
    Observation,
    Recorded,
)

Subject = UUID | bytes | int
_Line = tuple[int, int, Observation]
_LAST: Final = 2**62
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SECOND_US: Final = 1_000_000


class History:
    """Everything recorded so far, by subject and kind, in the order of happening."""

    def __init__(self) -> None:
        self._lines: defaultdict[tuple[Dimension, Subject, str], list[_Line]] = defaultdict(list)
        self._keys: set[str] = set()
        self._seq = 0

    def record(self, fact: Observation) -> Recorded | None:
        """Remember it; None when its key is known."""
        if fact.key in self._keys:
            return None
        self._keys.add(fact.key)
        self._seq += 1
        line = (micros(fact.at), self._seq, fact)
        for by in Dimension:
            subject = subject_of(fact, by)
            if subject is not None:
                insort(self._lines[by, subject, fact.kind], line, key=lambda one: one[:2])
        return Recorded(self._seq, fact)

    def value(self, feature: Feature, asking: Recorded) -> int:
        """The feature as of an observation that was recorded."""
        subject = subject_of(asking.fact, feature.by)
        seconds = int(feature.window.total_seconds())
        nothing = seconds if feature.aggregate is Aggregate.AGE else 0
        if subject is None:
            return nothing
        until = micros(asking.fact.at)
        after = until - seconds * _SECOND_US
        if feature.since is not None:
            marks = self._between((feature.by, subject, feature.since), after, until, asking.seq)
            after = max((mark[0] for mark in marks), default=after)
        lines = [
            line
            for line in self._between((feature.by, subject, feature.kind), after, until, asking.seq)
            if (feature.low is None or line[2].value >= feature.low)
            and (feature.high is None or line[2].value < feature.high)
        ]
        if feature.aggregate is Aggregate.FRESH:
            start = until - seconds * _SECOND_US
            kept = until - int(KEPT.total_seconds()) * _SECOND_US
            before = self._between((feature.by, subject, feature.kind), kept, start, asking.seq)
            return len(_identities(lines, feature.field) - _identities(before, feature.field))
        return _made(feature, lines, until) if lines else nothing

    def _between(
        self, of: tuple[Dimension, Subject, str], after: int, until: int, seq: int
    ) -> Iterable[_Line]:
        """Lines in (after, until] that were recorded by then."""
        lines = self._lines.get(of, [])
        first = bisect_right(lines, (after, _LAST), key=lambda one: one[:2])
        last = bisect_right(lines, (until, _LAST), key=lambda one: one[:2])
        return [line for line in lines[first:last] if line[1] <= seq]


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - _EPOCH) // _MICROSECOND


def subject_of(fact: Observation, by: Dimension) -> Subject | None:
    """Whose window this observation belongs to."""
    match by:
        case Dimension.PLAYER:
            return fact.player_id
        case Dimension.BRAND:
            return fact.brand_id
        case Dimension.DEVICE:
            return fact.device
        case Dimension.IP:
            return fact.ip
        case Dimension.NETWORK:
            return fact.network
        case Dimension.ADDRESS:
            return fact.address


def number_of(fact: Observation, field: Field | None) -> int:
    """An integer field."""
    match field:
        case Field.MOVED:
            return fact.moved
        case Field.RETURNED:
            return fact.returned
        case _:
            return fact.value


def identity_of(fact: Observation, field: Field | None) -> object:
    """What `distinct` tells apart; None is nobody."""
    match field:
        case Field.PLAYER:
            return fact.player_id
        case Field.DEVICE:
            return fact.device
        case Field.IP:
            return fact.ip
        case Field.NETWORK:
            return fact.network
        case Field.ADDRESS:
            return fact.address
        case Field.COUNTRY:
            return fact.country
        case _:
            return fact.asset


def _identities(lines: Iterable[_Line], field: Field | None) -> set[object]:
    if field is Field.MINUTE:
        return {line[0] // (60 * _SECOND_US) for line in lines}
    return {identity_of(line[2], field) for line in lines} - {None}


def _made(feature: Feature, lines: list[_Line], until: int) -> int:
    match feature.aggregate:
        case Aggregate.COUNT:
            return sum(line[2].count for line in lines)
        case Aggregate.SUM:
            return sum(number_of(line[2], feature.field) for line in lines)
        case Aggregate.MAX:
            return max(number_of(line[2], feature.field) for line in lines)
        case Aggregate.LATEST:
            return number_of(lines[-1][2], feature.field)
        case Aggregate.DISTINCT | Aggregate.FRESH:
            return len(_identities(lines, feature.field))
        case Aggregate.AGE:
            return (until - lines[-1][0]) // _SECOND_US
        case Aggregate.OLDEST:
            return (until - lines[0][0]) // _SECOND_US
