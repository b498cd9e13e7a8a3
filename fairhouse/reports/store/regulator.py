"""Whole tables for a regulator, and their control totals, out of one snapshot."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.reports.types import Dataset, Total

BATCH: Final = 1_000
_FIRST: Final = UUID(int=0)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DATASETS: Final = {
    one.name: one
    for one in (
        Dataset(
            "players",
            "reports.player",
            _names(
                "id brand_id kind status language is_test created_at "
                "registered_at last_login_at erased_at wagered_value returned_value"
            ),
            at="created_at",
            unit="brand_id",
            sums=("wagered_value", "returned_value"),
        ),
        Dataset(
            "bets",
            "reports.lane_entry",
            _names(
                "id brand_id player_id round_id kind game game_version "
                "table_hash currency stake payout lane lane_seq at"
            ),
            at="at",
            unit="currency",
            sums=("stake", "payout"),
        ),
        Dataset(
            "transfers",
            "reports.transfer",
            _names("id brand_id kind unit amount debit_name credit_name reason ref pending_id at"),
            at="at",
            unit="unit",
            sums=("amount",),
        ),
        Dataset(
            "deposits",
            "reports.deposit",
            _names(
                "id brand_id player_id chain tx_hash asset address "
                "base_units units state confirmations required value seen_at credited_at"
            ),
            at="seen_at",
            unit="asset",
            sums=("base_units", "value"),
        ),
        Dataset(
            "withdrawals",
            "reports.withdrawal",
            _names(
                "id brand_id player_id chain asset currency units "
                "fee_units destination state value tx_hash requested_at updated_at"
            ),
            at="requested_at",
            unit="currency",
            sums=("units", "fee_units", "value"),
        ),
    )
}
"""What can be exported; columns and views are ours, nothing a browser sends is ever SQL."""


async def rows(
    tx: Tx, of: Dataset, brands: Sequence[int], since: datetime, until: datetime
) -> AsyncGenerator[list[object]]:
    """In the order of their ids, a thousand at a time."""
    after = _FIRST
    while True:
        found = await tx.fetch(
            f"select {', '.join(of.columns)} from {of.source}"
            f" where brand_id = any($1::integer[]) and {of.at} >= $2 and {of.at} < $3"
            " and id > $4 order by id limit $5",
            list(brands),
            since,
            until,
            after,
            BATCH,
        )
        for row in found:
            yield list(row.values())
        if len(found) < BATCH:
            return
        after = found[-1]["id"]


async def totals(
    tx: Tx, of: Dataset, brands: Sequence[int], since: datetime, until: datetime
) -> list[Total]:
    """Counts and sums by unit, as the database adds them up."""
    sums = ", ".join(f"coalesce(sum({name}), 0)::text" for name in of.sums)
    found = await tx.fetch(
        f"select coalesce({of.unit}::text, '') as unit, count(*) as rows, array[{sums}] as sums"
        f" from {of.source} where brand_id = any($1::integer[])"
        f" and {of.at} >= $2 and {of.at} < $3 group by 1 order by 1",
        list(brands),
        since,
        until,
    )
    return [
        Total(row["unit"], row["rows"], dict(zip(of.sums, row["sums"], strict=True)))
        for row in found
    ]
