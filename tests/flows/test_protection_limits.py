"""Limits as players and staff set them, on a real database."""

import pytest

from fairhouse.identity.types import Player
from fairhouse.platform.database import Database
from fairhouse.protection import api as protection
from fairhouse.protection.jobs import announce_ready
from fairhouse.protection.types import (
    Guard,
    IncreaseTooEarly,
    LimitKind,
    LimitOutOfRange,
    LimitStanding,
    LossLimitReached,
    NothingPending,
    PendingChange,
    Period,
    Play,
    Protection,
    ProtectionReasonMissing,
)
from tests.conftest import SettableClock
from tests.flows.cashier_world import a_treasurer
from tests.flows.identity_world import World

USD = 1_000_000
STAFF = a_treasurer()


@pytest.fixture
async def world(db: Database) -> World:
    return World(db)


async def a_player(world: World) -> Player:
    return (await world.player()).player


async def set_limit(
    world: World,
    player: Player,
    amount: int | None,
    kind: LimitKind = LimitKind.LOSS,
    period: Period = Period.DAY,
) -> PendingChange | None:
    async with world.db.tx() as tx:
        return await protection.set_limit(
            tx, sealer=world.sealer, player=player, kind=kind, period=period, amount=amount
        )


async def confirm(world: World, player: Player) -> None:
    async with world.db.tx() as tx:
        await protection.confirm_change(
            tx, sealer=world.sealer, player=player, kind=LimitKind.LOSS, period=Period.DAY
        )


async def guard(world: World, player: Player) -> Guard | None:
    async with world.db.read() as tx:
        return (await protection.guards(tx, player_ids=[player.id])).get(player.id)


async def standing(world: World, player: Player, play: Play | None = None) -> Protection:
    async with world.db.read() as tx:
        return await protection.protection(tx, player_id=player.id, play=play or Play())


async def actions(world: World, player: Player) -> list[str]:
    async with world.db.read() as tx:
        return [one.action for one in await protection.history(tx, player_id=player.id)]


async def test_lower_binds_at_once_and_higher_after_a_wait_and_a_word(
    world: World, clock: SettableClock
):
    player = await a_player(world)
    assert await set_limit(world, player, 50 * USD) is None
    clock.advance(seconds=1)
    assert await set_limit(world, player, 20 * USD) is None
    clock.advance(seconds=1)
    assert Guard(loss=((Period.DAY, 20 * USD),)) == await guard(world, player)

    waiting = await set_limit(world, player, 80 * USD)
    assert waiting is not None
    clock.advance(hours=23, minutes=59, seconds=59)
    with pytest.raises(IncreaseTooEarly):
        await confirm(world, player)
    clock.advance(seconds=1)
    assert Guard(loss=((Period.DAY, 20 * USD),)) == await guard(world, player)
    await confirm(world, player)

    assert Guard(loss=((Period.DAY, 80 * USD),)) == await guard(world, player)
    assert [
        "increase_confirmed",
        "increase_asked",
        "limit_set",
        "limit_set",
    ] == await actions(world, player)
    templates = [mail.template for mail in await world.mails("Ada.Lovelace@player.test")]
    assert 3 == templates.count("limit_set")


async def test_a_decrease_drops_the_increase_that_waits(world: World, clock: SettableClock):
    player = await a_player(world)
    await set_limit(world, player, 50 * USD)
    await set_limit(world, player, 80 * USD)
    await set_limit(world, player, 10 * USD)
    clock.advance(days=2)

    with pytest.raises(NothingPending):
        await confirm(world, player)
    assert Guard(loss=((Period.DAY, 10 * USD),)) == await guard(world, player)


async def test_removing_waits_like_raising_and_can_be_cancelled(world: World, clock: SettableClock):
    player = await a_player(world)
    await set_limit(world, player, 50 * USD)
    await set_limit(world, player, None)
    async with world.db.tx() as tx:
        await protection.cancel_change(
            tx, sealer=world.sealer, player=player, kind=LimitKind.LOSS, period=Period.DAY
        )
    clock.advance(days=2)
    with pytest.raises(NothingPending):
        await confirm(world, player)
    await set_limit(world, player, None)
    clock.advance(days=1)
    await confirm(world, player)

    assert await guard(world, player) is None
    assert () == (await standing(world, player)).limits


async def test_who_removes_what_is_not_there_changes_nothing(world: World):
    player = await a_player(world)

    assert await set_limit(world, player, None) is None
    assert [] == await actions(world, player)


