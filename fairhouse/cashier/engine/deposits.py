"""Deposits: take in what the chain says, then judge each deposit by it.

Two stages. *Taking in* copies the chain's last word onto the deposit's row, in one transaction
with the cursor; it decides nothing, so no single deposit can stop it. *Judging* moves one deposit
in one transaction: books, notification and event with it. A deposit that cannot be judged stands
alone and is tried again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from fairhouse.brands import api as brands
from fairhouse.cashier import postings, rules
from fairhouse.cashier.engine.announcing import announce_deposit
from fairhouse.cashier.engine.screening import screen_deposit
from fairhouse.cashier.store import deposits as store
from fairhouse.cashier.types import (
    BOOKED,
    DEPOSIT_PREFIX,
    CashierPolicy,
    Deposit,
    DepositId,
    DepositMove,
    DepositState,
    DepositStep,
    Receivable,
    Sighting,
    SightingState,
)
from fairhouse.chains import api as chains
from fairhouse.chains.types import Observation, ObservationState
from fairhouse.custody import api as custody
from fairhouse.identity.types import PlayerId
from fairhouse.kernel.currencies import Asset, AssetId, ChainId, asset
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import Money, format_units
from fairhouse.kyc import api as kyc
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import InsufficientFunds
from fairhouse.messages import api as messages
from fairhouse.platform.database import Database, Tx
from fairhouse.protection import api as protection
from fairhouse.rates import api as rates
from fairhouse.rates.types import Rate, RateUnavailable
from fairhouse.risk import api as risk
from fairhouse.risk.types import FreezeKind

Policies = Mapping[int, CashierPolicy]
OBSERVATIONS_MAX: Final = 200
_TAKE_BACK_TRIES: Final = 5

_SIGHTINGS: Final = {
    ObservationState.SEEN: SightingState.MEMPOOL,
    ObservationState.INCLUDED: SightingState.INCLUDED,
    ObservationState.ORPHANED: SightingState.GONE,
    ObservationState.DROPPED: SightingState.GONE,
}


# --- Taking in


@dataclass(frozen=True, slots=True)
class _Batch:
    """Changes and the head of one moment."""

    cursor: store.Cursor
    changes: tuple[Observation, ...]
    height: int

    @property
    def is_last(self) -> bool:
        return len(self.changes) < OBSERVATIONS_MAX


async def take_in(db: Database, *, chain: ChainId, policies: Policies) -> bool:
    """Copy at most one batch of the chain's news onto deposits. True: there may be more."""
    batch = await _read(db, chain)
    if batch is None:
        return False
    async with db.tx() as tx:
        if await store.lock_cursor(tx, chain) != batch.cursor:
            return True
        for observation in batch.changes:
            await _take_in_one(tx, observation, policies)
        await store.move_cursor(tx, chain, _advanced(batch))
    return not batch.is_last


async def _read(db: Database, chain: ChainId) -> _Batch | None:
    """One snapshot: the head and the changes belong to the same moment of the same chain.

    Read apart, a reorg between the two could lend an old chain's height to a new chain's block.
    """
    async with db.tx() as tx:
        cursor = await store.lock_cursor(tx, chain)
    async with db.read() as tx:
        head = await chains.head(tx, chain=chain)
        changes = await chains.observations_changed(
            tx, chain=chain, after_seq=cursor.after_seq, limit=OBSERVATIONS_MAX
        )
    if not changes and head.height == cursor.height:
        return None
    return _Batch(cursor, tuple(changes), head.height)


def _advanced(batch: _Batch) -> store.Cursor:
    after_seq = batch.changes[-1].change_seq if batch.changes else batch.cursor.after_seq
    # Half taken in, some sightings are older than this head: only what both heads agree on counts.
    height = batch.height if batch.is_last else min(batch.height, batch.cursor.height)
    return store.Cursor(after_seq, height)


async def _take_in_one(tx: Tx, observation: Observation, policies: Policies) -> None:
    sighting = Sighting(
        _SIGHTINGS[observation.state], observation.block_height, observation.block_hash
    )
    known = await store.by_key(
        tx, chain=observation.chain, tx_hash=observation.tx_hash, idx=observation.index
    )
    if known is not None:
        said = (sighting, observation.base_units)
        if said != (known.sighting, known.seen_base_units):
            await store.set_sighting(
                tx, deposit_id=known.id, sighting=sighting, base_units=observation.base_units
            )
        return
    if sighting.state is SightingState.GONE:
        return
    await _open(tx, observation, sighting, policies)


