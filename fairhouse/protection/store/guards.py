"""What the betting road reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.protection.types import ExclusionKind, GuardChange, LimitKind, Period

# One statement, since an owner asks whenever it loads players: limits on money, exclusions, and
# time that is used up.
_GUARDS: Final = """
select l.player_id, l.kind, l.period, min(l.amount) as amount, null::timestamptz as until
from protection.player_limit l
where l.player_id = any($1) and l.kind in ('loss', 'wager')
group by l.player_id, l.kind, l.period
union all
select e.player_id, e.kind, null, null, case when e.kind = 'cool_off' then e.until end
from protection.exclusion e
where e.player_id = any($1) and e.ended_at is null
  and (e.kind = 'self_exclusion' or e.until > $2)
union all
select l.player_id, l.kind, l.period, null, null
from protection.player_limit l
where l.player_id = any($1) and l.kind = 'session' and l.amount <= (
    select coalesce(sum(a.minutes), 0) from protection.activity a
    where a.player_id = l.player_id
      and a.day >= date_trunc(l.period, $2 at time zone 'UTC')::date
      and a.day <= ($2 at time zone 'UTC')::date
)
"""


@dataclass(frozen=True, slots=True)
class Binding:
    """One thing that binds a player."""

    player_id: UUID
    kind: LimitKind | ExclusionKind
    period: Period | None
    amount: int | None
    until: datetime | None


async def bindings(tx: Tx, player_ids: Iterable[UUID]) -> list[Binding]:
    """Everything that binds these players' bets now; of two limits the lower."""
    rows = await tx.fetch(_GUARDS, list(player_ids), tx.now)
    return [
        Binding(
            row["player_id"],
            _kind(row["kind"]),
            Period(row["period"]) if row["period"] else None,
            row["amount"],
            row["until"],
        )
        for row in rows
    ]


def _kind(text: str) -> LimitKind | ExclusionKind:
    return ExclusionKind(text) if text in {"cool_off", "self_exclusion"} else LimitKind(text)


async def touch(tx: Tx, *, player_id: UUID, brand_id: int) -> None:
    """The player's guard changed now."""
    await tx.execute(
        "insert into protection.guard_version (player_id, brand_id, changed_at)"
        " values ($1, $2, $3) on conflict (player_id) do update set changed_at = $3",
        player_id,
        brand_id,
        tx.now,
    )


async def changed_since(tx: Tx, *, since: datetime, limit: int) -> Sequence[GuardChange]:
    """Oldest first."""
    rows = await tx.fetch(
        "select player_id, changed_at from protection.guard_version"
        " where changed_at >= $1 order by changed_at limit $2",
        since,
        limit,
    )
    return [GuardChange(row["player_id"], row["changed_at"]) for row in rows]
