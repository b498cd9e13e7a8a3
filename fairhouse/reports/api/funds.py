"""Players' money: whether it is all there, telling them how it is protected, forgetting people."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from fairhouse.audit import api as audit
from fairhouse.audit.types import Fact, Significant
from fairhouse.brands import api as brands
from fairhouse.brands.types import Brand, FundsProtection
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, PlayerId
from fairhouse.kernel.currencies import CURRENCIES, CurrencyCode, CurrencyKind, currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import format_units
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import Reserve
from fairhouse.messages import api as messages
from fairhouse.platform.database import Tx
from fairhouse.reports.store import funds as store

BATCH: Final = 200
JOB: Final = "job:reserves"
_REAL: Final = tuple(code for code, item in CURRENCIES.items() if item.kind is CurrencyKind.REAL)


async def remind_of_funds(tx: Tx, *, brand: Brand) -> int:
    """Tell players of a brand whose money nothing protects how much they have there, again and
    again after the jurisdiction's days; returns how many were told. LED-07, UKGC LC 4.2.1.
    """
    # CHECK
    rules = brand.jurisdiction
    days = rules.unprotected_reminder_days
    if rules.funds_protection is not FundsProtection.NONE or days is None:
        return 0
    # DECIDE
    due = await store.unreminded(tx, brand.id, _REAL, tx.now - timedelta(days=days), BATCH)
    # RECORD, ANNOUNCE
    for player_id, held in due.items():
        amounts = ", ".join(
            f"{format_units(units, currency(CurrencyCode(code)).scale)} {code}"
            for code, units in held.items()
        )
        await store.note_reminder(tx, player_id, brand.id, amounts)
        await messages.notify(
            tx,
            brand_id=brand.id,
            player_id=player_id,
            kind="funds_unprotected",
            fields={"amounts": amounts},
        )
    return len(due)


async def short_reserves(tx: Tx, *, brand_id: int) -> Sequence[Reserve]:
    """The real currencies in which less is kept than is owed to players."""
    return [one for one in await ledger.reserves(tx, brand_id=brand_id) if one.shortfall]


async def note_reserves(
    tx: Tx, *, brand_id: int, short: Sequence[Reserve], was_short: bool
) -> None:
    """Write down that money is missing, or that it is all there again."""
    missing: dict[str, Fact] = {}
    for one in short:
        missing[str(one.currency)] = format_units(one.shortfall, currency(one.currency).scale)
    await audit.significant(
        tx,
        kind=Significant.RESERVE_SHORT,
        brand_id=brand_id,
        actor=JOB,
        subject="reserve:" + (",".join(missing) or "all"),
        reason="less is kept than is owed to players" if short else "covered again",
        before={"short": was_short},
        after={"short": bool(short), "missing": missing},
        details={"owed": {str(one.currency): str(one.owed) for one in short}},
    )


async def only_withdrawals(tx: Tx, *, brand_id: int, reason: str) -> bool:
    """Take no deposits and no bets any more; withdrawals go on. False when it stood so already."""
    changed = [
        await brands.pause(
            tx, brand_id=brands.brand(brand_id).id, switch=switch, reason=reason, actor=JOB
        )
        for switch in (brands.DEPOSITS, brands.BETTING)
    ]
    return any(changed)


async def forget_people(tx: Tx, *, brand: Brand) -> int:
    """Erase the persons of accounts that were closed long enough ago by their jurisdiction's rules,
    unless somebody holds them; returns how many. Bets, postings and the log stay (LOG-10).
    """
    # CHECK
    days = brand.jurisdiction.retention.identity_days
    over = await store.closed_accounts(tx, brand.id, tx.now - timedelta(days=days), BATCH)
    wires = {to_wire(PLAYER_PREFIX, one): one for one in over}
    held = {one.subject for one in await audit.holds(tx, subjects=wires.keys())}
    # RECORD
    gone = [one for wire, one in wires.items() if wire not in held]
    for player_id in gone:
        await identity.erase_player(tx, player_id=PlayerId(player_id))
        await audit.record(
            tx,
            stream=audit.personal_of(brand.id),
            actor="job:retention",
            deed="person.erase",
            subject=to_wire(PLAYER_PREFIX, player_id),
            reason=f"closed more than {days} days ago",
            details={
                "jurisdiction": brand.jurisdiction.code,
                "version": brand.jurisdiction.version,
            },
        )
    return len(gone)