async def test_the_worker_tells_once_that_an_increase_is_ready(
    world: World, worker_db: Database, clock: SettableClock
):
    player = await a_player(world)
    await set_limit(world, player, 50 * USD)
    await set_limit(world, player, 80 * USD)
    early = await announce_ready(worker_db, sealer=world.sealer)
    clock.advance(days=1)
    due = await announce_ready(worker_db, sealer=world.sealer)
    again = await announce_ready(worker_db, sealer=world.sealer)

    assert (0, 1, 0) == (early, due, again)
    assert "limit_ready" in [mail.template for mail in await world.mails()]


async def operator_limit(
    world: World, player: Player, amount: int | None, reason: str = "affordability check"
) -> None:
    async with world.db.tx() as tx:
        await protection.set_operator_limit(
            tx,
            sealer=world.sealer,
            player=player,
            kind=LimitKind.LOSS,
            period=Period.DAY,
            amount=amount,
            staff=STAFF,
            reason=reason,
        )


async def test_the_lower_of_player_and_operator_binds(world: World):
    player = await a_player(world)
    await set_limit(world, player, 50 * USD)
    await operator_limit(world, player, 30 * USD)
    both = await guard(world, player)
    await operator_limit(world, player, 90 * USD)
    own = await guard(world, player)
    await operator_limit(world, player, None)

    assert Guard(loss=((Period.DAY, 30 * USD),)) == both
    assert Guard(loss=((Period.DAY, 50 * USD),)) == own
    assert own == await guard(world, player)
    with pytest.raises(ProtectionReasonMissing):
        await operator_limit(world, player, 1, reason=" a ")


async def test_what_is_used_and_left_is_told(world: World, clock: SettableClock):
    player = await a_player(world)
    await set_limit(world, player, 50 * USD)
    await set_limit(world, player, 100 * USD, LimitKind.WAGER, Period.MONTH)
    today = clock.time.toordinal()
    play = Play(day=today, wagered_day=30 * USD, wagered_month=70 * USD, returned_day=45 * USD)

    found = {one.limit.kind: one for one in (await standing(world, player, play)).limits}
    ahead, wagered = found[LimitKind.LOSS], found[LimitKind.WAGER]

    assert (0, 65 * USD) == (ahead.used, ahead.remaining)
    assert (70 * USD, 30 * USD) == (wagered.used, wagered.remaining)
    assert "2026-02-01" == f"{wagered.resets_at:%Y-%m-%d}"


async def test_limits_have_bounds(world: World):
    player = await a_player(world)

    with pytest.raises(LimitOutOfRange):
        await set_limit(world, player, 1441, LimitKind.SESSION, Period.DAY)
    with pytest.raises(LimitOutOfRange):
        await set_limit(world, player, -1)
    await set_limit(world, player, 0)
    found = await guard(world, player)
    assert found is not None
    with pytest.raises(LossLimitReached):
        protection.check_bet(found, Play(), 1, world.db.now())


async def test_owners_of_lanes_hear_of_every_change(world: World, clock: SettableClock):
    player = await a_player(world)
    start = clock.time
    await set_limit(world, player, 50 * USD)
    clock.advance(minutes=1)
    await operator_limit(world, player, 30 * USD)
    async with world.db.read() as tx:
        found = await protection.changed_since(tx, since=start)
        later = await protection.changed_since(tx, since=clock.time.replace(microsecond=1))

    assert [(player.id, clock.time)] == [(one.player_id, one.at) for one in found]
    assert [] == later
    assert 2 == (await world.events()).count("protection.limits_changed")


async def test_time_played_is_counted_once_a_minute_and_ends_play(
    world: World, clock: SettableClock
):
    player = await a_player(world)
    await set_limit(world, player, 2, LimitKind.SESSION, Period.DAY)
    one, other = protection.PlayClock(), protection.PlayClock()
    blocked: list[str | None] = []
    for _ in range(3):
        one.note(player.id, clock.time)
        one.note(player.id, clock.time)
        other.note(player.id, clock.time)
        clock.advance(minutes=1)
        await one.flush(world.db)
        await other.flush(world.db)
        found = await guard(world, player)
        blocked.append(found.blocked_code if found else None)
    used: LimitStanding = (await standing(world, player)).limits[0]

    assert [None, "session_time_reached", "session_time_reached"] == blocked
    assert (3, 0) == (used.used, used.remaining)
    assert 1 == (await world.events()).count("protection.guard_changed")
    clock.advance(days=1)
    assert await guard(world, player) is None


async def test_a_minute_that_is_not_over_is_kept(world: World, clock: SettableClock):
    player = await a_player(world)
    notes = protection.PlayClock()
    notes.note(player.id, clock.time)
    await notes.flush(world.db)
    await set_limit(world, player, 60, LimitKind.SESSION, Period.WEEK)
    before = (await standing(world, player)).limits[0].used
    clock.advance(minutes=1)
    await notes.flush(world.db)

    assert (0, 1) == (before, (await standing(world, player)).limits[0].used)
