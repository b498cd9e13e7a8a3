"""What other modules keep of a player, for the player to take along."""

from collections.abc import Mapping
from typing import Final

from fairhouse.app.account import balances_of, cash_key
from fairhouse.brands.api import brand
from fairhouse.brands.types import BrandId
from fairhouse.identity.types import Session
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.money import format_units
from fairhouse.ledger import api as ledger
from fairhouse.platform.database import Tx

PAGE: Final = 200
PAGES_MAX: Final = 50


async def own_data(tx: Tx, session: Session) -> Mapping[str, object]:
    """Balances, and every movement of every currency, newest first (at most 10,000 each).

    Bets have an export of their own, which strangers can verify: `GET /v1/bets/export`.
    """
    balances = await balances_of(tx, session.brand_id, session.player_id)
    codes = brand(BrandId(session.brand_id)).currencies
    movements = {code: await _movements(tx, session, code) for code in codes}
    return {
        "balances": [one.model_dump() for one in balances],
        "movements": {code: lines for code, lines in movements.items() if lines},
    }


async def _movements(tx: Tx, session: Session, code: str) -> list[Mapping[str, object]]:
    of = currency(code)
    lines: list[Mapping[str, object]] = []
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        found = await ledger.statement(
            tx,
            key=cash_key(session.brand_id, of.code, session.player_id),
            since=session.created_at.replace(year=2000),
            until=tx.now,
            before_cursor=cursor,
            limit=PAGE,
        )
        lines += [
            {
                "at": line.at,
                "reason": line.reason,
                "ref": line.ref,
                "amount": format_units(line.amount, of.scale),
                "balance": format_units(line.balance_after, of.scale),
            }
            for line in found.lines
        ]
        cursor = found.next_cursor
        if cursor is None:
            break
    return lines
