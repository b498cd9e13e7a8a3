"""The cashier's routes for players."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

import segno
from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from fairhouse.cashier import api
from fairhouse.cashier.types import (
    DEPOSIT_PREFIX,
    WITHDRAWAL_PREFIX,
    CashierPolicy,
    ConfirmationTier,
    DepositId,
    Withdrawal,
    WithdrawalId,
    WithdrawalRequest,
)
from fairhouse.cashier.views import DepositView, QuoteView, WithdrawalView, quote_view
from fairhouse.identity import api as identity
from fairhouse.identity.types import Session, StepUpRequired
from fairhouse.kernel.currencies import asset, currency
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import format_units, parse_positive
from fairhouse.kyc import api as kyc
from fairhouse.platform.database import Database, Tx


class Gate(Protocol):
    """Who is asking: `app.gate.Gate` satisfies it."""

    async def registered(self, request: Request) -> Session: ...

    async def depositor(self, request: Request) -> Session: ...


@dataclass(frozen=True, slots=True)
class CashierDeps:
    """Exactly what these routes need."""

    db: Database
    gate: Gate
    policies: Mapping[int, CashierPolicy]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DepositAddressBody(_Body):
    """Which asset is to be deposited."""

    asset: str = Field(max_length=40, examples=["eth.ethereum"])


class ConfirmationsView(BaseModel):
    """Deposits up to an amount (null: any) need so many blocks."""

    up_to: str | None
    blocks: int


class DepositAddressView(BaseModel):
    """Where to send coins. The same player and asset always get the same address."""

    asset: str
    chain: str
    address: str
    qr_svg: str
    minimum: str
    confirmations: list[ConfirmationsView]


class DepositsView(BaseModel):
    """A page of deposits, newest first."""

    deposits: list[DepositView]
    next: str | None


class WithdrawalAsked(_Body):
    """What the player wants to be paid, and where."""

    asset: str = Field(max_length=40, examples=["usdt.ethereum"])
    amount: str = Field(max_length=80, examples=["25.5"])
    """Leaves the balance; the fee is inside."""
    destination: str = Field(min_length=1, max_length=200)
    accept_lookalike: bool = False
    """The player compared every character of an address that looks like a known one."""


class WithdrawalBody(WithdrawalAsked):
    """A request; `id` is made by the client and makes a repetition harmless."""

    id: str | None = Field(default=None, max_length=40)


class WithdrawalsView(BaseModel):
    """A page of withdrawals, newest first."""

    withdrawals: list[WithdrawalView]
    next: str | None


def routes(deps: CashierDeps) -> APIRouter:
    """Deposits and withdrawals of the player who calls."""
    router = APIRouter(prefix="/v1", tags=["cashier"])
    _deposit_routes(router, deps)
    _withdrawal_routes(router, deps)
    _deciding_routes(router, deps)
    return router


def _deposit_routes(router: APIRouter, deps: CashierDeps) -> None:
    registered = Depends(deps.gate.registered)

    @router.post("/deposit-addresses")
    async def deposit_address(
        body: DepositAddressBody, session: Annotated[Session, Depends(deps.gate.depositor)]
    ) -> DepositAddressView:
        """The player's own address for an asset."""
        policy = deps.policies[session.brand_id]
        async with deps.db.tx() as tx:
            player = await identity.player(tx, player_id=session.player_id)
            identity.check_open(player)
            address, rules = await api.deposit_address(
                tx, player=player, asset_id=body.asset, policy=policy
            )
            await kyc.check_deposit(tx, player_id=player.id, brand_id=player.brand_id)
        of = asset(rules.asset)
        scale = currency(of.currency).scale
        return DepositAddressView(
            asset=of.id,
            chain=of.chain,
            address=address,
            qr_svg=qr_svg(address),
            minimum=format_units(rules.minimum_deposit, scale),
            confirmations=[_confirmations_view(tier, scale) for tier in rules.confirmations],
        )

    @router.get("/deposits")
    async def deposits(
        session: Annotated[Session, registered],
        before: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 30,
    ) -> DepositsView:
        """The player's deposits, newest first."""
        policy = deps.policies[session.brand_id]
        start = from_wire(DEPOSIT_PREFIX, before, param="before") if before else None
        async with deps.db.read() as tx:
            found = await api.deposits(tx, player_id=session.player_id, before=start, limit=limit)
        views = [api.deposit_view(item, policy) for item in found]
        return DepositsView(deposits=views, next=views[-1].id if len(views) == limit else None)

    @router.get("/deposits/{deposit_id}")
    async def deposit(deposit_id: str, session: Annotated[Session, registered]) -> DepositView:
        """One deposit of the player."""
        id_ = DepositId(from_wire(DEPOSIT_PREFIX, deposit_id))
        async with deps.db.read() as tx:
            found = await api.deposit(tx, deposit_id=id_, player_id=session.player_id)
        return api.deposit_view(found, deps.policies[session.brand_id])


