"""Breaks, self-exclusion and the way back, on a real database."""

from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from fairhouse.identity.types import LoggedIn, Player, Staff, StaffId
from fairhouse.platform.database import Database
from fairhouse.protection import api as protection
from fairhouse.protection.types import (
    CoolingOff,
    Excluded,
    Exclusion,
    ExclusionKind,
    ExclusionNotShortened,
    NothingToLift,
    NotReadmissible,
    Play,
    SecondPersonNeeded,
    UnknownTerm,
)
from tests.conftest import SettableClock
from tests.flows.cashier_world import a_treasurer
from tests.flows.identity_world import EMAIL, TestBrand, World, granted

FIRST, SECOND = a_treasurer(1), a_treasurer(2)


@pytest.fixture
async def world(db: Database) -> World:
    return World(db)


async def cool_off(world: World, player: Player, term: str) -> Exclusion:
    async with world.db.tx() as tx:
        return await protection.cool_off(tx, sealer=world.sealer, player=player, term=term)


async def exclude(world: World, player: Player, term: str) -> Exclusion:
    async with world.db.tx() as tx:
        return await protection.self_exclude(tx, sealer=world.sealer, player=player, term=term)


async def ask_return(world: World, player: Player) -> Exclusion:
    async with world.db.tx() as tx:
        return await protection.ask_return(tx, player=player)


async def readmit(world: World, player: Player, staff: Staff) -> bool:
    async with world.db.tx() as tx:
        return await protection.readmit(
            tx, sealer=world.sealer, player=player, staff=staff, reason="talked on the phone"
        )


async def blocked(world: World, player: Player) -> str | None:
    """What the road would say to a bet now."""
    async with world.db.read() as tx:
        found = (await protection.guards(tx, player_ids=[player.id])).get(player.id)
    if found is None:
        return None
    try:
        protection.check_bet(found, Play(), None, world.db.now())
    except (CoolingOff, Excluded) as refusal:
        return refusal.code
    return None


async def at_another_brand(world: World) -> World:
    return replace(world, brand=TestBrand(id=2, name="Night Owl"))


async def test_a_break_ends_by_itself_and_not_before(world: World, clock: SettableClock):
    entered = await world.player()
    player = entered.player
    await cool_off(world, player, "7d")
    is_logged_in = await world.session(entered.token) is not None
    with pytest.raises(ExclusionNotShortened):
        await cool_off(world, player, "24h")
    clock.advance(days=6, hours=23)
    still = await blocked(world, player)
    async with world.db.read() as tx:
        with pytest.raises(CoolingOff):
            await protection.check_deposits_open(tx, player_id=player.id)
    clock.advance(hours=1)

    assert "cooling_off" == still
    assert await blocked(world, player) is None
    assert is_logged_in


async def test_a_longer_break_may_follow(world: World, clock: SettableClock):
    player = (await world.player()).player
    await cool_off(world, player, "24h")
    clock.advance(hours=1)
    await cool_off(world, player, "7d")
    clock.advance(days=2)

    assert "cooling_off" == await blocked(world, player)


async def test_exclusion_ends_sessions_but_lets_the_player_in(world: World):
    entered = await world.player()
    await exclude(world, entered.player, "6m")
    again = granted(await world.log_in())

    assert await world.session(entered.token) is None
    assert await world.session(again.token) is not None
    assert "excluded" == await blocked(world, entered.player)
    assert "self_exclusion_begun" in [mail.template for mail in await world.mails()]
    async with world.db.read() as tx:
        with pytest.raises(Excluded):
            await protection.check_deposits_open(tx, player_id=entered.player.id)


async def test_exclusion_covers_the_persons_other_accounts(world: World):
    owl = await at_another_brand(world)
    there = await owl.player()
    here = await world.player()
    stranger = (await world.player("bob@player.test", "bob")).player
    made = await exclude(world, here.player, "1y")

    assert "excluded" == await blocked(world, there.player)
    assert await world.session(there.token) is None
    assert await blocked(world, stranger) is None
    async with world.db.read() as tx:
        other = await protection.exclusion(tx, player_id=there.player.id)
    assert other is not None
    assert (made.case_id, made.until) == (other.case_id, other.until)


