"""Crash and slide stopped, watched and asked again: what was accepted goes on being told."""

import asyncio
from dataclasses import replace

import pytest

from fairhouse.backoffice import api as backoffice
from fairhouse.backoffice.api.games import WINDOWS
from fairhouse.backoffice.jobs import watch_drift
from fairhouse.betting.types import RoundState
from fairhouse.games import api as games
from fairhouse.games.crash import rules
from fairhouse.games.crash.types import CRASH, SLIDE, BettingClosed, RunnerElsewhere, State
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.refusals import IdempotencyConflict, Paused
from fairhouse.rates import api as rates
from fairhouse.reports.api import DriftRules
from tests.flows.betting_kit import SETTINGS, USDT, new_player
from tests.flows.crash_kit import commit_chain_with, scene_on
from tests.flows.test_bet_journal import KEY, RATES, fund, signed_snapshot
from tests.flows.test_crash_rounds import COINS, seated


@pytest.fixture
async def scene(db, clock):
    async with scene_on(db, clock) as scene:
        yield scene
    await scene.table.check_books()


async def stop(scene, brand_id, game=CRASH):
    async with scene.db.tx() as tx:
        await games.stop_version(
            tx, brand_id=brand_id, game=game, version="1", staff_id=None, reason="returns drift"
        )
    await scene.table.games.refresh()


async def restart(scene, brand_id, game=CRASH):
    async with scene.db.tx() as tx:
        made = await games.propose_restart(
            tx,
            brand_id=brand_id,
            game=game,
            version="1",
            staff_id=scene.table.uuid(),
            reason="it was mended",
        )
        await games.decide_offer(
            tx, wish_id=made.id, is_approved=True, staff_id=scene.table.uuid(), reason="checked"
        )
    await scene.table.games.refresh()


async def test_a_stopped_game_ends_its_round_pays_and_opens_no_other(scene):
    await commit_chain_with(scene.db, scene.beacon, CRASH, 300, 450)
    player, other = await seated(scene, 2)
    await scene.until(State.BETTING)
    bet = await scene.bet(player, "10", "1.50")
    await stop(scene, 1)
    with pytest.raises(Paused) as refused:
        await scene.bet(other)
    assert refused.value.fields["switch"] == "game:crash"
    stranger = new_player(brand_id=2)
    await scene.table.give(stranger, 100 * COINS)
    await scene.bet(stranger, "10", "1.50")
    await stop(scene, 2)

    ended = await scene.until(State.CRASHED)
    await scene.settle()
    assert 15 * COINS == (await scene.bet_now(bet)).payout
    for _ in range(20):
        scene.clock.advance(milliseconds=1_000)
        await scene.turn()
    assert ended.id == (await scene.newest()).id

    await restart(scene, 2)
    following = await scene.until(State.BETTING)
    assert following.number == ended.number + 1
    with pytest.raises(Paused):
        await scene.bet(player)
    await restart(scene, 1)
    await scene.bet(player)


async def test_an_accepted_bet_is_answered_whatever_is_refused_now(scene):
    (player,) = await seated(scene, 1)
    found = await scene.until(State.BETTING)
    id_ = scene.table.bet_id()
    asked = {"bet_id": id_, "params": {"round": to_wire("crd", found.id), "auto_cash_out": "2.5"}}
    bet = await scene.bet(player, "10", **asked)
    await stop(scene, 1)
    assert bet == await scene.bet(player, "10", **asked)
    await scene.until(State.RUNNING)
    assert bet == await scene.bet(player, "10", **asked)
    with pytest.raises(IdempotencyConflict):
        await scene.bet(player, "11", **asked)
    await scene.until(State.CRASHED)
    await scene.settle()
    over = await scene.bet_now(bet)
    assert over == await scene.bet(player, "10", **asked), "the round as it stands"
    with pytest.raises(BettingClosed):
        await scene.bet(player, "10", **asked | {"bet_id": scene.table.bet_id()})