def _withdrawal_routes(router: APIRouter, deps: CashierDeps) -> None:
    registered = Depends(deps.gate.registered)

    @router.get("/withdrawals")
    async def withdrawals(
        session: Annotated[Session, registered],
        before: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 30,
    ) -> WithdrawalsView:
        """The player's withdrawals, newest first."""
        start = from_wire(WITHDRAWAL_PREFIX, before, param="before") if before else None
        async with deps.db.read() as tx:
            found = await api.withdrawals(
                tx, player_id=session.player_id, before=start, limit=limit
            )
            views = [await _view(tx, item, deps) for item in found]
        return WithdrawalsView(
            withdrawals=views, next=views[-1].id if len(views) == limit else None
        )

    @router.get("/withdrawals/{withdrawal_id}")
    async def withdrawal(
        withdrawal_id: str, session: Annotated[Session, registered]
    ) -> WithdrawalView:
        """One withdrawal of the player, with its checks and its timeline."""
        id_ = WithdrawalId(from_wire(WITHDRAWAL_PREFIX, withdrawal_id))
        async with deps.db.read() as tx:
            found = await api.withdrawal(tx, withdrawal_id=id_, player_id=session.player_id)
            return await _view(tx, found, deps)


def _deciding_routes(router: APIRouter, deps: CashierDeps) -> None:
    registered = Depends(deps.gate.registered)

    @router.post("/withdrawals/quote")
    async def quote(body: WithdrawalAsked, session: Annotated[Session, registered]) -> QuoteView:
        """The fee, what would arrive, and everything that would stand in the way."""
        request = _request_of(body)
        async with deps.db.read() as tx:
            found = await api.quote_withdrawal(
                tx,
                player=await identity.player(tx, player_id=session.player_id),
                request=request,
                stepped_up=await _is_stepped_up(tx, session),
                policy=deps.policies[session.brand_id],
            )
        return quote_view(found, currency(asset(body.asset).currency).scale)

    @router.post("/withdrawals", status_code=201)
    async def request_withdrawal(
        body: WithdrawalBody,
        session: Annotated[Session, registered],
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> WithdrawalView:
        """Ask to be paid; the amount is held at once. Repeating the request changes nothing."""
        request = _request_of(body)
        id_ = WithdrawalId(from_wire(WITHDRAWAL_PREFIX, body.id)) if body.id else None
        async with deps.db.tx() as tx:
            made = await api.request_withdrawal(
                tx,
                player=await identity.player(tx, player_id=session.player_id),
                request=request,
                stepped_up=await _is_stepped_up(tx, session),
                policy=deps.policies[session.brand_id],
                withdrawal_id=id_,
                key=idempotency_key,
            )
            return await _view(tx, made, deps)

    @router.post("/withdrawals/{withdrawal_id}/cancel")
    async def cancel(withdrawal_id: str, session: Annotated[Session, registered]) -> WithdrawalView:
        """Take it back, as long as nothing was signed."""
        id_ = WithdrawalId(from_wire(WITHDRAWAL_PREFIX, withdrawal_id))
        async with deps.db.tx() as tx:
            cancelled = await api.cancel_withdrawal(
                tx,
                withdrawal_id=id_,
                player_id=session.player_id,
                policy=deps.policies[session.brand_id],
            )
            return await _view(tx, cancelled, deps)


def _confirmations_view(tier: ConfirmationTier, scale: int) -> ConfirmationsView:
    up_to = None if tier.up_to_units is None else format_units(tier.up_to_units, scale)
    return ConfirmationsView(up_to=up_to, blocks=tier.blocks)


async def _view(tx: Tx, withdrawal: Withdrawal, deps: CashierDeps) -> WithdrawalView:
    timeline = await api.timeline(tx, withdrawal_id=withdrawal.id)
    return api.withdrawal_view(withdrawal, timeline, deps.policies[withdrawal.brand_id])


def _request_of(body: WithdrawalAsked) -> WithdrawalRequest:
    """Refuses with UnknownAsset and InvalidAmount."""
    of = asset(body.asset)
    return WithdrawalRequest(
        asset=of.id,
        units=parse_positive(body.amount, currency(of.currency)),
        destination=body.destination.strip(),
        lookalike_accepted=body.accept_lookalike,
    )


async def _is_stepped_up(tx: Tx, session: Session) -> bool:
    try:
        await identity.require_step_up(tx, session=session)
    except StepUpRequired:
        return False
    return True


def qr_svg(text: str) -> str:
    """A QR code as an SVG element: black on white with its quiet zone, whatever the theme."""
    return segno.make(text, error="m").svg_inline(
        omitsize=True, dark="#000000", light="#ffffff", border=4
    )