async def _open(tx: Tx, observation: Observation, sighting: Sighting, policies: Policies) -> None:
    """A new deposit, if the address is a player's and the coins are not our own."""
    owner = await custody.owner_of(tx, chain=observation.chain, address=observation.to_address)
    if owner is None:
        return
    if await custody.is_ours(tx, chain=observation.chain, address=observation.from_address):
        return
    policy = policies[owner.brand_id]
    player_id = PlayerId(owner.player_id)
    measured = await _measure(
        tx, policy, player_id, asset_id=observation.asset, base_units=observation.base_units
    )
    deposit = Deposit(
        id=DepositId(tx.new_id()),
        brand_id=owner.brand_id,
        player_id=player_id,
        chain=observation.chain,
        tx_hash=observation.tx_hash,
        idx=observation.index,
        asset=observation.asset,
        contract=observation.contract,
        address=observation.to_address,
        from_address=observation.from_address,
        base_units=observation.base_units,
        seen_base_units=observation.base_units,
        units=measured.units if measured else 0,
        state=DepositState.SEEN if measured else DepositState.UNRECOGNISED,
        sighting=sighting,
        confirmations=0,
        required=measured.required if measured else 1,
        rounds=0,
        rate_id=None,
        value=None,
        balance_after=None,
        seen_at=tx.now,
        credited_at=None,
    )
    if await store.insert(tx, deposit):
        await store.add_event(tx, deposit_id=deposit.id, state=deposit.state)
        await announce_deposit(tx, deposit, policy)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What an amount is worth crediting, and how many blocks that takes."""

    units: int
    required: int


async def _measure(
    tx: Tx,
    policy: CashierPolicy,
    player_id: PlayerId,
    *,
    asset_id: AssetId | None,
    base_units: int,
) -> _Measured | None:
    """None when it can never be credited."""
    asset_policy = policy.assets.get(asset_id) if asset_id else None
    if asset_policy is None:
        return None
    units = rules.recognised_units(base_units, asset(asset_policy.asset))
    if units is None:
        return None
    unsettled = await store.unsettled_units(tx, player_id=player_id, asset=asset_policy.asset)
    required = rules.required_confirmations(asset_policy, units, unsettled_units=unsettled)
    return _Measured(units, required)


# --- Judging


async def to_judge(db: Database, *, chain: ChainId, limit: int) -> list[DepositId]:
    """Deposits that news or a new head may move."""
    async with db.read() as tx:
        height = await store.cursor_height(tx, chain)
        return await store.to_judge(tx, chain=chain, height=height, limit=limit)


async def judge(tx: Tx, *, deposit_id: DepositId, policies: Policies) -> None:
    """Move one deposit by the chain's last word."""
    # CHECK
    deposit = await _lock(tx, deposit_id)
    policy = policies[deposit.brand_id]
    deposit = await _amended(tx, deposit, policy)
    height = await store.cursor_height(tx, deposit.chain)
    suspended, rate = await _context(tx, deposit)
    paused = await brands.paused(tx, brand_id=policy.brand_id)
    screened = await screen_deposit(tx, deposit, policy)
    # DECIDE
    together = deposit.units + sum(item.units for item in suspended if item.id != deposit.id)
    step = rules.step_deposit(
        deposit,
        height,
        reaches_minimum=_reaches_minimum(deposit, together, policy),
        is_paused=brands.DEPOSITS in paused or rate is None,
        screened=screened,
    )
    # RECORD
    moved = await _book(tx, deposit, step, rate)
    await store.set_judged(tx, deposit_id=deposit.id, step=step, height=height)
    # ANNOUNCE
    moved = replace(moved, state=step.state, confirmations=step.confirmations)
    await _tell(tx, deposit, moved, policy)
    if step.move is DepositMove.CREDIT and rate is not None:
        for item in suspended:
            if item.id != deposit.id:
                await _release(tx, item, rate, policy)


async def _lock(tx: Tx, deposit_id: DepositId) -> Deposit:
    """One player's deposits of an asset are judged one after another, for their sums count."""
    found = await store.find(tx, deposit_id)
    assert found is not None, deposit_id
    await tx.lock("cashier.deposits", found.player_id, found.asset)
    return await store.lock(tx, deposit_id)


