"""Stories of the second factor, of the fresh proof, and of staff."""

import asyncio

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.rules import STEP_UP_LIFE
from fairhouse.identity.types import (
    AlreadyEnrolled,
    BadCredentials,
    Denied,
    Forbidden,
    LoggedIn,
    NotEnrolled,
    RegistrationRequired,
    Role,
    Session,
    StaffLoggedIn,
    StepUpRequired,
    Unauthenticated,
    UsernameTaken,
)
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows.identity_world import (
    EMAIL,
    FIREFOX,
    PASSWORD,
    PHONE,
    SECRET,
    World,
    denied,
    granted,
)


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def require(world: World, session: Session) -> None:
    async with world.db.read() as tx:
        await identity.require_step_up(tx, session=session)


async def test_with_a_second_factor_a_login_needs_its_code(world: World, clock: SettableClock):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    clock.advance(minutes=1)
    assert "second_factor_required" == denied(await world.log_in())
    assert "bad_credentials" == denied(await world.log_in("wrong wrong wrong", totp="123456"))
    assert "bad_credentials" == denied(await world.log_in(totp="000000"))
    granted(await world.log_in(totp=world.code(secret)))


async def test_a_code_that_confirmed_the_factor_cannot_log_in(world: World):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    assert "bad_credentials" == denied(await world.log_in(totp=world.code(secret)))


async def test_a_code_used_twice_at_once_works_once(world: World, clock: SettableClock):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    clock.advance(minutes=1)
    code = world.code(secret)
    results = await asyncio.gather(*(world.log_in(totp=code) for _ in range(3)))
    assert 1 == sum(isinstance(result, LoggedIn) for result in results)


async def test_an_older_code_than_the_last_used_is_refused(world: World, clock: SettableClock):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    clock.advance(minutes=1)
    old = world.code(secret)
    clock.advance(seconds=30)
    granted(await world.log_in(totp=world.code(secret)))
    assert "bad_credentials" == denied(await world.log_in(totp=old))


async def test_codes_of_a_drifting_clock_are_taken_one_step_off(world: World, clock: SettableClock):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    clock.advance(minutes=5)
    early = world.code(secret)
    clock.advance(seconds=30)
    granted(await world.log_in(totp=early))
    clock.advance(minutes=5)
    late = world.code(secret)
    clock.advance(seconds=60)
    assert "bad_credentials" == denied(await world.log_in(totp=late))


async def test_guessed_codes_lock_the_account(world: World, clock: SettableClock):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    clock.advance(minutes=1)
    for _ in range(3):
        denied(await world.log_in(totp="000000"))
    assert "bad_credentials" == denied(await world.log_in(totp=world.code(secret)))


async def test_a_recovery_code_works_once_however_it_is_typed(world: World):
    logged_in = await world.player()
    _, codes = await world.enrol(logged_in.session)
    assert 10 == len(set(codes))
    granted(await world.log_in(totp=codes[0].upper().replace("-", " ")))
    assert "bad_credentials" == denied(await world.log_in(totp=codes[0]))
    async with world.db.read() as tx:
        assert 9 == await identity.recovery_codes_left(tx, player_id=logged_in.player.id)


async def test_new_recovery_codes_replace_the_old(world: World, clock: SettableClock):
    logged_in = await world.player()
    secret, codes = await world.enrol(logged_in.session)
    clock.advance(minutes=1)
    async with world.db.tx() as tx:
        renewed = await identity.renew_recovery_codes(
            tx, sealer=world.sealer, session=logged_in.session, code=world.code(secret)
        )
    assert not isinstance(renewed, Denied)
    assert set(codes).isdisjoint(renewed)
    assert "bad_credentials" == denied(await world.log_in(totp=codes[0]))
    granted(await world.log_in(totp=renewed[0]))


async def test_switching_on_ends_other_sessions_and_holds_nothing(world: World):
    logged_in = await world.player()
    other = granted(await world.log_in(client=PHONE))
    await world.enrol(logged_in.session)
    assert await world.session(other.token) is None
    assert await world.session(logged_in.token)
    async with world.db.read() as tx:
        assert await identity.hold_of(tx, player_id=logged_in.player.id) is None
    assert "totp_on" == (await world.mails(EMAIL))[-1].template


async def test_an_unconfirmed_secret_does_not_count(world: World):
    logged_in = await world.player()
    async with world.db.tx() as tx:
        await identity.enrol_totp(
            tx, sealer=world.sealer, brand=world.brand, session=logged_in.session
        )
    granted(await world.log_in())


