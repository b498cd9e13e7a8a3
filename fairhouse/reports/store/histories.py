"""Histories, newest first by their time-ordered ids."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from fairhouse.platform.database import Record, Tx
from fairhouse.reports.types import (
    BetRow,
    DepositRow,
    FamilyRow,
    FamilyStep,
    Page,
    PlayerRow,
    TransferRow,
    WithdrawalRow,
    WithdrawalStep,
)

_PLAYER: Final = (
    "select id, brand_id, kind, status, username, language, is_test, created_at, last_login_at,"
    " withdrawals_held_until, locked_until, erased_at, wagered_value, returned_value"
    " from reports.player"
)
_DEPOSIT: Final = (
    "select id, brand_id, player_id, username, is_test, chain, tx_hash, idx, asset, address,"
    " from_address, base_units, units, state, confirmations, required, value, seen_at,"
    " credited_at from reports.deposit"
)
_WITHDRAWAL: Final = (
    "select id, brand_id, player_id, username, is_test, chain, asset, currency, units, fee_units,"
    " destination, state, array(select c ->> 'code' from jsonb_array_elements(checks) c"
    " where c ->> 'state' <> 'passed') as open_checks, value, tx_hash, note, requested_at,"
    " updated_at from reports.withdrawal"
)
_BET: Final = (
    "select id, brand_id, player_id, username, is_test, game, currency, nonce, seed_pair_id,"
    " stake, payout, state, stake_value, at from reports.bet"
)
_FAMILY: Final = (
    "select id, brand_id, kind, chain, asset, source, destination, base_units, ref, state, nonce,"
    " failure, fee_base_units, block_height, created_at, updated_at from reports.family"
)

# Which columns each list can be narrowed by; the first is written into the SQL, so that nothing
# a browser sends ever is.
_PLAYER_FILTERS: Final = {"status": "status", "kind": "kind"}
_DEPOSIT_FILTERS: Final = {"state": "state", "asset": "asset", "player_id": "player_id::text"}
_WITHDRAWAL_FILTERS: Final = {
    "state": "state",
    "asset": "asset",
    "player_id": "player_id::text",
    "destination": "lower(destination)",
}
_QUEUES: Final = {
    "needs_review": """ and state in ('REQUESTED', 'CHECKING', 'WAITING', 'APPROVED')
        and checks @> '[{"state": "needs_review"}]'""",
    "undecided": " and state in ('REQUESTED', 'CHECKING', 'WAITING', 'APPROVED')",
    "in_flight": " and state in ('ORDERED', 'SIGNED', 'BROADCAST')",
}
_BET_FILTERS: Final = {
    "game": "game",
    "currency": "currency",
    "state": "state",
    "seed_pair_id": "seed_pair_id::text",
}
_FAMILY_FILTERS: Final = {"kind": "kind", "state": "state", "asset": "asset", "ref": "ref"}


async def _page(
    tx: Tx, select: str, columns: Mapping[str, str], page: Page, narrowed: str = ""
) -> list[Record]:
    """The newest rows below the cursor. One brand is asked at a time, so that its index leads."""
    values: list[object] = [page.before, page.limit]
    conditions: list[str] = []
    for name, wanted in page.filters.items():
        if name in columns and wanted:
            values.append(wanted)
            conditions.append(f"{columns[name]} = ${len(values)}")
    more = narrowed + "".join(f" and {condition}" for condition in conditions)
    before = "" if page.before is None else " and id < $1"
    unused = "" if page.before else " and $1::uuid is null"
    parts = [
        f"({select} where brand_id = {int(brand)}{before}{unused}{more} order by id desc limit $2)"
        for brand in page.brands
    ]
    if not parts:
        return []
    whole = f"select * from ({' union all '.join(parts)}) as part order by id desc limit $2"
    return await tx.fetch(whole, *values)


async def players(tx: Tx, page: Page) -> list[PlayerRow]:
    """Players; guests only when they are asked for."""
    filters = {"kind": "registered", **{key: item for key, item in page.filters.items() if item}}
    narrowed = Page(brands=page.brands, before=page.before, limit=page.limit, filters=filters)
    if filters["kind"] == "registered":
        del filters["kind"]
        select = f"select * from ({_PLAYER} where kind = 'registered') as p"
    else:
        select = _PLAYER
    return [PlayerRow(**dict(row)) for row in await _page(tx, select, _PLAYER_FILTERS, narrowed)]


async def player(tx: Tx, player_id: UUID) -> PlayerRow | None:
    """One player."""
    row = await tx.fetchrow(f"{_PLAYER} where id = $1", player_id)
    return PlayerRow(**dict(row)) if row else None


async def deposits(tx: Tx, page: Page) -> list[DepositRow]:
    """Deposits."""
    return [_deposit(row) for row in await _page(tx, _DEPOSIT, _DEPOSIT_FILTERS, page)]


async def deposits_by_hash(tx: Tx, tx_hash: str) -> list[DepositRow]:
    """Those that one transaction made."""
    rows = await tx.fetch(f"{_DEPOSIT} where tx_hash = $1 order by id limit 50", tx_hash)
    return [_deposit(row) for row in rows]


def _deposit(row: Record) -> DepositRow:
    values: dict[str, Any] = dict(row)
    values["base_units"] = int(row["base_units"])
    return DepositRow(**values)


async def withdrawals(tx: Tx, page: Page) -> list[WithdrawalRow]:
    """Withdrawals, or one of their queues."""
    queue = _QUEUES.get(page.filters.get("queue", ""), "")
    rows = await _page(tx, _WITHDRAWAL, _WITHDRAWAL_FILTERS, page, queue)
    return [_withdrawal(row) for row in rows]


def _withdrawal(row: Record) -> WithdrawalRow:
    values: dict[str, Any] = dict(row)
    values["open_checks"] = tuple(row["open_checks"])
    return WithdrawalRow(**values)


async def withdrawal_steps(tx: Tx, withdrawal_id: UUID) -> list[WithdrawalStep]:
    """Every change, with the member of staff who made it."""
    rows = await tx.fetch(
        "select seq, state, at, actor, staff_id, note from reports.withdrawal_step"
        " where withdrawal_id = $1 order by seq",
        withdrawal_id,
    )
    return [WithdrawalStep(**dict(row)) for row in rows]


async def bets(tx: Tx, page: Page) -> list[BetRow]:
    """Bets and rounds; a player's by the index of their accounts."""
    wanted = page.filters.get("player_id")
    if not wanted:
        return [BetRow(**dict(row)) for row in await _page(tx, _BET, _BET_FILTERS, page)]
    accounts = await tx.fetch(
        "select account_id, brand_id from reports.cash_account"
        " where player_id = $1::text::uuid and brand_id = any($2::integer[])",
        wanted,
        list(page.brands),
    )
    found: list[Record] = []
    for account in accounts:
        one = replace(page, brands=(account["brand_id"],))
        narrowed = f" and cash_account = {int(account['account_id'])}"
        found += await _page(tx, _BET, _BET_FILTERS, one, narrowed)
    newest = sorted(found, key=lambda row: row["id"], reverse=True)
    return [BetRow(**dict(row)) for row in newest[: page.limit]]


