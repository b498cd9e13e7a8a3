"""One deposit, one withdrawal, one payment of custody's; and the decision about a withdrawal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.cashier import api as cashier
from fairhouse.cashier.types import (
    DEPOSIT_PREFIX,
    UNDECIDED,
    WITHDRAWAL_PREFIX,
    CashierPolicy,
    DepositId,
    WithdrawalId,
)
from fairhouse.chains import api as chains
from fairhouse.chains.types import TxHash
from fairhouse.custody import api as custody
from fairhouse.custody.types import FAMILY_PREFIX, FamilyId
from fairhouse.identity import api as identity
from fairhouse.kernel.currencies import ChainId, currency
from fairhouse.kernel.ids import from_wire
from fairhouse.messages.api import phrase
from fairhouse.reports import api as reports
from fairhouse.risk.types import Check

LEDGER_LINES = 200


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A check in words: the very list that the player reads."""

    code: str
    state: str
    name: str
    reason: str
    fix: str | None
    due_at: datetime | None


def check_lines(checks: Sequence[Check], language: str) -> list[CheckLine]:
    """The catalogue's sentences, which are the players' too."""
    return [
        CheckLine(
            code=check.code,
            state=check.state,
            name=phrase(language, "checks", check.code, {}),
            reason=phrase(language, "check_reasons", check.reason, check.fields),
            fix=phrase(language, "check_fixes", check.fix, check.fields) if check.fix else None,
            due_at=check.due_at,
        )
        for check in checks
    ]


def explorer_tx(policies: Sequence[CashierPolicy], chain: str, tx_hash: str | None) -> str | None:
    """Where a transaction can be looked at."""
    for policy in policies:
        explorer = policy.explorers.get(ChainId(chain))
        if explorer is not None and tx_hash:
            return explorer.tx.replace("{tx}", tx_hash)
    return None


def add_routes(router: APIRouter, desk: Desk) -> None:
    """Pages and decisions."""
    _add_deposit(router, desk)
    _add_withdrawal(router, desk)
    _add_family(router, desk)


def _add_deposit(router: APIRouter, desk: Desk) -> None:
    @router.get("/deposits/{deposit}")
    async def deposit_page(visit: Annotated[Visit, Depends(desk.visit)], deposit: str) -> Response:
        id_ = DepositId(from_wire(DEPOSIT_PREFIX, deposit, param="deposit"))
        async with desk.deps.db.read() as tx:
            found = await cashier.any_deposit(tx, deposit_id=id_)
            rules.check_brand(visit.actor, found.brand_id)
            return desk.draw(
                visit,
                "deposit.html",
                deposit=found,
                player=await identity.player(tx, player_id=found.player_id),
                observations=await chains.observations_of(
                    tx, chain=found.chain, tx_hash=TxHash(found.tx_hash)
                ),
                transfers=await reports.transfers_of(tx, deposit, LEDGER_LINES),
                explorer=explorer_tx(_policies(desk), found.chain, found.tx_hash),
            )


def _add_withdrawal(router: APIRouter, desk: Desk) -> None:
    @router.get("/withdrawals/{withdrawal}")
    async def withdrawal_page(
        visit: Annotated[Visit, Depends(desk.visit)], withdrawal: str
    ) -> Response:
        async with desk.deps.db.read() as tx:
            found = await cashier.any_withdrawal(tx, withdrawal_id=_id(withdrawal))
            rules.check_brand(visit.actor, found.brand_id)
            approvals = await cashier.approvals(tx, withdrawal_id=found.id)
            return desk.draw(
                visit,
                "withdrawal.html",
                withdrawal=found,
                scale=currency(found.currency).scale,
                player=await identity.player(tx, player_id=found.player_id),
                checks=check_lines(found.checks, visit.texts.language),
                steps=await reports.withdrawal_steps(tx, found.id),
                approvals=approvals,
                names=await reports.staff_names(tx),
                has_approved=any(item.staff_id == visit.actor.staff.id for item in approvals),
                is_undecided=found.state in UNDECIDED,
                families=await reports.families_of(tx, withdrawal),
                transfers=await reports.transfers_of(tx, withdrawal, LEDGER_LINES),
                explorer=explorer_tx(_policies(desk), found.chain, found.tx_hash),
            )

    @router.post("/withdrawals/{withdrawal}/approve")
    async def approve(sent: Annotated[Submission, Depends(desk.form)], withdrawal: str) -> Response:
        async with desk.deps.db.tx() as tx:
            await api.approve_withdrawal(
                tx,
                actor=sent.actor,
                withdrawal_id=_id(withdrawal),
                reason=sent["reason"],
                policies=desk.deps.policies,
            )
        return back_to(f"/admin/withdrawals/{withdrawal}", "approved")

    @router.post("/withdrawals/{withdrawal}/reject")
    async def reject(sent: Annotated[Submission, Depends(desk.form)], withdrawal: str) -> Response:
        async with desk.deps.db.tx() as tx:
            await api.reject_withdrawal(
                tx,
                actor=sent.actor,
                withdrawal_id=_id(withdrawal),
                reason=sent["reason"],
                policies=desk.deps.policies,
            )
        return back_to(f"/admin/withdrawals/{withdrawal}", "rejected")


def _add_family(router: APIRouter, desk: Desk) -> None:
    @router.get("/families/{family}")
    async def family_page(visit: Annotated[Visit, Depends(desk.visit)], family: str) -> Response:
        id_ = FamilyId(from_wire(FAMILY_PREFIX, family, param="family"))
        async with desk.deps.db.read() as tx:
            found = await custody.family(tx, family_id=id_)
            rules.check_brand(visit.actor, found.brand_id)
            return desk.draw(
                visit,
                "family.html",
                family=found,
                steps=await reports.family_steps(tx, found.id),
                transfers=await reports.transfers_of(tx, family, LEDGER_LINES),
                explorers={
                    item.tx_hash: explorer_tx(_policies(desk), found.chain, item.tx_hash)
                    for item in found.members
                },
            )


def _id(withdrawal: str) -> WithdrawalId:
    return WithdrawalId(from_wire(WITHDRAWAL_PREFIX, withdrawal, param="withdrawal"))


def _policies(desk: Desk) -> Sequence[CashierPolicy]:
    return tuple(desk.deps.policies.values())