async def test_a_cash_out_is_told_again_while_nobody_runs_the_game(scene):
    await commit_chain_with(scene.db, scene.beacon, CRASH, 300, 450)
    player, other = await seated(scene, 2)
    await scene.until(State.BETTING)
    bet, still_in = await scene.bet(player, "10"), await scene.bet(other, "10")
    await scene.until(State.RUNNING)
    await scene.at(5_000)
    out = await scene.cash_out(player, bet)
    await scene.runner._give_up()
    await scene.stage.refresh()
    assert out == await scene.cash_out(player, bet)
    with pytest.raises(RunnerElsewhere):
        await scene.cash_out(other, still_in)
    await scene.until(State.CRASHED)
    await scene.settle()


async def test_the_monitor_shows_who_has_bet_before_the_run_begins(scene):
    await commit_chain_with(scene.db, scene.beacon, CRASH, 300, 450)
    players = await seated(scene, 3)
    await scene.until(State.BETTING)
    assert await stakes(scene) == []
    bets = [await scene.bet(player, "10") for player in players]
    assert await stakes(scene) == [(1, "PLAY", 3, 30 * COINS, 0)]
    await scene.until(State.LOCKED, State.RUNNING)
    assert await stakes(scene) == [(1, "PLAY", 3, 30 * COINS, 0)]
    await scene.until(State.RUNNING)
    await scene.at(2_000)
    await scene.cash_out(players[0], bets[0])
    assert await stakes(scene) == [(1, "PLAY", 3, 30 * COINS, 1)]
    await scene.until(State.CRASHED)
    await scene.settle()


async def test_a_page_shows_the_highest_stakes_of_its_own_brand(scene):
    players = await seated(scene, 4)
    stranger = new_player(brand_id=2)
    await scene.table.give(stranger, 100 * COINS)
    await scene.until(State.BETTING)
    for player, stake in zip(players, ("3", "9", "1", "5"), strict=True):
        await scene.bet(player, stake)
    await scene.bet(stranger, "50")
    for _ in range(2):
        shown = await scene.crash.table(game=CRASH, brand_id=1)
        assert [seat.stake for seat in shown.seats] == ["9", "5", "3", "1"]
        await scene.until(State.RUNNING)
    await scene.until(State.CRASHED)
    await scene.settle()


async def stakes(scene):
    async with scene.db.read() as tx:
        found = await games.live.monitor(tx, game=scene.game)
    return [(one.brand_id, one.currency, one.bets, one.staked, one.left) for one in found.stakes]


async def test_more_entrants_than_the_lanes_take_at_once_are_all_settled(db, clock):
    """The queue holds 16 commands and the round 120 bets: what is turned away comes again."""
    async with scene_on(db, clock, settings=replace(SETTINGS, queue_max=16)) as scene:
        point = await commit_chain_with(db, scene.beacon, CRASH, 150, 250)
        players = await seated(scene, 120, 10 * COINS)
        await scene.until(State.BETTING)
        bets = []
        for first in range(0, 120, 10):
            some = players[first : first + 10]
            bets += await asyncio.gather(*(scene.bet(one, "1", "1.20") for one in some))
        await scene.until(State.CRASHED)
        passes = 0
        while await scene.settler.step():
            passes += 1
            settled = [await scene.bet_now(bet) for bet in bets]
            assert {RoundState.OPEN, RoundState.SETTLED} >= {bet.state for bet in settled}
            await scene.turn()
            if any(bet.state is RoundState.OPEN for bet in settled):
                assert (await scene.newest()).state is State.CRASHED, "not said to be settled"
        assert 1 < passes <= 120 // 16 + 1, "as many at once as fit"
        await scene.settle()
        assert (await scene.newest()).state is State.SETTLED
        settled = [await scene.bet_now(bet) for bet in bets]
        assert {bet.payout for bet in settled} == {1_200_000}
        assert {bet.outcome["crashed_at"] for bet in settled} == {rules.shown(point)}
        await scene.table.check_books()


