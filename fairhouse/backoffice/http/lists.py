"""The histories as lists: filters, keyset pages, exports. One description serves all three."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from fairhouse.backoffice import api, rules
from fairhouse.backoffice.http.cells import (
    Cell,
    Column,
    Table,
    base_cell,
    hash_cell,
    id_cell,
    number_cell,
    player_cell,
    state_cell,
    time_cell,
    units_cell,
    usd_cell,
)
from fairhouse.backoffice.http.desk import Desk, Visit, brand_name
from fairhouse.backoffice.types import Action
from fairhouse.cashier.types import DepositState, WithdrawalState
from fairhouse.custody.types import FamilyKind, FamilyState
from fairhouse.games.api import GAMES
from fairhouse.identity.types import PlayerKind, PlayerStatus
from fairhouse.kernel.currencies import ASSETS, CURRENCIES
from fairhouse.kernel.ids import from_wire, to_wire, uuid7
from fairhouse.kernel.refusals import Malformed
from fairhouse.platform.database import Tx
from fairhouse.reports import api as reports
from fairhouse.reports.types import (
    BetRow,
    DepositRow,
    FamilyRow,
    Page,
    PlayerRow,
    WithdrawalRow,
)

PAGE_ROWS: Final = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One kind of list."""

    name: str
    """Path, catalogue section and file name of the export."""
    prefix: str
    """Of the wire ids that it pages by."""
    columns: Sequence[Column]
    filters: Mapping[str, Sequence[str]]
    """Column to its possible values."""
    read: Callable[..., Awaitable[Sequence[Any]]]
    """`(tx, page=…)`, the newest first."""
    cells: Callable[[Any], Sequence[Cell]]
    by_player: bool = False
    """Whether it can be narrowed to one player."""


def _flags(*flags: tuple[bool, str]) -> str | None:
    return ", ".join(word for is_set, word in flags if is_set) or None


def _player_cells(row: PlayerRow) -> list[Cell]:
    name = player_cell(row.id, row.username)
    return [
        Cell(name.text, "id", name.href, name.raw, _flags((row.is_test, "test"))),
        Cell(brand_name(row.brand_id)),
        state_cell(row.status),
        usd_cell(row.wagered_value),
        usd_cell(row.wagered_value - row.returned_value),
        time_cell(row.created_at),
        time_cell(row.last_login_at),
    ]


def _deposit_cells(row: DepositRow) -> list[Cell]:
    return [
        id_cell("dep", row.id),
        Cell(brand_name(row.brand_id)),
        player_cell(row.player_id, row.username),
        base_cell(row.base_units, row.asset),
        usd_cell(row.value),
        state_cell(row.state),
        Cell(f"{row.confirmations}/{row.required}", "number"),
        hash_cell(row.tx_hash, f"/admin/search?q={row.tx_hash}"),
        time_cell(row.seen_at),
    ]


def _withdrawal_cells(row: WithdrawalRow) -> list[Cell]:
    return [
        id_cell("wdr", row.id),
        Cell(brand_name(row.brand_id)),
        player_cell(row.player_id, row.username),
        units_cell(row.units, row.currency),
        usd_cell(row.value),
        state_cell(row.state),
        Cell(", ".join(row.open_checks) or "–", "checks", raw=" ".join(row.open_checks)),
        hash_cell(row.destination, f"/admin/search?q={row.destination}"),
        time_cell(row.requested_at),
    ]


def bet_cells(row: BetRow) -> list[Cell]:
    """A line of the list of bets."""
    return [
        id_cell("bet", row.id),
        Cell(brand_name(row.brand_id)),
        player_cell(row.player_id, row.username),
        Cell(row.game),
        units_cell(row.stake, row.currency),
        units_cell(row.payout, row.currency),
        usd_cell(row.stake_value),
        state_cell(row.state),
        number_cell(row.nonce),
        time_cell(row.at),
    ]


def _family_cells(row: FamilyRow) -> list[Cell]:
    return [
        id_cell("fam", row.id),
        Cell(brand_name(row.brand_id)),
        Cell(row.kind),
        base_cell(row.base_units, row.asset),
        state_cell(row.state),
        Cell("–" if row.nonce is None else str(row.nonce), "number"),
        hash_cell(row.source),
        hash_cell(row.destination),
        Cell(row.failure or "–"),
        time_cell(row.created_at),
    ]


def _columns(*names: str, numbers: Sequence[str] = ()) -> list[Column]:
    return [Column(name, name in numbers) for name in names]


async def _families(tx: Tx, *, page: Page) -> list[FamilyRow]:
    return await reports.families(tx, page)


