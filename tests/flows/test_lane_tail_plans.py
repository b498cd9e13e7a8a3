"""Following foreign lanes four times a second must cost next to nothing."""

import psycopg
import pytest
from psycopg import sql

from fairhouse.betting.store import tail
from fairhouse.kernel.ids import to_wire
from fairhouse.platform.database import Database
from tests.flows.betting_kit import new_player, table_on


@pytest.mark.parametrize("statement", [tail.NEWEST, tail.TOLD])
def test_the_plan_reads_by_lane_and_number(database_urls, statement):
    with psycopg.connect(database_urls.app) as connection:
        connection.execute("set enable_seqscan = off")
        explained = sql.SQL("explain (generic_plan) {}").format(sql.SQL(statement))
        plan = "\n".join(row[0] for row in connection.cursor().execute(explained))

    assert "Seq Scan" not in plan, plan
    assert "lane_lane_seq_idx" in plan, plan
    # Partitions are merged in the order of their indexes, never sorted.
    assert "Merge Append" in plan, plan


async def test_it_tells_what_is_between_two_numbers(db: Database):
    async with table_on(db) as table:
        one, two = new_player(lane=2), new_player(lane=9)
        for player in (one, two):
            await table.give(player, 10**9)
        bets: dict[int, list[str]] = {2: [], 9: []}
        for _ in range(4):
            bets[2].append((await table.dice(one)).id)
            bets[9].append((await table.dice(two)).id)
        async with db.read() as tx:
            newest = await tail.newest_seqs(tx, [2, 3, 9])
            all_of = await tail.told(tx, {2: (0, newest[2]), 9: (newest[9] - 1, newest[9])}, 100)
            last_two = await tail.told(tx, {2: (0, newest[2])}, 2)

    assert newest.keys() == {2, 9}
    assert [told.lane for told in all_of] == [2, 2, 2, 2, 9]
    assert [to_wire("bet", told.id) for told in all_of] == [*bets[2], bets[9][-1]]
    assert [told.id for told in last_two] == [told.id for told in all_of[2:4]]
