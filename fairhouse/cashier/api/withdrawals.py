"""What players do with withdrawals."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from fairhouse.brands import api as brands
from fairhouse.cashier import postings
from fairhouse.cashier.api.deposits import PAGE_MAX, offered
from fairhouse.cashier.api.refusing import refusal_of
from fairhouse.cashier.engine.announcing import announce_withdrawal
from fairhouse.cashier.engine.checking import Candidate, checks_of, read_destination
from fairhouse.cashier.engine.withdrawals import move, release
from fairhouse.cashier.store import withdrawals as store
from fairhouse.cashier.types import (
    UNDECIDED,
    AccountForTests,
    Actor,
    AlreadyDecided,
    AssetPolicy,
    CancellingNotAllowed,
    CashierPolicy,
    Quote,
    TimelineEntry,
    Withdrawal,
    WithdrawalId,
    WithdrawalNotFound,
    WithdrawalRequest,
    WithdrawalState,
)
from fairhouse.identity import api as identity
from fairhouse.identity.types import (
    AccountLocked,
    Player,
    PlayerId,
    PlayerKind,
    PlayerStatus,
    RegistrationRequired,
)
from fairhouse.kernel.ids import unix_ms_of
from fairhouse.kernel.money import Money, to_base_units
from fairhouse.kernel.refusals import IdempotencyConflict, Malformed
from fairhouse.kyc import api as kyc
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Tx
from fairhouse.rates import api as rates
from fairhouse.rates.types import Rate
from fairhouse.risk import api as risk
from fairhouse.risk.types import Check

_FUTURE_MAX: Final = timedelta(minutes=5)


async def quote_withdrawal(
    tx: Tx,
    *,
    player: Player,
    request: WithdrawalRequest,
    stepped_up: bool,
    policy: CashierPolicy,
) -> Quote:
    """The same checks as a request, before asking: nothing is held or stored.

    Refuses with UnknownAsset, AssetNotOffered, RegistrationRequired, AccountLocked, AccountForTests
    and RateUnavailable.
    """
    _check_eligible(player)
    asked = await _ask(tx, player, request, stepped_up=stepped_up, policy=policy)
    checks = await checks_of(tx, asked.candidate, policy)
    return Quote(request.units, asked.asset_policy.withdrawal_fee, checks)


async def request_withdrawal(
    tx: Tx,
    *,
    player: Player,
    request: WithdrawalRequest,
    stepped_up: bool,
    policy: CashierPolicy,
    withdrawal_id: WithdrawalId | None = None,
    key: str | None = None,
) -> Withdrawal:
    """Hold the amount and let the checks begin. The same id or key again gives the same answer.

    Refuses with IdempotencyConflict (same id or key, other content), what `quote_withdrawal`
    refuses with, Paused, and the refusal of the first check that failed: InsufficientFunds,
    AmountOutOfLimits, an address refusal, AddressIsOurs, LookalikeAddress, StepUpRequired or
    WithdrawalLimitReached. A check that waits refuses nothing.
    """
    # CHECK
    _check_eligible(player)
    key = key or (str(withdrawal_id) if withdrawal_id else None)
    if key is None:
        raise Malformed("Send an id, or the header Idempotency-Key.", param="id")
    # One request of a player at a time: limits and the answer to a repetition depend on it.
    await tx.lock("cashier.withdrawals", player.id)
    repeated = await _repeated(tx, player, request, withdrawal_id, key, policy)
    if repeated is not None:
        return repeated
    brands.check_open(await brands.paused(tx, brand_id=policy.brand_id), brands.WITHDRAWALS)
    asked = await _ask(tx, player, request, stepped_up=stepped_up, policy=policy)
    checks = await checks_of(tx, asked.candidate, policy)
    await identity.check_listed(
        tx,
        player_id=player.id,
        chain=asked.candidate.asset.chain,
        address=asked.candidate.destination,
    )
    failed = risk.first_failed(checks)
    if failed is not None:
        raise refusal_of(failed, asked.candidate, player)
    # DECIDE
    new_id = withdrawal_id or WithdrawalId(tx.new_id())
    withdrawal = _drawn_up(tx, new_id, player, asked, checks)
    # RECORD
    await store.insert(tx, withdrawal, key=key)
    await store.add_event(
        tx, withdrawal_id=withdrawal.id, state=withdrawal.state, actor=Actor.PLAYER
    )
    await risk.count_request(
        tx,
        id_=withdrawal.id,
        brand_id=player.brand_id,
        player_id=player.id,
        value=withdrawal.value,
        chain=withdrawal.chain,
        address=withdrawal.destination,
    )
    await kyc.count_withdrawal(
        tx,
        ref=withdrawal.id,
        player_id=player.id,
        brand_id=player.brand_id,
        value=withdrawal.value,
    )
    await ledger.post(tx, transfers=[postings.hold(withdrawal)])
    # ANNOUNCE
    await announce_withdrawal(tx, withdrawal, policy)
    return await move(tx, withdrawal, WithdrawalState.CHECKING, policy)


async def cancel_withdrawal(
    tx: Tx, *, withdrawal_id: WithdrawalId, player_id: PlayerId, policy: CashierPolicy
) -> Withdrawal:
    """The player takes it back, as long as nothing was ordered. Repeating it changes nothing.

    Refuses with WithdrawalNotFound, AlreadyDecided and CancellingNotAllowed.
    """
    # CHECK: the row's lock decides between the player and the worker.
    found = await store.lock(tx, withdrawal_id)
    if found is None or found.player_id != player_id:
        raise WithdrawalNotFound("There is no such withdrawal.", param="id")
    if found.state is WithdrawalState.CANCELLED:
        return found
    if not policy.players_may_cancel:
        raise CancellingNotAllowed("Here a requested withdrawal cannot be taken back.")
    if found.state not in UNDECIDED:
        raise AlreadyDecided(
            f"The withdrawal is {found.state} and can no longer be cancelled.",
            param="id",
            state=found.state,
        )
    # RECORD and ANNOUNCE
    cancelled = await move(tx, found, WithdrawalState.CANCELLED, policy, actor=Actor.PLAYER)
    await release(tx, found)
    return cancelled


async def withdrawal(tx: Tx, *, withdrawal_id: WithdrawalId, player_id: PlayerId) -> Withdrawal:
    """Refuses with WithdrawalNotFound, also when it is another player's."""
    found = await store.find(tx, withdrawal_id)
    if found is None or found.player_id != player_id:
        raise WithdrawalNotFound("There is no such withdrawal.", param="id")
    return found


