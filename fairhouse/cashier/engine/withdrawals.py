"""Withdrawals: judge the checks again, order what passes, follow custody to the end.

Every function moves one withdrawal in one transaction that begins by locking its row. Whoever
loses a race (a cancelling player, a rejecting member of staff, another worker) finds the state
changed and does nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from fairhouse.cashier import postings, rules
from fairhouse.cashier.engine.announcing import announce_withdrawal
from fairhouse.cashier.engine.checking import candidate_of, checks_of
from fairhouse.cashier.engine.screening import ask_about
from fairhouse.cashier.engine.vouching import family_id_of, vouch
from fairhouse.cashier.rules import FamilyNews, Settlement, WithdrawalStep
from fairhouse.cashier.store import withdrawals as store
from fairhouse.cashier.types import (
    IN_FLIGHT,
    UNDECIDED,
    WITHDRAWAL_PREFIX,
    Actor,
    CashierPolicy,
    Withdrawal,
    WithdrawalId,
    WithdrawalState,
)
from fairhouse.chains.types import Address
from fairhouse.custody import api as custody
from fairhouse.custody.types import Family, FamilyState
from fairhouse.identity import api as identity
from fairhouse.identity.types import StaffId
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import format_units
from fairhouse.kyc import api as kyc
from fairhouse.ledger import api as ledger
from fairhouse.messages import api as messages
from fairhouse.platform.database import Tx
from fairhouse.risk import api as risk

Policies = Mapping[int, CashierPolicy]
BeforeVerdict = Callable[[Tx, Withdrawal], Awaitable[None]]
W = WithdrawalState


async def advance(
    tx: Tx,
    *,
    withdrawal_id: WithdrawalId,
    policies: Policies,
    before_verdict: BeforeVerdict | None = None,
) -> None:
    """Judge an undecided withdrawal again; what passes everything twice is ordered."""
    withdrawal = await store.lock(tx, withdrawal_id)
    if withdrawal is None or withdrawal.state not in UNDECIDED:
        return
    policy = policies[withdrawal.brand_id]
    # Two orders must not both count on the same coins.
    await tx.lock("cashier.hot", withdrawal.brand_id, withdrawal.asset)
    await ask_about(tx, withdrawal, policy)
    await kyc.ask_for_withdrawal(
        tx,
        player_id=withdrawal.player_id,
        brand_id=withdrawal.brand_id,
        value=withdrawal.value,
        without=withdrawal.id,
    )
    if before_verdict is not None:
        await before_verdict(tx, withdrawal)
    judged = await judge(tx, withdrawal, policy)
    decided = rules.reviewed_state(judged.checks)
    if decided is W.APPROVED and withdrawal.state is W.APPROVED:
        await _order(tx, judged, policy)
    elif decided is not withdrawal.state:
        await move(tx, judged, decided, policy)
    elif judged.checks != withdrawal.checks:
        await announce_withdrawal(tx, judged, policy)


async def judge(tx: Tx, withdrawal: Withdrawal, policy: CashierPolicy) -> Withdrawal:
    """Its checks as of now, stored. The caller holds its lock."""
    player = await identity.player(tx, player_id=withdrawal.player_id)
    checks = await checks_of(tx, candidate_of(withdrawal, player), policy)
    await store.set_checks(tx, withdrawal_id=withdrawal.id, checks=checks)
    return replace(withdrawal, checks=checks)


async def move(
    tx: Tx,
    withdrawal: Withdrawal,
    state: WithdrawalState,
    policy: CashierPolicy,
    *,
    actor: Actor = Actor.SYSTEM,
    staff_id: StaffId | None = None,
    note: str | None = None,
    tx_hash: str | None = None,
    attempt: int | None = None,
) -> Withdrawal:
    """Into another state, with its line in the timeline, its event and its notification.

    The caller holds the row's lock, so the compare-and-set inside can only fail by a defect.
    """
    assert state in rules.WITHDRAWAL_TRANSITIONS[withdrawal.state], (withdrawal.state, state)
    moved = await store.move(
        tx,
        withdrawal_id=withdrawal.id,
        since={withdrawal.state},
        state=state,
        note=note,
        tx_hash=tx_hash,
        attempt=attempt,
    )
    assert moved, f"{withdrawal.id} is no longer {withdrawal.state}"
    await store.add_event(
        tx, withdrawal_id=withdrawal.id, state=state, actor=actor, staff_id=staff_id, note=note
    )
    after = replace(
        withdrawal,
        state=state,
        note=note or withdrawal.note,
        tx_hash=tx_hash or withdrawal.tx_hash,
        attempt=withdrawal.attempt if attempt is None else attempt,
        updated_at=tx.now,
    )
    await announce_withdrawal(tx, after, policy)
    await _notify(tx, after)
    return after


async def release(tx: Tx, withdrawal: Withdrawal) -> None:
    """Give the hold back; the request no longer counts towards limits."""
    await risk.release_request(tx, id_=withdrawal.id)
    await kyc.reverse(tx, ref=withdrawal.id)
    await ledger.post(tx, transfers=postings.release(withdrawal))


async def _order(tx: Tx, withdrawal: Withdrawal, policy: CashierPolicy) -> None:
    await vouch(tx, withdrawal)
    await custody.request_transfer(
        tx,
        family_id=family_id_of(withdrawal, withdrawal.attempt),
        brand_id=withdrawal.brand_id,
        asset=withdrawal.asset,
        destination=Address(withdrawal.destination),
        base_units=withdrawal.base_units,
        ref=to_wire(WITHDRAWAL_PREFIX, withdrawal.id),
    )
    await move(tx, withdrawal, W.ORDERED, policy)


async def follow(tx: Tx, *, withdrawal_id: WithdrawalId, policies: Policies) -> None:
    """Mirror what custody says of an ordered withdrawal, and settle its hold when it is final."""
    withdrawal = await store.lock(tx, withdrawal_id)
    if withdrawal is None or withdrawal.state not in IN_FLIGHT:
        return
    policy = policies[withdrawal.brand_id]
    family = await custody.family(tx, family_id=family_id_of(withdrawal, withdrawal.attempt))
    step = rules.mirror_family(
        withdrawal.state,
        _NEWS[family.state],
        attempt=withdrawal.attempt + 1,
        attempts_max=policy.attempts_max,
        on_failure=policy.on_chain_failure,
    )
    if step.state is not withdrawal.state:
        await _settle(tx, withdrawal, step, policy, family)
    elif family.tx_hash not in {None, withdrawal.tx_hash}:
        assert family.tx_hash is not None
        await store.set_tx_hash(tx, withdrawal_id=withdrawal.id, tx_hash=family.tx_hash)
        await announce_withdrawal(tx, replace(withdrawal, tx_hash=family.tx_hash), policy)


async def _settle(
    tx: Tx, withdrawal: Withdrawal, step: WithdrawalStep, policy: CashierPolicy, family: Family
) -> None:
    attempt = withdrawal.attempt + 1 if step.settlement is Settlement.REORDER else None
    note = family.failure if step.state is W.FAILED else None
    await move(
        tx, withdrawal, step.state, policy, tx_hash=family.tx_hash, attempt=attempt, note=note
    )
    if step.settlement is Settlement.PAY:
        await risk.record_payment(
            tx,
            player_id=withdrawal.player_id,
            chain=withdrawal.chain,
            address=withdrawal.destination,
        )
        await ledger.post(tx, transfers=postings.pay(withdrawal))
    elif step.settlement is Settlement.RELEASE:
        await release(tx, withdrawal)


async def _notify(tx: Tx, withdrawal: Withdrawal) -> None:
    kind = _NOTIFICATIONS.get(withdrawal.state)
    if kind is None:
        return
    fields = {
        "amount": format_units(withdrawal.units, currency(withdrawal.currency).scale),
        "currency": withdrawal.currency,
        "id": to_wire(WITHDRAWAL_PREFIX, withdrawal.id),
        "reason": withdrawal.note or "",
    }
    await messages.notify(
        tx, brand_id=withdrawal.brand_id, player_id=withdrawal.player_id, kind=kind, fields=fields
    )


_NOTIFICATIONS: Final = {
    W.APPROVED: "withdrawal_approved",
    W.BROADCAST: "withdrawal_broadcast",
    W.CONFIRMED: "withdrawal_confirmed",
    W.CANCELLED: "withdrawal_cancelled",
    W.REJECTED: "withdrawal_rejected",
    W.FAILED: "withdrawal_failed",
}

_NEWS: Final = {
    FamilyState.PLANNED: FamilyNews.PLANNED,
    FamilyState.ORDERED: FamilyNews.PLANNED,
    FamilyState.SIGNED: FamilyNews.SIGNED,
    FamilyState.BROADCAST: FamilyNews.BROADCAST,
    # A person has to look; until then nobody knows, and the hold stays.
    FamilyState.STRANDED: FamilyNews.BROADCAST,
    FamilyState.CONFIRMED: FamilyNews.CONFIRMED,
    FamilyState.FAILED_ON_CHAIN: FamilyNews.FAILED,
    FamilyState.CANCELLED_UNSIGNED: FamilyNews.NEVER_SIGNED,
}
