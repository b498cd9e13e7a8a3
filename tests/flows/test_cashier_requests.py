"""Withdrawals up to the order: requests, checks, approvals, and the races between them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandId
from fairhouse.cashier import api as cashier
from fairhouse.cashier.types import (
    AccountForTests,
    AddressIsOurs,
    AlreadyDecided,
    AmountOutOfLimits,
    AssetNotOffered,
    CancellingNotAllowed,
    LookalikeAddress,
    ReasonMissing,
    SecondPersonNeeded,
    Withdrawal,
    WithdrawalId,
    WithdrawalLimitReached,
    WithdrawalNotFound,
    WithdrawalRequest,
    WithdrawalState,
)
from fairhouse.chains.codecs import evm
from fairhouse.chains.types import BadChecksum, MalformedAddress
from fairhouse.identity.types import (
    AccountLocked,
    Forbidden,
    PlayerId,
    PlayerKind,
    PlayerStatus,
    RegistrationRequired,
    Role,
    StepUpRequired,
)
from fairhouse.kernel.currencies import AssetId, UnknownAsset
from fairhouse.kernel.ids import uuid7
from fairhouse.kernel.refusals import IdempotencyConflict, Malformed, Paused, Refusal
from fairhouse.ledger.types import InsufficientFunds
from fairhouse.platform.database import Database
from fairhouse.rates.types import RateUnavailable
from fairhouse.risk import api as risk
from fairhouse.risk.types import CheckCode, CheckState, FreezeKind
from tests.conftest import SettableClock
from tests.flows.cashier_world import (
    ETH,
    ETHER,
    POLICY,
    USDT_ASSET,
    WALLET,
    World,
    a_player,
    a_treasurer,
    a_world,
)

W = WithdrawalState
LARGE = 400_000_000
"""0.4 ETH: more than 1,000 dollars, one approval."""
HUGE = 4_000_000_000
"""4 ETH: more than 10,000 dollars, two approvals."""


@pytest.fixture
async def world(db: Database, worker_db: Database) -> World:
    made = await a_world(db, worker_db)
    await made.give(ETH, 10**10)
    await made.fill_hot(ETH, 100 * ETHER)
    return made


def state_of(withdrawal: Withdrawal, code: CheckCode) -> CheckState:
    return next(check.state for check in withdrawal.checks if check.code is code)


async def test_a_request_holds_the_amount_and_says_what_comes(world: World):
    made = await world.ask(20_000_000)

    balance = await world.cash()
    assert (made.state, made.fee_units, made.base_units) == (W.CHECKING, 500_000, 195 * 10**14)
    assert (balance.posted, balance.available) == (10**10, 10**10 - 20_000_000)
    assert {check.state for check in made.checks} == {CheckState.PASSED}
    assert await world.states(made.id) == ["REQUESTED", "CHECKING"]
    (told,) = await world.news("cashier.withdrawal_requested")
    assert (told["withdrawal"]["amount"], told["withdrawal"]["receives"]) == ("0.02", "0.0195")
    assert told["withdrawal"]["cancellable"] is True
    await world.books_are_exact()


async def test_the_worker_approves_and_orders_what_passes(world: World, clock: SettableClock):
    made = await world.ask()
    clock.advance(seconds=2)
    await world.jobs.step_withdrawals()
    clock.advance(seconds=2)
    await world.jobs.step_withdrawals()
    await world.jobs.step_withdrawals()

    assert await world.states(made.id) == ["REQUESTED", "CHECKING", "APPROVED", "ORDERED"]
    async with world.db.read() as tx:
        families = await tx.fetch("select base_units, destination, ref from custody.family")
    assert [(int(row["base_units"]), row["destination"]) for row in families] == [
        (made.base_units, WALLET)
    ]
    await world.books_are_exact()


async def test_fifty_equal_requests_at_once_are_one(world: World):
    id_ = uuid7(int(world.db.now().timestamp() * 1000), bytes(10))
    answers = await asyncio.gather(*(world.ask(id_=id_) for _ in range(50)))

    assert {answer.id for answer in answers} == {id_}
    async with world.db.read() as tx:
        assert await tx.fetchval("select count(*) from cashier.withdrawal") == 1
        assert await tx.fetchval("select count(*) from risk.outflow") == 1
    assert (await world.cash()).pending_out == 20_000_000
    await world.books_are_exact()


async def test_a_key_stands_for_one_request(world: World):
    first = await world.ask(key="k-1")
    again = await world.ask(key="k-1")
    other = await world.ask(key="k-2")

    assert first.id == again.id != other.id
    with pytest.raises(IdempotencyConflict):
        await world.ask(30_000_000, key="k-1")
    with pytest.raises(IdempotencyConflict):
        await world.ask(to=evm.checksummed(b"\x43" * 20), key="k-1")
    stranger = replace(world, player=await a_player(world.db, 2))
    await stranger.give(ETH, 10**9)
    with pytest.raises(IdempotencyConflict):
        await stranger.ask(id_=first.id)
    assert (await stranger.ask(key="k-1")).id != first.id


async def test_many_requests_at_once_never_hold_more_than_there_is(world: World):
    await world.lose(ETH, 10**10 - 50_000_000)

    async def attempt() -> bool:
        try:
            await world.ask(20_000_000)
        except InsufficientFunds:
            return False
        return True

    done = await asyncio.gather(*(attempt() for _ in range(12)))

    assert done.count(True) == 2
    assert (await world.cash()).available == 10_000_000
    await world.books_are_exact()


IMITATION = evm.checksummed(evm.address_bytes(evm.Address(WALLET))[:2] + b"\x01" * 16 + b"\x42" * 2)
BAD_REQUESTS: list[tuple[dict[str, object], type[Refusal], str | None]] = [
    ({"units": 10**10 + 1}, InsufficientFunds, "amount"),
    ({"units": 4_999_999}, AmountOutOfLimits, "amount"),
    ({"units": 1}, AmountOutOfLimits, "amount"),
    ({"to": "0x1234"}, MalformedAddress, "destination"),
    ({"to": "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96046"}, BadChecksum, "destination"),
    ({"stepped_up": False}, StepUpRequired, None),
    ({"asset_id": AssetId("doge.moon")}, UnknownAsset, "asset"),
    ({"id_": uuid4()}, Malformed, "id"),
    ({"id_": uuid7(1 << 47, bytes(10))}, Malformed, "id"),
]


async def test_a_bad_request_names_the_field_and_changes_nothing(world: World):
    for change, refusal, param in BAD_REQUESTS:
        with pytest.raises(refusal) as found:
            await world.ask(**change)  # pyright: ignore[reportArgumentType]
        assert found.value.param == param, change
    async with world.db.read() as tx:
        assert await tx.fetchval("select count(*) from cashier.withdrawal") == 0
        assert await tx.fetchval("select count(*) from risk.destination") == 0
    assert (await world.cash()).pending_out == 0


async def test_our_own_addresses_are_refused(world: World):
    async with world.db.read() as tx:
        hot = await tx.fetchval("select hot_address from custody.vault")
    neighbour = replace(world, player=await a_player(world.db, 2))
    for ours in (hot, await world.address(), await neighbour.address(), hot.lower()):
        with pytest.raises(AddressIsOurs):
            await world.ask(to=ours)


async def test_a_lookalike_needs_a_second_look(world: World):
    await world.ask()
    with pytest.raises(LookalikeAddress) as found:
        await world.ask(to=IMITATION)
    accepted = await world.ask(to=IMITATION, accept_lookalike=True)

    assert found.value.fields["similar"] == WALLET
    assert accepted.lookalike_accepted


async def test_who_may_not_withdraw_is_told_so(world: World, clock: SettableClock):
    for change, refusal in (
        ({"kind": PlayerKind.GUEST}, RegistrationRequired),
        ({"status": PlayerStatus.LOCKED}, AccountLocked),
        ({"is_test": True}, AccountForTests),
    ):
        with pytest.raises(refusal):
            await replace(world, player=replace(world.player, **change)).ask()
    bare = replace(POLICY, assets={USDT_ASSET: POLICY.assets[USDT_ASSET]})
    with pytest.raises(AssetNotOffered):
        await replace(world, policy=bare).ask()
    clock.advance(minutes=6)
    with pytest.raises(RateUnavailable):
        await world.ask()


async def test_a_quote_tells_the_same_beforehand_and_stores_nothing(world: World):
    request = WithdrawalRequest(ETH, LARGE, WALLET)
    async with world.db.read() as tx:
        quote = await cashier.quote_withdrawal(
            tx, player=world.player, request=request, stepped_up=True, policy=world.policy
        )
    made = await world.ask(LARGE)

    assert quote.checks == made.checks
    assert quote.receives_units == made.receives_units
    waiting = {check.code for check in quote.checks if check.state is not CheckState.PASSED}
    assert waiting == {CheckCode.NEW_ADDRESS_AGE, CheckCode.MANUAL_APPROVAL}


async def test_a_new_address_waits_until_it_is_due(world: World, clock: SettableClock):
    made = await world.ask(50_000_000)
    (waiting,) = [check for check in made.checks if check.state is not CheckState.PASSED]
    assert waiting.due_at == clock.time + timedelta(seconds=20)
    clock.advance(seconds=19)
    await world.jobs.step_withdrawals()
    assert (await world.withdrawal(made.id)).state is W.WAITING
    clock.advance(seconds=1.5)
    await world.jobs.step_withdrawals()
    assert (await world.withdrawal(made.id)).state is W.APPROVED


async def test_large_amounts_need_one_person_and_huge_ones_two(world: World, clock: SettableClock):
    await world.verify()
    large, huge = await world.ask(LARGE), await world.ask(HUGE)
    clock.advance(minutes=2)
    await world.jobs.step_withdrawals()
    assert (await world.withdrawal(large.id)).state is W.WAITING
    first = await world.approve(large.id, a_treasurer(1))
    assert state_of(first, CheckCode.MANUAL_APPROVAL) is CheckState.PASSED
    half = await world.approve(huge.id, a_treasurer(1))
    assert state_of(half, CheckCode.MANUAL_APPROVAL) is CheckState.NEEDS_REVIEW
    with pytest.raises(SecondPersonNeeded):
        await world.approve(huge.id, a_treasurer(1))
    whole = await world.approve(huge.id, a_treasurer(2))
    assert state_of(whole, CheckCode.MANUAL_APPROVAL) is CheckState.PASSED
    clock.advance(seconds=2)
    await world.jobs.step_withdrawals()

    assert (await world.withdrawal(large.id)).state is W.APPROVED
    assert (await world.withdrawal(huge.id)).state is W.APPROVED
    async with world.db.read() as tx:
        given = await cashier.approvals(tx, withdrawal_id=huge.id)
    assert [item.staff_id for item in given] == [UUID(int=1), UUID(int=2)]


async def test_the_database_itself_refuses_one_person_twice(world: World):
    huge = await world.ask(HUGE)
    add = "insert into cashier.approval (withdrawal_id, staff_id, reason, at) values ($1,$2,$3,$4)"
    with pytest.raises(asyncpg.UniqueViolationError):
        async with world.db.tx() as tx:
            for _ in range(2):
                await tx.execute(add, huge.id, UUID(int=1), "me again", tx.now)


async def test_staff_need_role_and_reason(world: World):
    large = await world.ask(LARGE)
    support = replace(a_treasurer(), roles=frozenset({Role.SUPPORT}))
    with pytest.raises(Forbidden):
        await world.approve(large.id, support)
    with pytest.raises(Forbidden):
        await world.approve(large.id, replace(a_treasurer(), disabled=True))
    async with world.db.tx() as tx:
        with pytest.raises(ReasonMissing):
            await cashier.approve_withdrawal(
                tx, withdrawal_id=large.id, staff=a_treasurer(), reason=" a ", policy=POLICY
            )


async def reject(world: World, id_: WithdrawalId, reason: str = "a test of races") -> None:
    async with world.db.tx() as tx:
        await cashier.reject_withdrawal(
            tx, withdrawal_id=id_, staff=a_treasurer(), reason=reason, policy=POLICY
        )


async def test_a_rejection_gives_back_and_says_why(world: World):
    large = await world.ask(LARGE)
    await reject(world, large.id, "The source of funds is unclear.")

    after = await world.withdrawal(large.id)
    assert (after.state, after.note) == (W.REJECTED, "The source of funds is unclear.")
    assert (await world.cash()).available == 10**10
    async with world.db.read() as tx:
        (seen,) = await tx.fetch("select kind, fields from messages.notification")
        day = await risk.player_day(tx, player_id=world.player.id, at=tx.now)
    assert seen["fields"]["reason"] == "The source of funds is unclear."
    assert day.count == 0
    with pytest.raises(AlreadyDecided):
        await world.cancel(large.id)
    await world.books_are_exact()


async def test_cancelling_gives_back_once(world: World):
    made = await world.ask()
    answers = await asyncio.gather(*(world.cancel(made.id) for _ in range(10)))

    assert {answer.state for answer in answers} == {W.CANCELLED}
    assert (await world.cash()).available == 10**10
    assert await world.states(made.id) == ["REQUESTED", "CHECKING", "CANCELLED"]
    with pytest.raises(WithdrawalNotFound):
        async with world.db.tx() as tx:
            await cashier.cancel_withdrawal(
                tx, withdrawal_id=made.id, player_id=PlayerId(uuid4()), policy=POLICY
            )
    await world.books_are_exact()


async def test_where_cancelling_is_forbidden_nobody_cancels(world: World):
    made = await world.ask()
    strict = replace(world, policy=replace(POLICY, players_may_cancel=False))
    with pytest.raises(CancellingNotAllowed):
        await strict.cancel(made.id)


async def test_of_canceller_rejecter_and_worker_exactly_one_wins(
    world: World, clock: SettableClock
):
    for number in range(12):
        made = await world.ask()
        clock.advance(seconds=2)
        await world.jobs.step_withdrawals()
        clock.advance(seconds=2)
        work = world.jobs.step_withdrawals
        moves = [world.cancel(made.id), reject(world, made.id), work(), work()]
        shift = number % len(moves)
        outcomes = await asyncio.gather(*moves[shift:], *moves[:shift], return_exceptions=True)
        after = await world.withdrawal(made.id)
        async with world.db.read() as tx:
            ordered = await tx.fetchval(
                "select count(*) from custody.family where ref = $1",
                cashier.withdrawal_view(after, (), POLICY).id,
            )

        refused = [item for item in outcomes if isinstance(item, BaseException)]
        assert {type(item) for item in refused} <= {AlreadyDecided}
        assert after.state in {W.CANCELLED, W.REJECTED, W.ORDERED}
        assert ordered == (1 if after.state is W.ORDERED else 0)
        await world.books_are_exact()


async def test_a_pause_stops_new_and_waiting_ones(world: World, clock: SettableClock):
    made = await world.ask()
    async with world.db.tx() as tx:
        await brands.pause(
            tx, brand_id=BrandId(1), switch="withdrawals", reason="node upgrade", actor="stf_1"
        )
    with pytest.raises(Paused):
        await world.ask()
    assert (await world.ask(id_=made.id)).id == made.id
    clock.advance(seconds=2)
    await world.jobs.step_withdrawals()
    waiting = await world.withdrawal(made.id)
    assert waiting.state is W.WAITING
    assert state_of(waiting, CheckCode.PAUSE) is CheckState.WAITING
    async with world.db.tx() as tx:
        await brands.resume(
            tx, brand_id=BrandId(1), switch="withdrawals", reason="done", actor="stf_1"
        )
    clock.advance(seconds=2)
    await world.jobs.step_withdrawals()
    assert (await world.withdrawal(made.id)).state is W.APPROVED


async def test_a_freeze_reaches_what_was_approved(world: World, clock: SettableClock):
    made = await world.ask()
    clock.advance(seconds=2)
    await world.jobs.step_withdrawals()
    assert (await world.withdrawal(made.id)).state is W.APPROVED
    async with world.db.tx() as tx:
        await risk.freeze(tx, player_id=world.player.id, kind=FreezeKind.COMPLIANCE, ref="case 7")
    clock.advance(seconds=2)
    await world.jobs.step_withdrawals()

    assert (await world.withdrawal(made.id)).state is W.WAITING
    assert await world.states(made.id) == ["REQUESTED", "CHECKING", "APPROVED", "WAITING"]


async def test_the_hot_vault_is_promised_once(world: World, clock: SettableClock):
    await world.fill_hot(USDT_ASSET, 100_000_000)
    await world.give(USDT_ASSET, 500_000_000)
    made = [await world.ask(60_000_000, asset_id=USDT_ASSET) for _ in range(2)]
    for _ in range(3):
        clock.advance(seconds=2)
        await asyncio.gather(world.jobs.step_withdrawals(), world.jobs.step_withdrawals())

    after = [await world.withdrawal(item.id) for item in made]
    assert sorted(item.state for item in after) == [W.ORDERED, W.WAITING]
    (waiting,) = [item for item in after if item.state is W.WAITING]
    assert state_of(waiting, CheckCode.HOT_LIQUIDITY) is CheckState.WAITING
    await world.fill_hot(USDT_ASSET, 100_000_000)
    for _ in range(2):
        clock.advance(seconds=2)
        await world.jobs.step_withdrawals()
    assert (await world.withdrawal(waiting.id)).state is W.ORDERED


async def test_the_day_has_a_limit_by_count_and_value(world: World, clock: SettableClock):
    for _ in range(20):
        await world.ask(5_000_000)
    with pytest.raises(WithdrawalLimitReached) as found:
        await world.ask(5_000_000)
    assert found.value.fields["due_at"] is not None
    clock.advance(hours=24, seconds=1)
    await world.price()
    assert (await world.ask(5_000_000)).state is W.CHECKING


async def test_what_is_over_cannot_be_reopened_by_anybody(world: World, owner_db: Database):
    made = await world.ask()
    await world.cancel(made.id)
    for change in ("state = 'APPROVED'", "units = units + 1"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with owner_db.tx() as tx:
                await tx.execute(f"update cashier.withdrawal set {change} where id = $1", made.id)


async def test_the_queue_is_read_in_pages(world: World):
    made = [(await world.ask(5_000_000)).id for _ in range(5)]
    pages: list[list[UUID]] = []
    after: UUID | None = None
    while True:
        async with world.db.read() as tx:
            page = await cashier.queue(tx, brand_id=1, after=after, limit=2)
        if not page:
            break
        pages.append([item.id for item in page])
        after = page[-1].id
    async with world.db.read() as tx:
        elsewhere = await cashier.queue(tx, brand_id=2)

    assert sorted(made) == [id_ for page in pages for id_ in page]
    assert [2, 2, 1] == [len(page) for page in pages]
    assert elsewhere == []