async def test_a_wrong_first_code_switches_nothing_on(world: World):
    logged_in = await world.player()
    async with world.db.tx() as tx:
        await identity.enrol_totp(
            tx, sealer=world.sealer, brand=world.brand, session=logged_in.session
        )
    async with world.db.tx() as tx:
        result = await identity.confirm_totp(
            tx, sealer=world.sealer, session=logged_in.session, code="000000"
        )
    assert "wrong_code" == denied(result)
    granted(await world.log_in())


async def test_enrolling_needs_a_fresh_password(world: World, clock: SettableClock):
    logged_in = await world.player()
    clock.advance(minutes=5)
    with pytest.raises(StepUpRequired) as caught:
        await world.enrol(logged_in.session)
    assert "password" == caught.value.fields["method"]
    proof = await world.proof(PASSWORD)
    async with world.db.tx() as tx:
        await identity.step_up(tx, sealer=world.sealer, session=logged_in.session, proof=proof)
    await world.enrol(logged_in.session)
    with pytest.raises(AlreadyEnrolled):
        await world.enrol(logged_in.session)


async def test_guests_have_no_second_factor(world: World):
    guest = await world.guest()
    with pytest.raises(RegistrationRequired):
        await world.enrol(guest.session)


async def test_switching_off_needs_a_code(world: World, clock: SettableClock):
    logged_in = await world.player()

    async def disable(code: str) -> Denied | None:
        async with world.db.tx() as tx:
            return await identity.disable_totp(
                tx, sealer=world.sealer, session=logged_in.session, code=code
            )

    with pytest.raises(NotEnrolled):
        await disable("000000")
    secret, _ = await world.enrol(logged_in.session)
    clock.advance(minutes=1)
    assert "wrong_code" == denied(await disable("000000"))
    assert await disable(world.code(secret)) is None
    granted(await world.log_in())
    assert "totp_off" == (await world.mails(EMAIL))[-1].template


async def test_a_fresh_proof_lasts_five_minutes(world: World, clock: SettableClock):
    logged_in = await world.player()
    await require(world, logged_in.session)
    clock.advance(minutes=5)
    with pytest.raises(StepUpRequired):
        await require(world, logged_in.session)
    proof = await world.proof(PASSWORD)
    async with world.db.tx() as tx:
        until = await identity.step_up(
            tx, sealer=world.sealer, session=logged_in.session, proof=proof
        )
    assert world.db.now() + STEP_UP_LIFE == until
    await require(world, logged_in.session)


async def test_with_a_second_factor_the_password_is_no_fresh_proof(
    world: World, clock: SettableClock
):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    clock.advance(minutes=6)
    proof = await world.proof(PASSWORD)
    with pytest.raises(StepUpRequired):
        async with world.db.tx() as tx:
            await identity.step_up(tx, sealer=world.sealer, session=logged_in.session, proof=proof)
    code = world.code(secret)
    async with world.db.tx() as tx:
        await identity.step_up(tx, sealer=world.sealer, session=logged_in.session, code=code)
    await require(world, logged_in.session)
    async with world.db.tx() as tx:
        again = await identity.step_up(
            tx, sealer=world.sealer, session=logged_in.session, code=code
        )
    assert "wrong_code" == denied(again)


async def test_a_fresh_proof_is_of_one_session(world: World, clock: SettableClock):
    first = await world.player()
    clock.advance(minutes=6)
    second = granted(await world.log_in(client=PHONE))
    await require(world, second.session)
    with pytest.raises(StepUpRequired):
        await require(world, first.session)


async def test_an_ended_session_proves_nothing(world: World):
    logged_in = await world.player()
    async with world.db.tx() as tx:
        await identity.log_out(tx, session=logged_in.session)
    with pytest.raises(Unauthenticated):
        await require(world, logged_in.session)


SEED = identity.SeedStaff(
    handle="tess",
    name="Tess the treasurer",
    roles=(Role.TREASURER, Role.SUPPORT),
    password=PASSWORD,
    totp_secret=SECRET,
)


async def staff_login(
    world: World, *, handle: str = "tess", password: str = PASSWORD, totp: str | None = None
) -> StaffLoggedIn:
    return await identity.log_in_staff(
        world.db,
        sealer=world.sealer,
        passwords=world.passwords,
        handle=handle,
        password=password,
        totp=totp or world.code(SECRET),
        client=FIREFOX,
    )


async def seed_staff(world: World):
    return await identity.seed_staff(
        world.db, sealer=world.sealer, passwords=world.passwords, seed=SEED
    )


