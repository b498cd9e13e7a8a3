"""Stories of forgotten and changed passwords and of changed e-mail addresses."""

import asyncio
from datetime import timedelta

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.types import (
    Denied,
    EmailTaken,
    LoggedIn,
    Session,
    StepUpRequired,
    WrongCode,
)
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows.identity_world import (
    EMAIL,
    PASSWORD,
    PHONE,
    TestBrand,
    World,
    denied,
    granted,
)

NEW = "violin-marsh-lantern-copper"
NEW_EMAIL = "countess@player.test"


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def forget(world: World, email: str = EMAIL) -> str | None:
    """The token that was mailed, if one was."""
    async with world.db.tx() as tx:
        await identity.request_password_reset(
            tx, sealer=world.sealer, brand=world.brand, email=email
        )
    resets = [mail for mail in await world.mails() if mail.template == "reset_password"]
    return str(resets[-1].fields["code"]) if resets else None


async def reset(
    world: World, code: str, password: str = NEW, totp: str | None = None
) -> Denied | None:
    hashed = await world.passwords.hash(password, known=())
    async with world.db.tx() as tx:
        result = await identity.reset_password(
            tx, sealer=world.sealer, brand=world.brand, code=code, password=hashed, totp=totp
        )
    return result if isinstance(result, Denied) else None


async def change_password(world: World, session: Session, current: str) -> Denied | None:
    proof, hashed = await world.proof(current), await world.passwords.hash(NEW, known=())
    async with world.db.tx() as tx:
        return await identity.change_password(
            tx, sealer=world.sealer, session=session, proof=proof, password=hashed
        )


async def ask_for_email(
    world: World, session: Session, email: str = NEW_EMAIL, password: str = PASSWORD
) -> Denied | None:
    proof = await world.proof(password)
    async with world.db.tx() as tx:
        return await identity.request_email_change(
            tx, sealer=world.sealer, session=session, proof=proof, email=email
        )


async def confirm_email(world: World, session: Session, code: str) -> Denied | None:
    async with world.db.tx() as tx:
        return await identity.confirm_email_change(
            tx, sealer=world.sealer, session=session, code=code
        )


async def hold(world: World, logged_in: LoggedIn):
    async with world.db.read() as tx:
        return await identity.hold_of(tx, player_id=logged_in.player.id)


async def test_a_forgotten_password_is_reset_once_and_ends_everything(
    world: World, clock: SettableClock
):
    logged_in = await world.player()
    code = await forget(world)
    assert code is not None

    assert await reset(world, code) is None

    assert "wrong_code" == denied(await reset(world, code, "another-marsh-copper-violin"))
    assert await world.session(logged_in.token) is None
    assert "bad_credentials" == denied(await world.log_in(PASSWORD))
    granted(await world.log_in(NEW))
    assert world.db.now() + timedelta(hours=24) == await hold(world, logged_in)
    clock.advance(hours=24)
    assert await hold(world, logged_in) is None
    assert "password_changed" in [mail.template for mail in await world.mails(EMAIL)]


async def test_one_token_used_twice_at_once_resets_once(world: World):
    await world.player()
    code = await forget(world)
    assert code is not None
    passwords = [NEW, "another-marsh-copper-violin"]
    results = await asyncio.gather(*(reset(world, code, password) for password in passwords))
    assert 1 == sum(result is None for result in results)
    winner = passwords[[result is None for result in results].index(True)]
    granted(await world.log_in(winner))


async def test_only_the_newest_token_works_and_only_for_half_an_hour(
    world: World, clock: SettableClock
):
    await world.player()
    old, new = await forget(world), await forget(world)
    assert old is not None
    assert new is not None
    assert "wrong_code" == denied(await reset(world, old))
    clock.advance(minutes=30)
    assert "wrong_code" == denied(await reset(world, new))


async def test_strangers_are_not_told_and_not_mailed(world: World):
    assert await forget(world, "nobody@player.test") is None


async def test_resets_per_hour_are_bounded(world: World, clock: SettableClock):
    await world.player()
    for _ in range(8):
        await forget(world)
    templates = [mail.template for mail in await world.mails()]
    assert 5 == templates.count("reset_password")
    clock.advance(hours=1)
    await forget(world)
    assert 6 == [mail.template for mail in await world.mails()].count("reset_password")


async def test_a_token_of_another_brand_is_wrong(world: World, db: Database):
    await world.player()
    code = await forget(world)
    assert code is not None
    other = World(db, brand=TestBrand(id=2))
    assert "wrong_code" == denied(await reset(other, code))
    with pytest.raises(WrongCode):
        async with db.read() as tx:
            await identity.reset_known_words(tx, sealer=world.sealer, brand=other.brand, code=code)


async def test_a_reset_unlocks_a_locked_account(world: World):
    await world.player()
    for _ in range(3):
        denied(await world.log_in("wrong wrong wrong"))
    code = await forget(world)
    assert code is not None
    assert await reset(world, code) is None
    granted(await world.log_in(NEW))


async def test_a_reset_needs_the_second_factor_where_one_is_on(world: World, clock: SettableClock):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    code = await forget(world)
    assert code is not None
    assert "second_factor_required" == denied(await reset(world, code))
    assert "wrong_code" == denied(await reset(world, code, totp="000000"))
    clock.advance(seconds=30)
    assert await reset(world, code, totp=world.code(secret)) is None


