"""SQL over the whole books: trial balance and invariants. Reads only; each query one snapshot."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from fairhouse.ledger.tables import ClearingStanding
from fairhouse.ledger.types import AccountCode, TrialRow
from fairhouse.platform.database import Tx

Counters = dict[str, tuple[int, int]]
"""Counter name to (expected, actual)."""

_COUNTERS: Final = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")


async def trial_rows(tx: Tx, brand_id: int | None) -> list[TrialRow]:
    """Posted debits and credits by brand, unit and code."""
    rows = await tx.fetch(
        """
        select brand_id, unit, code, sum(debits_posted) as debits, sum(credits_posted) as credits
        from ledger.standing where $1::int is null or brand_id = $1
        group by brand_id, unit, code order by brand_id, unit, code
        """,
        brand_id,
    )
    return [
        TrialRow(
            row["brand_id"],
            row["unit"],
            AccountCode(row["code"]),
            int(row["debits"]),
            int(row["credits"]),
        )
        for row in rows
    ]


async def unit_sums(tx: Tx) -> list[tuple[str, Counters]]:
    """Debits against credits of every unit of every brand."""
    rows = await tx.fetch(
        """
        select brand_id || '/' || unit as subject,
               sum(debits_posted) as debits_posted, sum(credits_posted) as credits_posted,
               sum(debits_pending) as debits_pending, sum(credits_pending) as credits_pending
        from ledger.standing group by brand_id, unit order by brand_id, unit
        """
    )
    return [
        (
            row["subject"],
            {
                "posted": (int(row["debits_posted"]), int(row["credits_posted"])),
                "pending": (int(row["debits_pending"]), int(row["credits_pending"])),
            },
        )
        for row in rows
    ]


async def drifted_accounts(tx: Tx) -> list[tuple[str, Counters]]:
    """Accounts whose stored counters are not what the journal adds up to."""
    rows = await tx.fetch(
        """
        with posted as (
            select account_id, sum(debit) as debits_posted, sum(credit) as credits_posted
            from ledger.journal group by account_id
        ), unresolved as (
            select t.debit_account, t.credit_account, t.amount from ledger.transfer t
            where t.kind = 'pending'
              and not exists (select from ledger.resolution r where r.pending_id = t.id)
        ), pending as (
            select account_id, sum(debit) as debits_pending, sum(credit) as credits_pending
            from (
                select debit_account as account_id, amount as debit, 0 as credit from unresolved
                union all
                select credit_account, 0, amount from unresolved
            ) legs group by account_id
        ), compared as (
            select coalesce(s.name, 'account ' || account_id) as name,
                   coalesce(s.debits_posted, 0) as debits_posted,
                   coalesce(s.credits_posted, 0) as credits_posted,
                   coalesce(s.debits_pending, 0) as debits_pending,
                   coalesce(s.credits_pending, 0) as credits_pending,
                   coalesce(j.debits_posted, 0) as journal_debits_posted,
                   coalesce(j.credits_posted, 0) as journal_credits_posted,
                   coalesce(p.debits_pending, 0) as journal_debits_pending,
                   coalesce(p.credits_pending, 0) as journal_credits_pending
            from ledger.standing s
            full join posted j using (account_id)
            full join pending p using (account_id)
        )
        select * from compared
        where (debits_posted, credits_posted, debits_pending, credits_pending)
            is distinct from (journal_debits_posted, journal_credits_posted,
                journal_debits_pending, journal_credits_pending)
        order by name
        """
    )
    return [
        (
            row["name"],
            {name: (int(row[f"journal_{name}"]), int(row[name])) for name in _COUNTERS},
        )
        for row in rows
    ]


async def overdrawn_accounts(tx: Tx) -> list[tuple[str, int]]:
    """Players' accounts below zero, should the constraint ever have been missing."""
    rows = await tx.fetch(
        """
        select s.name, s.credits_posted - s.debits_posted - s.debits_pending as available
        from ledger.standing s join ledger.chart c using (code)
        where c.floored and s.debits_posted + s.debits_pending > s.credits_posted
        order by s.name
        """
    )
    return [(row["name"], int(row["available"])) for row in rows]


async def unpaired_resolutions(tx: Tx) -> list[str]:
    """Posts and voids without their resolution, or the reverse: only a forger can have made one."""
    rows = await tx.fetch(
        """
        with resolving as (
            select id, pending_id from ledger.transfer where kind in ('post', 'void')
        )
        select coalesce(t.id, r.transfer_id) as id
        from resolving t
        full join ledger.resolution r on r.pending_id = t.pending_id and r.transfer_id = t.id
        where t.id is null or r.transfer_id is null
        order by id
        """
    )
    return [str(row["id"]) for row in rows]


async def clearing_standings(tx: Tx, owners: Mapping[str, UUID]) -> list[ClearingStanding]:
    """Both sides of every asset's clearing, by brand; `owners` is the owner of each asset's."""
    rows = await tx.fetch(
        """
        with asset as (
            select * from unnest($1::text[], $2::uuid[]) as a (asset_id, owner)
        )
        select s.brand_id, a.asset_id,
               coalesce(sum(s.debits_posted - s.credits_posted)
                   filter (where s.code = $3), 0) as currency_units,
               coalesce(sum(s.credits_posted - s.debits_posted)
                   filter (where s.code = $4), 0) as base_units
        from asset a
        join ledger.standing s on (s.code = $3 and s.owner = a.owner)
            or (s.code = $4 and s.unit = a.asset_id)
        group by s.brand_id, a.asset_id order by s.brand_id, a.asset_id
        """,
        list(owners),
        list(owners.values()),
        str(AccountCode.CLEARING),
        str(AccountCode.CLEARING_BASE),
    )
    return [
        ClearingStanding(
            row["brand_id"], row["asset_id"], int(row["currency_units"]), int(row["base_units"])
        )
        for row in rows
    ]