# --- Drift


@pytest.fixture
async def slides(db, worker_db, clock):
    async with scene_on(db, clock, SLIDE) as scene:
        async with worker_db.tx() as tx:
            document = signed_snapshot(clock(), KEY)
            await rates.record_snapshot(tx, document=document, settings=RATES)
        await fund(scene.table, 10**12)
        yield scene
        await scene.table.check_books()


async def slide(scene, players):
    """One round in which all of them bet on 2.00."""
    await scene.until(State.BETTING, step_ms=1_000)
    asked = {"currency_code": "USDT"}
    await asyncio.gather(
        *(scene.bet(one, str(1 + n), "2", **asked) for n, one in enumerate(players))
    )
    await scene.until(State.CRASHED, step_ms=2_000)
    await scene.settle()


async def watch(worker_db, drift):
    while await watch_drift(worker_db, drift):
        pass


async def test_a_live_game_that_returns_too_much_is_stopped_everywhere(
    slides, worker_db, monkeypatch
):
    """What a fault in the rules looks like: twice the return of the published table."""
    monkeypatch.setitem(rules.RETURN_BP, SLIDE, 20_000)  # type: ignore[arg-type]
    drift = DriftRules(bets_min=10)
    players = [new_player() for _ in range(3)]
    for one in players:
        await slides.table.give(one, 10**10, USDT)
    for _ in range(15):
        await slide(slides, players)
    await watch(worker_db, drift)
    async with slides.db.read() as tx:
        assert [] == await games.stops(tx, brand_id=1), "45 bets, but 15 outcomes"
        (one,) = (await backoffice.judgements(tx, window=WINDOWS["day"])).values()
    assert (one.bets, one.outcomes, f"{one.actual:.2f}") == (45, 15, "2.00")
    for _ in range(11):
        await slide(slides, players)
    await watch(worker_db, drift)
    await watch(worker_db, drift)

    async with slides.db.read() as tx:
        held = [*await games.stops(tx, brand_id=1), *await games.stops(tx, brand_id=2)]
        log = await tx.fetch("select actor, action, subject, reason from audit.entry")
    assert [(one.brand_id, one.game, one.stopped_by) for one in held] == [
        (1, SLIDE, None),
        (2, SLIDE, None),
    ]
    assert ["returned 2.0000 over 26 rounds" in one["reason"] for one in log] == [True, True]
    await slides.table.games.refresh()
    ended = await slides.newest()
    for _ in range(10):
        slides.clock.advance(milliseconds=1_000)
        await slides.turn()
    assert ended.id == (await slides.newest()).id
    for brand_id in (1, 2):
        await restart(slides, brand_id, SLIDE)
    await watch(worker_db, drift)
    assert await slides.until(State.BETTING, step_ms=1_000)


async def test_rounds_are_summed_exactly_however_they_are_folded(slides, worker_db):
    players = [new_player() for _ in range(5)]
    for one in players:
        await slides.table.give(one, 10**10, USDT)
    for number in range(6):
        await slide(slides, players[: 1 + number % 5])
        if number % 2:
            await watch(worker_db, DriftRules())
    await watch(worker_db, DriftRules())
    async with slides.db.read() as tx:
        truth = await tx.fetchrow(
            "select sum(bets), count(*), sum(s), sum(p), sum(s * s), sum(s * p), sum(p * p) from ("
            " select count(*) as bets, sum(stake_value) as s,"
            " sum(betting.returned_value(kind, stake, payout, stake_value)) as p"
            " from betting.entry where kind = 'settle' group by params ->> 'round') as r"
        )
        kept = await tx.fetchrow(
            "select sum(bets), sum(outcomes), sum(staked), sum(returned), sum(staked_squared),"
            " sum(crossed), sum(returned_squared) from reports.result_hour where game = 'slide'"
        )
    assert truth is not None
    assert kept is not None
    assert tuple(truth.values()) == tuple(kept.values())
    assert truth[1] == 6
