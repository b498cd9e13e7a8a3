"""Observations by seed, and the windows over them by brute force: the definition, word by word."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from fairhouse.risk.types.observations import (
    NUMBERS,
    Aggregate,
    Dimension,
    Feature,
    Field,
    Kind,
    Observation,
    Recorded,
)

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WINDOWS = [timedelta(hours=1), timedelta(hours=24), timedelta(days=7), timedelta(days=30)]
KINDS = [Kind.DEPOSIT, Kind.WITHDRAWAL_REQUESTED, Kind.BET, Kind.LOGIN]
COLUMNS = {Dimension.PLAYER: "player_id", Dimension.BRAND: "brand_id"}


def fact(rng: Random, number: int, at: datetime) -> Observation:
    """One of few subjects, so that windows are full; sometimes exactly on a window's edge."""

    def one_of(name: str) -> bytes | None:
        return rng.choice([None, name.encode(), name.encode() * 2])

    return Observation(
        key=f"test:{number}",
        kind=rng.choice(KINDS),
        at=at,
        brand_id=rng.choice([1, 2]),
        player_id=UUID(int=rng.randrange(1, 4)),
        count=rng.choice([1, 1, 5]),
        value=rng.randrange(1_000),
        moved=rng.randrange(1_000),
        returned=rng.randrange(1_000),
        device=one_of("d"),
        ip=one_of("i"),
        network=one_of("n"),
        address=one_of("a"),
        country=rng.choice([None, "DE", "TR"]),
        asset=rng.choice(["btc", "eth"]),
    )


def arriving(rng: Random, count: int) -> Iterable[Observation]:
    """A clock that moves; late events and duplicates among them."""
    now = START
    sent: list[Observation] = []
    for number in range(count):
        now += rng.choice([timedelta(0), timedelta(minutes=20), timedelta(hours=1)])
        late = rng.choice([timedelta(0)] * 3 + [timedelta(hours=1), timedelta(days=3)])
        if sent and rng.random() < 0.15:
            yield rng.choice(sent)
            continue
        sent.append(fact(rng, number, now - late))
        yield sent[-1]


def feature(rng: Random) -> Feature:
    """Any question that can be asked."""
    aggregate = rng.choice(list(Aggregate))
    of: Field | None = None
    if aggregate in {Aggregate.SUM, Aggregate.MAX, Aggregate.LATEST}:
        of = rng.choice(sorted(NUMBERS))
    elif aggregate in {Aggregate.DISTINCT, Aggregate.FRESH}:
        of = rng.choice(sorted(set(Field) - NUMBERS))
    low = rng.choice([None, None, 300])
    return Feature(
        aggregate=aggregate,
        kind=rng.choice(KINDS),
        field=of,
        window=rng.choice(WINDOWS),
        by=rng.choice(list(Dimension)),
        since=rng.choice([None, None, Kind.DEPOSIT]),
        low=low,
        high=rng.choice([None, 700]),
    )


def brute_force(known: Sequence[Recorded], asked: Feature, asking: Recorded) -> int:
    """The window of the definition, over everything."""
    column = COLUMNS.get(asked.by, asked.by.value)
    subject = getattr(asking.fact, column)
    nothing = int(asked.window.total_seconds()) if asked.aggregate is Aggregate.AGE else 0
    if subject is None:
        return nothing
    until, after = asking.fact.at, asking.fact.at - asked.window
    seen = [
        one
        for one in known
        if one.seq <= asking.seq
        and getattr(one.fact, column) == subject
        and after < one.fact.at <= until
    ]
    marks = [one.fact.at for one in seen if one.fact.kind is asked.since]
    if marks:
        seen = [one for one in seen if one.fact.at > max(marks)]
    low = -1 if asked.low is None else asked.low
    high = 10**9 if asked.high is None else asked.high
    found = [one for one in seen if one.fact.kind is asked.kind and low <= one.fact.value < high]
    if not found:
        return nothing
    newest = max(found, key=lambda one: (one.fact.at, one.seq)).fact
    match asked.aggregate:
        case Aggregate.COUNT:
            return sum(one.fact.count for one in found)
        case Aggregate.SUM:
            return sum(_number(one.fact, asked.field) for one in found)
        case Aggregate.MAX:
            return max(_number(one.fact, asked.field) for one in found)
        case Aggregate.LATEST:
            return _number(newest, asked.field)
        case Aggregate.DISTINCT:
            return len({_identity(one.fact, asked.field) for one in found} - {None})
        case Aggregate.FRESH:
            old = {
                _identity(one.fact, asked.field)
                for one in known
                if one.seq <= asking.seq
                and getattr(one.fact, column) == subject
                and one.fact.kind is asked.kind
                and until - timedelta(days=400) < one.fact.at <= after
            }
            return len({_identity(one.fact, asked.field) for one in found} - old - {None})
        case Aggregate.AGE:
            return int((until - newest.at).total_seconds())
        case Aggregate.OLDEST:
            return int((until - min(one.fact.at for one in found)).total_seconds())


def _number(one: Observation, of: Field | None) -> int:
    assert of is not None
    return one.value if of is Field.POINTS else getattr(one, of.value)


def _identity(one: Observation, of: Field | None) -> object:
    assert of is not None
    if of is Field.MINUTE:
        return one.at.replace(second=0, microsecond=0)
    return one.player_id if of is Field.PLAYER else getattr(one, of.value)
