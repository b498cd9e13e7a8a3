"""The facts behind a withdrawal's checks, gathered the same way for a quote, a request, staff and
the worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.brands import api as brands
from fairhouse.cashier import postings
from fairhouse.cashier.engine.screening import movement_out, screened
from fairhouse.cashier.store import withdrawals as store
from fairhouse.cashier.types import AssetPolicy, CashierPolicy, Withdrawal
from fairhouse.chains.codecs.evm import parse_address
from fairhouse.custody import api as custody
from fairhouse.identity.types import Player, PlayerStatus
from fairhouse.kernel.currencies import Asset, asset, currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import to_ledger_units
from fairhouse.kernel.refusals import Refusal
from fairhouse.kyc import api as kyc
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Tx
from fairhouse.risk import api as risk
from fairhouse.risk.types import Check, Destination, Freeze, FreezeKind, WithdrawalFacts
from fairhouse.screening import api as screening
from fairhouse.screening.types import CASE_PREFIX, Movement, Verdict

_NOBODY: Final = UUID(int=0)
_ANSWER_DUE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A withdrawal that exists, or that somebody only asks about."""

    player: Player
    asset: Asset
    units: int
    value: int
    destination: str
    """As given; canonical when `address_problem` is None."""
    address_problem: Refusal | None
    lookalike_accepted: bool
    stepped_up: bool
    asked_at: datetime
    withdrawal: Withdrawal | None = None
    """None: its amount is not held yet, and it has no approvals."""


def read_destination(text: str, of: Asset) -> tuple[str, Refusal | None]:
    """The canonical address, or what is wrong with it."""
    try:
        return parse_address(text, of.chain, param="destination"), None
    except Refusal as refusal:
        return text, refusal


def candidate_of(withdrawal: Withdrawal, player: Player) -> Candidate:
    """A stored withdrawal, to be judged again: what was proven at the request stays proven."""
    return Candidate(
        player=player,
        asset=asset(withdrawal.asset),
        units=withdrawal.units,
        value=withdrawal.value,
        destination=withdrawal.destination,
        address_problem=None,
        lookalike_accepted=withdrawal.lookalike_accepted,
        stepped_up=True,
        asked_at=withdrawal.requested_at,
        withdrawal=withdrawal,
    )


async def checks_of(tx: Tx, candidate: Candidate, policy: CashierPolicy) -> tuple[Check, ...]:
    """The list, as of now."""
    facts = await _facts(tx, candidate, policy)
    return tuple(risk.check_withdrawal(facts, policy.risk))


async def _facts(tx: Tx, candidate: Candidate, policy: CashierPolicy) -> WithdrawalFacts:
    player, of = candidate.player, candidate.asset
    rules: AssetPolicy = policy.assets[of.id]
    existing = candidate.withdrawal
    own_id = existing.id if existing else _NOBODY
    is_readable = candidate.address_problem is None
    problem = candidate.address_problem
    paused = await brands.paused(tx, brand_id=policy.brand_id)
    known = await kyc.money_fact(
        tx,
        player_id=player.id,
        brand_id=policy.brand_id,
        value=candidate.value,
        without=own_id,
    )
    verdict = Verdict.CLEAR
    if is_readable:
        verdict = await screened(tx, _movement(candidate), policy)
    return WithdrawalFacts(
        now=tx.now,
        units=candidate.units,
        fee_units=existing.fee_units if existing else rules.withdrawal_fee,
        scale=currency(of.currency).scale,
        currency=of.currency,
        minimum_units=min(rules.minimum_withdrawal, candidate.units)
        if existing
        else rules.minimum_withdrawal,
        maximum_units=max(rules.maximum_withdrawal, candidate.units)
        if existing
        else rules.maximum_withdrawal,
        available_units=await _available(tx, candidate),
        value=candidate.value,
        address_problem=problem.code if problem else None,
        address_ours=is_readable
        and await custody.is_ours(tx, chain=of.chain, address=candidate.destination),
        destination=await _destination(tx, candidate) if is_readable else Destination(),
        lookalike_accepted=candidate.lookalike_accepted,
        paused_reason=paused.get(brands.WITHDRAWALS),
        freezes=await _freezes(tx, player),
        kyc_needed=known.needed,
        kyc_tier=known.tier,
        kyc_state=known.state,
        kyc_due_at=known.due_at,
        screened=verdict,
        screened_by=_due(candidate, verdict, policy),
        held_until=player.withdrawals_held_until,
        stepped_up=candidate.stepped_up,
        player_day=await risk.player_day(
            tx, player_id=player.id, at=candidate.asked_at, without=own_id
        ),
        brand_hour=await risk.brand_hour(
            tx, brand_id=policy.brand_id, at=candidate.asked_at, without=own_id
        ),
        hot_units=await _hot_units(tx, player.brand_id, of),
        approvals=len(await store.approvals(tx, existing.id)) if existing else 0,
        marks=await risk.marks(tx, player_id=player.id),
        risk_points=await risk.points(tx, player_id=player.id),
    )


def _due(candidate: Candidate, verdict: Verdict, policy: CashierPolicy) -> datetime | None:
    """Counted from the request, so that it stands still."""
    if verdict is Verdict.CLEAR:
        return None
    is_waiting = verdict is Verdict.WAITING
    return candidate.asked_at + (_ANSWER_DUE if is_waiting else policy.screening.case_due)


def _movement(candidate: Candidate) -> Movement:
    return movement_out(
        candidate.withdrawal.id if candidate.withdrawal else _NOBODY,
        candidate.player,
        candidate.asset,
        units=candidate.units,
        destination=candidate.destination,
        at=candidate.asked_at,
    )


async def _available(tx: Tx, candidate: Candidate) -> int:
    if candidate.withdrawal is not None:
        return candidate.units
    key = postings.cash_key(
        candidate.player.brand_id, candidate.asset.currency, candidate.player.id
    )
    return (await ledger.balance(tx, key=key)).available


async def _destination(tx: Tx, candidate: Candidate) -> Destination:
    return await risk.destination(
        tx,
        player_id=candidate.player.id,
        chain=candidate.asset.chain,
        address=candidate.destination,
    )


async def _freezes(tx: Tx, player: Player) -> tuple[Freeze, ...]:
    found = await risk.freezes(tx, player_id=player.id)
    found += [
        Freeze(FreezeKind.COMPLIANCE, to_wire(CASE_PREFIX, case.id), case.opened_at)
        for case in await screening.in_force(tx, player_id=player.id)
    ]
    if player.status is not PlayerStatus.ACTIVE:
        found.append(Freeze(FreezeKind.ACCOUNT, player.status, tx.now))
    return tuple(found)


async def _hot_units(tx: Tx, brand_id: int, of: Asset) -> int:
    """What the brand's hot vault can still pay, in ledger units."""
    base_units = await custody.hot_balance(tx, brand_id=brand_id, asset=of.id)
    units, _ = to_ledger_units(max(base_units, 0), of)
    return units
