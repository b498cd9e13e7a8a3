"""A player's own protection: limits, breaks, exclusion, history."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from fairhouse.brands.api import brand
from fairhouse.brands.types import BrandId
from fairhouse.identity import api as identity
from fairhouse.identity.types import Player, Session
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.protection import api
from fairhouse.protection.types import (
    CHANGE_PREFIX,
    Actor,
    Change,
    Exclusion,
    ExclusionKind,
    LimitKind,
    LimitSource,
    LimitStanding,
    PendingChange,
    Period,
    Play,
    Scope,
)


class Gate(Protocol):
    """Who is asking: `app.gate.Gate` satisfies it."""

    async def registered(self, request: Request) -> Session: ...


Played = Callable[[Tx, Session], Awaitable[Play]]
"""What the betting road counted of a player."""


@dataclass(frozen=True, slots=True)
class ProtectionDeps:
    """What these routes need."""

    db: Database
    gate: Gate
    sealer: Sealer
    played: Played
    apply: Callable[[], Awaitable[object]]
    """Called after a change is committed: the road binds the player before we answer."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LimitBody(_Body):
    """Plain decimals of the reference currency, whole minutes for `session`; null removes it."""

    amount: Annotated[str, Field(max_length=40, examples=["50"])] | None


class TermBody(_Body):
    """One of the terms that `GET /v1/protection` lists."""

    term: Annotated[str, Field(max_length=20, examples=["7d"])]


class RealityCheckBody(_Body):
    """Minutes between interruptions, 5 to 240; null: none."""

    minutes: int | None


class LimitView(BaseModel):
    """A limit in force; amounts in the reference currency, minutes for `session`."""

    kind: LimitKind
    period: Period
    source: LimitSource
    """`operator`: ours, beside the player's own; the lower binds."""
    amount: str
    used: str
    remaining: str
    resets_at: datetime
    set_at: datetime


class PendingView(BaseModel):
    """An increase or removal (amount null) that waits."""

    kind: LimitKind
    period: Period
    amount: str | None
    asked_at: datetime
    ready_at: datetime
    can_confirm: bool


class ExclusionView(BaseModel):
    """Why the player cannot play."""

    kind: ExclusionKind
    scope: Scope
    term: str
    since: datetime
    until: datetime | None
    """None: permanent. A self-exclusion goes on after it until staff re-admit."""
    is_term_over: bool
    return_asked_at: datetime | None


class TodayView(BaseModel):
    """Since midnight, UTC: what a reality check tells. Real money in the reference currency."""

    minutes: int
    wagered: str
    returned: str


class ProtectionView(BaseModel):
    """Everything that protects the player."""

    currency: str
    """ISO 4217: what amounts are in."""
    limits: list[LimitView]
    pending: list[PendingView]
    exclusion: ExclusionView | None
    reality_check_minutes: int | None
    today: TodayView
    cool_off_terms: list[str]
    self_exclusion_terms: list[str]


class ChangeView(BaseModel):
    """One line of the history."""

    id: str
    at: datetime
    actor: Actor
    action: str
    kind: LimitKind | None
    period: Period | None
    before: str | None
    after: str | None


class HistoryView(BaseModel):
    """Newest first."""

    changes: list[ChangeView]
    next: str | None


def routes(deps: ProtectionDeps) -> APIRouter:
    """`/v1/protection`."""
    router = APIRouter(prefix="/v1/protection", tags=["protection"])
    _reading(router, deps)
    _limits(router, deps)
    _exclusions(router, deps)
    return router


def _reading(router: APIRouter, deps: ProtectionDeps) -> None:
    registered = Depends(deps.gate.registered)

    @router.get("")
    async def protection(session: Annotated[Session, registered]) -> ProtectionView:
        """All limits with what is used of them, what waits, and any exclusion."""
        async with deps.db.read() as tx:
            return await _view(tx, session, deps)

    @router.get("/history")
    async def history(
        session: Annotated[Session, registered],
        before: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 30,
    ) -> HistoryView:
        """Who changed what, and when."""
        start = from_wire(CHANGE_PREFIX, before, param="before") if before else None
        async with deps.db.read() as tx:
            found = await api.history(tx, player_id=session.player_id, before=start, limit=limit)
        views = [_change(item) for item in found]
        return HistoryView(changes=views, next=views[-1].id if len(views) == limit else None)


