"""Passkeys: made, used, and every answer that must not count."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fairhouse.identity import api as identity
from fairhouse.identity.api import PasskeyQuestion, Site
from fairhouse.identity.types import (
    AssertionRefused,
    CredentialKind,
    LoggedIn,
    Proven,
    Purpose,
    Session,
    StepUpRequired,
    Ticket,
)
from fairhouse.platform.database import Database
from tests.conftest import SettableClock
from tests.flows.authenticator import USER_PRESENT, Authenticator
from tests.flows.identity_world import EMAIL, FIREFOX, TestBrand, World, granted

SITE = Site("localhost", "Fairhouse", frozenset({"http://localhost"}))


@pytest.fixture
def world(db: Database) -> World:
    return World(db)


async def ask_new(world: World, session: Session | None = None) -> PasskeyQuestion:
    async with world.db.tx() as tx:
        return await identity.ask_new_passkey(
            tx, sealer=world.sealer, brand=world.brand, site=SITE, session=session
        )


async def make(world: World, session: Session | None, authenticator: Authenticator) -> Proven:
    question = await ask_new(world, session)
    return await identity.new_passkey(
        world.db,
        sealer=world.sealer,
        brand=world.brand,
        site=SITE,
        session=session,
        challenge=question.challenge,
        credential=authenticator.create(question.options),
        label="My phone",
    )


async def with_passkey(world: World) -> tuple[LoggedIn, Authenticator]:
    ada, authenticator = await world.player(), Authenticator()
    proven = await make(world, ada.session, authenticator)
    async with world.db.tx() as tx:
        await identity.link(tx, sealer=world.sealer, session=ada.session, proven=proven)
    return ada, authenticator


async def ask(world: World, session: Session | None = None) -> PasskeyQuestion:
    async with world.db.tx() as tx:
        return await identity.ask_passkey(
            tx, sealer=world.sealer, brand=world.brand, site=SITE, session=session
        )


async def answer(
    world: World,
    question: PasskeyQuestion,
    credential: dict[str, object],
    *,
    session: Session | None = None,
    brand: TestBrand | None = None,
) -> Proven:
    return await identity.prove_passkey(
        world.db,
        sealer=world.sealer,
        brand=brand or world.brand,
        site=SITE,
        session=session,
        challenge=question.challenge,
        credential=credential,
    )


async def enter(world: World, proven: Proven) -> object:
    async with world.db.tx() as tx:
        return await identity.enter(
            tx, sealer=world.sealer, brand=world.brand, proven=proven, client=FIREFOX
        )


async def test_a_passkey_lets_in_without_name_or_code(world: World):
    ada, authenticator = await with_passkey(world)
    await world.enrol(ada.session)

    question = await ask(world)
    proven = await answer(world, question, authenticator.get(question.options))
    found = await enter(world, proven)

    assert isinstance(found, LoggedIn), "a second factor is on, and a passkey is two"
    assert found.player.id == ada.player.id
    assert question.options["userVerification"] == "required"
    assert question.options["allowCredentials"] == []
    async with world.db.read() as tx:
        ways = await identity.ways_in(tx, sealer=world.sealer, player_id=ada.player.id)
    (passkey,) = ways.credentials
    assert (passkey.label, passkey.is_backed_up) == ("My phone", False)
    assert passkey.last_used_at == world.db.now()


async def test_an_account_begins_with_a_passkey(world: World):
    proven = await make(world, None, Authenticator())
    async with world.db.tx() as tx:
        ticket = await identity.ticket_for_passkey(
            tx, sealer=world.sealer, brand=world.brand, proven=proven
        )
    assert isinstance(ticket, Ticket)
    assert ticket.purpose is Purpose.REGISTER


async def test_a_passkey_is_a_fresh_proof_in_its_owners_session(world: World, clock: SettableClock):
    ada, authenticator = await with_passkey(world)
    clock.advance(minutes=10)
    with pytest.raises(StepUpRequired) as refusal:
        await ask_new(world, ada.session)
    assert "password,passkey" == refusal.value.fields["methods"]

    question = await ask(world, ada.session)
    proven = await answer(world, question, authenticator.get(question.options), session=ada.session)
    async with world.db.tx() as tx:
        await identity.step_up_with(tx, sealer=world.sealer, session=ada.session, proven=proven)
    assert (await ask_new(world, ada.session)).options["excludeCredentials"]


Change = Callable[[Authenticator], Authenticator]
LIES: dict[str, Change] = {
    "another site's page": lambda one: replace(one, origin="http://localhost.evil.test"),
    "another site's key": lambda one: replace(one, rp_id="evil.test"),
    "nobody touched or unlocked it": lambda one: replace(one, flags=0),
    "nobody unlocked it": lambda one: replace(one, flags=USER_PRESENT),
    "another key": lambda one: replace(one, key=Authenticator().key),
    "somebody else's name": lambda one: replace(one, user_handle=b"somebody else"),
    "an unknown passkey": lambda one: replace(one, raw_id=b"unknown"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_proves_nothing(world: World, lie: str):
    _, authenticator = await with_passkey(world)
    question = await ask(world)

    with pytest.raises(AssertionRefused):
        await answer(world, question, LIES[lie](authenticator).get(question.options))


@pytest.mark.parametrize("lie", ["another site's page", "another site's key", "nobody unlocked it"])
async def test_no_passkey_is_made_by_a_lie(world: World, lie: str):
    ada = await world.player()

    with pytest.raises(AssertionRefused):
        await make(world, ada.session, LIES[lie](Authenticator()))


async def test_an_answer_counts_once(world: World):
    _, authenticator = await with_passkey(world)
    question = await ask(world)
    said = authenticator.get(question.options)
    await answer(world, question, said)

    with pytest.raises(AssertionRefused) as refusal:
        await answer(world, question, said)
    assert "challenge" == refusal.value.fields["reason"]


async def test_an_answer_to_another_question_is_none(world: World):
    _, authenticator = await with_passkey(world)
    first, second = await ask(world), await ask(world)

    with pytest.raises(AssertionRefused):
        await answer(world, second, authenticator.get(first.options))


async def test_questions_grow_old(world: World, clock: SettableClock):
    _, authenticator = await with_passkey(world)
    question = await ask(world)
    clock.advance(minutes=6)

    with pytest.raises(AssertionRefused):
        await answer(world, question, authenticator.get(question.options))


async def test_a_question_is_answered_where_and_by_whom_it_was_asked(world: World):
    ada, authenticator = await with_passkey(world)
    bob = await world.player("bob@player.test", "bob")
    cases = (
        (ada.session, None, world.brand),
        (None, ada.session, world.brand),
        (ada.session, bob.session, world.brand),
        (None, None, TestBrand(id=2)),
    )
    for asked_by, answered_by, brand in cases:
        question = await ask(world, asked_by)
        with pytest.raises(AssertionRefused):
            await answer(
                world,
                question,
                authenticator.get(question.options),
                session=answered_by,
                brand=brand,
            )


async def test_somebody_elses_passkey_is_no_proof_in_my_session(world: World):
    _, authenticator = await with_passkey(world)
    bob = await world.player("bob@player.test", "bob")
    question = await ask(world, bob.session)

    proven = await answer(world, question, authenticator.get(question.options), session=bob.session)
    async with world.db.tx() as tx:
        result = await identity.step_up_with(
            tx, sealer=world.sealer, session=bob.session, proven=proven
        )
    assert "assertion_refused" == result.refusal.code  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("count", [4, 5])
async def test_a_copy_betrays_itself_by_its_counter(world: World, count: int):
    _, authenticator = await with_passkey(world)
    authenticator.count = 4
    question = await ask(world)
    await answer(world, question, authenticator.get(question.options))
    copy = replace(authenticator, count=count)

    question = await ask(world)
    with pytest.raises(AssertionRefused) as refusal:
        await answer(world, question, copy.get(question.options, counts=False))

    assert "counter" == refusal.value.fields["reason"]
    assert "passkey_suspected" == (await world.mails(EMAIL))[-1].template
    assert "identity.passkey_suspected" in await world.events()
    assert isinstance(await world.log_in(), LoggedIn), "other ways in still work"


async def test_passkeys_without_a_counter_stay_at_zero(world: World):
    _, authenticator = await with_passkey(world)
    for _ in range(2):
        question = await ask(world)
        await answer(world, question, authenticator.get(question.options, counts=False))


GARBAGE: list[dict[str, object]] = [
    {},
    {"id": 7},
    {"id": "é"},
    {"id": "AAAA", "response": []},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}},
    {"id": "A" * 5000},
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=str)
async def test_garbage_is_refused(world: World, garbage: dict[str, object]):
    await with_passkey(world)
    with pytest.raises(AssertionRefused):
        await answer(world, await ask(world), garbage)
    with pytest.raises(AssertionRefused):
        question = await ask_new(world)
        await identity.new_passkey(
            world.db,
            sealer=world.sealer,
            brand=world.brand,
            site=SITE,
            session=None,
            challenge=question.challenge,
            credential=garbage,
        )


async def test_one_passkey_opens_one_account(world: World):
    _, authenticator = await with_passkey(world)
    bob = await world.player("bob@player.test", "bob")
    proven = await make(world, bob.session, authenticator)

    async with world.db.tx() as tx:
        with pytest.raises(Exception, match="another account"):
            await identity.link(tx, sealer=world.sealer, session=bob.session, proven=proven)
    assert proven.kind is CredentialKind.PASSKEY
    assert granted(await world.log_in()).player.username == "ada"
