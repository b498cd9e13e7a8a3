"""The use cases of the ledger."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from fairhouse.kernel.currencies import ASSETS, currency
from fairhouse.kernel.ids import derived_id
from fairhouse.kernel.money import format_units
from fairhouse.ledger import store, store_books
from fairhouse.ledger.rules import invariants, statements
from fairhouse.ledger.rules import reserves as reserve_rules
from fairhouse.ledger.rules import transfers as rules
from fairhouse.ledger.rules.crossings import (
    asset_owner,
    clearing_base_key,
    clearing_key,
    crossing_hold,
    crossing_in,
    crossing_out,
    dust_key,
    post_of,
    void_of,
)
from fairhouse.ledger.types import (
    AccountKey,
    AlreadyResolved,
    Balance,
    Imbalance,
    InsufficientFunds,
    JournalEntry,
    Kind,
    MalformedPeriod,
    OwnedBalance,
    Reserve,
    Statement,
    Transfer,
    TrialRow,
)
from fairhouse.platform.database import Tx

__all__ = [
    "asset_owner",
    "balance",
    "balances",
    "clearing_base_key",
    "clearing_key",
    "crossing_hold",
    "crossing_in",
    "crossing_out",
    "dust_key",
    "entries_of",
    "expire_holds",
    "imbalances",
    "open_accounts",
    "post",
    "post_of",
    "reserves",
    "statement",
    "trial_balance",
    "void_of",
]

LINES_MAX: Final = 500
"""Most lines of one statement page."""

_NOTHING: Final = Balance(posted=0, pending_out=0, pending_in=0)


async def post(tx: Tx, *, transfers: Sequence[Transfer]) -> None:
    """Make all of these transfers, or none: they are linked.

    A transfer that is already there with the same payload is left alone, so that a repetition does
    nothing. Accounts are opened on first use. Only the sum counts against a balance: money may
    pass through an account within the batch. A refusal undoes this call alone; the caller may
    catch it and go on in its transaction.

    Refuses with InsufficientFunds, IdempotencyConflict, UnknownPending, HoldMismatch, HoldExpired
    and AlreadyResolved.
    """
    if not transfers:
        return
    # CHECK
    batch = rules.prepare(transfers)
    keys = {key for item in batch.values() for key in (item.debit, item.credit)}
    try:
        async with tx.savepoint():
            await _record(tx, batch, keys)
    except store.Overdrawn:
        raise await _insufficient_funds(tx, batch) from None
    # ANNOUNCE: the caller, who knows what the transfers mean, does.


async def _record(tx: Tx, batch: dict[UUID, Transfer], keys: Collection[AccountKey]) -> None:
    # CHECK
    accounts = await open_accounts(tx, keys=keys)
    pending_ids = {item.pending_id for item in batch.values() if item.pending_id is not None}
    holds = await store.holds(tx, pending_ids) if pending_ids else {}
    rules.check_holds(batch, holds)
    # RECORD
    added = await store.add_transfers(tx, list(batch.values()), accounts)
    if len(added) < len(batch):
        await _check_repeated(tx, {id_: batch[id_] for id_ in batch.keys() - added})
    fresh = [item for item in batch.values() if item.id in added]
    # DECIDE
    if pending_ids:
        rules.check_expiry(fresh, batch, holds, tx.now)
        resolving = [item for item in fresh if item.pending_id is not None]
        rules.check_resolved_once(fresh, await store.resolve(tx, resolving))
    sums = rules.movements(fresh, batch, holds)
    # RECORD: balances come last, in account order, so that hot rows are locked briefly.
    for in_asset_book in (False, True):
        part = {
            accounts[key]: moved
            for key, moved in sums.items()
            if key.in_asset_book is in_asset_book
        }
        if part:
            await store.move(tx, part, in_asset_book=in_asset_book)


async def _check_repeated(tx: Tx, repeated: dict[UUID, Transfer]) -> None:
    stored = await store.stored_hashes(tx, repeated)
    for id_, transfer in repeated.items():
        if stored[id_] != transfer.request_hash:
            raise rules.conflict(id_)


async def _insufficient_funds(tx: Tx, batch: dict[UUID, Transfer]) -> InsufficientFunds:
    """Name the account that falls short, as it stands now."""
    wanted: dict[AccountKey, int] = {}
    for item in batch.values():
        if item.debit.rule.floored and item.kind in {Kind.SINGLE, Kind.PENDING}:
            wanted[item.debit] = wanted.get(item.debit, 0) + item.amount
    standing = await store.balances_of(tx, wanted)
    for key, amount in wanted.items():
        available = standing.get(key, _NOTHING).available
        if available < amount:
            scale = currency(key.unit).scale
            return InsufficientFunds(
                f"amount is {format_units(amount, scale)} {key.unit} but only "
                f"{format_units(available, scale)} is available.",
                param="amount",
                currency=key.unit,
                available=format_units(available, scale),
            )
    return InsufficientFunds("amount is more than what is available.", param="amount")


async def open_accounts(tx: Tx, *, keys: Collection[AccountKey]) -> dict[AccountKey, int]:
    """The ids of these accounts, opened with a balance of zero where they were missing."""
    found = await store.account_ids(tx, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        await store.open_accounts(tx, missing)
        found |= await store.account_ids(tx, missing)
    return found


async def expire_holds(tx: Tx, *, limit: int = 100) -> int:
    """Void holds whose time is over; returns how many. Run again while it returns `limit`."""
    # CHECK
    expired = await store.expired_holds(tx, limit)
    keys = await store.keys_named(
        tx, {name for hold in expired for name in (hold.debit, hold.credit)}
    )
    # DECIDE
    voids = [
        Transfer(
            id=derived_id("ledger.expiry", str(hold.id), unix_ms=hold.id.int >> 80),
            debit=keys[hold.debit],
            credit=keys[hold.credit],
            amount=hold.amount,
            reason="hold_expired",
            ref=str(hold.id),
            kind=Kind.VOID,
            pending_id=hold.id,
        )
        for hold in expired
    ]
    # RECORD: one by one, for a hold that its owner resolves at this moment is no longer ours.
    count = 0
    for void in voids:
        try:
            await post(tx, transfers=[void])
            count += 1
        except AlreadyResolved:
            continue
    return count


async def balance(tx: Tx, *, key: AccountKey) -> Balance:
    """What an account stands at; zero when it was never used."""
    return (await store.balances_of(tx, [key])).get(key, _NOTHING)


async def balances(tx: Tx, *, owner: UUID) -> list[OwnedBalance]:
    """All accounts of a player, by unit."""
    return await store.owned_balances(tx, owner)


async def statement(
    tx: Tx,
    *,
    key: AccountKey,
    since: datetime,
    until: datetime,
    before_cursor: str | None = None,
    limit: int = 100,
) -> Statement:
    """The posted movements of an account in [since, until), newest first.

    `opening` and `closing` are those of the whole period on every page. Refuses with
    MalformedPeriod and MalformedCursor.
    """
    # CHECK
    if since > until:
        raise MalformedPeriod("until must not be before since.", param="until")
    before = None if before_cursor is None else statements.from_text(before_cursor)
    size = max(1, min(limit, LINES_MAX))
    account_id = (await store.account_ids(tx, [key])).get(key)
    if account_id is None:
        return Statement(opening=0, lines=(), closing=0, next_cursor=None)
    # DECIDE
    sums, legs = await store.journal_page(tx, account_id, since, until, before, size + 1)
    return statements.page(key.rule.side, sums, legs, size)


async def trial_balance(tx: Tx, *, brand_id: int | None = None) -> list[TrialRow]:
    """Posted debits and credits by brand, unit and code; the debits of a unit are its credits."""
    return await store_books.trial_rows(tx, brand_id)


async def reserves(tx: Tx, *, brand_id: int | None = None) -> list[Reserve]:
    """What is owed to players in each real currency, and what is kept for it.

    A shortfall is no imbalance: the books are exact, the house owes more than it has.
    """
    return reserve_rules.reserves(await store_books.trial_rows(tx, brand_id))


async def entries_of(tx: Tx, *, ref: str, limit: int = 100) -> list[JournalEntry]:
    """Everything that the ledger did for one deposit, withdrawal or family, oldest first."""
    return await store.entries_of(tx, ref, limit)


async def imbalances(tx: Tx) -> list[Imbalance]:
    """Every broken invariant of the books. Empty means exact."""
    found = invariants.counter_imbalances("debits_equal_credits", await store_books.unit_sums(tx))
    found += invariants.counter_imbalances(
        "stored_equals_journal", await store_books.drifted_accounts(tx)
    )
    owners = {str(asset.id): asset_owner(asset) for asset in ASSETS.values()}
    found += invariants.clearing_imbalances(await store_books.clearing_standings(tx, owners))
    found += [
        Imbalance("never_negative", name, 0, available)
        for name, available in await store_books.overdrawn_accounts(tx)
    ]
    found += [
        Imbalance("resolved_once", transfer_id, 1, 0)
        for transfer_id in await store_books.unpaired_resolutions(tx)
    ]
    return found
