"""Bets on the road beside one transaction per bet: `python -m bench.place`.

Both ways do the same money work for the same bets from the same client: stream and outcome, entry,
player's balance, hot row, house leg, durable commit (fsync, checksums, synchronous commit). The
baseline is one prepared function call per bet over a pool, with a house row per lane, updated last.
Rounds are interleaved; the books are audited at the end. Only the ratio counts.
"""

import asyncio
import json
import os
import platform
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from uuid import UUID

from fairhouse.betting.api import Road, WriterSettings, fingerprint
from fairhouse.betting.types import BetId, Bettor, Place, Settled
from fairhouse.fairness import api as fairness
from fairhouse.fairness.types import ActiveSeeds, Stream
from fairhouse.games import catalogue
from fairhouse.games.dice import rules as dice
from fairhouse.games.dice.types import DiceParams, Direction
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import derived_id, uuid7
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, PoolSettings
from fairhouse.platform.migrate import upgrade
from fairhouse.platform.postgres.server import PostgresServer

QUICK = os.environ.get("QUICK") == "1"
PLAYERS = 4_000
ROUNDS = 3 if QUICK else 5
ROUND_S = 2.0 if QUICK else 4.0
IN_FLIGHT = (64, 1024)
CONNECTIONS = 16
PLAY = CurrencyCode("PLAY")
SEALER = Sealer({1: bytes(range(32))})
PARAMS = DiceParams(5000, Direction.UNDER)
INFO = catalogue.GAMES[catalogue.DICE]
RESULTS = Path(__file__).parent / "results" / "latest.json"

_seqs = count(10**12)

ONE_BET = """
create schema bench;
grant usage on schema bench to fairhouse_app;
create function bench.place(
    bet uuid, player uuid, cash bigint, house bigint, bet_lane int, seq bigint, stake bigint,
    payout bigint, pair uuid, params jsonb, outcome jsonb, print bytea
) returns boolean language plpgsql security definer as $$
declare
    bet_nonce bigint;
    after bigint;
begin
    update ledger.balance b
    set debits_posted = b.debits_posted + stake, credits_posted = b.credits_posted + payout
    where b.account_id = cash and b.credits_posted - b.debits_posted - b.debits_pending >= stake
    returning b.credits_posted - b.debits_posted - b.debits_pending into after;
    if not found then return false; end if;
    update betting.player_hot h set nonce = h.nonce + 1
    where h.player_id = player returning h.nonce - 1 into bet_nonce;
    insert into betting.entry (
        id, kind, round_id, brand_id, lane, lane_seq, player_id, currency, cash_account,
        house_account, stake, payout, balance_after, game, game_version, table_hash, seed_pair_id,
        nonce, step, params, outcome, fingerprint, at)
    values (bet, 'instant', bet, 1, bet_lane, seq, player, 'PLAY', cash, house, stake, payout,
        after, 'dice', '1', '', pair, bet_nonce, 0, params, outcome, print, now());
    update ledger.balance b
    set debits_posted = b.debits_posted + payout, credits_posted = b.credits_posted + stake
    where b.account_id = house;
    return true;
end
$$;
"""


@dataclass(slots=True)
class Player:
    """A player as both ways know them."""

    bettor: Bettor
    seeds: ActiveSeeds
    cash: int
    house: int
    nonce: int = 0


@dataclass(slots=True)
class Measured:
    """One way over all its rounds."""

    rates: list[float] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)

    def quantile_ms(self, share: float) -> float:
        """A latency in milliseconds."""
        ordered = sorted(self.waits_s)
        return round(ordered[int(share * (len(ordered) - 1))] * 1000, 2)


def new_id() -> BetId:
    """A fresh uuid7."""
    return BetId(uuid7(time.time_ns() // 1_000_000, os.urandom(10)))


def decide(stream: Stream) -> Settled:
    """Half a unit either way."""
    outcome = dice.decide(stream, PARAMS, 10_000)
    return Settled(outcome.payout_units, dice.shown_outcome(PARAMS, outcome))


async def on_the_road(road: Road, player: Player) -> None:
    """One bet as the application places it."""
    command = Place(
        bet_id=new_id(),
        bettor=player.bettor,
        currency=PLAY,
        stake=10_000,
        game=INFO.slug,
        game_version=INFO.version,
        table_hash=INFO.table_hash,
        params=dice.shown_params(PARAMS),
        decide=decide,
        fingerprint=fingerprint(game="dice", stake=10_000),
        opens_round=False,
    )
    await road.place(command, lambda: None)


async def one_transaction(db: Database, player: Player) -> None:
    """The same bet as one function call and one commit."""
    player.nonce += 1
    settled = decide(player.seeds.stream(player.nonce))
    async with db.connection() as connection:
        await connection.fetchval(
            "select bench.place($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            new_id(),
            player.bettor.player_id,
            player.cash,
            player.house,
            player.bettor.lane,
            next(_seqs),
            10_000,
            settled.payout,
            player.seeds.id,
            dice.shown_params(PARAMS),
            settled.outcome,
            fingerprint(game="dice", stake=10_000),
        )


async def round_of(
    way: Callable[[Player], Awaitable[None]], players: list[Player], in_flight: int, into: Measured
) -> None:
    """Keep `in_flight` bets under way for a while; count what was answered."""
    until = time.perf_counter() + ROUND_S
    done = 0

    async def one_after_the_other() -> None:
        nonlocal done
        while (started := time.perf_counter()) < until:
            await way(random.choice(players))
            into.waits_s.append(time.perf_counter() - started)
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))
    into.rates.append(done / (time.perf_counter() - started))


