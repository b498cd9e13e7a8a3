"""All SQL that writes the ledger and reads single accounts. Every statement works on a whole set.

Locks are taken in one order everywhere: accounts by name, transfers by id, balances by account id
and last, so that a hot balance row is held for the shortest time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from fairhouse.kernel.currencies import AssetId, CurrencyCode
from fairhouse.ledger.tables import Cursor, Hold, Leg, Movement, PageSums
from fairhouse.ledger.types import (
    AccountCode,
    AccountKey,
    Balance,
    JournalEntry,
    Kind,
    OwnedBalance,
    Side,
    Transfer,
)
from fairhouse.platform.database import Record, Tx

_BALANCES: Final = "ledger.balance"
_ASSET_BALANCES: Final = "ledger.asset_balance"


class Overdrawn(Exception):
    """A balance constraint refused the movement; the savepoint must be undone."""


async def account_ids(tx: Tx, keys: Iterable[AccountKey]) -> dict[AccountKey, int]:
    """The ids of those accounts that are open."""
    by_name = {key.name: key for key in keys}
    rows = await tx.fetch(
        "select name, id from ledger.account where name = any($1::text[])", list(by_name)
    )
    return {by_name[row["name"]]: row["id"] for row in rows}


async def open_accounts(tx: Tx, keys: Collection[AccountKey]) -> None:
    """Open what is missing; what another transaction opens meanwhile is waited for."""
    ordered = sorted(keys, key=lambda key: key.name)
    await tx.execute(
        """
        insert into ledger.account (brand_id, code, unit, owner, lane)
        select * from unnest($1::int[], $2::text[], $3::text[], $4::uuid[], $5::smallint[])
        on conflict do nothing
        """,
        [key.brand_id for key in ordered],
        [str(key.code) for key in ordered],
        [str(key.unit) for key in ordered],
        [key.owner for key in ordered],
        [key.lane for key in ordered],
    )


async def holds(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Hold]:
    """The pending transfers among these ids."""
    rows = await tx.fetch(
        """
        select t.id, t.amount, t.expires_at, d.name as debit, c.name as credit
        from ledger.transfer t
        join ledger.account d on d.id = t.debit_account
        join ledger.account c on c.id = t.credit_account
        where t.id = any($1::uuid[]) and t.kind = 'pending'
        """,
        list(ids),
    )
    return {
        row["id"]: Hold(
            row["id"], row["debit"], row["credit"], int(row["amount"]), row["expires_at"]
        )
        for row in rows
    }


async def add_transfers(
    tx: Tx, transfers: Sequence[Transfer], accounts: Mapping[AccountKey, int]
) -> set[UUID]:
    """Write the transfers, which are in id order; returns the ids that were not there before."""
    rows = await tx.fetch(
        """
        insert into ledger.transfer (id, kind, debit_account, credit_account, amount, pending_id,
            reason, ref, rate_id, value_ref, expires_at, request_hash, at)
        select *, $13::timestamptz from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[],
            $5::numeric[], $6::uuid[], $7::text[], $8::text[], $9::uuid[], $10::bigint[],
            $11::timestamptz[], $12::bytea[])
        on conflict (id) do nothing
        returning id
        """,
        [item.id for item in transfers],
        [str(item.kind) for item in transfers],
        [accounts[item.debit] for item in transfers],
        [accounts[item.credit] for item in transfers],
        [item.amount for item in transfers],
        [item.pending_id for item in transfers],
        [item.reason for item in transfers],
        [item.ref for item in transfers],
        [item.rate_id for item in transfers],
        [item.value_ref for item in transfers],
        [item.expires_at for item in transfers],
        [item.request_hash for item in transfers],
        tx.now,
    )
    return {row["id"] for row in rows}


async def stored_hashes(tx: Tx, ids: Collection[UUID]) -> dict[UUID, bytes]:
    """The request hashes under these ids."""
    rows = await tx.fetch(
        "select id, request_hash from ledger.transfer where id = any($1::uuid[])", list(ids)
    )
    return {row["id"]: bytes(row["request_hash"]) for row in rows}


async def resolve(tx: Tx, transfers: Iterable[Transfer]) -> set[UUID]:
    """Claim the holds of these posts and voids; returns the ids of those that won theirs."""
    ordered = sorted(transfers, key=lambda item: (item.pending_id or item.id).int)
    rows = await tx.fetch(
        """
        insert into ledger.resolution (pending_id, transfer_id, at)
        select *, $3::timestamptz from unnest($1::uuid[], $2::uuid[])
        on conflict (pending_id) do nothing
        returning transfer_id
        """,
        [item.pending_id for item in ordered],
        [item.id for item in ordered],
        tx.now,
    )
    return {row["transfer_id"] for row in rows}


async def move(tx: Tx, movements: Mapping[int, Movement], *, in_asset_book: bool) -> None:
    """Add to the counters of these accounts, locking them in the order of their ids.

    Raises Overdrawn when a floored account would go below zero.
    """
    table = _ASSET_BALANCES if in_asset_book else _BALANCES
    number = "numeric" if in_asset_book else "bigint"
    ordered = sorted(movements.items())
    try:
        touched = await tx.execute(
            f"""
            with movement as (
                select * from unnest($1::bigint[], $2::{number}[], $3::{number}[],
                    $4::{number}[], $5::{number}[])
                    as m (account_id, debits_pending, debits_posted, credits_pending,
                          credits_posted)
            ), locked as (
                select account_id from {table} where account_id = any($1::bigint[])
                order by account_id for no key update
            )
            update {table} b set
                debits_pending = b.debits_pending + m.debits_pending,
                debits_posted = b.debits_posted + m.debits_posted,
                credits_pending = b.credits_pending + m.credits_pending,
                credits_posted = b.credits_posted + m.credits_posted
            from movement m join locked l using (account_id)
            where b.account_id = m.account_id
            """,
            [account_id for account_id, _ in ordered],
            [item.debits_pending for _, item in ordered],
            [item.debits_posted for _, item in ordered],
            [item.credits_pending for _, item in ordered],
            [item.credits_posted for _, item in ordered],
        )
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != "balance_no_overdraw":
            raise
        raise Overdrawn from error
    assert touched == len(ordered), "every account has a balance row"


async def balances_of(tx: Tx, keys: Collection[AccountKey]) -> dict[AccountKey, Balance]:
    """What the open ones among these accounts stand at."""
    by_name = {key.name: key for key in keys}
    rows = await tx.fetch(
        "select * from ledger.standing where name = any($1::text[])", list(by_name)
    )
    return {by_name[row["name"]]: _balance(row, by_name[row["name"]].rule.side) for row in rows}


async def owned_balances(tx: Tx, owner: UUID) -> list[OwnedBalance]:
    """All accounts of an owner."""
    rows = await tx.fetch(
        "select * from ledger.standing where owner = $1 order by unit, account_id", owner
    )
    keys = [_key(row) for row in rows]
    return [
        OwnedBalance(key, _balance(row, key.rule.side)) for key, row in zip(keys, rows, strict=True)
    ]


async def expired_holds(tx: Tx, limit: int) -> list[Hold]:
    """Pending transfers whose time is over and that nobody resolved, oldest first."""
    rows = await tx.fetch(
        """
        select t.id from ledger.transfer t
        where t.expires_at <= $1
          and not exists (select from ledger.resolution r where r.pending_id = t.id)
        order by t.expires_at limit $2
        """,
        tx.now,
        limit,
    )
    found = await holds(tx, [row["id"] for row in rows])
    return [found[row["id"]] for row in rows]


async def keys_named(tx: Tx, names: Collection[str]) -> dict[str, AccountKey]:
    """The keys of open accounts by their names."""
    rows = await tx.fetch("select * from ledger.account where name = any($1::text[])", list(names))
    return {row["name"]: _key(row) for row in rows}


async def entries_of(tx: Tx, ref: str, limit: int) -> list[JournalEntry]:
    """The transfers that name `ref`, oldest first."""
    rows = await tx.fetch(
        """
        select t.id, t.at, t.kind, t.amount, t.reason, t.pending_id, r.transfer_id as resolved_by,
               d.name as debit, c.name as credit
        from ledger.transfer t
        join ledger.account d on d.id = t.debit_account
        join ledger.account c on c.id = t.credit_account
        left join ledger.resolution r on r.pending_id = t.id
        where t.ref = $1 order by t.at, t.id limit $2
        """,
        ref,
        limit,
    )
    keys = await keys_named(tx, {row[side] for row in rows for side in ("debit", "credit")})
    return [
        JournalEntry(
            row["at"],
            row["id"],
            Kind(row["kind"]),
            keys[row["debit"]],
            keys[row["credit"]],
            int(row["amount"]),
            row["reason"],
            row["pending_id"],
            row["resolved_by"],
        )
        for row in rows
    ]


async def journal_page(
    tx: Tx, account_id: int, since: datetime, until: datetime, before: Cursor | None, limit: int
) -> tuple[PageSums, list[Leg]]:
    """One page of [since, until), newest first, and the sums around it, in one snapshot."""
    place = before or Cursor(until, UUID(int=0), 0)
    rows = await tx.fetch(
        """
        with sums as (
            select coalesce(sum(credit - debit) filter (where at < $2), 0) as before_period,
                   coalesce(sum(credit - debit)
                       filter (where (at, id, credit) < ($4, $5, $6::numeric)), 0) as after_page,
                   coalesce(sum(credit - debit), 0) as after_period
            from ledger.journal where account_id = $1 and at < $3
        ), page as (
            select at, id, debit, credit, reason, ref from ledger.journal
            where account_id = $1 and at >= $2 and at < $3
              and (at, id, credit) < ($4, $5, $6::numeric)
            order by at desc, id desc, credit desc limit $7
        )
        select * from sums left join page on true order by at desc, id desc, credit desc
        """,
        account_id,
        since,
        until,
        place.at,
        place.id,
        place.credit,
        limit,
    )
    first = rows[0]
    sums = PageSums(
        int(first["before_period"]), int(first["after_page"]), int(first["after_period"])
    )
    legs = [
        Leg(row["at"], row["id"], int(row["debit"]), int(row["credit"]), row["reason"], row["ref"])
        for row in rows
        if row["id"] is not None
    ]
    return sums, legs


def _key(row: Record) -> AccountKey:
    unit: str = row["unit"]
    typed = AssetId(unit) if "." in unit else CurrencyCode(unit)
    return AccountKey(row["brand_id"], AccountCode(row["code"]), typed, row["owner"], row["lane"])


def _balance(row: Record, side: Side) -> Balance:
    counters = (
        int(row["debits_posted"]),
        int(row["credits_posted"]),
        int(row["debits_pending"]),
        int(row["credits_pending"]),
    )
    debits, credits_, pending_debits, pending_credits = counters
    if side is Side.CREDIT:
        return Balance(credits_ - debits, pending_debits, pending_credits)
    return Balance(debits - credits_, pending_credits, pending_debits)
