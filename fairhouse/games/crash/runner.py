"""The one process that runs a game's rounds: from one durable state to the next.

Every API process has a `Runner` per game; one of them holds the lease. What it does is written
before it counts, behind the fence of its epoch, so that its successor goes on from wherever it
died. `turn` is one look at the clock; nothing else moves a round.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram

from fairhouse.betting import api as betting
from fairhouse.betting.types import Round as Bet
from fairhouse.fairness import api as fairness
from fairhouse.games.crash import rules, store
from fairhouse.games.crash.beacons import Beacons
from fairhouse.games.crash.cash_desk import CashDesk, Run
from fairhouse.games.crash.game_chain import GameChain
from fairhouse.games.crash.types import (
    ROUND_PREFIX,
    CashOut,
    Entrant,
    Round,
    State,
    Timing,
)
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import to_wire
from fairhouse.kernel.money import parse_units
from fairhouse.kernel.outcomes import Done
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, DatabaseUnavailable, Tx

ENTRANTS_MAX: Final = 100_000
BEACON_ANSWER_S: Final = 2.0
"""Longer than a beacon may think: the lease must be kept meanwhile."""
SETTLED_EVERY_S: Final = 1.0
RETRY_MS: Final = 500
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOST_LETTERS_MAX: Final = 24
_RENEWALS_PER_LEASE: Final = 3

_DELAYS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_log = structlog.get_logger("crash")
_rounds = Counter("fairhouse_crash_rounds_total", "Rounds that ended", ["game", "ended"])
_holds = Gauge("fairhouse_crash_runner", "1 while this process runs the game", ["game"])
_late = Histogram(
    "fairhouse_crash_delay_seconds",
    "How much later than planned a round moved on",
    ["game", "to"],
    buckets=_DELAYS_S,
)
_beacon_failures = Counter(
    "fairhouse_crash_beacon_failures_total", "Questions that a beacon did not answer", ["beacon"]
)
_unsettled = Gauge(
    "fairhouse_crash_unsettled_rounds", "Rounds that are over with bets still open", ["game"]
)
_takeovers = Counter("fairhouse_crash_takeovers_total", "Games taken from another runner", ["game"])


class Runner:
    """One process's candidate for running a game's rounds."""

    def __init__(
        self,
        db: Database,
        *,
        game: str,
        sealer: Sealer,
        beacons: Beacons,
        profit_max: Callable[[int, str, CurrencyCode], int],
        is_offered: Callable[[], bool],
        timing: Timing | None = None,
        lease_s: float = 5.0,
        address: str | None = None,
        chain_length: int | None = None,
    ) -> None:
        """`profit_max` is what one bet may win now, by brand, game and currency; `is_offered`
        whether the game takes bets of any brand: else no further round opens; `address` is where
        other processes forward cash-outs to.
        """
        self._db = db
        self.game = game
        self._beacons = beacons
        self._profit_max = profit_max
        self._is_offered = is_offered
        self._timing = timing or Timing()
        self._lease_s = lease_s
        self._address = address
        host = socket.gethostname()[:_HOST_LETTERS_MAX]
        self.owner = f"{host}:{os.getpid()}:{os.urandom(4).hex()}"
        self._epoch: int | None = None
        self._due_s: float = 0
        self._settled_due_s: float = 0
        self._round: Round | None = None
        self._is_loaded = False
        self._desk = CashDesk(db, game, self._doubt)
        self._chain = GameChain(db, game, sealer, chain_length)
        self._wake = asyncio.Event()
        self._stopping = False
        _holds.labels(game).set(0)

    # --- Life

    @property
    def is_ours(self) -> bool:
        """Whether this process runs the game, as far as it knows; the fence knows for certain."""
        return self._epoch is not None

    def stop(self) -> None:
        """`run` gives the game up and ends."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Hold the lease when it is free, and run rounds, whatever happens."""
        while not self._stopping:
            try:
                wait_ms = await self.turn()
            except Exception as error:  # noqa: BLE001 - the next turn reads everything anew
                _log.warning("crash runner failed", game=self.game, exc_info=error)
                wait_ms = RETRY_MS
            await self._sleep(wait_ms)
        await self._give_up()

    async def turn(self) -> int:
        """Keep the lease, move the round if it is time; milliseconds until the next look."""
        if time.monotonic() >= self._due_s:
            await self._keep_lease()
        until_lease_ms = int(max(self._due_s - time.monotonic(), 0) * 1000)
        if self._epoch is None:
            return until_lease_ms
        try:
            wait_ms = await self._advance(self._epoch)
        except store.RunnerElsewhere:
            self._lose()
            return 0
        except BaseException:
            self._doubt()
            raise
        return min(wait_ms, until_lease_ms)

    async def _sleep(self, wait_ms: int) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), _in_s(max(wait_ms, 1)))
        except TimeoutError:
            return
        self._wake.clear()

    async def _keep_lease(self) -> None:
        pause_s = self._lease_s / _RENEWALS_PER_LEASE
        self._due_s = time.monotonic() + pause_s
        async with self._db.tx() as tx:
            held = await store.keep_lease(tx, self.game, self.owner, self._address, self._lease_s)
        if held is None:
            if self._epoch is not None:
                self._lose()
            return
        if held.epoch != self._epoch:
            self._epoch, self._is_loaded = held.epoch, False
            _takeovers.labels(self.game).inc()
            _holds.labels(self.game).set(1)
            _log.info("running rounds", game=self.game, epoch=held.epoch)

    def _lose(self) -> None:
        _log.warning("another process runs the rounds", game=self.game)
        self._epoch, self._round, self._is_loaded = None, None, False
        self._desk.close(store.elsewhere(self.game))
        _holds.labels(self.game).set(0)

    async def _give_up(self) -> None:
        if self._epoch is None:
            return
        await self._desk.write_all()
        self._lose()
        async with self._db.tx() as tx:
            await store.release(tx, self.game, self.owner)

    def _doubt(self) -> None:
        """What was committed is not known: read it again."""
        self._is_loaded = False

    # --- The round

    async def _advance(self, epoch: int) -> int:
        """Milliseconds until there is something to do."""
        if not self._is_loaded:
            await self._load(epoch)
        if time.monotonic() >= self._settled_due_s:
            await self._note_settled(epoch)
        found = self._round
        if found is None:
            return await self._open(epoch, None)
        match found.state:
            case State.BETTING:
                return await self._lock(epoch, found)
            case State.LOCKED:
                return await self._begin(epoch, found)
            case State.RUNNING:
                return await self._go_on(epoch, found)
            case _:
                return await self._open(epoch, found)

    async def _load(self, epoch: int) -> None:
        """Everything from the books: after a start, a takeover, or an unknown outcome."""
        self._desk.close(DatabaseUnavailable())
        run: Run | None = None
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            found = await store.newest_round(tx, self.game)
            if found is not None and found.state is State.RUNNING:
                entrants = await store.entrants(tx, found.id)
                hash_ = await self._chain.hash_of(tx, found)
                run = self._run_of(found, epoch, entrants, hash_)
                run.taken = await store.cash_outs(tx, list(run.entrants))
        self._round, self._desk.run, self._is_loaded = found, run, True

    async def _open(self, epoch: int, before: Round | None) -> int:
        """Betting opens on the next game of the chain, unless nobody may bet on it."""
        if not self._is_offered():
            return RETRY_MS
        now_ms = self._now_ms()
        if before is not None:
            assert before.ended_at is not None
            wait_ms = _unix_ms(before.ended_at) + self._timing.pause_ms - now_ms
            if wait_ms > 0:
                return wait_ms
        beacon = (await self._beacons.choose(now_ms)).info
        chain_id, chain_number = await self._chain.next_game(epoch)
        timing, now_ms = self._timing, self._now_ms()
        number = beacon.first_round_at(now_ms + timing.betting_ms + timing.beacon_margin_ms)
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            new = Round(
                id=tx.new_id(),
                game=self.game,
                number=1 if before is None else before.number + 1,
                state=State.BETTING,
                chain_id=chain_id,
                chain_number=chain_number,
                opened_at=tx.now,
                closes_at=_time(beacon.published_ms(number) - timing.beacon_margin_ms),
                beacon=beacon.name,
                beacon_key=beacon.public_key,
                beacon_round=number,
            )
            await store.add_round(tx, new)
            await store.tell(tx, self.game)
        self._round = new
        return _unix_ms(new.closes_at) - self._now_ms()

    async def _lock(self, epoch: int, found: Round) -> int:
        closes_ms = _unix_ms(found.closes_at)
        wait_ms = closes_ms - self._now_ms()
        if wait_ms > 0:
            return wait_ms
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            await store.lock_round(tx, found.id)
            await store.tell(tx, self.game)
        self._note_delay("locked", closes_ms)
        self._round = replace(found, state=State.LOCKED)
        return 0

    async def _begin(self, epoch: int, found: Round) -> int:
        """The beacon speaks and the run begins; or it stays silent and the stakes go back."""
        beacon = self._beacons.named(found.beacon, found.beacon_key)
        now_ms = self._now_ms()
        if beacon is not None:
            wait_ms = beacon.info.published_ms(found.beacon_round) - now_ms
            if wait_ms > 0:
                return wait_ms
            signature = await _asked(beacon, found.beacon_round)
            if signature is not None:
                await self._start(epoch, found, beacon, signature)
                return 0
        _beacon_failures.labels(found.beacon).inc()
        wait_ms = _unix_ms(found.closes_at) + self._timing.beacon_patience_ms - now_ms
        if wait_ms > 0:
            return min(wait_ms, self._timing.beacon_again_ms)
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            hash_ = await self._chain.hash_of(tx, found)
            await store.void_round(tx, found.id, hash_, "beacon_silent")
            await store.tell(tx, self.game)
        _rounds.labels(self.game, "void").inc()
        _log.warning("round void: its beacon is silent", game=self.game, beacon=found.beacon)
        self._round = replace(found, state=State.VOID, ended_at=self._db.now())
        return 0

    async def _start(
        self, epoch: int, found: Round, beacon: fairness.Beacon, signature: bytes
    ) -> None:
        """Who is in stands, once and for all, together with the beginning of the run."""
        wire = to_wire(ROUND_PREFIX, found.id)
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            bets = await betting.open_of_game(
                tx, game=self.game, having={"round": wire}, limit=ENTRANTS_MAX
            )
            # However slow a lane was: who is in had bet before the beacon's round was public.
            published = _time(beacon.info.published_ms(found.beacon_round))
            entrants = [_entrant(bet, found.id) for bet in bets if bet.opened_at < published]
            caps = rules.caps_of(entrants, self._profits_max(entrants))
            entrants = [replace(one, ends_at=rules.capped(one, caps)) for one in entrants]
            begun = replace(
                found,
                state=State.RUNNING,
                signature=signature,
                started_at=tx.now + timedelta(milliseconds=self._timing.lead_ms),
                caps=caps,
                entrants=len(entrants),
                seen_epoch=epoch,
            )
            await store.start_round(tx, begun)
            await store.add_entrants(tx, entrants)
            await store.tell(tx, self.game)
            hash_ = await self._chain.hash_of(tx, begun)
        self._round = begun
        self._desk.run = self._run_of(begun, epoch, entrants, hash_)
        self._note_delay("running", beacon.info.published_ms(found.beacon_round))

    def _profits_max(self, entrants: list[Entrant]) -> dict[str, int]:
        return {
            rules.cap_key(one.brand_id, one.currency): rules.ROUND_PROFIT_TIMES
            * self._profit_max(one.brand_id, self.game, one.currency)
            for one in entrants
        }

    def _run_of(self, found: Round, epoch: int, entrants: list[Entrant], hash_: bytes) -> Run:
        assert found.signature is not None
        point = fairness.crash_point(hash_, found.signature, rules.RETURN_BP[self.game])
        ends_ms = rules.ends_ms(self.game, point, self._timing)
        by_bet = {one.bet_id: one for one in entrants}
        return Run(found, epoch, by_bet, point, hash_, ends_ms)

    async def _go_on(self, epoch: int, found: Round) -> int:
        """The run: signs of life, then the crash."""
        run = self._desk.run
        assert run is not None
        assert found.started_at is not None
        started_ms = _unix_ms(found.started_at)
        at_ms = self._now_ms() - started_ms
        if at_ms >= run.ends_ms:
            await self._end(epoch, found, run)
            return 0
        due_ms = found.seen_ms + self._timing.sign_of_life_ms
        if found.seen_epoch != epoch or at_ms >= due_ms:
            seen_ms = max(at_ms, found.seen_ms)
            async with self._db.tx() as tx:
                await store.fence(tx, self.game, epoch)
                await store.note_seen(tx, found.id, seen_ms, epoch)
            self._round = found = replace(found, seen_ms=seen_ms, seen_epoch=epoch)
            due_ms = seen_ms + self._timing.sign_of_life_ms
        return min(run.ends_ms, due_ms) - (self._now_ms() - started_ms)

    async def _end(self, epoch: int, found: Round, run: Run) -> None:
        """The crash: what was judged before it is written, then the hash is told."""
        await self._desk.write_all()
        found = self._round or found
        assert found.started_at is not None
        started_ms = _unix_ms(found.started_at)
        made_good = rules.made_good(found, epoch, self._timing, run.ends_ms)
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            ended = replace(
                found,
                state=State.CRASHED,
                point=run.point,
                hash=run.hash,
                made_good=made_good,
                ended_at=tx.now,
            )
            await store.end_round(tx, ended)
            await store.tell(tx, self.game)
        self._note_delay("crashed", started_ms + run.ends_ms)
        _rounds.labels(self.game, "crashed" if made_good is None else "interrupted").inc()
        if made_good is not None:
            _log.warning("a round crashed with no runner", game=self.game, number=found.number)
        self._desk.close(DatabaseUnavailable())
        self._round = ended

    async def _note_settled(self, epoch: int) -> None:
        """Rounds of which no bet is open any more."""
        self._settled_due_s = time.monotonic() + SETTLED_EVERY_S
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            unsettled = await store.unsettled_rounds(tx, self.game)
            _unsettled.labels(self.game).set(len(unsettled))
            done = [found for found in unsettled if not await self._has_open_bets(tx, found)]
            for found in done:
                await store.settle_round(tx, found.id)
            if done:
                await store.tell(tx, self.game)

    async def _has_open_bets(self, tx: Tx, found: Round) -> bool:
        having = {"round": to_wire(ROUND_PREFIX, found.id)}
        return bool(await betting.open_of_game(tx, game=self.game, having=having, limit=1))

    # --- Cash-outs

    async def cash_out(self, bet_id: UUID, player_id: UUID) -> CashOut:
        """Judge a cash-out by the time now, and write it down before it is answered.

        The same again answers with the first. Raises NotIn. Refuses with UnknownBet,
        RunnerElsewhere, NotRunning, NothingToTake, Crashed, CashedOut, DatabaseUnavailable.
        """
        if self._epoch is None:
            raise store.elsewhere(self.game)
        return await self._desk.cash_out(bet_id, player_id)

    # --- Clocks

    def _now_ms(self) -> int:
        return _unix_ms(self._db.now())

    def _note_delay(self, to: str, planned_ms: int) -> None:
        _late.labels(self.game, to).observe(_in_s(self._now_ms() - planned_ms))


def _entrant(bet: Bet, round_id: UUID) -> Entrant:
    auto = rules.auto_of(bet.params)
    most = parse_units(str(bet.params["payout_max"]), currency(bet.currency).scale)
    cap = rules.bet_cap(bet.stake, most)
    return Entrant(
        bet_id=bet.id,
        round_id=round_id,
        brand_id=bet.brand_id,
        lane=bet.lane,
        player_id=bet.player_id,
        currency=bet.currency,
        stake=bet.stake,
        auto=auto,
        ends_at=cap if auto is None else min(auto, cap),
    )


async def _asked(beacon: fairness.Beacon, number: int) -> bytes | None:
    try:
        answer = await asyncio.wait_for(beacon.signature(number), BEACON_ANSWER_S)
    except TimeoutError:
        return None
    if isinstance(answer, Done):
        return answer.value
    _log.info("the beacon does not answer", beacon=beacon.info.name, round=number)
    return None


def _unix_ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _time(unix_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=unix_ms)


def _in_s(ms: int) -> float:
    """Milliseconds, at least none, as seconds."""
    return max(ms, 0) / 1000
