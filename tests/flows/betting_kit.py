"""A table to play at: a road on a real database, players with money, and the books to look at."""

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from fairhouse.betting.api import Road, WriterSettings
from fairhouse.betting.jobs import fold_lanes
from fairhouse.betting.types import Bet, BetId, BetKey, Bettor, Place
from fairhouse.brands.tables import DEMONSTRATION
from fairhouse.brands.types import Jurisdiction
from fairhouse.games.api import BetView, Games
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import derived_id, to_wire, uuid7
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database

SEALER = Sealer({1: bytes(range(32))})
PLAY = CurrencyCode("PLAY")
USDT = CurrencyCode("USDT")
SETTINGS = WriterSettings(lease_s=1.0)

_numbers = count(1)


def new_player(lane: int | None = None, brand_id: int = 1) -> Bettor:
    """A player nobody has seen; the lane follows from the id, as identity makes it."""
    number = next(_numbers)
    player_id = uuid7(1_760_000_000_000 + number, number.to_bytes(10, "big"))
    return Bettor(player_id, brand_id, player_id.int % 16 if lane is None else lane)


@dataclass
class Table:
    """What a test plays at."""

    db: Database
    road: Road
    games: Games
    pauses: dict[str, str]
    committed: list[Bet] = field(default_factory=list[Bet])

    def bet_id(self) -> str:
        """A fresh wire id of now."""
        return to_wire("bet", self.uuid())

    def uuid(self) -> BetId:
        """A fresh id of now."""
        milliseconds = int(self.db.now().timestamp() * 1000)
        return BetId(uuid7(milliseconds, next(_numbers).to_bytes(10, "big")))

    async def give(self, bettor: Bettor, units: int, of: CurrencyCode = PLAY) -> None:
        """Put money on a player's account; play money stands for all."""
        await give(self.db, bettor, units, of)

    async def balance(
        self,
        bettor: Bettor,
        of: CurrencyCode = PLAY,
        code: AccountCode = AccountCode.PLAYER_CASH,
    ) -> int:
        """Available units."""
        async with self.db.read() as tx:
            key = AccountKey(bettor.brand_id, code, of, owner=bettor.player_id)
            return (await ledger.balance(tx, key=key)).available

    async def dice(self, bettor: Bettor, **changes: Any):
        """A dice bet with defaults."""
        asked: dict[str, Any] = {
            "bet_id": self.bet_id(),
            "currency_code": "PLAY",
            "stake": "1",
        }
        params = {"target": "50.00", "direction": "under"}
        return await self.place("dice", bettor, asked, params, changes)

    async def mines(self, bettor: Bettor, **changes: Any):
        """Open a mines round with defaults."""
        asked: dict[str, Any] = {
            "bet_id": self.bet_id(),
            "currency_code": "PLAY",
            "stake": "1",
        }
        return await self.place("mines", bettor, asked, {"mines": 3}, changes)

    async def place(
        self,
        slug: str,
        bettor: Bettor,
        asked: dict[str, Any],
        params: dict[str, Any],
        changes: dict[str, Any],
    ):
        """A bet, with some of what is asked or of its parameters changed."""
        asked |= {name: value for name, value in changes.items() if name in asked}
        params |= {name: value for name, value in changes.items() if name not in asked}
        return await self.games.place(slug, bettor=bettor, params=params, **asked)

    async def reveal(self, bettor: Bettor, bet: BetView, step: int, tile: int):
        """Turn a tile of a mines round over."""
        choice = {"do": "reveal", "tile": tile}
        return await self.games.step(
            "mines", bettor=bettor, bet_id=bet.id, step=step, choice=choice
        )

    async def cash_out(self, bettor: Bettor, bet: BetView, step: int | None = None):
        """Take what a mines round is worth; `step` is the one after those that `bet` knows of."""
        number = bet.step if step is None else step
        return await self.games.step(
            "mines", bettor=bettor, bet_id=bet.id, step=number, choice={"do": "cash_out"}
        )

    async def check_books(self) -> None:
        """No imbalance, and no nonce missing or used twice."""
        await check_books(self.db)


async def give(db: Database, bettor: Bettor, units: int, of: CurrencyCode = PLAY) -> None:
    cash = AccountKey(bettor.brand_id, AccountCode.PLAYER_CASH, of, owner=bettor.player_id)
    source = AccountKey(bettor.brand_id, AccountCode.PLAY_ISSUANCE, of)
    async with db.tx() as tx:
        move = Transfer(
            id=derived_id("tests.give", str(bettor.player_id), str(next(_numbers))),
            debit=source,
            credit=cash,
            amount=units,
            reason="test",
            ref="test",
        )
        await ledger.post(tx, transfers=[move])


async def placed(road: Road, command: Place) -> Bet:
    """A command that was made already, with nothing against it."""

    async def made() -> Place:
        return command

    return await road.place(BetKey(command.bet_id, command.bettor, command.fingerprint), made)


async def check_books(db: Database) -> None:
    while await fold_lanes(db):
        pass
    async with db.read() as tx:
        assert [] == await ledger.imbalances(tx)
        gaps = await tx.fetch(
            """
            select p.id, p.nonces, h.nonce, e.bets, e.distinct_nonces, e.newest
            from fairness.seed_pair p
            left join betting.player_hot h on h.seed_pair_id = p.id
            left join (
                select seed_pair_id, count(*) as bets, count(distinct nonce) as distinct_nonces,
                       max(nonce) as newest
                from betting.entry where kind in ('instant', 'open') group by seed_pair_id
            ) as e on e.seed_pair_id = p.id
            where p.state <> 'next'
              and (coalesce(e.bets, 0) <> coalesce(p.nonces, h.nonce, 0)
                   or e.distinct_nonces <> e.bets or e.newest + 1 <> e.bets)
            """
        )
        assert [] == gaps


@asynccontextmanager
async def running(road: Road):
    """The road at work; stopped in good order at the end."""
    task = asyncio.create_task(road.run())
    try:
        await road.refresh_house()
        async with asyncio.timeout(20):
            await road.ready()
        yield task
    finally:
        road.stop()
        try:
            async with asyncio.timeout(20):
                await task
        except (TimeoutError, asyncio.CancelledError):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            raise


@asynccontextmanager
async def table_on(
    db: Database, settings: WriterSettings = SETTINGS, ruling: Jurisdiction = DEMONSTRATION
):
    """A whole table."""
    committed: list[Bet] = []
    pauses: dict[str, str] = {}
    road = Road(
        db,
        sealer=SEALER,
        settings=settings,
        on_committed=committed.extend,
        jurisdiction=lambda _: ruling,
    )
    games = Games(db, road, sealer=SEALER, pauses=lambda _: pauses)
    async with running(road):
        yield Table(db, road, games, pauses, committed)


def utc(*parts: int) -> datetime:
    """A time."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]
