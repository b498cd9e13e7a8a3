"""The first page: sums, queues, chains, the signer, and whether the books are exact."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from fairhouse.backoffice import api
from fairhouse.backoffice.http.desk import Desk, Visit
from fairhouse.backoffice.http.lists import brands_of
from fairhouse.backoffice.types import Part
from fairhouse.betting import api as betting
from fairhouse.chains import api as chains
from fairhouse.chains.types import ChainHead, UnknownChain
from fairhouse.custody import api as custody
from fairhouse.custody.types import Health
from fairhouse.kernel.currencies import ASSETS, ChainId
from fairhouse.kernel.refusals import Refusal
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import Imbalance, Reserve
from fairhouse.platform.database import Tx
from fairhouse.reports import api as reports
from fairhouse.reports.types import Hit, HitKind, Kpis, Queues

CHAINS = tuple(sorted({asset.chain for asset in ASSETS.values()}))


@dataclass(frozen=True, slots=True)
class ChainState:
    """A chain as its watcher last saw it; `head` is None before its first contact."""

    chain: ChainId
    head: ChainHead | None


@dataclass(frozen=True, slots=True)
class Live:
    """What the home page reads anew every few seconds."""

    at: datetime
    today: Sequence[Kpis]
    week: Sequence[Kpis]
    queues: Sequence[Queues]
    limit_wishes: int
    """House limits that wait for a second person."""
    player_wishes: int
    """Looser limits of players that do."""
    chains: Sequence[ChainState]
    custody: Health
    imbalances: Sequence[Imbalance]
    reserves: Sequence[tuple[int, Reserve]]
    parts: Sequence[Part]


class Exactness:
    """The invariants of the books, checked at most every few seconds however many look."""

    def __init__(self, max_age: timedelta = timedelta(seconds=4)) -> None:
        self._max_age = max_age
        self._lock = asyncio.Lock()
        self._checked_at: datetime | None = None
        self._found: Sequence[Imbalance] = ()

    async def imbalances(self, tx: Tx) -> Sequence[Imbalance]:
        """The newest verdict; those who come meanwhile wait for the one that is being made."""
        async with self._lock:
            at = self._checked_at
            if at is None or abs(tx.now - at) >= self._max_age:
                self._found = await ledger.imbalances(tx)
                self._checked_at = tx.now
            return self._found


async def chain_states(tx: Tx) -> list[ChainState]:
    """Every chain that an asset of ours lives on."""
    states: list[ChainState] = []
    for chain in CHAINS:
        try:
            states.append(ChainState(chain, await chains.head(tx, chain=chain)))
        except UnknownChain:
            states.append(ChainState(chain, None))
    return states


async def reserves_of(tx: Tx, brands: Sequence[int]) -> list[tuple[int, Reserve]]:
    """What each brand owes and keeps, where there is anything."""
    return [
        (brand_id, reserve)
        for brand_id in brands
        for reserve in await ledger.reserves(tx, brand_id=brand_id)
        if reserve.owed or reserve.kept
    ]


def add_routes(router: APIRouter, desk: Desk) -> None:
    """Home, its live part, and the search."""
    exactness = Exactness()

    async def live(brands: Sequence[int]) -> Live:
        parts = await desk.deps.parts()
        async with desk.deps.db.read() as tx:
            midnight = tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
            return Live(
                at=tx.now,
                today=await reports.home(tx, brands=brands, since=midnight),
                week=await reports.home(tx, brands=brands, since=tx.now - timedelta(days=7)),
                queues=await reports.queues(tx, brands=brands),
                limit_wishes=len(await betting.limit_changes(tx, brand_ids=brands, is_open=True)),
                player_wishes=len(await api.open_wishes(tx, brand_ids=brands)),
                chains=await chain_states(tx),
                custody=await custody.health(tx),
                imbalances=await exactness.imbalances(tx),
                reserves=await reserves_of(tx, brands),
                parts=parts,
            )

    @router.get("/")
    async def home(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        return desk.draw(visit, "home.html", live=await live(brands_of(visit)))

    @router.get("/live")
    async def home_live(visit: Annotated[Visit, Depends(desk.visit)]) -> Response:
        return desk.draw(visit, "live.html", live=await live(brands_of(visit)))

    @router.get("/search")
    async def search(visit: Annotated[Visit, Depends(desk.visit)], q: str = "") -> Response:
        hits: Sequence[Hit] = ()
        problem: str | None = None
        try:
            async with desk.deps.db.read() as tx:
                hits = await reports.search(
                    tx, sealer=desk.deps.sealer, brands=visit.actor.brands, text=q[:320]
                )
        except Refusal as refusal:
            problem = refusal.message
        if len(hits) == 1:
            return RedirectResponse(path_of(hits[0]), status_code=303)
        found = [(hit, path_of(hit)) for hit in hits]
        return desk.draw(visit, "search.html", q=q, found=found, problem=problem)


_PATHS = {
    HitKind.PLAYER: "/admin/players/{}",
    HitKind.BET: "/admin/bets/{}",
    HitKind.DEPOSIT: "/admin/deposits/{}",
    HitKind.WITHDRAWAL: "/admin/withdrawals/{}",
    HitKind.FAMILY: "/admin/families/{}",
    HitKind.LEDGER: "/admin/ledger/entries?ref={}",
    HitKind.STAFF: "/admin/staff#{}",
    HitKind.TREASURY: "/admin/treasury#{}",
}


def path_of(hit: Hit) -> str:
    """The page of what was found."""
    return _PATHS[hit.kind].format(hit.key)
