"""Stories of coming in: guests, registrations, taken addresses, terms."""

import asyncio
from datetime import date

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.rules import REGISTRATION_LIFE
from fairhouse.identity.types import (
    Denied,
    EmailTaken,
    NotEligible,
    NotOfAge,
    PasswordHash,
    PlayerKind,
    TermsOutdated,
    UsernameTaken,
    WeakPassword,
)
from fairhouse.kernel.refusals import Malformed, Refusal
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows.identity_world import (
    BORN,
    EMAIL,
    FIREFOX,
    PASSWORD,
    TestBrand,
    World,
    denied,
    granted,
)


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def test_a_registration_becomes_an_account_when_its_mailbox_is_proven(world: World):
    registering = await world.register()
    (mail,) = await world.mails()
    assert ("registration_code", "en") == (mail.template, mail.language)
    assert "bad_credentials" == denied(await world.log_in())

    logged_in = granted(await world.confirm(registering, str(mail.fields["code"])))

    player = logged_in.player
    assert ("ada", PlayerKind.REGISTERED, True) == (
        player.username,
        player.kind,
        player.email_verified,
    )
    assert player.id.int % 16 == player.lane
    assert logged_in.session == await world.session(logged_in.token)
    assert granted(await world.log_in()).player.id == player.id
    assert "identity.player_registered" in await world.events()


async def test_both_answers_look_the_same_for_a_taken_address(world: World):
    await world.player()
    again = await world.register(email=EMAIL.upper(), username="eve")

    assert again.expires_at == world.db.now() + REGISTRATION_LIFE
    last = (await world.mails(EMAIL))[-1]
    assert "already_registered" == last.template
    for guess in ("000000", "123456"):
        assert "wrong_code" == denied(await world.confirm(again, guess))


async def test_five_wrong_codes_end_a_registration(world: World):
    registering = await world.register()
    code = str((await world.mails())[0].fields["code"])
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert "wrong_code" == denied(await world.confirm(registering, wrong))
    assert "wrong_code" == denied(await world.confirm(registering, code))


async def test_a_code_expires(world: World, clock: SettableClock):
    registering = await world.register()
    code = str((await world.mails())[0].fields["code"])
    clock.advance(minutes=30)
    assert "wrong_code" == denied(await world.confirm(registering, code))


async def test_resending_replaces_the_code_and_is_bounded(world: World):
    registering = await world.register()
    first = str((await world.mails())[0].fields["code"])
    for _ in range(7):
        async with world.db.tx() as tx:
            await identity.resend_registration(
                tx, sealer=world.sealer, brand=world.brand, registration_id=registering.id
            )
    mails = await world.mails()
    assert 5 == len(mails)
    last = str(mails[-1].fields["code"])
    if first != last:
        assert "wrong_code" == denied(await world.confirm(registering, first))
    granted(await world.confirm(registering, last))


async def test_one_code_opens_one_account_when_sent_twice_at_once(world: World):
    registering = await world.register()
    code = str((await world.mails())[0].fields["code"])

    results = await asyncio.gather(*(world.confirm(registering, code) for _ in range(4)))

    assert 1 == sum(not isinstance(result, Denied) for result in results)
    async with world.db.read() as tx:
        assert 1 == await tx.fetchval("select count(*) from identity.player")


async def test_two_registrations_of_one_mailbox_at_once_make_one_account(world: World):
    one, two = await asyncio.gather(world.register(username="ada"), world.register(username="eve"))
    by_mail = [str(mail.fields["code"]) for mail in await world.mails()]

    async def confirm(registering: identity.Registering) -> str:
        for code in by_mail:
            try:
                result = await world.confirm(registering, code)
            except EmailTaken:
                return "email_taken"
            if not isinstance(result, Denied):
                return "opened"
        return "wrong_code"

    outcomes = sorted(await asyncio.gather(confirm(one), confirm(two)))

    assert "opened" in outcomes
    assert outcomes != ["opened", "opened"]
    async with world.db.read() as tx:
        assert 1 == await tx.fetchval("select count(*) from identity.player")


async def test_a_taken_username_is_told_and_can_be_replaced_at_confirmation(world: World):
    waiting = await world.register(email="late@player.test", username="Ada")
    await world.player()
    with pytest.raises(UsernameTaken):
        await world.register(email="other@player.test", username="ADA")
    code = str((await world.mails("late@player.test"))[0].fields["code"])
    with pytest.raises(UsernameTaken):
        await world.confirm(waiting, code)
    logged_in = granted(await world.confirm(waiting, code, username="ada_2"))
    assert "ada_2" == logged_in.player.username


async def test_the_same_address_is_free_at_another_brand(world: World, db: Database):
    await world.player()
    other = World(db, brand=TestBrand(id=2, name="Nightowl"))
    player = (await other.player()).player
    assert 2 == player.brand_id


async def test_a_registration_cannot_be_confirmed_at_another_brand(world: World, db: Database):
    registering = await world.register()
    code = str((await world.mails())[0].fields["code"])
    other = World(db, brand=TestBrand(id=2))
    assert "wrong_code" == denied(await other.confirm(registering, code))