async def test_guessing_second_factors_ends_the_token(world: World, clock: SettableClock):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    code = await forget(world)
    assert code is not None
    for _ in range(5):
        denied(await reset(world, code, totp="000000"))
    clock.advance(seconds=30)
    assert "wrong_code" == denied(await reset(world, code, totp=world.code(secret)))


async def test_the_known_words_are_the_owners(world: World):
    await world.player()
    code = await forget(world)
    assert code is not None
    async with world.db.read() as tx:
        words = await identity.reset_known_words(
            tx, sealer=world.sealer, brand=world.brand, code=code
        )
    assert ("ada", "Ada.Lovelace@player.test") == words


async def test_a_changed_password_keeps_this_session_and_ends_the_others(world: World):
    first = await world.player()
    second = granted(await world.log_in(client=PHONE))

    assert await change_password(world, second.session, PASSWORD) is None

    assert await world.session(first.token) is None
    assert await world.session(second.token)
    assert world.db.now() + timedelta(hours=24) == await hold(world, second)
    granted(await world.log_in(NEW))


async def test_a_wrong_current_password_changes_nothing_and_counts(world: World):
    logged_in = await world.player()
    for _ in range(3):
        assert "bad_credentials" == denied(
            await change_password(world, logged_in.session, "wrong wrong wrong")
        )
    assert "bad_credentials" == denied(await change_password(world, logged_in.session, PASSWORD))
    assert await hold(world, logged_in) is None


async def test_somebody_elses_proof_is_no_proof(world: World):
    await world.player()
    eve = await world.player("eve@player.test", "eve")
    assert "bad_credentials" == denied(await change_password(world, eve.session, PASSWORD))


async def test_a_changed_email_tells_the_old_address_and_holds_withdrawals(world: World):
    logged_in = await world.player()
    other = granted(await world.log_in(client=PHONE))

    assert await ask_for_email(world, logged_in.session) is None

    assert "email_change_requested" == (await world.mails(EMAIL))[-1].template
    code = str((await world.mails(NEW_EMAIL))[-1].fields["code"])
    granted(await world.log_in(email=EMAIL))
    assert await hold(world, logged_in) is None

    assert await confirm_email(world, logged_in.session, code) is None

    assert "email_changed" == (await world.mails(EMAIL))[-1].template
    assert "email_changed" == (await world.mails(NEW_EMAIL))[-1].template
    assert world.db.now() + timedelta(hours=24) == await hold(world, logged_in)
    assert await world.session(other.token) is None
    assert await world.session(logged_in.token)
    assert "bad_credentials" == denied(await world.log_in(email=EMAIL))
    granted(await world.log_in(email=NEW_EMAIL))
    async with world.db.read() as tx:
        data = await identity.personal_data(tx, sealer=world.sealer, player_id=logged_in.player.id)
    assert data is not None
    assert NEW_EMAIL == data.email


async def test_an_email_code_works_once_and_bears_five_guesses(world: World):
    logged_in = await world.player()
    await ask_for_email(world, logged_in.session)
    code = str((await world.mails(NEW_EMAIL))[-1].fields["code"])
    assert await confirm_email(world, logged_in.session, code) is None
    assert "wrong_code" == denied(await confirm_email(world, logged_in.session, code))

    proof = await world.proof(PASSWORD, NEW_EMAIL)
    async with world.db.tx() as tx:
        await identity.request_email_change(
            tx, sealer=world.sealer, session=logged_in.session, proof=proof, email=EMAIL
        )
    code = str((await world.mails(EMAIL))[-1].fields["code"])
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert "wrong_code" == denied(await confirm_email(world, logged_in.session, wrong))
    assert "wrong_code" == denied(await confirm_email(world, logged_in.session, code))


async def test_a_taken_new_address_looks_free_and_its_owner_is_told(world: World):
    logged_in = await world.player()
    await world.player(NEW_EMAIL, "countess")
    assert await ask_for_email(world, logged_in.session) is None
    assert "already_registered" == (await world.mails(NEW_EMAIL))[-1].template
    for guess in ("000000", "999999"):
        assert "wrong_code" == denied(await confirm_email(world, logged_in.session, guess))


async def test_an_address_that_was_taken_meanwhile_changes_nothing(world: World):
    logged_in = await world.player()
    await ask_for_email(world, logged_in.session)
    code = str((await world.mails(NEW_EMAIL))[-1].fields["code"])
    await world.player(NEW_EMAIL, "countess")
    with pytest.raises(EmailTaken):
        await confirm_email(world, logged_in.session, code)
    assert await hold(world, logged_in) is None
    granted(await world.log_in(email=EMAIL))


async def test_the_own_address_is_no_change(world: World):
    logged_in = await world.player()
    with pytest.raises(Malformed):
        await ask_for_email(world, logged_in.session, EMAIL.upper())


async def test_with_a_second_factor_the_email_changes_only_after_a_fresh_one(
    world: World, clock: SettableClock
):
    logged_in = await world.player()
    secret, _ = await world.enrol(logged_in.session)
    clock.advance(minutes=6)
    with pytest.raises(StepUpRequired) as caught:
        await ask_for_email(world, logged_in.session)
    assert "totp" == caught.value.fields["method"]
    async with world.db.tx() as tx:
        await identity.step_up(
            tx, sealer=world.sealer, session=logged_in.session, code=world.code(secret)
        )
    assert await ask_for_email(world, logged_in.session) is None
