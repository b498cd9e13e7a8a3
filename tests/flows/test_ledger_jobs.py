"""The invariants job, what a post costs, and that the job sees what nobody should be able to do."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg

from fairhouse.kernel.currencies import ASSETS, AssetId, CurrencyCode
from fairhouse.ledger import api, jobs
from fairhouse.ledger.types import AccountCode, AccountKey, Kind, Transfer
from fairhouse.platform.database import Database

BTC = CurrencyCode("BTC")
ETHER = ASSETS[AssetId("eth.ethereum")]
HOUSE = AccountKey(1, AccountCode.HOUSE_BANKROLL, BTC, lane=0)


def cash() -> AccountKey:
    return AccountKey(1, AccountCode.PLAYER_CASH, BTC, owner=uuid4())


def single(debit: AccountKey, credit: AccountKey, amount: int) -> Transfer:
    return Transfer(id=uuid4(), debit=debit, credit=credit, amount=amount, reason="t", ref="t")


async def post(db: Database, *transfers: Transfer) -> None:
    async with db.tx() as tx:
        await api.post(tx, transfers=transfers)


async def events(db: Database) -> list[tuple[str, str]]:
    async with db.read() as tx:
        rows = await tx.fetch("select subject, payload from platform.outbox order by id")
    return [(row["payload"]["invariant"], row["subject"]) for row in rows]


async def test_a_finding_is_announced_once_while_it_stands(worker_db: Database):
    watch = jobs.BooksWatch(worker_db)
    player = cash()
    await post(worker_db, single(HOUSE, player, 9))
    assert await watch.step() == []

    tamper = "update ledger.balance set credits_posted = credits_posted {} where floored"
    async with worker_db.tx() as tx:
        await tx.execute(tamper.format("+ 1"))
    assert len(await watch.step()) == 2
    await watch.step()
    assert await events(worker_db) == [
        ("debits_equal_credits", "1/BTC posted"),
        ("stored_equals_journal", f"{player.name} credits_posted"),
    ]

    async with worker_db.tx() as tx:
        await tx.execute(tamper.format("- 1"))
    assert await watch.step() == []
    assert len(await events(worker_db)) == 2


async def test_half_a_crossing_is_seen(db: Database):
    """A flow that credits without its chain side breaks the clearing rule, not the sums."""
    player = AccountKey(1, AccountCode.PLAYER_CASH, ETHER.currency, owner=uuid4())
    whole = api.crossing_in(
        crossing_id=uuid4(), asset=ETHER, base_units=3_000_000_001,
        chain_account=AccountKey(1, AccountCode.DEPOSIT_ADDRESSES, ETHER.id),
        currency_account=player, reason="deposit", ref="dep_1",
    )  # fmt: skip
    await post(db, *whole)
    async with db.tx() as tx:
        assert await api.imbalances(tx) == []
        await api.post(tx, transfers=[single(api.clearing_key(1, ETHER), player, 2)])
        (found,) = await api.imbalances(tx)

    assert (found.invariant, found.expected, found.actual) == (
        "clearing",
        5_000_000_000,
        3_000_000_000,
    )


async def test_expired_holds_end_by_themselves(worker_db: Database, clock):
    player = cash()
    hold = Transfer(
        id=uuid4(), debit=player, credit=HOUSE, amount=4, reason="t", ref="t",
        kind=Kind.PENDING, expires_at=clock() + timedelta(seconds=1),
    )  # fmt: skip
    await post(worker_db, single(HOUSE, player, 9), hold)
    assert await jobs.expire_holds(worker_db) == 0
    clock.advance(seconds=1)

    assert await jobs.expire_holds(worker_db) == 1
    async with worker_db.read() as tx:
        assert (await api.balance(tx, key=player)).available == 9
        assert await api.imbalances(tx) == []


async def statements_of(db: Database, count: int) -> int:
    """How many statements a post of so many transfers to new accounts sends."""
    seen: list[str] = []

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        seen.append(record.query)

    async with db.tx() as tx:
        tx.connection.add_query_logger(note)  # type: ignore[union-attr]
        await api.post(tx, transfers=[single(HOUSE, cash(), 1) for _ in range(count)])
        await asyncio.sleep(0)  # loggers are called by the loop
        tx.connection.remove_query_logger(note)  # type: ignore[union-attr]
    return len(seen)


async def test_a_post_costs_the_same_statements_whatever_its_size(db: Database):
    await statements_of(db, 1)  # the driver learns the types

    assert await statements_of(db, 2) == await statements_of(db, 300) <= 8


async def test_everything_done_for_one_thing_can_be_listed(db: Database):
    player = cash()
    hold = replace(single(player, HOUSE, 4), kind=Kind.PENDING, ref="wdr_1")
    void = api.void_of(hold, id_=uuid4())
    await post(db, single(HOUSE, player, 9), hold)
    async with db.tx() as tx:
        (open_hold,) = await api.entries_of(tx, ref="wdr_1")
        await api.post(tx, transfers=[void])
        made, ended = sorted(await api.entries_of(tx, ref="wdr_1"), key=lambda item: item.kind)

    assert open_hold.resolved_by is None
    assert (made.kind, made.debit, made.amount, made.resolved_by) == (
        Kind.PENDING,
        player,
        4,
        void.id,
    )
    assert (ended.kind, ended.pending_id) == (Kind.VOID, hold.id)
