"""Limits and exclusions where they matter: on the betting road, under load, over restarts."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from fairhouse.betting import api as betting
from fairhouse.betting.types import Bettor
from fairhouse.identity.types import Player
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database
from fairhouse.protection import api as protection
from fairhouse.protection.types import Excluded, LimitKind, Period, Play, WagerLimitReached
from tests.conftest import SettableClock
from tests.flows.betting_kit import USDT, Table, table_on
from tests.flows.identity_world import World
from tests.flows.test_bet_journal import fund
from tests.flows.test_played import counted, prices

USD = 1_000_000
STAKE = 10 * USD
"""10 USDT; its value in dollars is close to it, see `value_of_a_bet`."""
BET: dict[str, Any] = {"currency_code": "USDT", "stake": "10"}


@pytest.fixture
async def world(db: Database, clock: SettableClock) -> World:
    # Far from the ends of day, week and month: a Wednesday.
    clock.time = datetime(2026, 3, 11, 12, tzinfo=UTC)
    return World(db)


@pytest.fixture
async def table(world: World, worker_db: Database):
    async with table_on(world.db) as made:
        await fund(made, 10_000_000 * USD)
        await prices(made, worker_db)
        yield made
    await made.check_books()


@pytest.fixture
async def player(world: World) -> Player:
    return (await world.player()).player


def bettor_of(player: Player) -> Bettor:
    return Bettor(player.id, player.brand_id, player.lane)


async def set_limit(
    world: World, player: Player, kind: LimitKind, amount: int, period: Period = Period.DAY
) -> None:
    async with world.db.tx() as tx:
        await protection.set_limit(
            tx, sealer=world.sealer, player=player, kind=kind, period=period, amount=amount
        )


async def exclude(world: World, player: Player) -> None:
    async with world.db.tx() as tx:
        await protection.self_exclude(tx, sealer=world.sealer, player=player, term="6m")


async def value_of_a_bet(table: Table, player: Bettor) -> int:
    """Micro-units: place one, and look what it counted for."""
    before = (await counted(table, player)).wagered_day
    await table.dice(player, **BET)
    return (await counted(table, player)).wagered_day - before


async def outcome(table: Table, player: Bettor, **changes: Any) -> str:
    """`ok`, or why not."""
    try:
        await table.dice(player, **BET | changes)
    except Refusal as refusal:
        return refusal.code
    return "ok"


async def at_once(table: Table, player: Bettor, count: int) -> Counter[str]:
    return Counter(await asyncio.gather(*(outcome(table, player) for _ in range(count))))


async def test_of_many_bets_at_once_as_many_pass_as_the_limit_allows(
    world: World, table: Table, player: Player
):
    bettor = bettor_of(player)
    await table.give(bettor, 10_000 * USD, USDT)
    value = await value_of_a_bet(table, bettor)
    await set_limit(world, player, LimitKind.WAGER, 21 * value + value // 2)
    table.road.refresh_guards([player.id])
    found = await at_once(table, bettor, 200)

    assert Counter({"ok": 20, "wager_limit_reached": 180}) == found
    assert 21 * value == (await counted(table, bettor)).wagered_day


async def test_no_loss_goes_beyond_its_limit_whatever_falls(
    world: World, table: Table, player: Player
):
    bettor = bettor_of(player)
    await table.give(bettor, 100_000 * USD, USDT)
    value = await value_of_a_bet(table, bettor)
    limit = 12 * value
    await set_limit(world, player, LimitKind.LOSS, limit, Period.WEEK)
    table.road.refresh_guards([player.id])
    for _ in range(12):
        found = await at_once(table, bettor, 25)
        assert {"ok", "loss_limit_reached"} >= set(found)
        play = await counted(table, bettor)
        lost = play.wagered_week - play.returned_week
        assert lost <= limit
        if found["loss_limit_reached"]:
            assert lost + value > limit or found["ok"]


async def test_whoever_only_loses_is_stopped_where_the_limit_stands(
    world: World, table: Table, player: Player
):
    bettor = bettor_of(player)
    await table.give(bettor, 100_000 * USD, USDT)
    value = await value_of_a_bet(table, bettor)
    start = await counted(table, bettor)
    await set_limit(world, player, LimitKind.LOSS, 20 * value, Period.WEEK)
    table.road.refresh_guards([player.id])
    found = Counter(
        await asyncio.gather(*(outcome(table, bettor, target="0.10") for _ in range(30)))
    )
    play = await counted(table, bettor)

    # One in a thousand wins: then the rest of this story is another one.
    if play.returned_week == start.returned_week:
        left = 20 * value - (start.wagered_week - start.returned_week)
        assert left // value == found["ok"]
        assert 30 - left // value == found["loss_limit_reached"]


async def test_limits_survive_a_restart(world: World, player: Player, worker_db: Database):
    bettor = bettor_of(player)
    async with table_on(world.db) as first:
        await fund(first, 1_000_000 * USD)
        await prices(first, worker_db)
        await first.give(bettor, 10_000 * USD, USDT)
        value = await value_of_a_bet(first, bettor)
        await set_limit(world, player, LimitKind.WAGER, 10 * value, Period.MONTH)
        first.road.refresh_guards([player.id])
        assert Counter({"ok": 4}) == await at_once(first, bettor, 4)
    async with table_on(world.db) as second:
        await prices(second, worker_db)
        found = await at_once(second, bettor, 20)
        await second.check_books()

    assert Counter({"ok": 5, "wager_limit_reached": 15}) == found


async def test_a_stake_that_was_not_covered_uses_nothing_up(
    world: World, table: Table, player: Player
):
    bettor = bettor_of(player)
    await table.give(bettor, 10 * USD, USDT)
    value = await value_of_a_bet(table, bettor)
    await set_limit(world, player, LimitKind.WAGER, 101 * value)
    table.road.refresh_guards([player.id])
    short = await at_once(table, bettor, 60)
    await table.give(bettor, 10_000 * USD, USDT)
    rest = await at_once(table, bettor, 150)

    assert 60 == short["ok"] + short["insufficient_funds"], "how many of each is luck"
    assert 100 == short["ok"] + rest["ok"]
    assert 101 * value == (await counted(table, bettor)).wagered_day


async def test_a_refused_bet_changes_nothing_and_play_money_is_free(
    world: World, table: Table, player: Player
):
    bettor = bettor_of(player)
    await set_limit(world, player, LimitKind.WAGER, 0)
    await table.give(bettor, 10_000 * USD, USDT)
    await table.give(bettor, 100 * USD)
    with pytest.raises(WagerLimitReached) as refused:
        await table.dice(bettor, **BET)
    free = await outcome(table, bettor, currency_code="PLAY", stake="1")

    assert ("0", "2026-03-12T00:00:00Z") == (
        refused.value.fields["remaining"],
        refused.value.fields["resets_at"],
    )
    assert 10_000 * USD == await table.balance(bettor, USDT)
    assert "ok" == free


async def test_a_new_day_begins_anew_in_the_owners_memory(
    world: World, table: Table, player: Player, worker_db: Database, clock: SettableClock
):
    bettor = bettor_of(player)
    await table.give(bettor, 10_000 * USD, USDT)
    value = await value_of_a_bet(table, bettor)
    await set_limit(world, player, LimitKind.WAGER, 2 * value)
    await set_limit(world, player, LimitKind.WAGER, 3 * value, Period.WEEK)
    table.road.refresh_guards([player.id])
    first = await at_once(table, bettor, 5)
    clock.time = datetime(2026, 3, 12, 0, 0, 1, tzinfo=UTC)
    await prices(table, worker_db)
    second = await at_once(table, bettor, 5)
    clock.time = datetime(2026, 3, 16, 0, 0, 1, tzinfo=UTC)
    await prices(table, worker_db)
    third = await at_once(table, bettor, 5)

    assert (1, 1, 2) == (first["ok"], second["ok"], third["ok"])


async def test_exclusion_stops_new_bets_and_lets_the_open_round_end(
    world: World, table: Table, player: Player
):
    bettor = bettor_of(player)
    await table.give(bettor, 10_000 * USD, USDT)
    await table.give(bettor, 100 * USD)
    before = {"bet_id": table.bet_id()}
    accepted = await table.dice(bettor, **BET | before)
    opened = await table.mines(bettor, **BET, mines=1)
    await exclude(world, player)
    table.road.refresh_guards([player.id])

    with pytest.raises(Excluded):
        await table.dice(bettor, **BET)
    with pytest.raises(Excluded):
        await table.dice(bettor)
    assert accepted == await table.dice(bettor, **BET | before)
    shown = await table.reveal(bettor, opened, 0, 0)
    if shown.state == "open":
        shown = await table.cash_out(bettor, opened, 1)
    assert "settled" == shown.state


async def test_new_seeds_forget_no_stake(world: World, table: Table, player: Player):
    bettor = bettor_of(player)
    await table.give(bettor, 10_000 * USD, USDT)
    value = await value_of_a_bet(table, bettor)
    await set_limit(world, player, LimitKind.WAGER, 10 * value)
    table.road.refresh_guards([player.id])
    await at_once(table, bettor, 4)
    await table.road.rotate(bettor, client_seed="another")
    found = await at_once(table, bettor, 20)

    assert Counter({"ok": 5, "wager_limit_reached": 15}) == found


async def test_whom_nothing_binds_is_not_held_up(world: World, table: Table, player: Player):
    bettor = bettor_of(player)
    await table.give(bettor, 10_000 * USD, USDT)
    table.road.refresh_guards([player.id])
    found = await at_once(table, bettor, 30)
    async with world.db.read() as tx:
        play = await betting.played(tx, player_id=player.id)

    assert Counter({"ok": 30}) == found
    assert Play() != play