def _limits(router: APIRouter, deps: ProtectionDeps) -> None:
    registered = Depends(deps.gate.registered)

    @router.put("/limits/{kind}/{period}")
    async def put_limit(
        kind: LimitKind,
        period: Period,
        body: LimitBody,
        session: Annotated[Session, registered],
    ) -> ProtectionView:
        """Set, lower, raise or remove a limit: lower binds at once, higher waits."""
        amount = None if body.amount is None else api.parse_amount(kind, body.amount)
        async with deps.db.tx() as tx:
            player = await _player(tx, session)
            await api.set_limit(
                tx, sealer=deps.sealer, player=player, kind=kind, period=period, amount=amount
            )
            view = await _view(tx, session, deps)
        await deps.apply()
        return view

    @router.post("/limits/{kind}/{period}/confirm")
    async def confirm(
        kind: LimitKind, period: Period, session: Annotated[Session, registered]
    ) -> ProtectionView:
        """After the wait: yes, the player still wants it."""
        async with deps.db.tx() as tx:
            player = await _player(tx, session)
            await api.confirm_change(
                tx, sealer=deps.sealer, player=player, kind=kind, period=period
            )
            view = await _view(tx, session, deps)
        await deps.apply()
        return view

    @router.post("/limits/{kind}/{period}/cancel")
    async def cancel(
        kind: LimitKind, period: Period, session: Annotated[Session, registered]
    ) -> ProtectionView:
        """The limit stays as it is."""
        async with deps.db.tx() as tx:
            player = await _player(tx, session)
            await api.cancel_change(tx, sealer=deps.sealer, player=player, kind=kind, period=period)
            return await _view(tx, session, deps)

    @router.put("/reality-check")
    async def reality_check(
        body: RealityCheckBody, session: Annotated[Session, registered]
    ) -> ProtectionView:
        """How often the page interrupts play with the time and the result."""
        async with deps.db.tx() as tx:
            player = await _player(tx, session)
            await api.set_reality_check(tx, player=player, minutes=body.minutes)
            return await _view(tx, session, deps)


def _exclusions(router: APIRouter, deps: ProtectionDeps) -> None:
    registered = Depends(deps.gate.registered)

    @router.post("/cool-off")
    async def cool_off(body: TermBody, session: Annotated[Session, registered]) -> ExclusionView:
        """A break from now on; nothing ends it early."""
        async with deps.db.tx() as tx:
            player = await _player(tx, session)
            made = await api.cool_off(tx, sealer=deps.sealer, player=player, term=body.term)
            view = _exclusion(made, tx.now)
        await deps.apply()
        return view

    @router.post("/self-exclusion")
    async def self_exclusion(
        body: TermBody, session: Annotated[Session, registered]
    ) -> ExclusionView:
        """No play from now on, on all accounts of the person; every session ends.

        Needs a fresh step-up, so that nobody else does it.
        """
        async with deps.db.tx() as tx:
            await identity.require_step_up(tx, session=session)
            player = await _player(tx, session)
            made = await api.self_exclude(tx, sealer=deps.sealer, player=player, term=body.term)
            view = _exclusion(made, tx.now)
        await deps.apply()
        return view

    @router.post("/return")
    async def ask_return(session: Annotated[Session, registered]) -> ExclusionView:
        """After the term: ask to play again. A wait and two people's agreement follow."""
        async with deps.db.tx() as tx:
            player = await _player(tx, session)
            return _exclusion(await api.ask_return(tx, player=player), tx.now)


async def _player(tx: Tx, session: Session) -> Player:
    return await identity.player(tx, player_id=session.player_id)


async def _view(tx: Tx, session: Session, deps: ProtectionDeps) -> ProtectionView:
    play = await deps.played(tx, session)
    found = await api.protection(tx, player_id=session.player_id, play=play)
    cool_offs, exclusions = api.terms(session.brand_id)
    return ProtectionView(
        currency=brand(BrandId(session.brand_id)).reference_currency,
        limits=[_limit(one) for one in found.limits],
        pending=[_pending(one, tx.now) for one in found.pending],
        exclusion=_exclusion(found.exclusion, tx.now) if found.exclusion else None,
        reality_check_minutes=found.reality_check_minutes,
        today=TodayView(
            minutes=found.minutes_today,
            wagered=api.amount_text(LimitKind.WAGER, play.wagered_day),
            returned=api.amount_text(LimitKind.WAGER, play.returned_day),
        ),
        cool_off_terms=list(cool_offs),
        self_exclusion_terms=list(exclusions),
    )


def _limit(one: LimitStanding) -> LimitView:
    of = one.limit
    return LimitView(
        kind=of.kind,
        period=of.period,
        source=of.source,
        amount=api.amount_text(of.kind, of.amount),
        used=api.amount_text(of.kind, one.used),
        remaining=api.amount_text(of.kind, one.remaining),
        resets_at=one.resets_at,
        set_at=of.set_at,
    )


def _pending(one: PendingChange, now: datetime) -> PendingView:
    return PendingView(
        kind=one.kind,
        period=one.period,
        amount=None if one.amount is None else api.amount_text(one.kind, one.amount),
        asked_at=one.asked_at,
        ready_at=one.ready_at,
        can_confirm=now >= one.ready_at,
    )


def _exclusion(one: Exclusion, now: datetime) -> ExclusionView:
    return ExclusionView(
        kind=one.kind,
        scope=one.scope,
        term=one.term,
        since=one.since,
        until=one.until,
        is_term_over=one.until is not None and now >= one.until,
        return_asked_at=one.return_asked_at,
    )


def _change(one: Change) -> ChangeView:
    def text(amount: int | None) -> str | None:
        if amount is None:
            return None
        return str(amount) if one.kind is None else api.amount_text(one.kind, amount)

    return ChangeView(
        id=to_wire(CHANGE_PREFIX, one.id),
        at=one.at,
        actor=one.actor,
        action=one.action,
        kind=one.kind,
        period=one.period,
        before=text(one.from_amount),
        after=text(one.to_amount),
    )
