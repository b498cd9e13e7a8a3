"""One account, many ways in: each opens it, each can go but the last."""

import asyncio
from datetime import timedelta

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.types import (
    AssertionRefused,
    CredentialKind,
    CredentialTaken,
    Denied,
    EmailNeeded,
    EmailTaken,
    LastWayIn,
    LoggedIn,
    Proven,
    Purpose,
    Session,
    StepUpRequired,
    Ticket,
    UsernameTaken,
    WaysIn,
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
    denied,
    granted,
)

WALLET = Proven(CredentialKind.ETHEREUM, "0x52908400098527886E0F7030069857D2E4169EE7", "Wallet")
OTHER = Proven(CredentialKind.SOLANA, "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM", "Phantom")
GOOGLE = Proven(
    CredentialKind.OIDC, "10769150350006150715113082367", "Google", "google", "grace@player.test"
)


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def enter(world: World, proven: Proven, brand: TestBrand | None = None) -> object:
    async with world.db.tx() as tx:
        return await identity.enter(
            tx, sealer=world.sealer, brand=brand or world.brand, proven=proven, client=FIREFOX
        )


async def ticket_of(world: World, proven: Proven, brand: TestBrand | None = None) -> Ticket:
    found = await enter(world, proven, brand)
    assert isinstance(found, Ticket), found
    return found


async def open_with(
    world: World,
    token: str,
    *,
    username: str = "grace",
    brand: TestBrand | None = None,
    guest: Session | None = None,
) -> LoggedIn:
    brand = brand or world.brand
    async with world.db.tx() as tx:
        return await identity.open_with_ticket(
            tx,
            sealer=world.sealer,
            brand=brand,
            ticket=token,
            username=username,
            birth_date=BORN,
            terms_version=brand.terms_version,
            language="en",
            client=FIREFOX,
            guest=guest,
        )


async def link(world: World, session: Session, proven: Proven) -> WaysIn:
    async with world.db.tx() as tx:
        return await identity.link(tx, sealer=world.sealer, session=session, proven=proven)


async def remove(world: World, session: Session, number: int) -> WaysIn:
    async with world.db.tx() as tx:
        ways = await identity.ways_in(tx, sealer=world.sealer, player_id=session.player_id)
        return await identity.remove_way(
            tx,
            sealer=world.sealer,
            session=session,
            credential_id=ways.credentials[number].id,
        )


async def ways_of(world: World, session: Session) -> WaysIn:
    async with world.db.read() as tx:
        return await identity.ways_in(tx, sealer=world.sealer, player_id=session.player_id)


async def test_every_linked_way_opens_the_same_account(world: World):
    ada = await world.player()
    for proven in (WALLET, OTHER, GOOGLE):
        await link(world, ada.session, proven)

    for proven in (WALLET, OTHER, GOOGLE):
        found = await enter(world, proven)
        assert isinstance(found, LoggedIn)
        assert found.player.id == ada.player.id
    assert granted(await world.log_in()).player.id == ada.player.id


async def test_a_new_way_ends_other_sessions_holds_money_and_is_told(world: World):
    ada = await world.player()
    elsewhere = granted(await world.log_in(client=PHONE))

    await link(world, ada.session, WALLET)

    assert await world.session(elsewhere.token) is None
    assert await world.session(ada.token) is not None
    async with world.db.read() as tx:
        held = await identity.hold_of(tx, player_id=ada.player.id)
    assert held == world.db.now() + timedelta(hours=24)
    assert (await world.mails(EMAIL))[-1].template == "way_added"
    assert "identity.credentials_changed" in await world.events()


async def test_a_new_way_needs_a_fresh_proof(world: World, clock: SettableClock):
    ada = await world.player()
    clock.advance(minutes=6)

    with pytest.raises(StepUpRequired) as refusal:
        await link(world, ada.session, WALLET)
    assert "password" == refusal.value.fields["method"]
    assert () == (await ways_of(world, ada.session)).credentials


async def test_what_opens_one_account_opens_no_other(world: World):
    ada, bob = await world.player(), await world.player("bob@player.test", "bob")
    await link(world, ada.session, WALLET)

    with pytest.raises(CredentialTaken):
        await link(world, bob.session, WALLET)
    assert 1 == (await ways_of(world, bob.session)).count


