"""The player card: everything about one player, and what staff may do about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from fairhouse.audit.types import HOLD_PREFIX
from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.cells import (
    Cell,
    id_cell,
    number_cell,
    state_cell,
    time_cell,
    units_cell,
    usd_cell,
)
from fairhouse.backoffice.http.desk import Desk, Submission, Visit, back_to
from fairhouse.backoffice.http.lists import LISTINGS, Listing
from fairhouse.backoffice.http.protection import protection_tab
from fairhouse.backoffice.types import Action, NothingThere
from fairhouse.betting import api as betting
from fairhouse.betting.types import Bettor
from fairhouse.identity import api as identity
from fairhouse.identity.types import PLAYER_PREFIX, Player, PlayerId
from fairhouse.kernel.currencies import CURRENCIES, CurrencyCode, CurrencyKind
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kernel.money import Money
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, OwnedBalance
from fairhouse.platform.database import Tx
from fairhouse.rates import api as rates
from fairhouse.rates.types import RateUnavailable
from fairhouse.reports import api as reports
from fairhouse.reports.types import Page
from fairhouse.risk import api as risk

TABS: Final = (
    *(
        "overview",
        "deposits",
        "withdrawals",
        "bets",
        "ledger",
        "protection",
        "sessions",
        "notes",
        "audit",
    ),
)
ROWS: Final = 50
_LISTING: Final = {listing.name: listing for listing in LISTINGS}


@dataclass(frozen=True, slots=True)
class Holding:
    """One account of a player with its worth now."""

    code: str
    unit: str
    available: int
    held: int
    value: int | None
    """Reference micro-units; None for play money and without a price."""


def add_routes(router: APIRouter, desk: Desk) -> None:
    """The card and its actions."""

    @router.get("/players/{player}")
    async def card(
        visit: Annotated[Visit, Depends(desk.visit)], player: str, tab: str = "overview"
    ) -> Response:
        chosen = tab if tab in TABS else TABS[0]
        # A look at personal data is written down, so that its page is no mere reading.
        begin = desk.deps.db.tx if chosen == "sessions" else desk.deps.db.read
        async with begin() as tx:
            found = await player_of(tx, visit, player)
            shown = await _tab(tx, desk, visit, found, chosen)
            row = await reports.player(tx, player_id=found.id)
            freezes = await risk.freezes(tx, player_id=found.id)
        return desk.draw(
            visit,
            "player.html",
            player=found,
            row=row,
            freezes=freezes,
            tabs=_tabs(visit),
            tab=chosen,
            person=None,
            **shown,
        )

    @router.post("/players/{player}/reveal")
    async def reveal(sent: Annotated[Submission, Depends(desk.form)], player: str) -> Response:
        async with desk.deps.db.tx() as tx:
            found = await player_of(tx, sent.visit, player)
            person = await api.reveal_person(
                tx,
                actor=sent.actor,
                sealer=desk.deps.sealer,
                player_id=found.id,
                reason=sent["reason"],
            )
        return desk.draw(sent.visit, "person.html", person=person)

    _add_deeds(router, desk)


def _add_deeds(router: APIRouter, desk: Desk) -> None:
    @router.post("/players/{player}/notes")
    async def note(sent: Annotated[Submission, Depends(desk.form)], player: str) -> Response:
        async with desk.deps.db.tx() as tx:
            await api.add_note(tx, actor=sent.actor, player_id=_id(player), text=sent["text"])
        return back_to(f"/admin/players/{player}", "noted")

    @router.post("/players/{player}/{deed}")
    async def deed(
        sent: Annotated[Submission, Depends(desk.form)], player: str, deed: str
    ) -> Response:
        asked: dict[str, Any] = {
            "actor": sent.actor,
            "player_id": _id(player),
            "reason": sent["reason"],
        }
        async with desk.deps.db.tx() as tx:
            match deed:
                case "lock" | "unlock":
                    await api.set_locked(tx, **asked, is_locked=deed == "lock")
                case "hold":
                    await api.hold_payouts(tx, **asked)
                case "lift-hold":
                    await api.lift_hold(tx, **asked)
                case "legal-hold":
                    await api.place_legal_hold(tx, **asked)
                case "lift-legal-hold":
                    hold_id = from_wire(HOLD_PREFIX, sent["hold"], param="hold")
                    await api.wish_lift(tx, **asked, hold_id=hold_id)
                case "test" | "real":
                    await api.flag_test(tx, **asked, is_test=deed == "test")
                case _:
                    raise NothingThere("There is no such action.")
        return back_to(f"/admin/players/{player}", "saved")


def _id(player: str) -> PlayerId:
    return PlayerId(from_wire(PLAYER_PREFIX, player, param="player"))


async def player_of(tx: Tx, visit: Visit, wire: str) -> Player:
    """A player of the actor's brands. Refuses with Malformed, NotFound and OutOfScope."""
    found = await identity.player(tx, player_id=_id(wire))
    rules.check_brand(visit.actor, found.brand_id)
    return found


