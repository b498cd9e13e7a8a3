"""A statement of any account for any period adds up, page by page."""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.ledger import api
from fairhouse.ledger.types import (
    AccountCode,
    AccountKey,
    Kind,
    MalformedCursor,
    Side,
    Statement,
    StatementLine,
    Transfer,
)
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.postgres.roles import DatabaseUrls

START = datetime(2026, 3, 1, tzinfo=UTC)
USDT = CurrencyCode("USDT")


@dataclass
class Desk:
    """A database, its clock and the loop they run in."""

    runner: asyncio.Runner
    db: Database
    now: datetime

    async def post(self, transfers: list[Transfer]) -> None:
        async with self.db.tx() as tx:
            await api.post(tx, transfers=transfers)

    async def pages(
        self, key: AccountKey, since: datetime, until: datetime, limit: int
    ) -> list[Statement]:
        found: list[Statement] = []
        cursor: str | None = None
        async with self.db.read() as tx:
            while not found or cursor is not None:
                page = await api.statement(
                    tx, key=key, since=since, until=until, before_cursor=cursor, limit=limit
                )
                found.append(page)
                cursor = page.next_cursor
        return found


@pytest.fixture
def desk(database_urls: DatabaseUrls) -> Generator[Desk]:
    with asyncio.Runner() as runner:
        made: list[Desk] = []
        db = runner.run(
            Database.connect(database_urls.app, PoolSettings(size_max=3), clock=lambda: made[0].now)
        )
        made.append(Desk(runner, db, START))
        yield made[0]
        runner.run(db.close())


moves = st.lists(
    st.tuples(
        st.integers(0, 3), st.booleans(), st.integers(1, 50), st.sampled_from(["s", "p", "pp"])
    ),
    max_size=14,
)


def signed(transfer: Transfer, key: AccountKey) -> int:
    toward = transfer.credit if key.rule.side is Side.CREDIT else transfer.debit
    return transfer.amount if toward == key else -transfer.amount


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    moves=moves,
    window=st.tuples(st.integers(-1, 20), st.integers(0, 20)),
    limit=st.integers(1, 6),
    of_house=st.booleans(),
)
def test_opening_and_lines_are_closing(
    desk: Desk,
    moves: list[tuple[int, bool, int, str]],
    window: tuple[int, int],
    limit: int,
    of_house: bool,
):
    # An account on the credit side, and one on the debit side.
    player = AccountKey(1, AccountCode.HOUSE_BANKROLL, USDT, owner=uuid4())
    house = AccountKey(1, AccountCode.PLAY_ISSUANCE, USDT, owner=uuid4())
    key = house if of_house else player
    posted: list[tuple[datetime, Transfer]] = []
    desk.now = START
    for wait_s, inward, amount, kind in moves:
        desk.now += timedelta(seconds=wait_s)
        debit, credit = (house, player) if inward else (player, house)
        first = Transfer(
            id=uuid4(), debit=debit, credit=credit, amount=amount, reason="r", ref="x",
            kind=Kind.SINGLE if kind == "s" else Kind.PENDING,
        )  # fmt: skip
        batch = [first]
        if kind == "pp":
            batch.append(api.post_of(first, id_=uuid4()))
        desk.runner.run(desk.post(batch))
        posted += [(desk.now, item) for item in batch if item.kind is not Kind.PENDING]
    since = START + timedelta(seconds=window[0])
    until = since + timedelta(seconds=window[1])

    pages = desk.runner.run(desk.pages(key, since, until, limit))

    lines = [line for page in pages for line in page.lines]
    expected = sorted(
        ((at, item.id, signed(item, key)) for at, item in posted if since <= at < until),
        key=lambda line: (line[0], line[1].int),
        reverse=True,
    )
    assert [(line.at, line.id, line.amount) for line in lines] == expected
    opening = sum(signed(item, key) for at, item in posted if at < since)
    closing = sum(signed(item, key) for at, item in posted if at < until)
    assert {(page.opening, page.closing) for page in pages} == {(opening, closing)}
    assert opening + sum(line.amount for line in lines) == closing
    assert_running(lines, closing)
    assert all(len(page.lines) == limit for page in pages[:-1])


def assert_running(lines: list[StatementLine], closing: int) -> None:
    for line in lines:
        assert line.balance_after == closing
        closing -= line.amount


def test_a_foreign_cursor_is_refused(desk: Desk):
    async def read(cursor: str) -> None:
        async with desk.db.read() as tx:
            await api.statement(
                tx,
                key=AccountKey(1, AccountCode.FEE_REVENUE, USDT),
                since=START,
                until=START,
                before_cursor=cursor,
            )

    for cursor in ("", "x", "1-2", "1; drop table", "9" * 17 + "-" + "0" * 32 + "-1"):
        with pytest.raises(MalformedCursor):
            desk.runner.run(read(cursor))