async def test_two_brands_know_nothing_of_each_other(world: World):
    ada = await world.player()
    await link(world, ada.session, WALLET)

    elsewhere = await enter(world, WALLET, TestBrand(id=2, name="Night Owl"))

    assert isinstance(elsewhere, Ticket)
    assert elsewhere.purpose is Purpose.REGISTER
    async with world.db.tx() as tx:
        with pytest.raises(AssertionRefused):
            await identity.open_with_ticket(
                tx,
                sealer=world.sealer,
                brand=world.brand,
                ticket=elsewhere.token,
                username="eve",
                birth_date=BORN,
                terms_version=world.brand.terms_version,
                language="en",
                client=FIREFOX,
            )


async def test_the_last_way_in_stays(world: World):
    grace = await open_with(world, (await ticket_of(world, WALLET)).token)

    with pytest.raises(LastWayIn):
        await remove(world, grace.session, 0)
    await link(world, grace.session, OTHER)
    kinds = [one.kind for one in (await ways_of(world, grace.session)).credentials]
    left = await remove(world, grace.session, kinds.index(CredentialKind.ETHEREUM))

    assert [CredentialKind.SOLANA] == [one.kind for one in left.credentials]
    assert isinstance(await enter(world, WALLET), Ticket)
    assert isinstance(await enter(world, OTHER), LoggedIn)


async def test_of_two_removals_at_once_one_way_is_left(world: World):
    grace = await open_with(world, (await ticket_of(world, WALLET)).token)
    await link(world, grace.session, OTHER)
    both = (await ways_of(world, grace.session)).credentials

    async def go(number: int) -> object:
        async with world.db.tx() as tx:
            return await identity.remove_way(
                tx,
                sealer=world.sealer,
                session=grace.session,
                credential_id=both[number].id,
            )

    results = await asyncio.gather(go(0), go(1), return_exceptions=True)

    assert ["LastWayIn", "WaysIn"] == sorted(type(one).__name__ for one in results)
    assert 1 == (await ways_of(world, grace.session)).count


async def test_a_password_goes_only_when_another_way_stays(world: World):
    ada = await world.player()

    async def remove_password() -> WaysIn:
        async with world.db.tx() as tx:
            return await identity.remove_password(tx, sealer=world.sealer, session=ada.session)

    with pytest.raises(LastWayIn):
        await remove_password()
    await link(world, ada.session, WALLET)
    left = await remove_password()

    assert (left.has_password, left.count) == (False, 1)
    assert denied(await world.log_in()) == "bad_credentials"
    hashed = await world.passwords.hash(PASSWORD, known=())
    async with world.db.tx() as tx:
        ways = await identity.add_password(
            tx, sealer=world.sealer, session=ada.session, password=hashed
        )
    assert ways.has_password
    assert isinstance(await world.log_in(), LoggedIn)


async def test_nobody_removes_what_is_somebody_elses(world: World):
    ada, bob = await world.player(), await world.player("bob@player.test", "bob")
    await link(world, ada.session, WALLET)
    await link(world, bob.session, OTHER)
    mine = (await ways_of(world, ada.session)).credentials[0]

    async with world.db.tx() as tx:
        with pytest.raises(Exception, match="no such way"):
            await identity.remove_way(
                tx, sealer=world.sealer, session=bob.session, credential_id=mine.id
            )
    assert 2 == (await ways_of(world, ada.session)).count


async def test_a_second_factor_lets_in_once_per_ticket(world: World, clock: SettableClock):
    ada = await world.player()
    await link(world, ada.session, WALLET)
    secret, _ = await world.enrol(ada.session)
    clock.advance(minutes=1)
    ticket = await ticket_of(world, WALLET)
    assert ticket.purpose is Purpose.SECOND_FACTOR

    async def hand_in(code: str) -> LoggedIn | Denied:
        async with world.db.tx() as tx:
            return await identity.enter_with_code(
                tx,
                sealer=world.sealer,
                brand=world.brand,
                ticket=ticket.token,
                totp=code,
                client=FIREFOX,
            )

    assert denied(await hand_in("000000")) == "bad_credentials"
    assert granted(await hand_in(world.code(secret))).player.id == ada.player.id
    clock.advance(minutes=1)
    assert denied(await hand_in(world.code(secret))) == "assertion_refused"


async def test_guessing_codes_behind_a_wallet_locks(world: World):
    ada = await world.player()
    await link(world, ada.session, WALLET)
    await world.enrol(ada.session)
    ticket = await ticket_of(world, WALLET)

    for _ in range(3):
        async with world.db.tx() as tx:
            await identity.enter_with_code(
                tx,
                sealer=world.sealer,
                brand=world.brand,
                ticket=ticket.token,
                totp="111111",
                client=FIREFOX,
            )

    assert denied(await enter(world, WALLET)) == "account_locked"
    assert "account_locked" in [mail.template for mail in await world.mails(EMAIL)]