async def make_players(db: Database) -> list[Player]:
    """Players with money, seeds and hot rows."""
    bettors = []
    for number in range(PLAYERS):
        player_id = uuid7(1_765_000_000_000 + number, number.to_bytes(10, "big"))
        bettors.append(Bettor(player_id, 1, player_id.int % 16))
    async with db.tx() as tx:
        gifts = [
            Transfer(
                id=derived_id("bench", str(one.player_id)),
                debit=AccountKey(1, AccountCode.PLAY_ISSUANCE, PLAY),
                credit=AccountKey(1, AccountCode.PLAYER_CASH, PLAY, owner=one.player_id),
                amount=10**12,
                reason="bench",
                ref="bench",
            )
            for one in bettors
        ]
        await ledger.post(tx, transfers=gifts)
        ids: list[UUID] = [one.player_id for one in bettors]
        seeds = await fairness.active_seeds(tx, sealer=SEALER, brand_id=1, player_ids=ids)
        cash = {
            one.player_id: AccountKey(1, AccountCode.PLAYER_CASH, PLAY, owner=one.player_id)
            for one in bettors
        }
        house = {
            lane: AccountKey(1, AccountCode.HOUSE_BANKROLL, PLAY, lane=lane) for lane in range(16)
        }
        accounts = await ledger.open_accounts(tx, keys=[*cash.values(), *house.values()])
    return [
        Player(one, seeds[one.player_id], accounts[cash[one.player_id]], accounts[house[one.lane]])
        for one in bettors
    ]


async def audit(db: Database) -> int:
    """The number of bets in the journal; the books must balance."""
    async with db.read() as tx:
        assert not await ledger.imbalances(tx), "a money delta: the run fails"
        return await tx.fetchval("select count(*) from betting.entry")


async def main() -> None:
    """Measure, print, write `results/latest.json`."""
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o711)
        server = PostgresServer(Path(folder) / "postgres", durable=True)
        urls = await asyncio.to_thread(server.start)
        try:
            await asyncio.to_thread(upgrade, urls.owner)
            owner = await Database.connect(urls.owner)
            async with owner.tx() as tx:
                await tx.execute(ONE_BET)
            await owner.close()
            db = await Database.connect(
                urls.app, PoolSettings(size_min=CONNECTIONS, size_max=CONNECTIONS + 4)
            )
            lines = await measure(db)
            await db.close()
        finally:
            await asyncio.to_thread(server.destroy)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(lines, indent=1))


async def measure(db: Database) -> list[dict[str, object]]:
    """All rounds, interleaved A B A B."""
    players = await make_players(db)
    on_road, by_call = players[: PLAYERS // 2], players[PLAYERS // 2 :]
    road = Road(db, sealer=SEALER, settings=WriterSettings())
    running = asyncio.create_task(road.run())
    await road.refresh_house()
    await road.ready()
    # Every player once, so that nobody is loaded while the clock runs. From here on either way has
    # players of its own: the function counts nonces behind the lane owner's back.
    await asyncio.gather(*(on_the_road(road, one) for one in players))

    lines: list[dict[str, object]] = []
    for in_flight in IN_FLIGHT:
        placed, single = Measured(), Measured()
        for _ in range(ROUNDS):
            await round_of(lambda one: on_the_road(road, one), on_road, in_flight, placed)
            await round_of(lambda one: one_transaction(db, one), by_call, in_flight, single)
        before = len(placed.waits_s) + len(single.waits_s)
        lines.append(line_of(in_flight, placed, single))
        assert await audit(db) >= before, "server-side counts agree with the client's"
    road.stop()
    await running
    return lines


def line_of(in_flight: int, placed: Measured, single: Measured) -> dict[str, object]:
    """One line of the table, printed too."""
    value, baseline = median(placed.rates), median(single.rates)
    line: dict[str, object] = {
        "name": "ledger.place",
        "value": round(value),
        "unit": "bets/s",
        "baseline": round(baseline),
        "ratio": round(value / baseline, 2),
        "p50_ms": placed.quantile_ms(0.5),
        "p99_ms": placed.quantile_ms(0.99),
        "concurrency": in_flight,
        "verdict": "PASS" if value > baseline else "MISS",
        "notes": f"one asyncpg transaction per bet; {platform.machine()}, {os.cpu_count()} cores",
    }
    print(
        f"  {in_flight:5} in flight: {value:8.0f} bets/s, {baseline:6.0f} one by one, "
        f"ratio {value / baseline:5.2f}, p50 {line['p50_ms']} ms, p99 {line['p99_ms']} ms"
    )
    return line


if __name__ == "__main__":
    asyncio.run(main())
