"""Stories of logging in: locks, lifetimes, devices, the cache."""

import asyncio
from uuid import uuid4

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.types import (
    Denied,
    LoggedIn,
    PlayerStatus,
    SessionId,
)
from fairhouse.kernel.refusals import NotFound
from fairhouse.platform.database import Database
from fairhouse.platform.outbox import OutboxTail
from tests.conftest import SettableClock
from tests.flows.identity_world import (
    EMAIL,
    FIREFOX,
    PASSWORD,
    PHONE,
    TestBrand,
    World,
    denied,
    granted,
)

WRONG = "another horse battery staple"


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def test_a_stranger_and_a_wrong_password_get_the_same_answer(world: World):
    await world.player()
    wrong = await world.log_in(WRONG)
    stranger = await world.log_in(WRONG, email="nobody@player.test")
    assert isinstance(wrong, Denied)
    assert isinstance(stranger, Denied)
    assert (wrong.refusal.code, wrong.refusal.message, wrong.refusal.fields) == (
        stranger.refusal.code,
        stranger.refusal.message,
        stranger.refusal.fields,
    )


async def test_a_strangers_password_costs_the_same_work(world: World):
    await world.player()
    known = await world.proof(WRONG)
    stranger = await world.proof(WRONG, "nobody@player.test")
    costs = [proof.challenge.phc.rsplit("$", 2)[0] for proof in (known, stranger)]
    assert costs[0] == costs[1]


async def test_even_nobodys_password_does_not_log_nobody_in(world: World):
    assert "bad_credentials" == denied(
        await world.log_in("the password of nobody", email="nobody@player.test")
    )


async def test_the_right_password_of_another_brand_is_wrong(world: World, db: Database):
    await world.player()
    other = World(db, brand=TestBrand(id=2))
    assert "bad_credentials" == denied(await other.log_in())


async def test_three_failures_lock_for_thirty_minutes(world: World, clock: SettableClock):
    await world.player()
    for _ in range(3):
        denied(await world.log_in(WRONG))
        clock.advance(minutes=5)
    locked = await world.log_in()
    assert isinstance(locked, Denied)
    assert "bad_credentials" == locked.refusal.code
    assert "account_locked" == (await world.mails())[-1].template
    clock.advance(minutes=24)
    assert "bad_credentials" == denied(await world.log_in())
    clock.advance(minutes=1)
    granted(await world.log_in())


async def test_failures_while_locked_do_not_lengthen_the_lock(world: World, clock: SettableClock):
    await world.player()
    for _ in range(3):
        denied(await world.log_in(WRONG))
    clock.advance(minutes=29)
    denied(await world.log_in(WRONG))
    clock.advance(minutes=1)
    granted(await world.log_in())


async def test_a_success_forgets_failures(world: World):
    await world.player()
    for _ in range(3):
        denied(await world.log_in(WRONG))
        denied(await world.log_in(WRONG))
        granted(await world.log_in())


async def test_fifty_guesses_at_once_are_three(world: World):
    await world.player()
    wrong, right = await asyncio.gather(world.proof(WRONG), world.proof(PASSWORD))

    async def guess(number: int) -> LoggedIn | Denied:
        async with world.db.tx() as tx:
            return await identity.log_in(
                tx,
                sealer=world.sealer,
                proof=right if number == 40 else wrong,
                totp=None,
                client=FIREFOX,
            )

    for number in range(3):
        denied(await guess(number))
    results = await asyncio.gather(*(guess(number) for number in range(50)))
    assert all(isinstance(result, Denied) for result in results)
    assert 3 == (await world.events()).count("identity.login_failed")


async def test_a_proof_of_a_replaced_password_is_worth_nothing(world: World):
    logged_in = await world.player()
    old = await world.proof(PASSWORD)
    new = await world.passwords.hash("violin-marsh-lantern-copper", known=())
    async with world.db.tx() as tx:
        await identity.change_password(
            tx, sealer=world.sealer, session=logged_in.session, proof=old, password=new
        )
    async with world.db.tx() as tx:
        again = await identity.log_in(tx, sealer=world.sealer, proof=old, totp=None, client=FIREFOX)
    assert "bad_credentials" == denied(again)


async def test_a_login_shows_the_one_before(world: World, clock: SettableClock):
    first = await world.player()
    clock.advance(hours=1)
    second = granted(await world.log_in())
    clock.advance(hours=1)
    third = granted(await world.log_in())
    assert first.session.created_at == second.session.previous_login_at
    assert second.session.created_at == third.session.previous_login_at
    assert 3 == len({first.session.id, second.session.id, third.session.id})


async def test_a_new_device_is_told_by_mail_a_known_one_is_not(world: World):
    await world.player()
    before = len(await world.mails())
    granted(await world.log_in(client=FIREFOX))
    assert before == len(await world.mails())
    granted(await world.log_in(client=PHONE))
    mail = (await world.mails())[-1]
    assert ("new_device", {"device": "Chrome on Android"}) == (mail.template, mail.fields)


async def test_thirty_idle_minutes_end_a_session(world: World, clock: SettableClock):
    logged_in = await world.player()
    clock.advance(minutes=29, seconds=59)
    assert await world.session(logged_in.token)
    clock.advance(seconds=1)
    assert await world.session(logged_in.token) is None


