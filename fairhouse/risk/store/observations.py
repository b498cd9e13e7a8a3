"""Observations: written once, in one order; windows over them, for many subjects at once."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final

from fairhouse.platform.database import Record, Tx
from fairhouse.risk.types.observations import (
    Aggregate,
    Dimension,
    Feature,
    Field,
    Kind,
    Observation,
    Place,
    Recorded,
)

_COLUMNS: Final = tuple(field.name for field in fields(Observation))
_TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("key", "kind", "country", "asset", "ref"), "text"),
    **dict.fromkeys(("count", "value", "moved", "returned"), "bigint"),
    **dict.fromkeys(("device", "ip", "network", "address"), "bytea"),
    "at": "timestamptz",
    "brand_id": "integer",
    "player_id": "uuid",
}
_INSERT: Final = f"""
insert into risk.observation (seen_at, {", ".join(_COLUMNS)})
select ${len(_COLUMNS) + 1}, {", ".join(f"u.{name}" for name in _COLUMNS)}
from unnest({", ".join(f"${n}::{_TYPES[name]}[]" for n, name in enumerate(_COLUMNS, 1))})
    with ordinality as u ({", ".join(_COLUMNS)}, place)
order by place
on conflict do nothing
returning seq, {", ".join(_COLUMNS)}
"""

_COLUMN_OF: Final[Mapping[Dimension, str]] = {
    Dimension.PLAYER: "player_id",
    Dimension.BRAND: "brand_id",
}
_NUMBER_OF: Final[Mapping[Field, str]] = {Field.POINTS: "value"}


async def append(tx: Tx, facts: Sequence[Observation]) -> list[Recorded]:
    """Those that are new, in the order they were given. Writers wait for each other: `seq` is the
    order of commits.
    """
    if not facts:
        return []
    await tx.lock("risk.observation")
    columns = [[getattr(fact, name) for fact in facts] for name in _COLUMNS]
    rows = await tx.fetch(_INSERT, *columns, tx.now)
    return sorted((_recorded(row) for row in rows), key=lambda one: one.seq)


async def values(tx: Tx, feature: Feature, asking: Sequence[Recorded]) -> list[int]:
    """The feature as of each asking observation, for the subject that it names.

    A subject that the asking observation does not name has an empty past.
    """
    column = _column(feature.by)
    rows = await tx.fetch(
        window_sql(feature),
        [getattr(one.fact, column) for one in asking],
        [one.fact.at for one in asking],
        [one.seq for one in asking],
        feature.kind.value,
        feature.window,
        *_more(feature),
    )
    return [int(row["found"]) for row in rows]


def window_sql(feature: Feature) -> str:
    """One statement for all subjects; every branch of it walks an index of its dimension."""
    column = _column(feature.by)
    typed = {"player_id": "uuid", "brand_id": "integer"}.get(column, "bytea")
    ranks = iter(range(6, 9))
    bounds: list[str] = []
    after = "t.at - $5::interval"
    since = ""
    if feature.since is not None:
        since = (
            "left join lateral (select s.at from risk.observation s"
            f" where s.{column} = t.subject and s.kind = ${next(ranks)} and s.at <= t.at"
            " and s.at > t.at - $5::interval and s.seq <= t.seq"
            " order by s.at desc limit 1) last on true"
        )
        after = "coalesce(last.at, t.at - $5::interval)"
    if feature.low is not None:
        bounds.append(f"and o.value >= ${next(ranks)}")
    if feature.high is not None:
        bounds.append(f"and o.value < ${next(ranks)}")
    return f"""
    select coalesce(w.found, {_nothing(feature)})::numeric as found
    from unnest($1::{typed}[], $2::timestamptz[], $3::bigint[]) with ordinality
        as t (subject, at, seq, place)
    {since}
    left join lateral (
        select {_aggregate(feature)} as found from risk.observation o
        where o.{column} = t.subject and o.kind = $4 and o.at > {after} and o.at <= t.at
          and o.seq <= t.seq {" ".join(bounds)}{_only_fresh(feature, column)} {_order(feature)}
    ) w on true
    order by t.place
    """


async def history(
    tx: Tx, *, kinds: Sequence[str], after_seq: int, since: datetime, until: datetime, limit: int
) -> list[Recorded]:
    """Observations of these kinds that happened in [since, until), in the order of recording."""
    rows = await tx.fetch(
        f"select seq, {', '.join(_COLUMNS)} from risk.observation"
        " where kind = any($1::text[]) and at >= $2 and at < $3 and seq > $4"
        " order by seq limit $5",
        list(kinds),
        since,
        until,
        after_seq,
        limit,
    )
    return [_recorded(row) for row in rows]


async def tenths(tx: Tx, *, brand_id: int, since: datetime) -> list[int]:
    """How many anomaly scores of a brand lie in each tenth of 0 to 100."""
    rows = await tx.fetch(
        "select least(greatest(value - 1, 0) / 10, 9)::integer as tenth, count(*) as n"
        " from risk.observation where brand_id = $1 and kind = 'anomaly' and at > $2 group by 1",
        brand_id,
        since,
    )
    found = {row["tenth"]: row["n"] for row in rows}
    return [found.get(tenth, 0) for tenth in range(10)]


async def by_key(tx: Tx, key: str, at: datetime) -> Recorded | None:
    """One of them."""
    row = await tx.fetchrow(
        f"select seq, {', '.join(_COLUMNS)} from risk.observation where key = $1 and at = $2",
        key,
        at,
    )
    return _recorded(row) if row else None


async def newest_of(tx: Tx, *, player_id: Any, limit: int) -> list[Recorded]:
    """What was observed of a player last, the newest first."""
    rows = await tx.fetch(
        f"select seq, {', '.join(_COLUMNS)} from risk.observation where player_id = $1"
        " order by at desc, seq desc limit $2",
        player_id,
        limit,
    )
    return [_recorded(row) for row in rows]


async def play_cursor(tx: Tx, lane: int) -> Place | None:
    """Where the reading of a lane stands, locked; None while somebody else reads it."""
    row = await tx.fetchrow(
        "select lane_seq, read_at from risk.play_cursor where lane = $1 for update skip locked",
        lane,
    )
    return Place(row["lane_seq"], row["read_at"]) if row else None


async def advance_play(tx: Tx, lane: int, place: Place) -> None:
    """The lane was read up to here."""
    await tx.execute(
        "update risk.play_cursor set lane_seq = $2, read_at = $3 where lane = $1",
        lane,
        place.lane_seq,
        place.at,
    )


async def keep_partitions(tx: Tx, *, until: date, before: date) -> int:
    """Make months ahead, drop those whose time is over; how many changed."""
    made: int = await tx.fetchval("select risk.make_partitions($1, $2)", tx.now.date(), until)
    dropped: int = await tx.fetchval("select risk.drop_partitions($1)", before)
    return made + dropped


def _identity(table: str, field: Field) -> str:
    if field is Field.MINUTE:
        return f"date_trunc('minute', {table}.at, 'UTC')"
    return f"{table}.{'player_id' if field is Field.PLAYER else field.value}"


def _only_fresh(feature: Feature, column: str) -> str:
    """Nothing alike before the window; what was kept is the past."""
    if feature.aggregate is not Aggregate.FRESH:
        return ""
    assert feature.field is not None
    return (
        f" and not exists (select from risk.observation p where p.{column} = t.subject"
        " and p.kind = $4 and p.at <= t.at - $5::interval and p.at > t.at - interval '400 days'"
        f" and p.seq <= t.seq and {_identity('p', feature.field)} = "
        f"{_identity('o', feature.field)})"
    )


def _column(by: Dimension) -> str:
    return _COLUMN_OF.get(by, by.value)


def _more(feature: Feature) -> list[object]:
    given = (feature.since and feature.since.value, feature.low, feature.high)
    return [one for one in given if one is not None]


def _nothing(feature: Feature) -> str:
    return "extract(epoch from $5::interval)" if feature.aggregate is Aggregate.AGE else "0"


def _aggregate(feature: Feature) -> str:
    field = feature.field
    number = f"o.{_NUMBER_OF.get(field, field.value)}" if field else ""
    match feature.aggregate:
        case Aggregate.COUNT:
            return "sum(o.count)"
        case Aggregate.SUM:
            return f"sum({number})"
        case Aggregate.MAX:
            return f"max({number})"
        case Aggregate.LATEST:
            return number
        case Aggregate.DISTINCT | Aggregate.FRESH:
            assert field is not None
            return f"count(distinct {_identity('o', field)})"
        case Aggregate.AGE:
            return "floor(extract(epoch from t.at - max(o.at)))"
        case Aggregate.OLDEST:
            return "floor(extract(epoch from t.at - min(o.at)))"


def _order(feature: Feature) -> str:
    return "order by o.at desc, o.seq desc limit 1" if feature.aggregate is Aggregate.LATEST else ""


def _recorded(row: Record) -> Recorded:
    content = {name: row[name] for name in _COLUMNS}
    content["kind"] = Kind(content["kind"])
    return Recorded(row["seq"], Observation(**content))
