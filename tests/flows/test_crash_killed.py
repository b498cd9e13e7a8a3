"""The runner dies at every state, before and after what it writes: its successor settles rightly.

Nobody is paid twice, nobody is forgotten, what was acknowledged stands, and of two runners one
writes.
"""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from fairhouse.betting.types import RoundState
from fairhouse.games.crash import rules, store
from fairhouse.games.crash.types import NothingToTake, NotRunning, RunnerElsewhere, State
from fairhouse.kernel.refusals import Unavailable
from fairhouse.platform.database import Database
from tests.flows.betting_kit import new_player
from tests.flows.crash_kit import commit_chain_with, new_runner, scene_on, take_over

COINS = 10**6
LEASE_S = 0.05
SECOND_MS = 1_000

MOMENTS = {
    "betting opens": "state = 'betting'",
    "betting is locked": "state = 'locked'",
    "the run begins": "state = 'running'",
    "a sign of life": "state = 'running' and seen_ms > 0",
    "a cash-out": "state = 'running' and exists (select 1 from games.crash_cash_out)",
    "the crash": "state = 'crashed'",
    "all is settled": "state = 'settled'",
}


class Killed(Exception):
    """The process is gone here."""


class Dying(Database):
    """A runner's database that ends its life at the first transaction that brings a moment."""

    def __init__(self, db: Database, moment: str, *, is_committed: bool) -> None:
        super().__init__(db._pool, db._settings, db._clock)
        self._sql = (
            f"select {moment} from games.crash_round where game = 'crash'"
            " order by number desc limit 1"
        )
        self._is_committed = is_committed
        self.is_dead = False

    @asynccontextmanager
    async def tx(self):
        if self.is_dead:
            raise Killed
        async with super().tx() as tx:
            yield tx
            is_now = bool(await tx.fetchval(self._sql))
            if is_now and not self._is_committed:
                self.is_dead = True
                raise Killed
        if is_now:
            self.is_dead = True
            raise Killed