async def test_thirty_days_end_a_busy_session(world: World, clock: SettableClock):
    logged_in = await world.player()
    cache = identity.SessionCache(world.db, stale_s=-1)
    for _ in range(30 * 24 * 60 // 25):
        if await cache.find(logged_in.token) is None:
            break
        clock.advance(minutes=25)
    assert 0 <= (world.db.now() - logged_in.session.expires_at).total_seconds() < 25 * 60


async def test_a_guest_may_be_away_for_days(world: World, clock: SettableClock):
    guest = await world.guest()
    clock.advance(days=6)
    assert await world.session(guest.token)
    clock.advance(days=1)
    assert await world.session(guest.token) is None


async def test_the_device_list_shows_shortened_addresses_and_ends_sessions(
    world: World, clock: SettableClock
):
    first = await world.player()
    clock.advance(minutes=1)
    second = granted(await world.log_in(client=PHONE))
    async with world.db.read() as tx:
        devices = await identity.sessions_of(tx, sealer=world.sealer, player_id=first.player.id)
    assert [
        (second.session.id, "Chrome on Android", "2001:db8:1::/48"),
        (first.session.id, "Firefox on Linux", "203.0.113.0/24"),
    ] == [(device.session_id, device.summary, device.ip) for device in devices]

    async with world.db.tx() as tx:
        await identity.revoke_session(tx, session=second.session, session_id=first.session.id)

    assert await world.session(first.token) is None
    assert await world.session(second.token)


async def test_nobody_ends_somebody_elses_session(world: World):
    ada = await world.player()
    eve = await world.player("eve@player.test", "eve")
    for session_id in (ada.session.id, SessionId(uuid4())):
        with pytest.raises(NotFound):
            async with world.db.tx() as tx:
                await identity.revoke_session(tx, session=eve.session, session_id=session_id)
    assert await world.session(ada.token)


async def test_a_locked_player_is_out_at_once(world: World):
    logged_in = await world.player()
    async with world.db.tx() as tx:
        await identity.set_status(tx, player_id=logged_in.player.id, status=PlayerStatus.LOCKED)
    assert await world.session(logged_in.token) is None
    assert "account_locked" == denied(await world.log_in())
    assert "bad_credentials" == denied(await world.log_in(WRONG))


async def test_a_raised_cost_rehashes_at_the_next_login(world: World):
    await world.player()
    world.passwords = identity.Passwords(identity.HashCost(time=2, memory_kib=64))
    granted(await world.log_in())
    async with world.db.read() as tx:
        phc: str = await tx.fetchval("select password_hash from identity.player")
    assert phc.startswith("$argon2id$v=19$m=64,t=2,p=1$")
    granted(await world.log_in())


async def test_the_cache_answers_without_the_database_and_hears_of_revocations(
    world: World, db: Database
):
    logged_in = await world.player()
    tail = OutboxTail(db)
    await tail.start()
    cache = identity.SessionCache(db, stale_s=3600)
    assert logged_in.session == await cache.find(logged_in.token)

    async with db.tx() as tx:
        await identity.log_out(tx, session=logged_in.session)
    still = await cache.find(logged_in.token)
    assert still == logged_in.session
    for news in await tail.next():
        cache.on_news(news)

    assert await cache.find(logged_in.token) is None


async def test_the_cache_is_stale_for_seconds_at_most(world: World, db: Database):
    seconds = 0.0
    cache = identity.SessionCache(db, monotonic_s=lambda: seconds)
    logged_in = await world.player()
    assert await cache.find(logged_in.token)
    async with db.tx() as tx:
        await identity.log_out(tx, session=logged_in.session)
    seconds = 5.1
    assert await cache.find(logged_in.token) is None


async def test_sessions_in_use_are_renewed_before_they_are_stale(
    world: World, db: Database, clock: SettableClock
):
    seconds = 0.0
    seen: list[object] = []
    cache = identity.SessionCache(
        db, monotonic_s=lambda: seconds, on_seen=lambda session, _: seen.append(session.id)
    )
    busy, gone, dropped, idle = [await world.guest() for _ in range(4)]
    for guest in (busy, gone, dropped, idle):
        assert await cache.find(guest.token)
    assert 0 == await cache.renew()

    seconds = 4.0
    clock.advance(seconds=40)
    assert all(cache.peek(guest.token) for guest in (busy, gone, dropped))
    async with db.tx() as tx:
        await identity.log_out(tx, session=gone.session)
    cache.drop_player(dropped.session.player_id)
    assert 2 == await cache.renew()
    assert 0 == await cache.renew()
    used = await world.session(busy.token)

    assert used is not None
    assert used.last_seen_at == clock()
    assert seen[4:] == [busy.session.id]
    seconds = 7.0
    assert cache.peek(busy.token)
    assert [cache.peek(guest.token) for guest in (gone, dropped, idle)] == [None] * 3
    assert await cache.find(gone.token) is None


async def test_a_cached_session_still_ends_when_it_idles(
    world: World, db: Database, clock: SettableClock
):
    cache = identity.SessionCache(db, stale_s=3600)
    logged_in = await world.player()
    assert await cache.find(logged_in.token)
    clock.advance(minutes=30)
    assert await cache.find(logged_in.token) is None


async def test_use_keeps_a_session_alive(world: World, db: Database, clock: SettableClock):
    cache = identity.SessionCache(db, stale_s=-1)
    logged_in = await world.player()
    for _ in range(4):
        clock.advance(minutes=20)
        assert await cache.find(logged_in.token)


async def test_the_cache_is_bounded(world: World, db: Database):
    cache = identity.SessionCache(db, size_max=2)
    tokens = [(await world.guest()).token for _ in range(5)]
    for token in tokens:
        assert await cache.find(token)
    assert 2 == len(cache._entries)  # pyright: ignore[reportPrivateUsage]
    assert await cache.find("no such token") is None


async def test_old_rows_are_forgotten(world: World, db: Database, clock: SettableClock):
    await world.register(email="late@player.test", username="late")
    logged_in = await world.player()
    clock.advance(minutes=31)
    assert 1 == await identity.forget_ended(db)
    clock.advance(days=30)
    assert 1 == await identity.forget_ended(db)
    assert await world.session(logged_in.token) is None
    assert EMAIL
