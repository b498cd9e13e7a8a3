"""An owned API process cannot rewrite a round: what players were told stays, whatever it tries."""

import asyncpg
import pytest

from fairhouse.games.crash.types import State
from tests.flows.betting_kit import new_player
from tests.flows.crash_kit import commit_chain_with, scene_on

COINS = 10**6

RUNNING_SINS = [
    "update games.crash_round set closes_at = closes_at + interval '1 hour'",
    "update games.crash_round set beacon = 'quicknet'",
    "update games.crash_round set beacon_round = beacon_round + 1",
    "update games.crash_round set chain_number = chain_number + 1",
    "update games.crash_round set signature = '\\x00'",
    "update games.crash_round set started_at = started_at + interval '5 seconds'",
    "update games.crash_round set caps = '{\"1:PLAY\": 101}'",
    "update games.crash_round set state = 'betting'",
    "update games.crash_round set state = 'void', ended_at = now(), reason = 'x'",
    "update games.crash_round set seen_ms = seen_ms - 1",
    "update games.crash_bet set ends_at = 101",
    "delete from games.crash_bet",
    "update games.crash_cash_out set multiplier = 9999",
    "delete from games.crash_cash_out",
]
CRASHED_SINS = [
    "update games.crash_round set point = 100",
    "update games.crash_round set hash = sha256('x')",
    "update games.crash_round set made_good = 5000",
    "update games.crash_round set state = 'running'",
    "delete from games.crash_round",
    "truncate games.crash_round cascade",
]


async def is_refused(db, sin):
    with pytest.raises(asyncpg.PostgresError):
        async with db.tx() as tx:
            await tx.execute(sin)


async def test_a_round_stays_as_it_was_told(db, clock):
    async with scene_on(db, clock) as scene:
        await commit_chain_with(db, scene.beacon, "crash", 300, 900)
        player = new_player()
        await scene.table.give(player, 100 * COINS)
        await scene.until(State.BETTING)
        bet = await scene.bet(player, "10")
        await scene.until(State.RUNNING)
        await scene.at(2_000)
        await scene.turn()
        await scene.cash_out(player, bet)
        before = await scene.newest()
        for sin in RUNNING_SINS:
            await is_refused(db, sin)
        assert before == await scene.newest()

        ended = await scene.until(State.CRASHED, step_ms=500)
        for sin in CRASHED_SINS:
            await is_refused(db, sin)
        assert ended == await scene.newest()
        await scene.settle()
        await scene.table.check_books()


async def test_the_hash_is_nowhere_before_the_crash(db, clock):
    """Neither in the round, nor in what pages and sockets say, nor readable in the chain."""
    async with scene_on(db, clock) as scene:
        await scene.until(State.RUNNING)
        async with db.read() as tx:
            rows = await tx.fetch("select row_to_json(r)::text from games.crash_round r")
            chains = await tx.fetch("select row_to_json(c)::text from fairness.chain c")
        running = await scene.newest()
        told = "".join(row[0] for row in [*rows, *chains])
        ended = await scene.until(State.CRASHED, step_ms=500, most=8_000)
        assert (ended.id, ended.hash is not None) == (running.id, True)
        assert ended.hash is not None
        assert ended.hash.hex() not in told
