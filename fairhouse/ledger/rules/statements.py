"""Pages of a statement: running balances and the cursor between pages."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.ledger.tables import Cursor, Leg, PageSums
from fairhouse.ledger.types import MalformedCursor, Side, Statement, StatementLine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR: Final = re.compile(r"([0-9]{1,16})-([0-9a-f]{32})-([0-9]{1,78})")


def to_text(cursor: Cursor) -> str:
    """Microseconds since 1970, the id, and the credit."""
    micros = (cursor.at - _EPOCH) // timedelta(microseconds=1)
    return f"{micros}-{cursor.id.hex}-{cursor.credit}"


def from_text(text: str) -> Cursor:
    """Refuses with MalformedCursor."""
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise MalformedCursor("before_cursor is not one that we gave out.", param="before_cursor")
    at = _EPOCH + timedelta(microseconds=int(found.group(1)))
    return Cursor(at, UUID(hex=found.group(2)), int(found.group(3)))


def page(side: Side, sums: PageSums, legs: Sequence[Leg], limit: int) -> Statement:
    """A statement out of `legs`, newest first, of which there may be one more than `limit`."""
    sign = 1 if side is Side.CREDIT else -1
    running = sign * sums.after_page
    lines: list[StatementLine] = []
    for leg in legs[:limit]:
        amount = sign * (leg.credit - leg.debit)
        lines.append(
            StatementLine(
                leg.at, leg.id, leg.debit, leg.credit, amount, running, leg.reason, leg.ref
            )
        )
        running -= amount
    cursor = None
    if len(legs) > limit:
        cursor = to_text(Cursor(lines[-1].at, lines[-1].id, lines[-1].credit))
    return Statement(
        opening=sign * sums.before_period,
        lines=tuple(lines),
        closing=sign * sums.after_period,
        next_cursor=cursor,
    )
