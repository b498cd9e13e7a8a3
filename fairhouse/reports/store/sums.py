"""Sums over periods and what waits, one statement each for all brands."""

from collections.abc import Sequence
from datetime import datetime

from fairhouse.kernel.currencies import CURRENCIES, CurrencyKind
from fairhouse.platform.database import Tx
from fairhouse.reports.types import FlowSum, PlaySum, Queues

_REAL = [code for code, item in CURRENCIES.items() if item.kind is CurrencyKind.REAL]


async def play(tx: Tx, brands: Sequence[int], since: datetime) -> list[PlaySum]:
    """Finished real-money play by brand and currency.

    The id's time may be a day before the bet's, as an id is accepted for that long; it only lets
    old partitions be skipped.
    """
    rows = await tx.fetch(
        """
        select brand_id, currency, count(*) as bets, count(distinct player_id) as players,
               sum(stake)::bigint as stake, sum(payout)::bigint as payout,
               sum(stake_value)::bigint as stake_value,
               sum(payout_value)::bigint as payout_value, sum(bonus_value)::bigint as bonus_value
        from reports.play
        where id >= (lpad(to_hex(floor(extract(epoch from $2::timestamptz - interval '25 hours')
                     * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
          and at >= $2 and brand_id = any($1) and currency = any($3) and is_test is not true
        group by brand_id, currency order by brand_id, currency
        """,
        brands,
        since,
        _REAL,
    )
    return [PlaySum(**dict(row)) for row in rows]


async def active_players(tx: Tx, brands: Sequence[int], since: datetime) -> dict[int, int]:
    """Different people who finished a real-money bet."""
    rows = await tx.fetch(
        """
        select brand_id, count(distinct player_id) as players from reports.play
        where id >= (lpad(to_hex(floor(extract(epoch from $2::timestamptz - interval '25 hours')
                     * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
          and at >= $2 and brand_id = any($1) and currency = any($3) and is_test is not true
        group by brand_id
        """,
        brands,
        since,
        _REAL,
    )
    return {row["brand_id"]: row["players"] for row in rows}


async def deposits(tx: Tx, brands: Sequence[int], since: datetime) -> dict[int, FlowSum]:
    """Credited and standing, by the time of the credit."""
    rows = await tx.fetch(
        """
        select brand_id, count(*) as count, coalesce(sum(value), 0)::bigint as value
        from reports.deposit
        where state = 'CREDITED' and credited_at >= $2 and brand_id = any($1)
          and is_test is not true
        group by brand_id
        """,
        brands,
        since,
    )
    return {row["brand_id"]: FlowSum(**dict(row)) for row in rows}


async def withdrawals(tx: Tx, brands: Sequence[int], since: datetime) -> dict[int, FlowSum]:
    """Paid, by the time of the last confirmation."""
    rows = await tx.fetch(
        """
        select brand_id, count(*) as count, coalesce(sum(value), 0)::bigint as value
        from reports.withdrawal
        where state = 'CONFIRMED' and updated_at >= $2 and brand_id = any($1)
          and is_test is not true
        group by brand_id
        """,
        brands,
        since,
    )
    return {row["brand_id"]: FlowSum(**dict(row)) for row in rows}


async def registrations(tx: Tx, brands: Sequence[int], since: datetime) -> dict[int, int]:
    """Accounts that were opened."""
    rows = await tx.fetch(
        "select brand_id, count(*) as opened from reports.player"
        " where kind = 'registered' and registered_at >= $2 and brand_id = any($1)"
        " and is_test is not true group by brand_id",
        brands,
        since,
    )
    return {row["brand_id"]: row["opened"] for row in rows}


async def network_fees(
    tx: Tx, brands: Sequence[int], since: datetime
) -> list[tuple[int, str, int]]:
    """Brand, asset and base units of coins that transactions cost."""
    rows = await tx.fetch(
        "select brand_id, asset, sum(base_units) as base_units from reports.network_fee"
        " where at >= $2 and brand_id = any($1) group by brand_id, asset",
        brands,
        since,
    )
    return [(row["brand_id"], row["asset"], int(row["base_units"])) for row in rows]


async def queues(tx: Tx, brands: Sequence[int]) -> list[Queues]:
    """What waits, by brand."""
    rows = await tx.fetch(
        """
        select b.brand_id, coalesce(w.undecided, 0) as undecided,
               coalesce(w.needs_review, 0) as needs_review, coalesce(w.in_flight, 0) as in_flight,
               coalesce(d.confirming, 0) as confirming,
               coalesce(d.troubled, 0) + coalesce(f.stranded, 0) as troubled
        from unnest($1::integer[]) as b (brand_id)
        left join (
            select brand_id,
                   count(*) filter (where state not in ('ORDERED', 'SIGNED', 'BROADCAST'))
                       as undecided,
                   count(*) filter (where state not in ('ORDERED', 'SIGNED', 'BROADCAST')
                       and checks @> '[{"state": "needs_review"}]') as needs_review,
                   count(*) filter (where state in ('ORDERED', 'SIGNED', 'BROADCAST'))
                       as in_flight
            from reports.withdrawal
            where state in ('REQUESTED', 'CHECKING', 'WAITING', 'APPROVED', 'ORDERED', 'SIGNED',
                            'BROADCAST')
            group by brand_id
        ) as w using (brand_id)
        left join (
            select brand_id,
                   count(*) filter (where state in ('SEEN', 'CONFIRMING')) as confirming,
                   count(*) filter (where state in ('ORPHANED', 'REVERSED')) as troubled
            from reports.deposit where state in ('SEEN', 'CONFIRMING', 'ORPHANED', 'REVERSED')
            group by brand_id
        ) as d using (brand_id)
        left join (
            select brand_id, count(*) as stranded from reports.family
            where state = 'stranded' group by brand_id
        ) as f using (brand_id)
        order by b.brand_id
        """,
        brands,
    )
    return [Queues(**dict(row)) for row in rows]
