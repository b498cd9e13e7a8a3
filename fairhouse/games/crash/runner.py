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
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge, Histogram

from fairhouse.betting import api as betting
from fairhouse.betting.types import Round as Bet
from fairhouse.betting.types import UnknownBet
from fairhouse.fairness import api as fairness
from fairhouse.fairness.api import ChainSecret
from fairhouse.games.crash import rules, store
from fairhouse.games.crash.beacons import Beacons
from fairhouse.games.crash.types import (
    ROUND_PREFIX,
    CashedOut,
    CashOut,
    Crashed,
    Entrant,
    NothingToTake,
    NotRunning,
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
CASH_OUTS_MAX: Final = 512
"""Written in one transaction."""
CHAIN_AHEAD: Final = 10_000
"""With fewer games than this left, the next chain is committed."""
BEACON_ANSWER_S: Final = 2.0
"""Longer than a beacon may think: the lease must be kept meanwhile."""
SETTLED_EVERY_S: Final = 1.0
RETRY_S: Final = 0.5
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOST_LETTERS_MAX: Final = 24
_RENEWALS_PER_LEASE: Final = 3

_log = structlog.get_logger("crash")
_rounds = Counter("fairhouse_crash_rounds_total", "Rounds that ended", ["game", "ended"])
_holds = Gauge("fairhouse_crash_runner", "1 while this process runs the game", ["game"])
_late = Histogram(
    "fairhouse_crash_delay_seconds",
    "How much later than planned a round moved on",
    ["game", "to"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_beacon_failures = Counter(
    "fairhouse_crash_beacon_failures_total", "Questions that a beacon did not answer", ["beacon"]
)
_outs = Counter("fairhouse_crash_cash_outs_total", "Cash-outs asked for", ["game", "result"])
_unsettled = Gauge(
    "fairhouse_crash_unsettled_rounds", "Rounds that are over with bets still open", ["game"]
)
_takeovers = Counter("fairhouse_crash_takeovers_total", "Games taken from another runner", ["game"])


class NotIn(Exception):
    """The bet is not in the round that runs here now: the books say what it is."""


@dataclass(slots=True)
class Run:
    """A running round in its runner's memory."""

    entrants: dict[UUID, Entrant]
    point: int
    """Secret until the crash."""
    hash: bytes
    ends_ms: int
    taken: dict[UUID, CashOut] = field(default_factory=dict[UUID, CashOut])
    """Written cash-outs."""
    waiting: dict[UUID, tuple[CashOut, "asyncio.Future[CashOut]"]] = field(
        default_factory=dict[UUID, tuple[CashOut, "asyncio.Future[CashOut]"]]
    )
    """Judged, not written yet; in the order of their arrival."""


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
        timing: Timing | None = None,
        lease_s: float = 5.0,
        address: str | None = None,
        chain_length: int | None = None,
    ) -> None:
        """`profit_max` is what one bet may win now, by brand, game and currency; `address` is
        where other processes forward cash-outs to.
        """
        self._db = db
        self.game = game
        self._sealer = sealer
        self._beacons = beacons
        self._profit_max = profit_max
        self._timing = timing or Timing()
        self._lease_s = lease_s
        self._address = address
        self._chain_length = chain_length
        host = socket.gethostname()[:_HOST_LETTERS_MAX]
        self.owner = f"{host}:{os.getpid()}:{os.urandom(4).hex()}"
        self._epoch: int | None = None
        self._due_s = 0.0
        self._settled_due_s = 0.0
        self._round: Round | None = None
        self._run: Run | None = None
        self._is_loaded = False
        self._secrets: dict[UUID, ChainSecret] = {}
        self._writing = asyncio.Lock()
        self._writers: set[asyncio.Future[None]] = set()
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
                wait_s = await self.turn()
            except Exception as error:  # noqa: BLE001 - the next turn reads everything anew
                _log.warning("crash runner failed", game=self.game, exc_info=error)
                wait_s = RETRY_S
            await self._sleep(wait_s)
        await self._give_up()

    async def turn(self) -> float:
        """Keep the lease, move the round if it is time; seconds until the next look."""
        if time.monotonic() >= self._due_s:
            await self._keep_lease()
        until_lease_s = max(self._due_s - time.monotonic(), 0)
        if self._epoch is None:
            return until_lease_s
        try:
            wait_ms = await self._advance(self._epoch)
        except store.RunnerElsewhere:
            self._lose()
            return 0
        except BaseException:
            # What was committed is not known: read it again.
            self._is_loaded = False
            raise
        return min(max(wait_ms, 0) * 0.001, until_lease_s)

    async def _sleep(self, wait_s: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), max(wait_s, 0.001))
        except TimeoutError:
            return
        self._wake.clear()

    async def _keep_lease(self) -> None:
        self._due_s = time.monotonic() + self._lease_s / _RENEWALS_PER_LEASE
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
        self._drop_run(store.elsewhere(self.game))
        _holds.labels(self.game).set(0)

    async def _give_up(self) -> None:
        if self._epoch is None:
            return
        await self._write_cash_outs(self._epoch)
        self._lose()
        async with self._db.tx() as tx:
            await store.release(tx, self.game, self.owner)

    def _drop_run(self, error: Exception) -> None:
        run, self._run = self._run, None
        if run is not None:
            for _, answer in run.waiting.values():
                _fail(answer, error)

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
        async with self._writing:
            self._drop_run(DatabaseUnavailable())
            async with self._db.tx() as tx:
                await store.fence(tx, self.game, epoch)
                found = await store.newest_round(tx, self.game)
                if found is not None and found.state is State.RUNNING:
                    entrants = await store.entrants(tx, found.id)
                    run = self._run_of(found, entrants, await self._hash(tx, found))
                    run.taken = await store.cash_outs(tx, list(run.entrants))
                    self._run = run
            self._round, self._is_loaded = found, True

    async def _open(self, epoch: int, before: Round | None) -> int:
        """Betting opens on the next game of the chain."""
        now_ms = self._now_ms()
        if before is not None:
            assert before.ended_at is not None
            wait_ms = _unix_ms(before.ended_at) + self._timing.pause_ms - now_ms
            if wait_ms > 0:
                return wait_ms
        beacon = (await self._beacons.choose(now_ms)).info
        chain_id, chain_number = await self._next_game(epoch)
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
                await self._start(epoch, found, signature)
                return 0
        _beacon_failures.labels(found.beacon).inc()
        wait_ms = _unix_ms(found.closes_at) + self._timing.beacon_patience_ms - now_ms
        if wait_ms > 0:
            return min(wait_ms, self._timing.beacon_again_ms)
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            hash_ = await self._hash(tx, found)
            await store.void_round(tx, found.id, hash_, "beacon_silent")
            await store.tell(tx, self.game)
        _rounds.labels(self.game, "void").inc()
        _log.warning("round void: its beacon is silent", game=self.game, beacon=found.beacon)
        self._round = replace(found, state=State.VOID, ended_at=self._db.now())
        return 0

    async def _start(self, epoch: int, found: Round, signature: bytes) -> None:
        """Who is in stands, once and for all, together with the beginning of the run."""
        wire = to_wire(ROUND_PREFIX, found.id)
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            bets = await betting.open_of_game(
                tx, game=self.game, having={"round": wire}, limit=ENTRANTS_MAX
            )
            entrants = [_entrant(bet, found.id) for bet in bets]
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
            run = self._run_of(begun, entrants, await self._hash(tx, begun))
        self._round, self._run = begun, run
        beacon = self._beacons.named(found.beacon, found.beacon_key)
        assert beacon is not None
        self._note_delay("running", beacon.info.published_ms(found.beacon_round))

    def _profits_max(self, entrants: list[Entrant]) -> dict[str, int]:
        return {
            rules.cap_key(one.brand_id, one.currency): rules.ROUND_PROFIT_TIMES
            * self._profit_max(one.brand_id, self.game, one.currency)
            for one in entrants
        }

    def _run_of(self, found: Round, entrants: list[Entrant], hash_: bytes) -> Run:
        assert found.signature is not None
        point = fairness.crash_point(hash_, found.signature, rules.RETURN_BP[self.game])
        ends_ms = rules.ends_ms(self.game, point, self._timing)
        return Run({one.bet_id: one for one in entrants}, point, hash_, ends_ms)

    async def _go_on(self, epoch: int, found: Round) -> int:
        """The run: signs of life, then the crash."""
        run = self._run
        assert run is not None
        assert found.started_at is not None
        at_ms = self._now_ms() - _unix_ms(found.started_at)
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
        return min(run.ends_ms, due_ms) - (self._now_ms() - _unix_ms(found.started_at))

    async def _end(self, epoch: int, found: Round, run: Run) -> None:
        """The crash: what was judged before it is written, then the hash is told."""
        await self._write_cash_outs(epoch)
        found = self._round or found
        assert found.started_at is not None
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
        self._note_delay("crashed", _unix_ms(found.started_at) + run.ends_ms)
        _rounds.labels(self.game, "crashed" if made_good is None else "interrupted").inc()
        if made_good is not None:
            _log.warning("a round crashed with no runner", game=self.game, number=found.number)
        self._drop_run(DatabaseUnavailable())
        self._round = ended

    async def _note_settled(self, epoch: int) -> None:
        """Rounds of which no bet is open any more."""
        self._settled_due_s = time.monotonic() + SETTLED_EVERY_S
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            done, unsettled = False, await store.unsettled_rounds(tx, self.game)
            _unsettled.labels(self.game).set(len(unsettled))
            for found in unsettled:
                wire = to_wire(ROUND_PREFIX, found.id)
                having = {"round": wire}
                if not await betting.open_of_game(tx, game=self.game, having=having, limit=1):
                    await store.settle_round(tx, found.id)
                    done = True
            if done:
                await store.tell(tx, self.game)

    # --- Cash-outs

    async def cash_out(self, bet_id: UUID, player_id: UUID) -> tuple[Entrant, CashOut]:
        """Judge a cash-out by the time now, and write it down before it is answered.

        The same again answers with the first. Raises NotIn. Refuses with UnknownBet,
        RunnerElsewhere, NotRunning, NothingToTake, Crashed, CashedOut, DatabaseUnavailable.
        """
        run, found = self._run, self._round
        if self._epoch is None:
            raise store.elsewhere(self.game)
        if run is None or found is None or bet_id not in run.entrants:
            raise NotIn
        entrant = run.entrants[bet_id]
        if entrant.player_id != player_id:
            raise UnknownBet("There is no such bet.", param="id")
        taken = run.taken.get(bet_id)
        if taken is None:
            waiting = run.waiting.get(bet_id)
            answer = self._judge(run, found, entrant) if waiting is None else waiting[1]
            if waiting is None:
                self._write_soon(self._epoch)
            taken = await answer
        return entrant, taken

    def _judge(self, run: Run, found: Round, entrant: Entrant) -> "asyncio.Future[CashOut]":
        """By the time of the arrival, in one go: nothing comes between looking and queueing."""
        assert found.started_at is not None
        at_ms = self._now_ms() - _unix_ms(found.started_at)
        try:
            multiplier = _multiplier_for(entrant, run, at_ms)
        except Exception as refusal:
            _outs.labels(self.game, getattr(refusal, "code", "failed")).inc()
            raise
        answer: asyncio.Future[CashOut] = asyncio.get_running_loop().create_future()
        run.waiting[entrant.bet_id] = CashOut(entrant.bet_id, at_ms, multiplier), answer
        return answer

    def _write_soon(self, epoch: int) -> None:
        """In a task of its own: who asked may hang up while it is written for others too."""
        writing = asyncio.ensure_future(self._write_cash_outs(epoch))
        self._writers.add(writing)
        writing.add_done_callback(self._written)

    def _written(self, writing: "asyncio.Future[None]") -> None:
        self._writers.discard(writing)
        if not writing.cancelled() and (error := writing.exception()) is not None:
            _log.warning("cash-outs were not written", game=self.game, error=repr(error))

    async def _write_cash_outs(self, epoch: int) -> None:
        """All that wait, together: whoever comes while others are written is in the next batch."""
        async with self._writing:
            run, found = self._run, self._round
            while run is not None and found is not None and run.waiting:
                batch = dict(list(run.waiting.items())[:CASH_OUTS_MAX])
                try:
                    stands = await self._write(epoch, found, [one for one, _ in batch.values()])
                except BaseException as error:
                    self._is_loaded = False
                    self._forget(run, batch, error)
                    raise
                for bet_id, (_, answer) in batch.items():
                    del run.waiting[bet_id]
                    if bet_id not in stands:
                        _fail(answer, _crashed(run.point))
                        continue
                    run.taken[bet_id] = stands[bet_id]
                    if not answer.done():
                        answer.set_result(stands[bet_id])
                    _outs.labels(self.game, "taken").inc()

    async def _write(self, epoch: int, found: Round, judged: list[CashOut]) -> dict[UUID, CashOut]:
        """What stands afterwards: of one bet the first that was ever written."""
        assert found.started_at is not None
        async with self._db.tx() as tx:
            await store.fence(tx, self.game, epoch)
            await store.add_cash_outs(tx, found.id, judged)
            stands = await store.cash_outs(tx, [one.bet_id for one in judged])
            await store.tell(tx, self.game)
        return stands

    def _forget(
        self,
        run: Run,
        batch: dict[UUID, tuple[CashOut, "asyncio.Future[CashOut]"]],
        error: BaseException,
    ) -> None:
        known = error if isinstance(error, store.RunnerElsewhere) else DatabaseUnavailable()
        for bet_id, (_, answer) in batch.items():
            run.waiting.pop(bet_id, None)
            _fail(answer, known)

    # --- Chains and clocks

    async def _next_game(self, epoch: int) -> tuple[UUID, int]:
        """The next chain and number; a chain that runs out has its successor committed before."""
        async with self._db.tx() as tx:
            chains = await fairness.chains(tx, purpose=self.game)
            left = [(chain, await store.last_of_chain(tx, chain.id) + 1) for chain in chains[-2:]]
        usable = [(chain, number) for chain, number in left if number <= chain.length]
        games = sum(chain.length - number + 1 for chain, number in usable)
        if games < min(CHAIN_AHEAD, (self._chain_length or CHAIN_AHEAD)):
            made = await asyncio.to_thread(
                fairness.new_chain, *self._length(), entropy=self._sealer.entropy.draw
            )
            async with self._db.tx() as tx:
                await store.fence(tx, self.game, epoch)
                chain = await fairness.commit_chain(
                    tx, sealer=self._sealer, purpose=self.game, made=made
                )
            _log.info("hash chain committed", game=self.game, end_hash=chain.end_hash)
            usable.append((chain, 1))
        chain, number = usable[0]
        return chain.id, number

    def _length(self) -> tuple[int, ...]:
        return () if self._chain_length is None else (self._chain_length,)

    async def _hash(self, tx: Tx, found: Round) -> bytes:
        """The round's hash: secret until the round is over."""
        if found.chain_id not in self._secrets:
            self._secrets = {
                found.chain_id: await fairness.open_chain(
                    tx, sealer=self._sealer, chain_id=found.chain_id
                )
            }
        return self._secrets[found.chain_id].hash_of(found.chain_number)

    def _now_ms(self) -> int:
        return _unix_ms(self._db.now())

    def _note_delay(self, to: str, planned_ms: int) -> None:
        _late.labels(self.game, to).observe(max(self._now_ms() - planned_ms, 0) * 0.001)


def _multiplier_for(entrant: Entrant, run: Run, at_ms: int) -> int:
    """What a cash-out that arrives now is worth. Refuses as `Runner.cash_out`."""
    if at_ms < 0:
        raise NotRunning("The round has not begun; there is nothing to cash out.", param="choice")
    multiplier = rules.multiplier_at(at_ms)
    if min(multiplier, run.point) >= entrant.ends_at:
        left = rules.shown(entrant.ends_at)
        raise CashedOut(
            f"The bet was cashed out at {left}x by itself.", param="choice", multiplier=left
        )
    if at_ms >= run.ends_ms:
        raise _crashed(run.point)
    if multiplier < rules.LEAST:
        raise NothingToTake(
            f"The multiplier still stands at 1.00: cash out from {rules.shown(rules.LEAST)}x on.",
            param="choice",
        )
    return multiplier


def _crashed(point: int) -> Crashed:
    text = rules.shown(point)
    return Crashed(
        f"The round crashed at {text}x before the cash-out arrived.",
        param="choice",
        multiplier=text,
    )


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


def _fail(answer: "asyncio.Future[CashOut]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
        # Whoever waited may be gone; that is no accident.
        answer.exception()


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