async def withdrawals(
    tx: Tx, *, player_id: PlayerId, before: UUID | None = None, limit: int = 30
) -> list[Withdrawal]:
    """The player's, newest first, older than the withdrawal `before`."""
    size = max(1, min(limit, PAGE_MAX))
    return await store.of_player(tx, player_id=player_id, before=before, limit=size)


async def timeline(tx: Tx, *, withdrawal_id: WithdrawalId) -> tuple[TimelineEntry, ...]:
    """Every state it went through, oldest first."""
    return await store.timeline(tx, withdrawal_id)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with its price and everything that the checks need."""

    candidate: Candidate
    asset_policy: AssetPolicy
    rate: Rate


def _check_eligible(player: Player) -> None:
    if player.kind is PlayerKind.GUEST:
        raise RegistrationRequired("Guests play with play money; register to withdraw.")
    if player.status is not PlayerStatus.ACTIVE:
        raise AccountLocked("The account is locked; our support can say why.")
    if player.is_test:
        raise AccountForTests("A test account takes nothing out.")


async def _ask(
    tx: Tx, player: Player, request: WithdrawalRequest, *, stepped_up: bool, policy: CashierPolicy
) -> _Asked:
    of, asset_policy = offered(request.asset, policy)
    rate = await rates.latest(tx, base=of.currency)
    destination, problem = read_destination(request.destination, of)
    candidate = Candidate(
        player=player,
        asset=of,
        units=request.units,
        value=rates.value_of(Money(request.units, of.currency), rate),
        destination=destination,
        address_problem=problem,
        lookalike_accepted=request.lookalike_accepted,
        stepped_up=stepped_up,
        asked_at=tx.now,
    )
    return _Asked(candidate, asset_policy, rate)


def _drawn_up(
    tx: Tx, new_id: WithdrawalId, player: Player, asked: _Asked, checks: tuple[Check, ...]
) -> Withdrawal:
    """Refuses with Malformed when the id is no uuid7 or lies in the future."""
    if unix_ms_of(new_id) > (tx.now + _FUTURE_MAX).timestamp() * 1000:
        raise Malformed("The id lies in the future; set your clock right.", param="id")
    candidate, of = asked.candidate, asked.candidate.asset
    fee = asked.asset_policy.withdrawal_fee
    return Withdrawal(
        id=new_id,
        brand_id=player.brand_id,
        player_id=player.id,
        asset=of.id,
        currency=of.currency,
        chain=of.chain,
        units=candidate.units,
        fee_units=fee,
        base_units=to_base_units(candidate.units - fee, of),
        destination=candidate.destination,
        state=WithdrawalState.REQUESTED,
        checks=checks,
        rate_id=asked.rate.id,
        value=candidate.value,
        lookalike_accepted=candidate.lookalike_accepted,
        attempt=0,
        tx_hash=None,
        note=None,
        requested_at=tx.now,
        updated_at=tx.now,
    )


async def _repeated(
    tx: Tx,
    player: Player,
    request: WithdrawalRequest,
    withdrawal_id: WithdrawalId | None,
    key: str,
    policy: CashierPolicy,
) -> Withdrawal | None:
    """The withdrawal that the same request made before. Refuses with IdempotencyConflict."""
    found = await store.by_key(tx, player_id=player.id, key=key)
    if found is None and withdrawal_id is not None:
        found = await store.find(tx, withdrawal_id)
    if found is None:
        return None
    of, _ = offered(request.asset, policy)
    destination, _ = read_destination(request.destination, of)
    is_same = (
        found.player_id == player.id
        and withdrawal_id in {None, found.id}
        and (found.asset, found.units, found.destination)
        == (request.asset, request.units, destination)
    )
    if not is_same:
        raise IdempotencyConflict(
            "The id was used with another request; make a new one.", param="id"
        )
    return found