async def test_an_account_opened_later_is_excluded_too(world: World):
    here = await world.player()
    await exclude(world, here.player, "permanent")
    owl = await at_another_brand(world)
    later: LoggedIn = await owl.player(EMAIL.upper())
    stranger = await owl.player("bob@player.test", "bob")
    carried: list[bool] = []
    for account in (later.player, stranger.player, later.player):
        async with world.db.tx() as tx:
            carried.append(await protection.carry_over(tx, sealer=world.sealer, player=account))

    assert [True, False, False] == carried
    assert "excluded" == await blocked(world, later.player)
    assert await blocked(world, stranger.player) is None


async def test_nobody_makes_an_exclusion_shorter(world: World, clock: SettableClock):
    player = (await world.player()).player
    await exclude(world, player, "1y")
    clock.advance(hours=1)

    with pytest.raises(ExclusionNotShortened):
        await exclude(world, player, "6m")
    with pytest.raises(ExclusionNotShortened):
        await cool_off(world, player, "24h")
    with pytest.raises(UnknownTerm):
        await exclude(world, player, "1w")
    longer = await exclude(world, player, "permanent")
    assert longer.until is None
    with pytest.raises(NotReadmissible):
        await readmit(world, player, FIRST)


async def test_the_database_refuses_to_shorten_too(world: World, owner_db: Database):
    player = (await world.player()).player
    await exclude(world, player, "1y")

    for change in (
        "until = until - interval '1 day'",
        "since = since - interval '1 day'",
        "ended_at = since",
    ):
        async with owner_db.tx() as tx:
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await tx.execute(f"update protection.exclusion set {change}")
    async with owner_db.tx() as tx:
        with pytest.raises(asyncpg.RestrictViolationError):
            await tx.execute("delete from protection.change")


async def test_an_answer_that_was_lost_is_given_again(world: World):
    player = (await world.player()).player
    first = await exclude(world, player, "1y")

    assert first == await exclude(world, player, "1y")


async def test_the_way_back(world: World, clock: SettableClock):
    owl = await at_another_brand(world)
    there = (await owl.player()).player
    player = (await world.player()).player
    made = await exclude(world, player, "6m")
    assert made.until is not None
    with pytest.raises(NotReadmissible):
        await ask_return(world, player)
    clock.time = made.until
    over = await blocked(world, player)
    with pytest.raises(NotReadmissible):
        await readmit(world, player, FIRST)
    await ask_return(world, player)
    clock.advance(hours=23)
    with pytest.raises(NotReadmissible):
        await readmit(world, player, FIRST)
    clock.advance(hours=1)

    assert not await readmit(world, player, FIRST)
    with pytest.raises(SecondPersonNeeded):
        await readmit(world, player, FIRST)
    half = await blocked(world, player)
    assert await readmit(world, player, SECOND)

    assert ("excluded", "excluded") == (over, half)
    assert await blocked(world, player) is None
    assert await blocked(world, there) is None
    with pytest.raises(NothingToLift):
        await readmit(world, player, FIRST)
    assert 2 == (await world.events()).count("protection.guard_changed")


async def test_staff_stop_whoever_wants_to_be_stopped(world: World):
    player = (await world.player()).player
    support = replace(FIRST, id=StaffId(UUID(int=9)))
    async with world.db.tx() as tx:
        await protection.exclude_player(
            tx,
            sealer=world.sealer,
            player=player,
            kind=ExclusionKind.COOL_OFF,
            term="24h",
            staff=support,
            reason="wrote that they cannot stop",
        )
        history = await protection.history(tx, player_id=player.id)

    assert "cooling_off" == await blocked(world, player)
    assert [(support.id, "wrote that they cannot stop")] == [
        (one.staff_id, one.reason) for one in history
    ]


async def test_two_wishes_at_once_are_one_exclusion(world: World, owner_db: Database):
    player = (await world.player()).player
    await exclude(world, player, "1y")
    await exclude(world, player, "1y")
    async with owner_db.read() as tx:
        assert 1 == await tx.fetchval("select count(*) from protection.exclusion")
