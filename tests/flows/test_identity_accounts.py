"""What becomes of accounts: closed, dormant, under age; phrases, referrals, addresses, devices."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta

import pytest

from fairhouse.app.gate import check_session_open
from fairhouse.brands import api as brands
from fairhouse.brands.types import JurisdictionCode, SessionRules
from fairhouse.identity import api as identity
from fairhouse.identity.types import (
    AccountClosed,
    AddressBook,
    AddressLookalike,
    AddressNotListed,
    AddressTooNew,
    Closure,
    DisposableEmail,
    LoggedIn,
    PlayerStatus,
    Session,
    StepUpRequired,
)
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows.identity_world import (
    BORN,
    EMAIL,
    FIREFOX,
    PASSWORD,
    PHONE,
    TestBrand,
    World,
    granted,
)

ONE = "0x52908400098527886E0F7030069857D2E4169EE7"
TWIN = "0x5290111111111111111111111111111111119EE7"


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def close(world: World, session: Session) -> None:
    async with world.db.tx() as tx:
        await identity.close_account(tx, sealer=world.sealer, session=session)


async def test_a_closed_account_can_be_entered_and_not_played(world: World):
    ada = await world.player()
    elsewhere = granted(await world.log_in(client=PHONE))

    await close(world, ada.session)

    assert await world.session(elsewhere.token) is None
    back = granted(await world.log_in())
    assert back.player.closure is Closure.PLAYER
    assert back.session.is_closed
    for session in (back.session, await world.session(ada.token)):
        assert session is not None
        with pytest.raises(AccountClosed):
            check_session_open(session)
    with pytest.raises(AccountClosed):
        identity.check_open(back.player)
    with pytest.raises(AccountClosed):
        await close(world, back.session)
    assert "account_closed" in [mail.template for mail in await world.mails(EMAIL)]
    assert "identity.account_closed" in await world.events()


async def test_closing_needs_a_fresh_proof(world: World, clock: SettableClock):
    ada = await world.player()
    clock.advance(minutes=6)
    with pytest.raises(StepUpRequired):
        await close(world, ada.session)


async def test_somebody_under_age_is_out_at_once_and_told_why(world: World):
    ada = await world.player()
    async with world.db.tx() as tx:
        await identity.mark_minor(tx, sealer=world.sealer, player_id=ada.player.id)

    assert await world.session(ada.token) is None
    async with world.db.read() as tx:
        found = await identity.player(tx, player_id=ada.player.id)
    assert (found.closure, found.status) == (Closure.MINOR, PlayerStatus.LOCKED)
    assert (await world.mails(EMAIL))[-1].template == "account_closed_minor"
    assert "identity.minor_found" in await world.events()


async def test_who_does_not_come_is_told_long_before_the_account_sleeps(
    world: World, clock: SettableClock
):
    ada = await world.player()

    async def step() -> int:
        return await identity.watch_dormant(world.db, sealer=world.sealer)

    assert await step() == 0
    clock.advance(days=300)
    assert await step() == 0
    clock.advance(days=7)
    assert await step() == 1
    assert (await world.mails(EMAIL))[-1].template == "dormant_soon"
    assert await step() == 0, "told once"
    clock.advance(days=59)
    assert await step() == 0, "sixty days from the notice"
    clock.advance(days=2)
    assert await step() == 1
    async with world.db.read() as tx:
        assert (await identity.player(tx, player_id=ada.player.id)).dormant_at == clock.time
    assert "identity.account_dormant" in await world.events()

    awake = granted(await world.log_in())
    async with world.db.read() as tx:
        assert (await identity.player(tx, player_id=awake.player.id)).dormant_at is None


async def test_a_login_after_the_notice_is_enough(world: World, clock: SettableClock):
    await world.player()
    clock.advance(days=310)
    await identity.watch_dormant(world.db, sealer=world.sealer)
    await world.log_in()
    clock.advance(days=61)

    assert await identity.watch_dormant(world.db, sealer=world.sealer) == 0


async def set_phrase(world: World, session: Session, phrase: str | None) -> None:
    async with world.db.tx() as tx:
        await identity.set_phrase(tx, sealer=world.sealer, session=session, phrase=phrase)


async def test_every_mail_repeats_the_players_words(world: World):
    ada = await world.player()
    await set_phrase(world, ada.session, "  my   grandmother's Käsekuchen ")
    await world.log_in(client=PHONE)

    mail = (await world.mails(EMAIL))[-1]
    assert mail.template == "new_device"
    assert mail.fields["phrase"] == "my grandmother's Käsekuchen"
    async with world.db.read() as tx:
        row = await tx.fetchval("select p::text from identity.player p")
    assert "sekuchen" not in row
    await set_phrase(world, ada.session, None)
    async with world.db.read() as tx:
        assert await identity.phrase(tx, sealer=world.sealer, player_id=ada.player.id) is None


@pytest.mark.parametrize("phrase", ["ab", "x" * 41, "a{code}b", "<b>bold</b>", "tab\tand\0"])
async def test_a_phrase_is_a_few_plain_words(world: World, phrase: str):
    ada = await world.player()
    with pytest.raises(Malformed):
        await set_phrase(world, ada.session, phrase)


async def test_a_referral_is_remembered_with_the_account(world: World):
    ada = await world.player()
    async with world.db.tx() as tx:
        code = await identity.referral_code(tx, player_id=ada.player.id)
        assert code == await identity.referral_code(tx, player_id=ada.player.id)
    hashed = await world.passwords.hash(PASSWORD, known=())

    async def register(referral: str) -> identity.Registering:
        async with world.db.tx() as tx:
            return await identity.register(
                tx,
                sealer=world.sealer,
                brand=world.brand,
                email="bob@player.test",
                password=hashed,
                birth_date=BORN,
                terms_version=world.brand.terms_version,
                username="bob",
                language="en",
                referral=referral,
            )

    with pytest.raises(Malformed):
        await register("nobody22")
    registering = await register(f" {code.upper()} ")
    sent = (await world.mails("bob@player.test"))[-1].fields["code"]
    bob = granted(await world.confirm(registering, str(sent)))
    async with world.db.read() as tx:
        assert await identity.referred_by(tx, player_id=bob.player.id) == ada.player.id
        assert await identity.referred_by(tx, player_id=ada.player.id) is None


@pytest.mark.parametrize("email", ["a@mailinator.com", "A@MAILINATOR.COM", "a@x.y.mailinator.com"])
async def test_a_throwaway_mailbox_is_refused(world: World, email: str):
    with pytest.raises(DisposableEmail):
        await world.register(email)


async def add(
    world: World, session: Session, address: str = ONE, *, is_confirmed: bool = False
) -> AddressBook:
    async with world.db.tx() as tx:
        return await identity.list_address(
            tx,
            sealer=world.sealer,
            session=session,
            chain="ethereum",
            address=address,
            label="Cold wallet",
            is_confirmed=is_confirmed,
        )


async def whitelist(world: World, session: Session, *, is_on: bool) -> AddressBook:
    async with world.db.tx() as tx:
        return await identity.set_whitelist(tx, sealer=world.sealer, session=session, is_on=is_on)


async def check(world: World, session: Session, address: str = ONE) -> None:
    async with world.db.read() as tx:
        await identity.check_listed(
            tx, player_id=session.player_id, chain="ethereum", address=address
        )


async def test_only_listed_addresses_are_paid_after_a_day(world: World, clock: SettableClock):
    ada = await world.player()
    await check(world, ada.session)
    await whitelist(world, ada.session, is_on=True)
    with pytest.raises(AddressNotListed):
        await check(world, ada.session)

    book = await add(world, ada.session)
    assert (book.entries[0].label, book.is_whitelist) == ("Cold wallet", True)
    with pytest.raises(AddressTooNew):
        await check(world, ada.session)
    clock.advance(hours=24)
    await check(world, ada.session)
    with pytest.raises(AddressNotListed):
        await check(world, ada.session, TWIN)


async def test_switching_the_list_off_takes_a_day(world: World, clock: SettableClock):
    ada = await world.player()
    await whitelist(world, ada.session, is_on=True)
    first = await whitelist(world, ada.session, is_on=False)
    assert (first.is_whitelist, first.off_at) == (True, clock.time + timedelta(hours=24))
    clock.advance(minutes=2)
    again = await whitelist(world, ada.session, is_on=False)
    assert again.off_at == first.off_at, "asking again changes nothing"
    with pytest.raises(AddressNotListed):
        await check(world, ada.session)

    clock.advance(hours=24)
    await check(world, ada.session)


async def test_a_thief_gains_no_address_by_a_new_credential(world: World, clock: SettableClock):
    """After a changed credential nothing on the list is usable before withdrawals are."""
    ada = await world.player()
    hashed = await world.passwords.hash("another-long-password-7", known=())
    proof = await world.proof(PASSWORD)
    async with world.db.tx() as tx:
        await identity.change_password(
            tx, sealer=world.sealer, session=ada.session, proof=proof, password=hashed
        )
    book = await add(world, ada.session)

    assert book.entries[0].usable_at == clock.time + timedelta(hours=24)


async def test_an_address_that_looks_like_a_listed_one_is_compared(world: World):
    ada = await world.player()
    await add(world, ada.session)
    with pytest.raises(AddressLookalike) as refusal:
        await add(world, ada.session, TWIN)
    assert refusal.value.fields["similar_to"] == ONE
    with pytest.raises(Malformed):
        await add(world, ada.session)

    book = await add(world, ada.session, TWIN, is_confirmed=True)
    assert len(book.entries) == 2
    async with world.db.tx() as tx:
        left = await identity.unlist_address(
            tx, sealer=world.sealer, session=ada.session, address_id=book.entries[0].id
        )
    assert len(left.entries) == 1


async def test_a_browser_that_kept_its_cookie_is_no_new_device(world: World):
    await world.player()
    mine = replace(FIREFOX, device="m" * 43)

    async def new_device_mails() -> int:
        return sum(mail.template == "new_device" for mail in await world.mails(EMAIL))

    for client, expected in (
        (mine, 1),
        (replace(mine, user_agent="Mozilla/5.0 (X11; Linux) Firefox/141.0"), 1),
        (replace(FIREFOX, device="t" * 43), 2),
    ):
        await world.log_in(client=client)
        assert await new_device_mails() == expected


@pytest.fixture
async def strict(world: World) -> AsyncGenerator[World]:
    """A brand of a jurisdiction that lets one session live, and briefly."""
    rules = replace(
        brands.jurisdiction("demonstration"),
        code=JurisdictionCode("strict"),
        version=1,
        session=SessionRules(idle_minutes=15, one_session=True, full_login_days=7),
    )
    definition = replace(
        brands.definition_of(brands.brand(1)),
        slug="strict",
        name="Strict House",
        domains=("strict.example",),
        jurisdiction=rules.code,
    )
    who, reason = "cli:tester", "A strict licence."
    async with world.db.tx() as tx:
        await brands.change_jurisdiction(
            tx, based_on=0, jurisdiction=rules, actor=who, reason=reason
        )
        made = await brands.create_brand(tx, definition=definition, actor=who, reason=reason)
    async with world.db.read() as tx:
        await brands.refresh(tx)
    world.brand = TestBrand(id=made.id)
    yield world
    brands.forget_changes()


async def test_a_jurisdiction_sets_how_long_and_how_many(strict: World, clock: SettableClock):
    ada = await strict.player()
    first = granted(await strict.log_in())
    second: LoggedIn = granted(await strict.log_in(client=PHONE))

    assert await strict.session(first.token) is None
    assert await strict.session(ada.token) is None
    assert second.session.expires_at == clock.time + timedelta(days=7)
    clock.advance(minutes=14, seconds=59)
    assert await strict.session(second.token) is not None
    clock.advance(seconds=2)
    assert await strict.session(second.token) is None
