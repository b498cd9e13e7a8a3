"""A player's sitting as the journal has it: when it began, and what it came to."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from fairhouse.betting.store.tail import floor_of
from fairhouse.betting.types import Sitting
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Record, Tx

_NET: Final = """
    case e.kind when 'instant' then e.payout - e.stake when 'settle' then e.payout
        when 'void' then e.stake else -e.stake end
"""
"""What a line did to its player's cash."""

SITTING: Final = f"""
with own as materialized (
    select e.currency, e.at, e.lane_seq, {_NET} as net,
        e.at - lag(e.at) over (order by e.lane_seq) as pause
    from betting.player_account a
    join betting.entry e on e.cash_account = a.cash_account and e.id >= $2
    where a.player_id = $1 and e.at >= $3 and e.lane_seq <= $4
)
select currency, sum(net)::bigint as net, min(at) as first, max(at) as last
from own
where lane_seq >= (select max(lane_seq) from own where pause is null or pause > $5)
group by currency
"""

MOVED: Final = f"""
select e.player_id, e.currency, sum({_NET})::bigint as net, min(e.at) as first, max(e.at) as last
from unnest($1::smallint[], $2::bigint[], $3::bigint[]) as l (lane, after, upto)
cross join lateral (
    select * from betting.entry e
    where e.lane = l.lane and e.lane_seq > l.after and e.lane_seq <= l.upto and e.id >= $4::uuid
) as e
where e.player_id = any($5::uuid[])
group by e.player_id, e.currency
"""


async def sitting(
    tx: Tx, *, player_id: UUID, upto: int, pause: timedelta, most: timedelta
) -> Sitting:
    """The newest sitting up to a number of the player's lane, as far as `most` looks back."""
    since = tx.now - most
    rows = await tx.fetch(SITTING, player_id, floor_of(tx, most), since, upto, pause)
    return _sitting(rows)


async def moved(
    tx: Tx, *, ranges: Mapping[int, tuple[int, int]], players: Sequence[UUID]
) -> dict[UUID, Sitting]:
    """What lines beyond the first and up to the second number of each lane did to these players."""
    rows = await tx.fetch(
        MOVED,
        list(ranges),
        [after for after, _ in ranges.values()],
        [upto for _, upto in ranges.values()],
        floor_of(tx),
        players,
    )
    found: dict[UUID, list[Record]] = {}
    for row in rows:
        found.setdefault(row["player_id"], []).append(row)
    return {player_id: _sitting(own) for player_id, own in found.items()}


async def lanes_of(tx: Tx, player_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The lanes of those who have bet before."""
    rows = await tx.fetch(
        "select player_id, lane from betting.player_hot where player_id = any($1::uuid[])",
        player_ids,
    )
    return {row["player_id"]: row["lane"] for row in rows}


def _sitting(rows: Sequence[Record]) -> Sitting:
    return Sitting(
        since=min((row["first"] for row in rows), default=None),
        last=max((row["last"] for row in rows), default=None),
        nets={CurrencyCode(row["currency"]): row["net"] for row in rows},
    )