async def test_an_account_without_an_address_where_that_is_allowed(world: World):
    guest = await world.guest()
    ticket = await ticket_of(world, WALLET)

    grace = await open_with(world, ticket.token, guest=guest.session)

    assert grace.player.id == guest.player.id
    async with world.db.read() as tx:
        data = await identity.personal_data(tx, sealer=world.sealer, player_id=grace.player.id)
    assert data is not None
    assert (data.email, data.birth_date) == (None, BORN)
    assert not grace.player.email_verified
    assert [] == await world.mails()


async def test_where_an_address_is_needed_it_is_proven_by_code(world: World):
    strict = TestBrand(allows_anonymous=False)
    world.brand = strict
    ticket = await ticket_of(world, WALLET)
    with pytest.raises(EmailNeeded):
        await open_with(world, ticket.token)

    async with world.db.tx() as tx:
        registering = await identity.register(
            tx,
            sealer=world.sealer,
            brand=strict,
            email=EMAIL,
            password=None,
            birth_date=BORN,
            terms_version=strict.terms_version,
            username="grace",
            language="en",
            ticket=ticket.token,
        )
    code = str((await world.mails(EMAIL))[-1].fields["code"])
    grace = granted(await world.confirm(registering, code))

    ways = await ways_of(world, grace.session)
    assert (ways.has_password, ways.count) == (False, 1)
    assert isinstance(await enter(world, WALLET), LoggedIn)


async def test_a_proven_address_opens_but_never_joins(world: World):
    """An account that has the address is not given to whoever a provider says has it, too."""
    await world.player("grace@player.test", "grace")

    ticket = await ticket_of(world, GOOGLE)

    assert ticket.purpose is Purpose.REGISTER
    with pytest.raises(EmailTaken):
        await open_with(world, ticket.token, username="grace2")


async def test_a_refused_opening_leaves_the_ticket_good(world: World):
    await world.player()
    ticket = await ticket_of(world, GOOGLE)
    with pytest.raises(UsernameTaken):
        await open_with(world, ticket.token, username="ada")

    grace = await open_with(world, ticket.token)

    assert grace.player.email_verified
    with pytest.raises(AssertionRefused):
        await open_with(world, ticket.token, username="again")


async def test_tickets_grow_old(world: World, clock: SettableClock):
    ticket = await ticket_of(world, WALLET)
    clock.advance(minutes=16)

    with pytest.raises(AssertionRefused):
        await open_with(world, ticket.token)


async def test_a_dump_tells_no_wallet_and_erasure_forgets_it(world: World):
    ada = await world.player()
    await link(world, ada.session, WALLET)
    async with world.db.tx() as tx:
        rows = await tx.fetch("select c::text as line from identity.credential c")
        assert WALLET.external[2:].lower() not in rows[0]["line"].lower()
        await identity.erase_player(tx, player_id=ada.player.id)

    async with world.db.read() as tx:
        assert 0 == await tx.fetchval("select count(*) from identity.credential")
    assert isinstance(await enter(world, WALLET), Ticket)


async def test_an_account_without_an_address_gets_one(world: World, clock: SettableClock):
    grace = await open_with(world, (await ticket_of(world, WALLET)).token)

    async def request() -> Denied | None:
        async with world.db.tx() as tx:
            return await identity.request_email_change(
                tx, sealer=world.sealer, session=grace.session, proof=None, email=EMAIL
            )

    clock.advance(minutes=6)
    with pytest.raises(StepUpRequired):
        await request()
    async with world.db.tx() as tx:
        await identity.step_up_with(tx, sealer=world.sealer, session=grace.session, proven=WALLET)
    assert await request() is None
    code = str((await world.mails(EMAIL))[-1].fields["code"])
    async with world.db.tx() as tx:
        denied_ = await identity.confirm_email_change(
            tx, sealer=world.sealer, session=grace.session, code=code
        )
    assert denied_ is None
    async with world.db.read() as tx:
        assert (await identity.player(tx, player_id=grace.player.id)).email_verified


async def test_an_account_with_a_password_gives_it(world: World):
    ada = await world.player()
    async with world.db.tx() as tx:
        with pytest.raises(Malformed):
            await identity.request_email_change(
                tx, sealer=world.sealer, session=ada.session, proof=None, email="a@b.test"
            )