async def families(tx: Tx, page: Page) -> list[FamilyRow]:
    """Payments of custody's."""
    return [_family(row) for row in await _page(tx, _FAMILY, _FAMILY_FILTERS, page)]


async def families_of(tx: Tx, ref: str) -> list[FamilyRow]:
    """Every family that was made for one withdrawal, the oldest first."""
    rows = await tx.fetch(f"{_FAMILY} where ref = $1 order by id limit 20", ref)
    return [_family(row) for row in rows]


def _family(row: Record) -> FamilyRow:
    fee = row["fee_base_units"]
    values: dict[str, Any] = dict(row)
    values["base_units"] = int(row["base_units"])
    values["fee_base_units"] = None if fee is None else int(fee)
    return FamilyRow(**values)


async def family_steps(tx: Tx, family_id: UUID) -> list[FamilyStep]:
    """Every change of a family, the oldest first."""
    rows = await tx.fetch(
        "select state, note, at from reports.family_step where family_id = $1 order by id",
        family_id,
    )
    return [FamilyStep(**dict(row)) for row in rows]


async def transfers_of(tx: Tx, ref: str, limit: int) -> list[TransferRow]:
    """What the books did for one thing, the oldest first."""
    rows = await tx.fetch(
        "select id, kind, brand_id, unit, amount, debit_name, credit_name, reason, ref, at,"
        " pending_id from reports.transfer where ref = $1 order by at, id limit $2",
        ref,
        limit,
    )
    return [_transfer(row) for row in rows]


def _transfer(row: Record) -> TransferRow:
    values: dict[str, Any] = dict(row)
    values["amount"] = int(row["amount"])
    return TransferRow(**values)


async def staff_names(tx: Tx) -> dict[UUID, str]:
    """Handles of all staff, for timelines."""
    return {row["id"]: row["handle"] for row in await tx.fetch("select * from reports.staff")}