@pytest.mark.parametrize("is_committed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at(db, clock, moment, is_committed):
    async with scene_on(db, clock, lease_s=LEASE_S) as scene:
        point = await commit_chain_with(scene.db, scene.beacon, "crash", 210, 400)
        dying = Dying(db, MOMENTS[moment], is_committed=is_committed)
        take_over(scene, new_runner(dying, scene.table, scene.beacon, "crash", LEASE_S))
        auto, hand, lost = players = [new_player() for _ in range(3)]
        for player in players:
            await scene.table.give(player, 100 * COINS)
        lives, bets, answer = 1, {}, None
        for _ in range(600):
            try:
                await scene.turn()
            except Killed:
                await asyncio.sleep(LEASE_S * 1.5)
                take_over(scene, new_runner(db, scene.table, scene.beacon, "crash", LEASE_S))
                lives += 1
                continue
            found = await scene.newest()
            if found.state is State.BETTING and not bets:
                bets = {
                    auto.player_id: await scene.bet(auto, "10", "1.50"),
                    hand.player_id: await scene.bet(hand, "10"),
                    lost.player_id: await scene.bet(lost, "10"),
                }
            if found.state is State.RUNNING and answer is None:
                with suppress(Unavailable, NothingToTake, NotRunning):
                    answer = await scene.cash_out(hand, bets[hand.player_id])
            await scene.settler.step()
            scene.runner._settled_due_s = 0
            if found.state is State.SETTLED:
                break
            if answer is not None or found.state is not State.RUNNING:
                scene.clock.advance(milliseconds=500)
            else:
                scene.clock.advance(milliseconds=100)

        found = await scene.newest()
        assert (found.state, found.number, found.point) == (State.SETTLED, 1, point)
        # Who dies with the crash unwritten was not there for it, as far as anybody can prove.
        is_unproven = moment == "the crash" and not is_committed
        good = rules.multiplier_at(found.seen_ms) if is_unproven else None
        assert (dying.is_dead, found.made_good) == (True, good)
        assert lives == 2 or moment == "all is settled"
        async with db.read() as tx:
            [left] = await store.left(tx, found.id)
        settled = {id_: await scene.bet_now(bet) for id_, bet in bets.items()}
        told = settled[hand.player_id].outcome
        assert answer is not None
        assert (answer.outcome["cash_out"], answer.outcome["at_ms"]) == (
            rules.shown(left.taken.multiplier),
            left.taken.at_ms,
        )
        assert told["cash_out"] == answer.outcome["cash_out"]
        assert {RoundState.SETTLED} == {bet.state for bet in settled.values()}
        by_hand = 10 * COINS * left.taken.multiplier // 100
        expected = [15 * COINS, by_hand, 10 * COINS * (good or 0) // 100]
        assert expected == [settled[player.player_id].payout for player in players]
        balances = [await scene.table.balance(player) for player in players]
        assert [90 * COINS + payout for payout in expected] == balances
        await scene.table.check_books()


async def running_with(scene, *players, low=300, high=900):
    point = await commit_chain_with(scene.db, scene.beacon, "crash", low, high)
    for player in players:
        await scene.table.give(player, 100 * COINS)
    await scene.until(State.BETTING)
    bets = [await scene.bet(player, "10") for player in players]
    await scene.until(State.RUNNING)
    return point, bets


async def test_of_two_runners_one_writes(db, clock):
    async with scene_on(db, clock, lease_s=LEASE_S) as scene:
        first = scene.runner
        player, other = new_player(), new_player()
        _, bets = await running_with(scene, player, other)
        second = new_runner(db, scene.table, scene.beacon, "crash", LEASE_S)
        await first._keep_lease()
        await second.turn()
        assert (first.is_ours, second.is_ours) == (True, False)

        await asyncio.sleep(LEASE_S * 1.5)
        second._due_s = 0
        await second.turn()
        assert (first.is_ours, second.is_ours) == (True, True)
        await scene.at(3_000)
        # The first does not know yet: whatever it tries is fenced, and told as not done.
        with pytest.raises(RunnerElsewhere):
            await scene.cash_out(player, bets[0])
        async with db.read() as tx:
            assert [] == await store.left(tx, (await scene.newest()).id)
        first._due_s = 10**12
        assert await first.turn() == 0
        assert (first.is_ours, second.is_ours) == (False, True)
        with pytest.raises(RunnerElsewhere):
            await scene.cash_out(player, bets[0])
        take_over(scene, second)
        done = await scene.cash_out(player, bets[0])
        assert done.outcome["at_ms"] == 3_000
        await scene.until(State.CRASHED, step_ms=SECOND_MS)
        await scene.settle()
        assert 0 == (await scene.bet_now(bets[1])).payout
        await scene.table.check_books()


async def test_what_nobody_ran_is_made_good(db, clock):
    """The runner dies at 4 s, the round crashes, and only then comes a successor."""
    async with scene_on(db, clock, lease_s=LEASE_S) as scene:
        player, quick = new_player(), new_player()
        point, bets = await running_with(scene, player, quick)
        await scene.at(2_000)
        await scene.turn()
        await scene.cash_out(quick, bets[1])
        await scene.at(4_000)
        await scene.turn()
        assert (await scene.newest()).seen_ms == 4_000
        await scene.at(rules.reached_ms(point + 1) + 60_000)
        await asyncio.sleep(LEASE_S * 1.5)
        take_over(scene, new_runner(db, scene.table, scene.beacon, "crash", LEASE_S))
        ended = await scene.until(State.CRASHED)
        await scene.settle()

        assert (ended.point, ended.made_good) == (point, rules.multiplier_at(4_000))
        stayed, left = [await scene.bet_now(bet) for bet in bets]
        assert (stayed.outcome["ended"], stayed.outcome["cash_out"]) == ("interrupted", "1.27")
        assert 10 * COINS * rules.multiplier_at(4_000) // 100 == stayed.payout
        assert 10 * COINS * rules.multiplier_at(2_000) // 100 == left.payout
        await scene.table.check_books()


async def test_a_successor_in_time_goes_on_with_the_run(db, clock):
    async with scene_on(db, clock, lease_s=LEASE_S) as scene:
        player = new_player()
        point, [bet] = await running_with(scene, player)
        await scene.at(2_000)
        await scene.turn()
        await scene.at(5_000)
        await asyncio.sleep(LEASE_S * 1.5)
        take_over(scene, new_runner(db, scene.table, scene.beacon, "crash", LEASE_S))
        await scene.turn()
        assert (await scene.newest()).seen_ms == 5_000
        await scene.at(7_000)
        done = await scene.cash_out(player, bet)
        assert done.outcome["at_ms"] == 7_000
        ended = await scene.until(State.CRASHED, step_ms=500)
        assert (ended.point, ended.made_good) == (point, None)
        await scene.settle()


async def test_a_runner_that_slept_makes_good_too(db, clock):
    """The same process, silent for longer than is allowed before the crash."""
    async with scene_on(db, clock) as scene:
        player = new_player()
        point, [bet] = await running_with(scene, player)
        await scene.at(2_000)
        await scene.turn()
        await scene.at(rules.reached_ms(point + 1) + 1)
        ended = await scene.until(State.CRASHED)
        await scene.settle()

        good = rules.multiplier_at(2_000)
        assert ended.made_good == good
        assert 10 * COINS * good // 100 == (await scene.bet_now(bet)).payout


async def test_the_death_during_betting_keeps_the_round(db, clock):
    """Nobody runs it for a minute: it began late, on the beacon's round named beforehand."""
    async with scene_on(db, clock, lease_s=LEASE_S) as scene:
        point = await commit_chain_with(scene.db, scene.beacon, "crash", 200, 900)
        player = new_player()
        await scene.table.give(player, 100 * COINS)
        opened = await scene.until(State.BETTING)
        bet = await scene.bet(player, "10", "1.10")
        clock.advance(seconds=20)
        await asyncio.sleep(LEASE_S * 1.5)
        take_over(scene, new_runner(db, scene.table, scene.beacon, "crash", LEASE_S))
        ended = await scene.until(State.CRASHED, step_ms=500)
        await scene.settle()

        assert (ended.id, ended.beacon_round, ended.point) == (
            opened.id,
            opened.beacon_round,
            point,
        )
        assert 11 * COINS == (await scene.bet_now(bet)).payout