_ASSETS: Final = tuple(str(code) for code in ASSETS)
LISTINGS: Final = (
    Listing(
        "players",
        "ply",
        _columns(
            *("player", "brand", "status", "wagered", "result", "created", "last_login"),
            numbers=("wagered", "result"),
        ),
        {"status": tuple(PlayerStatus), "kind": tuple(PlayerKind)},
        reports.players,
        _player_cells,
    ),
    Listing(
        "deposits",
        "dep",
        _columns(
            *("id", "brand", "player", "amount", "value", "state", "confirmations", "tx", "seen"),
            numbers=("amount", "value", "confirmations"),
        ),
        {"state": tuple(DepositState), "asset": _ASSETS},
        reports.deposits,
        _deposit_cells,
        by_player=True,
    ),
    Listing(
        "withdrawals",
        "wdr",
        _columns(
            *("id", "brand", "player", "amount", "value", "state", "checks", "destination"),
            "requested",
            numbers=("amount", "value"),
        ),
        {
            "queue": ("needs_review", "undecided", "in_flight"),
            "state": tuple(WithdrawalState),
            "asset": _ASSETS,
        },
        reports.withdrawals,
        _withdrawal_cells,
        by_player=True,
    ),
    Listing(
        "bets",
        "bet",
        _columns(
            *("id", "brand", "player", "game", "stake", "payout", "value", "state", "nonce", "at"),
            numbers=("stake", "payout", "value", "nonce"),
        ),
        {
            "game": tuple(GAMES),
            "currency": tuple(str(code) for code in CURRENCIES),
            "state": ("settled", "open", "void"),
        },
        reports.bets,
        bet_cells,
        by_player=True,
    ),
    Listing(
        "families",
        "fam",
        _columns(
            *("id", "brand", "kind", "amount", "state", "nonce", "source", "destination"),
            *("failure", "created"),
            numbers=("amount", "nonce"),
        ),
        {"kind": tuple(FamilyKind), "state": tuple(FamilyState), "asset": _ASSETS},
        _families,
        _family_cells,
    ),
)


def add_routes(router: APIRouter, desk: Desk) -> None:
    """A page, its next rows and an export for every listing."""
    for listing in LISTINGS:
        _add_listing(router, desk, listing)


def _add_listing(router: APIRouter, desk: Desk, listing: Listing) -> None:
    @router.get(f"/{listing.name}", name=listing.name)
    async def page(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        asked = _asked(visit, listing)
        async with desk.deps.db.read() as tx:
            rows = await listing.read(tx, page=asked)
        table = _table(visit.request, listing, rows)
        if visit.request.headers.get("hx-request"):
            return desk.draw(visit, "rows.html", table=table)
        return desk.draw(
            visit,
            "list.html",
            listing=listing,
            table=table,
            chosen={
                **asked.filters,
                "brand": visit.request.query_params.get("brand", ""),
                "player": visit.request.query_params.get("player", ""),
                "until": visit.request.query_params.get("until", ""),
            },
            export=f"/admin/{listing.name}.csv?{_query(visit.request)}",
        )

    @router.get(f"/{listing.name}.csv", name=f"{listing.name}.csv")
    async def export(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        rules.check_may(visit.actor, Action.EXPORT)
        asked = _asked(visit, listing)
        async with desk.deps.db.tx() as tx:
            await api.note_export(
                tx, actor=visit.actor, listing=listing.name, filters=asked.filters
            )
        return csv_response(desk, listing.name, _csv(desk, listing, asked))


def csv_response(desk: Desk, name: str, lines: AsyncIterator[str]) -> StreamingResponse:
    """A file to keep, sent while it is made."""
    file = f"{name}-{desk.deps.db.now():%Y%m%dT%H%M%SZ}.csv"
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{file}"',
            "cache-control": "no-store",
        },
    )


def _asked(visit: Visit, listing: Listing) -> Page:
    """The page that a query asks for, within the brands of whoever asks."""
    query = visit.request.query_params
    chosen = {
        name: query[name] for name, values in listing.filters.items() if query.get(name) in values
    }
    player = query.get("player", "").strip()
    if listing.by_player and player:
        chosen["player_id"] = str(from_wire("ply", player, param="player"))
    before = query.get("before")
    return Page(
        brands=brands_of(visit),
        before=from_wire(listing.prefix, before, param="before") if before else _until(query),
        limit=PAGE_ROWS,
        filters=chosen,
    )


def _until(query: Mapping[str, str]) -> UUID | None:
    """The cursor below which everything is older than a time: ids begin with theirs.

    Refuses with Malformed.
    """
    text = query.get("until")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return uuid7(int(at.timestamp() * 1000), bytes(10))
    except (ValueError, AssertionError):
        raise Malformed(
            "until must be a date and a time in UTC like 2026-01-31T12:00.", param="until"
        ) from None


def brands_of(visit: Visit) -> Sequence[int]:
    """The brands to show: one that was chosen, or all of the actor's. Refuses with OutOfScope."""
    chosen = visit.request.query_params.get("brand", "")
    if not chosen.isdigit():
        return visit.actor.brands
    rules.check_brand(visit.actor, int(chosen))
    return (int(chosen),)


def _table(request: Request, listing: Listing, rows: Sequence[Any]) -> Table:
    more = None
    if len(rows) == PAGE_ROWS:
        last: UUID = rows[-1].id
        more = f"/admin/{listing.name}?{_query(request, before=to_wire(listing.prefix, last))}"
    return Table(listing.columns, [listing.cells(row) for row in rows], more)


def _query(request: Request, **changed: str) -> str:
    kept = {
        key: value
        for key, value in request.query_params.items()
        if value and key not in {"before", "done"}
    }
    return urlencode({**kept, **changed})


async def _csv(desk: Desk, listing: Listing, asked: Page) -> AsyncGenerator[str]:
    """Rows as they are read: nothing but one batch is ever in memory."""

    async def read(tx: Tx, page: Page) -> list[Any]:
        return list(await listing.read(tx, page=page))

    yield csv_line([column.name for column in listing.columns])
    async for row in reports.whole(desk.deps.db, page=asked, read=read):
        yield csv_line([cell.value for cell in listing.cells(row)])


def csv_line(values: Sequence[str]) -> str:
    """RFC 4180. A value that a spreadsheet would run as a formula is made a text."""
    safe = [f"'{value}" if value[:1] in {"=", "@", "+", "\t", "\r"} else value for value in values]
    line = io.StringIO()
    csv.writer(line).writerow(safe)
    return line.getvalue()
