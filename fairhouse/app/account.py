"""Balances, statement and prices: what the player's account is worth, line by line."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from fairhouse.brands.api import brand as brand_of
from fairhouse.brands.types import BrandId
from fairhouse.identity.http import BalanceView
from fairhouse.identity.types import Session
from fairhouse.kernel.currencies import CurrencyCode, CurrencyKind, currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import Money, format_units
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Balance, StatementLine, Unit
from fairhouse.platform.database import Database, Tx
from fairhouse.rates import api as rates
from fairhouse.rates.types import VALUE_SCALE, Rate, RateUnavailable

PERIOD_DEFAULT: Final = timedelta(days=90)
LINES_MAX: Final = 200
_NOW_INCLUDED: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class AccountDeps:
    """What the account routes need."""

    db: Database
    player: Callable[[Request], Awaitable[Session]]


class Balances(BaseModel):
    balances: list[BalanceView]


class StatementLineView(BaseModel):
    id: str
    at: datetime
    reason: str
    ref: str
    amount: str
    """Signed: what came in is positive."""
    balance: str


class StatementView(BaseModel):
    """A period of one currency: opening and all lines give closing."""

    currency: str
    since: datetime
    until: datetime
    opening: str
    closing: str
    lines: list[StatementLineView]
    next: str | None
    """Pass as `before` for the lines before; None at the end."""


class RatesView(BaseModel):
    """The newest signed price list; the signature (Ed25519) is over `payload`'s exact bytes."""

    snapshot_id: str
    at: datetime
    source: str
    quote: str
    quotes: dict[str, str]
    payload: str
    signature: str
    key_id: str


def routes(deps: AccountDeps) -> APIRouter:
    """`/v1/balances`, `/v1/statement`, `/v1/rates`."""
    router = APIRouter(tags=["account"])

    @router.get("/v1/balances")
    async def balances(session: Annotated[Session, Depends(deps.player)]) -> Balances:
        """Every currency of the brand: available, held for withdrawals, locked in rounds."""
        async with deps.db.read() as tx:
            return Balances(balances=await balances_of(tx, session.brand_id, session.player_id))

    @router.get("/v1/statement")
    async def statement(
        session: Annotated[Session, Depends(deps.player)],
        code: Annotated[str, Query(alias="currency", max_length=16)],
        since: datetime | None = None,
        until: datetime | None = None,
        before: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=LINES_MAX)] = 50,
    ) -> StatementView:
        """Every movement of a currency in a period; opening and all lines give closing."""
        of = currency(code)
        async with deps.db.read() as tx:
            end = _utc(until) if until else tx.now + _NOW_INCLUDED
            start = _utc(since) if since else end - PERIOD_DEFAULT
            found = await ledger.statement(
                tx,
                key=cash_key(session.brand_id, of.code, session.player_id),
                since=start,
                until=end,
                before_cursor=before,
                limit=limit,
            )
        return StatementView(
            currency=of.code,
            since=start,
            until=end,
            opening=format_units(found.opening, of.scale),
            closing=format_units(found.closing, of.scale),
            lines=[_line(line, of.scale) for line in found.lines],
            next=found.next_cursor,
        )

    @router.get("/v1/rates")
    async def prices() -> RatesView:
        """The newest signed price list."""
        async with deps.db.read() as tx:
            found = await rates.snapshot(tx)
        return RatesView(
            snapshot_id=str(found.id),
            at=found.prices.at,
            source=found.prices.source,
            quote=found.prices.quote,
            quotes={str(code): price for code, price in found.prices.prices.items()},
            payload=found.signed.payload.decode(),
            signature=found.signed.signature.hex(),
            key_id=found.signed.key_id,
        )

    return router


def cash_key(brand_id: int, code: CurrencyCode, player_id: UUID) -> AccountKey:
    """The player's spendable account of a currency."""
    return AccountKey(brand_id, AccountCode.PLAYER_CASH, code, owner=player_id)


async def balances_of(tx: Tx, brand_id: int, player_id: UUID) -> list[BalanceView]:
    """Every currency of the brand, also those at zero, in the brand's order."""
    owned = await ledger.balances(tx, owner=player_id)
    by_account = {(item.key.code, item.key.unit): item.balance for item in owned}
    return [
        _balance(code, by_account, await _rate(tx, code))
        for code in brand_of(BrandId(brand_id)).currencies
    ]


def _balance(
    code: CurrencyCode,
    owned: Mapping[tuple[AccountCode, Unit], Balance],
    rate: Rate | None,
) -> BalanceView:
    of = currency(code)
    cash = owned.get((AccountCode.PLAYER_CASH, code))
    held_account = owned.get((AccountCode.WITHDRAWAL_HOLD, code))
    locked_account = owned.get((AccountCode.LOCKED_WAGER, code))
    available = cash.available if cash else 0
    held = (cash.pending_out if cash else 0) + (held_account.posted if held_account else 0)
    locked = locked_account.posted if locked_account else 0
    total = Money(available + held + locked, code)
    value = rates.value_of(total, rate) if rate else None
    return BalanceView(
        currency=code,
        available=format_units(available, of.scale),
        held=format_units(held, of.scale),
        locked=format_units(locked, of.scale),
        value=None if value is None else format_units(value, VALUE_SCALE),
    )


async def _rate(tx: Tx, code: CurrencyCode) -> Rate | None:
    """Play money has no value, and a missing price only leaves the value out."""
    if currency(code).kind is CurrencyKind.PLAY:
        return None
    try:
        return await rates.latest(tx, base=code)
    except RateUnavailable:
        return None


def _line(line: StatementLine, scale: int) -> StatementLineView:
    return StatementLineView(
        id=to_wire("trf", line.id),
        at=line.at,
        reason=line.reason,
        ref=line.ref,
        amount=format_units(line.amount, scale),
        balance=format_units(line.balance_after, scale),
    )


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