async def _amended(tx: Tx, deposit: Deposit, policy: CashierPolicy) -> Deposit:
    """With the amount that the chain says now, unless another one is still in the books."""
    seen = deposit.seen_base_units
    if deposit.state in BOOKED or seen == deposit.base_units:
        return deposit
    measured = await _measure(
        tx, policy, deposit.player_id, asset_id=deposit.asset, base_units=seen
    )
    assert measured is not None or deposit.state is DepositState.UNRECOGNISED, deposit.id
    units, required = (measured.units, measured.required) if measured else (0, 1)
    amended = replace(deposit, base_units=seen, units=units, required=required)
    await store.amend(tx, amended)
    return amended


def _reaches_minimum(deposit: Deposit, together: int, policy: CashierPolicy) -> bool:
    if deposit.asset is None:
        return False
    # What was credited once and came back is owed to the player, however small it is alone.
    was_credited = deposit.credited_at is not None
    return was_credited or together >= policy.assets[deposit.asset].minimum_deposit


async def _context(tx: Tx, deposit: Deposit) -> tuple[list[Deposit], Rate | None]:
    """What waits below the minimum beside it, and the price; None while there is no good one."""
    if deposit.asset is None:
        return [], None
    suspended = await store.lock_suspended(tx, player_id=deposit.player_id, asset=deposit.asset)
    try:
        rate = await rates.latest(tx, base=asset(deposit.asset).currency)
    except RateUnavailable:
        return suspended, None
    return suspended, rate


async def _book(tx: Tx, deposit: Deposit, step: DepositStep, rate: Rate | None) -> Deposit:
    if step.move in {DepositMove.CREDIT, DepositMove.RELEASE}:
        assert rate is not None
        return await _credit(tx, deposit, rate)
    if step.move in {DepositMove.SUSPEND, DepositMove.HOLD}:
        round_ = deposit.rounds + 1
        is_held = step.move is DepositMove.HOLD
        post = postings.hold_back if is_held else postings.suspend
        await ledger.post(tx, transfers=post(deposit, round_=round_))
        await store.set_booked(tx, deposit_id=deposit.id, round_=round_)
    elif step.move in {DepositMove.REVERSE_SUSPENSE, DepositMove.REVERSE_HOLD}:
        await ledger.post(tx, transfers=postings.reverse_uncredited(deposit))
    elif step.move is DepositMove.REVERSE_CREDIT:
        await _reverse_credit(tx, deposit)
    return deposit


async def _credit(tx: Tx, deposit: Deposit, rate: Rate) -> Deposit:
    of = _asset_of(deposit)
    round_ = deposit.rounds if deposit.state in BOOKED else deposit.rounds + 1
    value = rates.value_of(Money(deposit.units, of.currency), rate)
    receivable = await store.lock_receivable_of(tx, deposit.id)
    returned = min(receivable.open_units, deposit.units) if receivable else 0
    transfers = postings.credit(
        deposit,
        round_=round_,
        since=deposit.state,
        returned_units=returned,
        rate_id=rate.id,
        value=value,
    )
    await ledger.post(tx, transfers=transfers)
    if receivable is not None:
        await _shrink(tx, receivable, returned)
    key = postings.cash_key(deposit.brand_id, of.currency, deposit.player_id)
    balance = await ledger.balance(tx, key=key)
    await store.set_credited(
        tx,
        deposit_id=deposit.id,
        round_=round_,
        rate_id=rate.id,
        value=value,
        balance_after=balance.available,
    )
    await kyc.count_deposit(
        tx,
        ref=deposit.id,
        player_id=deposit.player_id,
        brand_id=deposit.brand_id,
        value=value,
    )
    await protection.count_deposit(
        tx,
        deposit_id=deposit.id,
        wire_id=to_wire(DEPOSIT_PREFIX, deposit.id),
        brand_id=deposit.brand_id,
        player_id=deposit.player_id,
        value=value,
    )
    return replace(
        deposit,
        state=DepositState.CREDITED,
        rounds=round_,
        rate_id=rate.id,
        value=value,
        balance_after=balance.available,
        credited_at=tx.now,
    )


async def _release(tx: Tx, deposit: Deposit, rate: Rate, policy: CashierPolicy) -> None:
    """A small deposit that others have lifted over the minimum."""
    credited = await _credit(tx, deposit, rate)
    await _tell(tx, deposit, credited, policy)


