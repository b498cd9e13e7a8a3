"""Statements are read from indexes, however long the journal."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.ledger import api, store
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.database import Database

BTC = CurrencyCode("BTC")
HOUSE = AccountKey(1, AccountCode.HOUSE_BANKROLL, BTC, lane=0)


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


async def test_a_statement_page_reads_the_index_of_its_account(
    db: Database, owner_db: Database, clock
):
    players = [AccountKey(1, AccountCode.PLAYER_CASH, BTC, owner=uuid4()) for _ in range(200)]
    for _ in range(20):
        clock.advance(minutes=1)
        async with db.tx() as tx:
            await api.post(
                tx,
                transfers=[
                    Transfer(id=uuid4(), debit=HOUSE, credit=player, amount=1, reason="t", ref="t")
                    for player in players
                ],
            )
    async with owner_db.tx() as tx:
        await tx.execute("analyze ledger.transfer")

    seen: list[tuple[str, tuple[object, ...]]] = []
    async with db.read() as tx:

        def note(record: asyncpg.connection.LoggedQuery) -> None:
            seen.append((record.query, tuple(record.args)))

        tx.connection.add_query_logger(note)  # type: ignore[union-attr]
        accounts = await store.account_ids(tx, [players[7]])
        await store.journal_page(
            tx, accounts[players[7]], clock() - timedelta(minutes=9), clock(), None, 11
        )
        await asyncio.sleep(0)  # loggers are called by the loop
        tx.connection.remove_query_logger(note)  # type: ignore[union-attr]
        sql, values = seen[-1]
        (row,) = await tx.fetch(f"explain (format json) {sql}", *values)
    (plan,) = json.loads(row[0])
    scans = [node for node in nodes(plan["Plan"]) if "Relation Name" in node]

    assert {node["Relation Name"] for node in scans} >= {"transfer"}
    on_transfers = [node for node in scans if node["Relation Name"] == "transfer"]
    assert {node["Node Type"] for node in on_transfers} <= {
        "Index Scan",
        "Index Only Scan",
        "Bitmap Heap Scan",
    }
    indexes = {node["Index Name"] for node in nodes(plan["Plan"]) if "Index Name" in node}
    assert {"transfer_debits", "transfer_credits"} <= indexes


async def test_a_bet_may_touch_an_account_twice(db: Database, owner_db: Database, clock):
    """Stake and payout of one bet are two lines of one id: no page boundary loses either."""
    player = AccountKey(1, AccountCode.PLAYER_CASH, BTC, owner=uuid4())
    async with owner_db.tx() as tx:
        await tx.execute("create table ledger.probe (id uuid, stake bigint, payout bigint)")
        await tx.execute(
            """
            create or replace view ledger.journal as
            select account_id, '2026-01-01T00:00:00Z'::timestamptz as at, id, debit::numeric,
                   credit::numeric, reason, 'bet_1'::text as ref
            from (
                select a.id as account_id, p.id, p.stake as debit, 0 as credit, 'stake' as reason
                from ledger.probe p, ledger.account a
                union all
                select a.id, p.id, 0, p.payout, 'payout' from ledger.probe p, ledger.account a
            ) leg
            """
        )
        await tx.execute("grant select on ledger.journal to fairhouse_app")
        await tx.execute("insert into ledger.probe values ($1, 5, 9)", uuid4())
        await tx.execute("insert into ledger.probe values ($1, 5, 5)", uuid4())
        await api.open_accounts(tx, keys=[player])

    lines = []
    async with db.read() as tx:
        cursor = None
        while cursor is not None or not lines:
            page = await api.statement(
                tx,
                key=player,
                since=clock() - timedelta(days=9),
                until=clock(),
                before_cursor=cursor,
                limit=1,
            )
            lines += page.lines
            cursor = page.next_cursor
    assert [line.reason for line in lines] == ["payout", "stake"] * 2
    assert sorted(line.amount for line in lines) == [-5, -5, 5, 9]
    assert lines[0].balance_after == 4
