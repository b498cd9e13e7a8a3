"""What sockets and pages see of the rounds: states, ticks, who is in, who left."""

import json

from fairhouse.games.crash.api import channel, monitor
from fairhouse.games.crash.types import State
from fairhouse.kernel.ids import to_wire
from tests.flows.betting_kit import new_player
from tests.flows.crash_kit import commit_chain_with, scene_on

COINS = 10**6


def heard(listener):
    """Everything that waits for this listener, by type."""
    found = []
    while (push := listener.take()) is not None:
        found += [json.loads(text) for text in push.texts]
    return [(one["type"], one["data"]) for one in found]


async def test_a_watcher_hears_of_everything(db, clock):
    async with scene_on(db, clock) as scene:
        await commit_chain_with(db, scene.beacon, "crash", 200, 400)
        mine, other = new_player(), new_player(brand_id=2)
        for player in (mine, other):
            await scene.table.give(player, 100 * COINS)
        await scene.table.road.refresh_house()
        watcher = scene.hub.attach([channel("crash", 1)])
        stranger = scene.hub.attach([channel("crash", 2)])
        opened = await scene.until(State.BETTING)
        [(kind, told)] = heard(watcher)
        assert (kind, told["state"], told["id"]) == (
            "crash.round",
            "betting",
            to_wire("crd", opened.id),
        )
        bet = await scene.bet(mine, "10", "3.00")
        await scene.stage.refresh()
        await scene.stage.refresh()
        [(kind, told)] = heard(watcher)
        assert kind == "crash.bets"
        [seat] = told["bets"]
        assert (seat["stake"], seat["auto_cash_out"], seat["cash_out"]) == ("10", "3.00", None)
        assert str(mine.player_id) not in json.dumps(told)
        assert ["crash.round"] == [kind for kind, _ in heard(stranger)]

        await scene.until(State.RUNNING)
        scene.stage.tick("crash")
        # Who lags hears of the newest state alone.
        [(_, running)] = heard(watcher)
        assert running["state"] == "running"
        await scene.at(7_000)
        await scene.turn()
        scene.stage.tick("crash")
        await scene.cash_out(mine, bet)
        await scene.stage.refresh()
        [(tick, at), (left, out)] = heard(watcher)
        assert (tick, at["at_ms"], at["multiplier"]) == ("crash.tick", 7_000, "1.52")
        assert (left, out["cash_outs"][0]["cash_out"], out["cash_outs"][0]["payout"]) == (
            "crash.cash_outs",
            "1.52",
            "15.2",
        )
        ended = await scene.until(State.CRASHED)
        kinds = heard(watcher)
        assert ended.point is not None
        assert kinds[-1][1]["crashed_at"] == f"{ended.point // 100}.{ended.point % 100:02d}"

        table = await scene.crash.table(game="crash", brand_id=1)
        assert table.round is not None
        assert (table.round.state, len(table.history), len(table.seats)) == ("crashed", 1, 1)
        assert () == tuple((await scene.crash.table(game="crash", brand_id=2)).seats)
        async with db.read() as tx:
            seen = await monitor(tx, game="crash")
        assert seen.round is not None
        assert (seen.is_run, seen.owner, seen.round.id) == (True, scene.runner.owner, ended.id)
        [stake] = seen.stakes
        assert (stake.bets, stake.staked, stake.left) == (1, 10 * COINS, 1)
        [chain] = (await scene.crash.chains(game="crash"))[:1]
        assert (
            chain.id
            == (await scene.crash.history(game="crash", brand_id=1, before=None, limit=1))[0][
                1
            ].chain_id
        )


async def test_nothing_is_read_for_nobody(db, clock):
    """Without watchers the stage knows the round and reads no seats."""
    async with scene_on(db, clock) as scene:
        await scene.until(State.BETTING)
        player = new_player()
        await scene.table.give(player, COINS * 10)
        await scene.bet(player)
        await scene.stage.refresh()
        assert set() == scene.stage._games["crash"].seats