async def _reverse_credit(tx: Tx, deposit: Deposit) -> None:
    of = _asset_of(deposit)
    key = postings.cash_key(deposit.brand_id, of.currency, deposit.player_id)
    back = rules.TakeBack(0, deposit.units)
    for attempt in range(_TAKE_BACK_TRIES):
        # Bets go on meanwhile; whoever wins the balance row, nothing goes below zero.
        available = (await ledger.balance(tx, key=key)).available
        is_last = attempt == _TAKE_BACK_TRIES - 1
        back = rules.take_back(deposit.units, 0 if is_last else available)
        try:
            await ledger.post(
                tx, transfers=postings.reverse_credit(deposit, taken_units=back.taken_units)
            )
            break
        except InsufficientFunds:
            continue
    if back.owed_units:
        assert deposit.asset is not None
        await store.insert_receivable(
            tx,
            Receivable(
                deposit_id=deposit.id,
                round=deposit.rounds,
                brand_id=deposit.brand_id,
                player_id=deposit.player_id,
                asset=deposit.asset,
                owed_units=back.owed_units,
                repaid_units=0,
            ),
        )
        await risk.freeze(
            tx,
            player_id=deposit.player_id,
            kind=FreezeKind.REORG_RECEIVABLE,
            ref=to_wire(DEPOSIT_PREFIX, deposit.id),
        )
    await kyc.reverse(tx, ref=deposit.id)
    await protection.reverse_deposit(tx, deposit_id=deposit.id)


def _asset_of(deposit: Deposit) -> Asset:
    assert deposit.asset is not None, "what is not recognised is never booked"
    return asset(deposit.asset)


async def _tell(tx: Tx, before: Deposit, after: Deposit, policy: CashierPolicy) -> None:
    """Progress by push; a change of state also into the story and behind the bell."""
    if (before.state, before.confirmations) == (after.state, after.confirmations):
        return
    await announce_deposit(tx, after, policy)
    if before.state is after.state:
        return
    await store.add_event(tx, deposit_id=after.id, state=after.state)
    kind = _NOTIFICATIONS.get(after.state)
    if kind is not None:
        of = _asset_of(after)
        fields = {
            "amount": format_units(after.base_units, of.decimals),
            "currency": of.currency,
            "id": to_wire(DEPOSIT_PREFIX, after.id),
        }
        await messages.notify(
            tx, brand_id=after.brand_id, player_id=after.player_id, kind=kind, fields=fields
        )


_NOTIFICATIONS: Final = {
    DepositState.CREDITED: "deposit_credited",
    DepositState.BELOW_MINIMUM: "deposit_below_minimum",
    DepositState.HELD: "deposit_held",
    DepositState.ORPHANED: "deposit_orphaned",
    DepositState.REVERSED: "deposit_reversed",
}


# --- What is owed


async def collect(tx: Tx, *, limit: int = 100) -> int:
    """Pay off what players owe from what they have; returns how many debts shrank."""
    count = 0
    for receivable in await store.open_receivables(tx, limit=limit):
        await tx.lock("cashier.deposits", receivable.player_id, receivable.asset)
        count += await _collect_one(tx, receivable.deposit_id)
    return count


async def _collect_one(tx: Tx, deposit_id: DepositId) -> bool:
    receivable = await store.lock_receivable_of(tx, deposit_id)
    if receivable is None:
        return False
    of = asset(receivable.asset)
    key = postings.cash_key(receivable.brand_id, of.currency, receivable.player_id)
    available = (await ledger.balance(tx, key=key)).available
    units = rules.take_back(receivable.open_units, available).taken_units
    if not units:
        return False
    try:
        await ledger.post(tx, transfers=postings.repay(receivable, units=units))
    except InsufficientFunds:
        return False
    await _shrink(tx, receivable, units)
    return True


async def _shrink(tx: Tx, receivable: Receivable, units: int) -> None:
    """Less is owed; with the last of it the freeze ends."""
    repaid = receivable.repaid_units + units
    await store.settle_receivable(tx, receivable, repaid_units=repaid)
    if repaid < receivable.owed_units:
        return
    await risk.lift_freeze(
        tx,
        player_id=receivable.player_id,
        kind=FreezeKind.REORG_RECEIVABLE,
        ref=to_wire(DEPOSIT_PREFIX, receivable.deposit_id),
    )
