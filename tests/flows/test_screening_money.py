"""Coins and destinations that lists or a provider warn of: held, waiting, cleared by two."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from uuid import UUID

import httpx
import pytest

from devnet.evm import BANK
from fairhouse.cashier.types import DepositState, WithdrawalState
from fairhouse.identity.types import StaffId
from fairhouse.ledger.types import AccountCode
from fairhouse.platform.database import Database
from fairhouse.risk.types import CheckCode, CheckState
from fairhouse.screening import api as screening
from fairhouse.screening.adapters.chainalysis import Chainalysis, KytSettings
from fairhouse.screening.jobs import health
from fairhouse.screening.types import (
    Case,
    CaseDecided,
    CaseState,
    ListMalformed,
    ListOlder,
    OtherPersonNeeded,
    ScreeningPolicy,
    Vote,
)
from tests.conftest import SettableClock
from tests.flows.cashier_world import (
    ETH,
    ETHER,
    POLICY,
    WALLET,
    World,
    a_world,
    a_world_on_chain,
)
from tests.flows.kyt_server import TOKEN, Kyt, kyt_server
from tests.vectors.sdn_small import Party, document

D, W = DepositState, WithdrawalState
ELSEWHERE = "0x" + "77" * 20
ANN, BEN = StaffId(UUID(int=21)), StaffId(UUID(int=22))


@pytest.fixture
async def world(db: Database, worker_db: Database) -> AsyncGenerator[World]:
    async with a_world_on_chain(db, worker_db) as made:
        await made.address()
        await made.work()
        yield made


@pytest.fixture
def kyt() -> Generator[Kyt]:
    with kyt_server() as made:
        yield made


async def list_(
    worker_db: Database, *addresses: str, day: int = 1, may_shrink: bool = False
) -> bool:
    """Import a list that names these; False when it is in force already."""
    content = screening.read_sdn(
        document([Party("36", ["X Y"], [("ETH", one) for one in addresses])], (2026, 1, day))
    )
    async with worker_db.tx() as tx:
        return await screening.import_content(tx, content, may_shrink=may_shrink) is not None


async def cases(world: World) -> list[Case]:
    async with world.db.read() as tx:
        return [*await screening.cases_of(tx, player_id=world.player.id)]


async def vote(world: World, staff: StaffId, vote: Vote = Vote.CLEAR) -> Case:
    (case,) = await cases(world)
    async with world.db.tx() as tx:
        return await screening.decide_case(
            tx, case_id=case.id, staff_id=staff, vote=vote, reason="looked at it"
        )


@pytest.mark.chain
async def test_a_deposit_from_a_listed_address_is_frozen_and_not_playable(
    world: World, worker_db: Database
):
    await list_(worker_db, BANK.upper().replace("0X", "0x"))
    assert world.devnet is not None
    await world.devnet.give_coins(await world.address(), ETHER)
    await world.mine(3)

    deposit = await world.deposit()
    assert (deposit.state, (await world.cash()).posted) == (D.HELD, 0)
    assert ETHER == await world.booked(AccountCode.COMPLIANCE_HOLD)
    (case,) = await cases(world)
    assert (case.state, case.reasons) == (CaseState.OPEN, ("listed.ofac_sdn.2026-01-01",))
    await world.mine(5)
    assert len(await cases(world)) == 1


@pytest.mark.chain
async def test_two_people_clear_it_and_it_is_credited_once(world: World, worker_db: Database):
    await list_(worker_db, BANK)
    assert world.devnet is not None
    await world.devnet.give_coins(await world.address(), ETHER)
    await world.mine(3)

    assert CaseState.OPEN == (await vote(world, ANN)).state
    with pytest.raises(OtherPersonNeeded):
        await vote(world, ANN)
    await world.work()
    assert D.HELD == (await world.deposit()).state
    assert CaseState.CLEARED == (await vote(world, BEN)).state
    with pytest.raises(CaseDecided):
        await vote(world, BEN)
    await world.work()

    assert (await world.deposit()).state is D.CREDITED
    assert 10**9 == (await world.cash()).posted
    assert 0 == await world.booked(AccountCode.COMPLIANCE_HOLD)
    await world.mine(3)
    assert 10**9 == (await world.cash()).posted


@pytest.mark.chain
async def test_a_held_deposit_that_leaves_the_chain_leaves_the_books(
    world: World, worker_db: Database
):
    await list_(worker_db, BANK)
    assert world.devnet is not None
    await world.devnet.give_coins(await world.address(), ETHER)
    await world.mine(3)
    assert D.HELD == (await world.deposit()).state
    await world.devnet.reorg(4)
    await world.mine(2)

    assert D.ORPHANED == (await world.deposit()).state
    assert 0 == await world.booked(AccountCode.COMPLIANCE_HOLD)


def asker_of(world: World, kyt: Kyt, client: httpx.AsyncClient) -> screening.Asker:
    policy = ScreeningPolicy(uses_provider=True)
    provider = Chainalysis(client, KytSettings(kyt.url, TOKEN, timeout_s=2))
    return screening.Asker(world.worker_db, [provider], policy)


def watched(world: World) -> World:
    policy = replace(POLICY, screening=ScreeningPolicy(uses_provider=True))
    return replace(world, policy=policy)


async def answered(asker: screening.Asker, clock: SettableClock, times: int = 3) -> None:
    for _ in range(times):
        await asker.step()
        clock.advance(seconds=4)


@pytest.mark.chain
async def test_no_answer_of_the_provider_is_no_credit(world: World, kyt: Kyt, clock: SettableClock):
    world = watched(world)
    kyt.status = 503
    assert world.devnet is not None
    await world.devnet.give_coins(await world.address(), ETHER)
    await world.mine(6)
    async with httpx.AsyncClient(trust_env=False) as client:
        asker = asker_of(world, kyt, client)
        await answered(asker, clock)
        await world.mine(3)
        assert (await world.deposit()).state is D.CONFIRMING
        assert 0 == (await world.cash()).posted

        kyt.status = 200
        await answered(asker, clock, 5)
        await world.price()
        await world.work()
    assert (await world.deposit()).state is D.CREDITED


@pytest.mark.chain
async def test_what_the_provider_calls_stolen_is_held(world: World, kyt: Kyt, clock: SettableClock):
    world = watched(world)
    kyt.alerts = [
        {
            "alertLevel": "SEVERE",
            "category": "stolen funds",
            "exposureType": "DIRECT",
            "alertAmount": 50,
        }
    ]
    assert world.devnet is not None
    await world.devnet.give_coins(await world.address(), ETHER)
    await world.mine(3)
    async with httpx.AsyncClient(trust_env=False) as client:
        await answered(asker_of(world, kyt, client), clock, 4)
    await world.price()
    await world.work()

    assert (await world.deposit()).state is D.HELD
    (case,) = await cases(world)
    assert ("stolen.direct.5001",) == case.reasons


async def ready(db: Database, worker_db: Database) -> World:
    """A player with money and a filled vault, on no chain."""
    made = await a_world(db, worker_db)
    await made.give(ETH, 10**9)
    await made.fill_hot(ETH, 10 * ETHER)
    return made


async def judged(world: World, clock: SettableClock) -> None:
    """The worker looks at every withdrawal once more."""
    clock.advance(seconds=2)
    await world.price()
    await world.jobs.step_withdrawals()


async def sanctions_of(world: World, id_: object) -> tuple[CheckState, str]:
    withdrawal = await world.withdrawal(id_)  # pyright: ignore[reportArgumentType]
    (check,) = [one for one in withdrawal.checks if one.code is CheckCode.SANCTIONS]
    return check.state, check.reason


async def test_nothing_is_paid_to_a_listed_address(
    db: Database, worker_db: Database, clock: SettableClock
):
    world = await ready(db, worker_db)
    await list_(worker_db, WALLET.lower())
    asked = await world.ask()
    for _ in range(3):
        await judged(world, clock)

    assert (CheckState.NEEDS_REVIEW, "sanctions.review") == await sanctions_of(world, asked.id)
    assert W.WAITING == (await world.withdrawal(asked.id)).state
    (case,) = await cases(world)
    assert case.subject == f"withdrawal:{asked.id}"


async def test_a_destination_waits_for_the_provider_and_passes_with_its_word(
    db: Database, worker_db: Database, kyt: Kyt, clock: SettableClock
):
    world = watched(await ready(db, worker_db))
    asked = await world.ask()
    await judged(world, clock)
    assert (CheckState.WAITING, "sanctions.asked") == await sanctions_of(world, asked.id)
    async with httpx.AsyncClient(trust_env=False) as client:
        asker = asker_of(world, kyt, client)
        await answered(asker, clock, 4)
        await judged(world, clock)
        assert CheckState.PASSED == (await sanctions_of(world, asked.id))[0]


async def test_an_old_word_and_a_changed_list_are_asked_for_again(
    db: Database, worker_db: Database, kyt: Kyt, clock: SettableClock
):
    world = watched(await ready(db, worker_db))
    asked = await world.ask(60_000_000)  # large enough to wait for a new address's age
    async with httpx.AsyncClient(trust_env=False) as client:
        asker = asker_of(world, kyt, client)
        await judged(world, clock)
        await asker.step()
        clock.advance(seconds=4)
        await asker.step()
        clock.advance(seconds=4)
        await asker.step()
        async with world.db.read() as tx:
            (check,) = await screening.checks_of(tx, player_id=world.player.id)
        assert check.decided_at is not None
        clock.advance(seconds=4)
        await list_(worker_db, ELSEWHERE)
        assert (await world.withdrawal(asked.id)).state is W.WAITING
        await judged(world, clock)
    assert (CheckState.WAITING, "sanctions.asked") == await sanctions_of(world, asked.id)


async def test_a_delisted_address_passes_with_the_new_version(
    db: Database, worker_db: Database, clock: SettableClock
):
    world = await ready(db, worker_db)
    await list_(worker_db, WALLET, ELSEWHERE)
    await list_(worker_db, ELSEWHERE, day=2)
    asked = await world.ask()
    await judged(world, clock)

    assert CheckState.PASSED == (await sanctions_of(world, asked.id))[0]
    assert [] == await cases(world)
    async with world.db.read() as tx:
        newest, before = await screening.list_versions(tx)
    assert (newest.added, newest.removed, before.addresses) == (0, 1, 2)


async def test_whoever_dealt_with_what_is_listed_later_is_looked_at_again(
    db: Database, worker_db: Database, clock: SettableClock
):
    world = await ready(db, worker_db)
    await world.ask()
    await judged(world, clock)
    assert [] == await cases(world)
    await list_(worker_db, WALLET)
    (case,) = await cases(world)

    assert CaseState.OPEN == case.state
    asked = await world.ask(to=ELSEWHERE)
    await judged(world, clock)
    held = await world.withdrawal(asked.id)
    (frozen,) = [one for one in held.checks if one.code is CheckCode.FROZEN]
    assert CheckState.WAITING == frozen.state


async def test_the_same_document_again_and_an_older_one_change_nothing(
    db: Database, worker_db: Database, clock: SettableClock
):
    assert await list_(worker_db, WALLET, day=2)
    assert not await list_(worker_db, WALLET, day=2)
    with pytest.raises(ListOlder):
        await list_(worker_db, ELSEWHERE, day=1)


async def test_a_list_that_lost_a_third_is_not_believed(
    db: Database, worker_db: Database, clock: SettableClock
):
    many = [f"0x{number:040x}" for number in range(1, 21)]
    await list_(worker_db, *many)
    with pytest.raises(ListMalformed):
        await list_(worker_db, *many[:10], day=2)
    assert await list_(worker_db, *many[:10], day=3, may_shrink=True)


async def test_the_floor_stands_before_any_import_and_says_so(
    db: Database, worker_db: Database, clock: SettableClock
):
    world = await ready(db, worker_db)
    asked = await world.ask(to="0x01e2919679362dFBC9ee1644Ba9C6da6D6245BB1")
    await judged(world, clock)

    assert CheckState.NEEDS_REVIEW == (await sanctions_of(world, asked.id))[0]
    found = await health(worker_db, None)
    assert found["warning"].startswith("FIXTURE")
    await list_(worker_db, WALLET)
    assert (await health(worker_db, None))["warning"] is None