async def test_a_guest_becomes_the_account_and_gets_a_new_session(world: World):
    guest = await world.guest()
    registering = await world.register()
    code = str((await world.mails())[0].fields["code"])
    logged_in = granted(await world.confirm(registering, code, guest=guest.session))
    assert guest.player.id == logged_in.player.id
    assert await world.session(guest.token) is None
    assert logged_in.token != guest.token


async def test_a_guest_of_another_brand_is_not_upgraded(world: World, db: Database):
    guest = await World(db, brand=TestBrand(id=2)).guest()
    registering = await world.register()
    code = str((await world.mails())[0].fields["code"])
    logged_in = granted(await world.confirm(registering, code, guest=guest.session))
    assert guest.player.id != logged_in.player.id


async def test_a_restricted_mailbox_is_refused_once_it_is_proven(world: World):
    async with world.db.tx() as tx:
        await identity.restrict_email(
            tx, sealer=world.sealer, brand_id=1, email=EMAIL.lower(), reason="employee"
        )
    registering = await world.register()
    code = str((await world.mails())[0].fields["code"])
    with pytest.raises(NotEligible):
        await world.confirm(registering, code)


async def test_restricting_an_existing_player_ends_their_sessions(world: World):
    logged_in = await world.player()
    async with world.db.tx() as tx:
        await identity.restrict_email(
            tx, sealer=world.sealer, brand_id=1, email=EMAIL, reason="owner's household"
        )
    assert await world.session(logged_in.token) is None
    assert "account_locked" == denied(await world.log_in())


BAD_INPUT: list[tuple[dict[str, object], type[Refusal], str]] = [
    ({"email": "nobody"}, Malformed, "email"),
    ({"username": "a"}, Malformed, "username"),
    ({"username": "admin"}, Malformed, "username"),
    ({"language": "tlh"}, Malformed, "language"),
    ({"birth_date": date(2008, 1, 3)}, NotOfAge, "birth_date"),
    ({"birth_date": date(2030, 1, 1)}, Malformed, "birth_date"),
    ({"terms_version": "2025-01"}, TermsOutdated, "terms_version"),
]


async def test_bad_input_is_refused_with_its_field_and_changes_nothing(world: World):
    good: dict[str, object] = {
        "email": EMAIL,
        "username": "ada",
        "language": "en",
        "birth_date": BORN,
        "terms_version": world.brand.terms_version,
    }
    hashed = PasswordHash(world.passwords.nobodys_hash)
    for change, refusal, param in BAD_INPUT:
        with pytest.raises(refusal) as caught:
            async with world.db.tx() as tx:
                await identity.register(
                    tx,
                    sealer=world.sealer,
                    brand=world.brand,
                    password=hashed,
                    **(good | change),  # type: ignore[arg-type]
                )
        assert param == caught.value.param
    assert [] == await world.mails()
    async with world.db.read() as tx:
        assert 0 == await tx.fetchval("select count(*) from identity.registration")


async def test_somebody_is_of_age_on_their_birthday(world: World):
    hashed = PasswordHash(world.passwords.nobodys_hash)
    async with world.db.tx() as tx:
        await identity.register(
            tx,
            sealer=world.sealer,
            brand=world.brand,
            email=EMAIL,
            password=hashed,
            birth_date=date(2008, 1, 2),
            terms_version=world.brand.terms_version,
            username="ada",
            language="de",
        )
    assert "de" == (await world.mails())[0].language


async def test_passwords_made_of_the_email_are_refused(world: World):
    with pytest.raises(WeakPassword):
        await world.passwords.hash("ada.lovelace1", known=(EMAIL, "ada"))


async def test_terms_are_accepted_by_version_and_kept(world: World):
    logged_in = await world.player()
    newer = TestBrand(terms_version="2026-02")
    with pytest.raises(TermsOutdated):
        async with world.db.tx() as tx:
            await identity.accept_terms(
                tx, brand=newer, player_id=logged_in.player.id, terms_version="2026-01"
            )
    for _ in range(2):
        async with world.db.tx() as tx:
            await identity.accept_terms(
                tx, brand=newer, player_id=logged_in.player.id, terms_version="2026-02"
            )
    async with world.db.read() as tx:
        rows = await tx.fetch(
            "select terms_version from identity.terms_acceptance order by terms_version"
        )
    assert ["2026-01", "2026-02"] == [row["terms_version"] for row in rows]
    found = await world.session(logged_in.token)
    assert found is not None
    assert "2026-02" == found.terms_version


async def test_long_passwords_are_not_truncated(world: World):
    stem = "Lantern-Copper-Violin-Marsh-" * 4
    first, second = stem[:99] + "x", stem[:99] + "y"
    registering = await world.register(password=first)
    code = str((await world.mails())[0].fields["code"])
    granted(await world.confirm(registering, code, client=FIREFOX))
    assert "bad_credentials" == denied(await world.log_in(second))
    granted(await world.log_in(first))
    assert PASSWORD != first
