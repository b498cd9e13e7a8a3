"""What limits are counted against is what the journal says."""

from datetime import UTC, datetime

import pytest

from fairhouse.betting import api as betting
from fairhouse.betting.jobs import fold_lanes
from fairhouse.betting.types import Bettor, Entry, EntryKind
from fairhouse.platform.database import Database
from fairhouse.protection.api import period_start
from fairhouse.protection.types import Period, Play
from fairhouse.rates import api as rates
from tests.conftest import SettableClock
from tests.flows.betting_kit import USDT, Table, new_player, table_on
from tests.flows.test_bet_journal import KEY, RATES, fund, signed_snapshot

STAKE = {"currency_code": "USDT", "stake": "10"}


@pytest.fixture
async def table(db: Database):
    async with table_on(db) as made:
        yield made
    await made.check_books()


async def prices(table: Table, worker_db: Database) -> None:
    async with worker_db.tx() as tx:
        document = signed_snapshot(tx.now, KEY)
        await rates.record_snapshot(tx, document=document, settings=RATES)
    await table.road.refresh_house()


async def counted(table: Table, player: Bettor) -> Play:
    async with table.db.read() as tx:
        return await betting.played(tx, player_id=player.player_id)


async def added_up(table: Table, player: Bettor) -> Play:
    """The same by hand, from every line of the journal."""
    async with table.db.read() as tx:
        lines = await betting.journal(tx, lane=player.lane, after=0, limit=1000)
        today = tx.now.date()
    play = Play(day=today.toordinal())
    for line in lines:
        if line.player_id != player.player_id or line.stake_value is None:
            continue
        for period in Period:
            if line.at.astimezone(UTC).date() < period_start(period, today):
                continue
            wagered, returned = f"wagered_{period}", f"returned_{period}"
            setattr(play, wagered, getattr(play, wagered) + _staked(line))
            setattr(play, returned, getattr(play, returned) + _returned(line))
    return play


def _staked(line: Entry) -> int:
    is_stake = line.kind in {EntryKind.INSTANT, EntryKind.OPEN}
    return line.stake_value or 0 if is_stake else 0


def _returned(line: Entry) -> int:
    return (line.stake_value or 0) * line.payout // line.stake if line.stake else 0


async def test_played_agrees_with_the_journal_over_days_weeks_and_months(
    table: Table, worker_db: Database, clock: SettableClock
):
    player, other = new_player(lane=3), new_player(lane=3)
    # A Tuesday; the month begins in the middle of a week.
    clock.time = datetime(2026, 3, 31, 22, tzinfo=UTC)
    for one in (player, other):
        await table.give(one, 10_000_000_000, USDT)
        await table.give(one, 10_000_000)
    await fund(table, 1_000_000 * 10**6)
    seen: list[Play] = []
    for number, hours in enumerate((0, 1, 3, 24, 24 * 6, 24 * 30)):
        clock.advance(hours=hours)
        # Sometimes the newest bets are folded, sometimes a day or two of them wait.
        if number % 2:
            await fold_lanes(table.db)
        await prices(table, worker_db)
        for _ in range(3):
            await table.dice(player, **STAKE)
        await table.dice(other, **STAKE)
        await table.dice(player)
        found = await counted(table, player)
        assert await added_up(table, player) == found
        seen.append(found)

    value = seen[0].wagered_day // 3
    assert value > 0
    in_bets = [(one.wagered_day, one.wagered_week, one.wagered_month) for one in seen]
    assert [(3, 3, 3), (6, 6, 6), (3, 9, 3), (3, 12, 6), (3, 3, 9), (3, 3, 3)] == [
        (day // value, week // value, month // value) for day, week, month in in_bets
    ]


async def test_an_open_round_counts_as_staked(
    table: Table, worker_db: Database, clock: SettableClock
):
    player = new_player()
    await table.give(player, 10_000_000_000, USDT)
    await fund(table, 1_000_000 * 10**6)
    await prices(table, worker_db)
    await table.mines(player, **STAKE)
    found = await counted(table, player)

    assert found.wagered_day > 0
    assert 0 == found.returned_day


async def test_whoever_never_played_has_played_nothing(table: Table, clock: SettableClock):
    player = new_player()

    assert Play(day=clock.time.toordinal()) == await counted(table, player)