async def test_staff_log_in_with_password_and_code(world: World):
    member = await seed_staff(world)
    assert member == await seed_staff(world)
    logged_in = await staff_login(world, handle="TESS")
    async with world.db.tx() as tx:
        found = await identity.staff_session(tx, token=logged_in.token)
    assert found is not None
    assert frozenset({Role.TREASURER, Role.SUPPORT}) == found.staff.roles
    identity.require_role(found.staff, Role.TREASURER, Role.ADMIN)
    with pytest.raises(Forbidden):
        identity.require_role(found.staff, Role.ADMIN)


async def test_staff_codes_are_used_once_even_at_once(world: World):
    await seed_staff(world)
    results = await asyncio.gather(*(staff_login(world) for _ in range(3)), return_exceptions=True)
    assert 1 == sum(isinstance(result, StaffLoggedIn) for result in results)
    assert 2 == sum(isinstance(result, BadCredentials) for result in results)


async def test_three_failures_lock_staff_and_a_stranger_spends_no_code(
    world: World, clock: SettableClock
):
    await seed_staff(world)
    for _ in range(3):
        with pytest.raises(BadCredentials):
            await staff_login(world, password="wrong wrong wrong")
    with pytest.raises(BadCredentials):
        await staff_login(world)
    clock.advance(minutes=30)
    await staff_login(world)


async def test_unknown_staff_look_like_wrong_passwords(world: World):
    await seed_staff(world)
    messages: list[str] = []
    for handle in ("tess", "nobody"):
        with pytest.raises(BadCredentials) as caught:
            await staff_login(world, handle=handle, password="wrong wrong wrong")
        messages.append(caught.value.message)
    assert messages[0] == messages[1]


async def test_staff_sessions_end_idle_at_night_and_when_disabled(
    world: World, clock: SettableClock
):
    member = await seed_staff(world)

    async def is_live(token: str) -> bool:
        async with world.db.tx() as tx:
            return await identity.staff_session(tx, token=token) is not None

    logged_in = await staff_login(world)
    for _ in range(12 * 60 // 20):
        assert await is_live(logged_in.token)
        clock.advance(minutes=20)
    assert not await is_live(logged_in.token)
    second = await staff_login(world)
    clock.advance(minutes=30)
    assert not await is_live(second.token)
    third = await staff_login(world)
    async with world.db.tx() as tx:
        await identity.disable_staff(tx, staff_id=member.id)
    assert not await is_live(third.token)
    clock.advance(minutes=1)
    with pytest.raises(BadCredentials):
        await staff_login(world)


async def test_a_staff_token_is_no_player_token(world: World):
    await seed_staff(world)
    logged_in = await staff_login(world)
    assert await world.session(logged_in.token) is None


async def test_the_command_line_hires_staff_with_a_secret_of_their_own(world: World):
    async def hire(handle: str = "Sam.Support", password: str = PASSWORD, *roles: Role):
        return await identity.hire_staff(
            world.db,
            sealer=world.sealer,
            passwords=world.passwords,
            handle=handle,
            name="Sam",
            roles=roles,
            password=password,
        )

    for handle, password, roles, param in (
        ("s", PASSWORD, (Role.SUPPORT,), "handle"),
        ("sam", "sam12345678", (Role.SUPPORT,), "password"),
        ("sam", PASSWORD, (), "roles"),
    ):
        with pytest.raises(Refusal) as caught:
            await hire(handle, password, *roles)
        assert param == caught.value.param
    member, enrolment = await hire("Sam.Support", PASSWORD, Role.SUPPORT)
    assert "sam.support" == member.handle
    assert enrolment.uri.startswith("otpauth://totp/")
    logged_in = await staff_login(world, handle="sam.support", totp=world.code(enrolment.secret))
    assert member == logged_in.session.staff
    async with world.db.read() as tx:
        assert [member] == await identity.staff_members(tx)
        assert member == await identity.staff_member(tx, staff_id=member.id)


async def test_handles_are_unique(world: World):
    await seed_staff(world)
    hashed = await world.passwords.hash(PASSWORD, known=())
    with pytest.raises(UsernameTaken):
        async with world.db.tx() as tx:
            await identity.create_staff(
                tx,
                sealer=world.sealer,
                handle="Tess",
                name="Another",
                roles=[Role.SUPPORT],
                password=hashed,
            )


async def test_a_seeded_player_logs_in_and_is_seeded_once(world: World):
    seed = identity.SeedPlayer(email=EMAIL, username="ada", password=PASSWORD, totp_secret=SECRET)

    async def plant():
        return await identity.seed_player(
            world.db,
            sealer=world.sealer,
            passwords=world.passwords,
            brand=world.brand,
            seed=seed,
        )

    player, is_new = await plant()
    assert is_new
    assert (player, False) == await plant()
    assert "second_factor_required" == denied(await world.log_in())
    granted(await world.log_in(totp=world.code(SECRET)))