def _tabs(visit: Visit) -> Sequence[str]:
    may_read = rules.may(visit.actor.roles, Action.READ_AUDIT)
    return [tab for tab in TABS if tab != "audit" or may_read]


async def _tab(tx: Tx, desk: Desk, visit: Visit, player: Player, tab: str) -> dict[str, Any]:
    match tab:
        case "overview":
            notes = await api.notes(tx, actor=visit.actor, player_id=player.id)
            return {
                "holdings": await holdings(tx, player),
                "notes": notes[:3],
                "legal_holds": await api.legal_holds(tx, player_id=player.id),
                "names": await reports.staff_names(tx),
            }
        case "deposits" | "withdrawals":
            return await _history(tx, _LISTING[tab], player)
        case "bets":
            return await _bets(tx, player, visit.request.query_params.get("before"))
        case "ledger":
            return await _statement(tx, visit, player)
        case "protection":
            return await protection_tab(tx, player)
        case "sessions":
            devices = await api.see_devices(
                tx, actor=visit.actor, sealer=desk.deps.sealer, player_id=player.id
            )
            return {"devices": devices}
        case "notes":
            notes = await api.notes(tx, actor=visit.actor, player_id=player.id)
            return {"notes": notes, "names": await reports.staff_names(tx)}
        case _:
            wire = to_wire(PLAYER_PREFIX, player.id)
            entries = await api.audit_entries(tx, actor=visit.actor, filters={"subject": wire})
            return {"entries": entries, "names": await staff_by_wire(tx)}


async def staff_by_wire(tx: Tx) -> dict[str, str]:
    """Handles by wire id, for the log's actors."""
    return {to_wire("stf", id_): name for id_, name in (await reports.staff_names(tx)).items()}


async def holdings(tx: Tx, player: Player) -> list[Holding]:
    """What a player has in every account, with its worth now."""
    found = await ledger.balances(tx, owner=player.id)
    return [await _holding(tx, item) for item in found]


async def _holding(tx: Tx, item: OwnedBalance) -> Holding:
    balance = item.balance
    value: int | None = None
    code = CURRENCIES.get(CurrencyCode(item.key.unit))
    if code is not None and code.kind is CurrencyKind.REAL:
        value = await _worth(tx, Money(max(balance.posted, 0), code.code))
    return Holding(item.key.code, item.key.unit, balance.available, balance.pending_out, value)


async def _worth(tx: Tx, money: Money) -> int | None:
    try:
        return rates.value_of(money, await rates.latest(tx, base=money.currency))
    except RateUnavailable:
        return None


async def _history(tx: Tx, listing: Listing, player: Player) -> dict[str, Any]:
    wanted = Page(brands=(player.brand_id,), limit=ROWS, filters={"player_id": str(player.id)})
    rows = await listing.read(tx, page=wanted)
    return {"listing": listing, "rows": [listing.cells(row) for row in rows]}


async def _bets(tx: Tx, player: Player, before: str | None) -> dict[str, Any]:
    found = await betting.bets(
        tx,
        bettor=Bettor(player.id, player.brand_id, player.lane),
        before=from_wire("bet", before, param="before") if before else None,
        limit=ROWS,
    )
    rows: list[list[Cell]] = [
        [
            id_cell("bet", bet.id),
            Cell(bet.game),
            units_cell(bet.stake, bet.currency),
            units_cell(bet.payout, bet.currency),
            usd_cell(bet.stake_value),
            state_cell(bet.state),
            number_cell(bet.nonce),
            time_cell(bet.at),
        ]
        for bet in found
    ]
    older = to_wire("bet", found[-1].id) if len(found) == ROWS else None
    return {"rows": rows, "older": older}


async def _statement(tx: Tx, visit: Visit, player: Player) -> dict[str, Any]:
    query = visit.request.query_params
    unit = query.get("currency", "")
    unit = unit if unit in CURRENCIES else "USDT"
    code = query.get("account", "")
    codes = (AccountCode.PLAYER_CASH, AccountCode.LOCKED_WAGER, AccountCode.WITHDRAWAL_HOLD)
    chosen = AccountCode(code) if code in codes else AccountCode.PLAYER_CASH
    since = _day(query.get("since"), tx.now - timedelta(days=30))
    until = _day(query.get("until"), tx.now) + timedelta(days=1)
    key = AccountKey(player.brand_id, chosen, CurrencyCode(unit), owner=player.id)
    statement = await ledger.statement(
        tx,
        key=key,
        since=since,
        until=until,
        before_cursor=query.get("cursor") or None,
    )
    return {
        "statement": statement,
        "unit": unit,
        "account": chosen,
        "codes": codes,
        "currencies": list(CURRENCIES),
        "since": since.date().isoformat(),
        "until": (until - timedelta(days=1)).date().isoformat(),
    }


def _day(text: str | None, otherwise: datetime) -> datetime:
    """Midnight of a day in UTC; an unreadable one counts as not given."""
    midnight = otherwise.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=midnight.tzinfo) if text else midnight
    except ValueError:
        return midnight
