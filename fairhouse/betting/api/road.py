"""The road of a stake, and reading what went over it.

Commands take no `tx`: the lane owns the transaction. `Road` is one process's end of the road; it
is made in `app.wiring`, started and stopped with the process, and handed to whoever takes bets.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

from fairhouse.betting import rules
from fairhouse.betting.engine import Exclusive, House, LaneWriter, WriterSettings
from fairhouse.betting.engine.answering import accepted_bets
from fairhouse.betting.engine.measuring import Pulses
from fairhouse.betting.engine.watching import SlowWatch
from fairhouse.betting.engine.work import HotPlayer
from fairhouse.betting.store import hot, reads, upkeep
from fairhouse.betting.types import (
    LANES,
    Bet,
    BetId,
    BetIdExpired,
    BetKey,
    Bettor,
    Decision,
    Entry,
    EntryKind,
    Json,
    Limits,
    OpenRound,
    Place,
    Round,
    RoundState,
    Staked,
    Step,
    UnknownBet,
    Voided,
    bet_of_entry,
    bet_of_round,
)
from fairhouse.brands.api import brand
from fairhouse.brands.types import Jurisdiction
from fairhouse.fairness import api as fairness
from fairhouse.fairness.types import Rotation, SeedPair, Stream
from fairhouse.identity.types import Session
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import derived_id, to_wire
from fairhouse.kernel.refusals import Refusal
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey, Transfer
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx

FOLD_PAUSE_S: Final = 0.1
"""Between two lanes."""

BETS_MAX: Final = 100
"""Most bets of one page."""

PLAY: Final = CurrencyCode("PLAY")
PLAY_GRANT_UNITS: Final = 1_000 * 10**6
"""1000.00 PLAY."""


def _ruling(brand_id: int) -> Jurisdiction:
    return brand(brand_id).jurisdiction


class Road:
    """One process's end of the road: places bets in the lanes that the process owns."""

    def __init__(
        self,
        db: Database,
        *,
        sealer: Sealer,
        settings: WriterSettings | None = None,
        on_committed: Callable[[Sequence[Bet]], None] | None = None,
        jurisdiction: Callable[[int], Jurisdiction] = _ruling,
    ) -> None:
        """`jurisdiction` is a brand's."""
        self._db = db
        self._sealer = sealer
        self.jurisdiction = jurisdiction
        self._house = House()
        self._writer = LaneWriter(
            db,
            sealer=sealer,
            house=self._house,
            jurisdiction=jurisdiction,
            settings=settings,
            on_committed=on_committed,
        )
        self.pulses = Pulses(db, self._writer.meter)
        self.slow_batches = SlowWatch(db, self._writer.meter)

    async def run(self) -> None:
        """Own the lanes and write; ends after `stop`, or when cancelled (as in a crash)."""
        await self._writer.run()

    async def ready(self) -> None:
        """Wait until this process's share of the lanes is its own."""
        await self._writer.ready()

    @property
    def is_ready(self) -> bool:
        """Whether this process's share of the lanes is its own now."""
        return self._writer.is_ready

    async def hand_over(self) -> None:
        """Before `stop`: let other processes have the lanes, while requests for them are forwarded.

        Returns when they are released; at once when there is no other process.
        """
        await self._writer.hand_over()

    def owns(self, lane: int) -> bool:
        """Whether bets of this lane are committed, and told, by this process."""
        return self._writer.leases.holds(lane)

    def last_seq(self, lane: int) -> int | None:
        """The newest lane_seq that this process gave in the lane; None when it never owned it."""
        return self._writer.leases.last_seq(lane)

    def address_of(self, lane: int) -> str | None:
        """Where requests for a lane go, as far as this process knows; None while nobody owns it."""
        return self._writer.leases.address_of(lane)

    async def fold(self) -> int:
        """Fold what the lanes committed into their players' hot rows; a loop calls it every few
        seconds. Returns 0 when no more than that is waiting.
        """
        async with self._db.read() as tx:
            behind = await upkeep.lanes_behind(tx)
        more = 0
        for lane in behind:
            async with self._db.tx() as tx:
                folded = await upkeep.fold_lane(tx, lane, upkeep.FOLD_MAX)
            more += folded == upkeep.FOLD_MAX
            # Lane by lane, not all at once: bets share the processors with this.
            await asyncio.sleep(FOLD_PAUSE_S)
        async with self._db.read() as tx:
            self._writer.note_folded(await upkeep.cursors(tx))
        return more

    def refresh_guards(self, player_ids: Iterable[UUID]) -> None:
        """Limits or exclusions of these players changed: they bind from the next bet on."""
        self._writer.refresh_guards(player_ids)

    def stop(self) -> None:
        """Take nothing more; `run` finishes what is queued and gives the lanes up."""
        self._writer.stop()

    async def refresh_house(self) -> None:
        """Read bankrolls, limits and prices; a loop calls it every `REFRESH_S` (1 second)."""
        await self._house.refresh(self._db)

    def limits(self, brand_id: int, game: str, of: CurrencyCode) -> Limits:
        """What one bet on a game may stake and win now."""
        return self._house.limits(brand_id, game, of)

    async def place(self, key: BetKey, make: Callable[[], Awaitable[Place]]) -> Bet:
        """Stake, decide and record; the same again is answered as it was accepted, for ever.

        `make` reads what is asked and checks everything that may refuse a new bet now (tables,
        parameters, pause switches, limits). Whatever it refuses does not stand in the way of the
        answer to a bet that was accepted before. An opening that is repeated answers with the
        round as it stands. Refuses with InsufficientFunds, IdempotencyConflict, BetIdInFuture,
        BetIdExpired, RoundAlreadyOpen, Busy, LaneElsewhere, DatabaseUnavailable, and with what
        `make` and `decide` refuse.
        """
        # CHECK
        if not rules.is_fresh(key.bet_id, int(self._db.now().timestamp() * 1000)):
            return await self._accepted(key, _expired())
        try:
            command = await make()
        except Refusal as refusal:
            return await self._accepted(key, refusal)
        # DECIDE and RECORD: in the lane, when the batch forms.
        return await self._asked(command)

    async def step(self, command: Step) -> Bet:
        """Take a step of an open round: reveal, cash out, settle, or void it.

        A step that was taken before, as its game recognises it, answers with the round as it
        stands. Refuses with UnknownBet, StepTaken, RoundClosed, Busy, LaneElsewhere,
        DatabaseUnavailable, and with what the game refuses.
        """
        return await self._asked(command)

    async def _asked(self, command: Place | Step) -> Bet:
        try:
            return await self._writer.submit(command)
        except Refusal as refusal:
            self._writer.meter.refused(refusal.code)
            raise

    async def void(self, *, round_id: BetId, bettor: Bettor, reason: str) -> Bet:
        """Undo an open round: the whole stake goes back. Again it answers with the round.

        For staff and incidents; `reason` stands in the outcome. Refuses with UnknownBet.
        """

        def decide(stream: Stream, found: Round) -> Decision:
            return Voided({**found.progress, "ended": "void", "reason": reason})

        def repeats(found: Round) -> bool:
            return found.state is not RoundState.OPEN

        return await self._asked(Step(round_id, bettor, None, decide, repeats))

    async def rotate(self, bettor: Bettor, *, client_seed: str | None) -> Rotation:
        """Reveal the player's seeds and begin with the ones committed before.

        Refuses with OpenRound, InvalidClientSeed, Busy, LaneElsewhere.
        """
        rotated: list[Rotation] = []

        async def in_lane(tx: Tx, player: HotPlayer) -> None:
            _check_no_round(player)
            rotation = await fairness.rotate(
                tx,
                sealer=self._sealer,
                brand_id=bettor.brand_id,
                player_id=bettor.player_id,
                nonces=player.nonce,
                client_seed=client_seed,
            )
            await upkeep.lock_cursor(tx, bettor.lane, wait=True)
            await hot.use_seeds(tx, bettor.player_id, rotation.active.id)
            rotated.append(rotation)

        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._writer.submit_exclusive(Exclusive(bettor, in_lane, done))
        return rotated[0]

    async def _accepted(self, key: BetKey, otherwise: Refusal) -> Bet:
        async with self._db.read() as tx:
            found = (await accepted_bets(tx, [key])).get(key.bet_id)
        if isinstance(found, Bet):
            return found
        refused = found or otherwise
        self._writer.meter.refused(refused.code)
        raise refused


def bettor_of(session: Session) -> Bettor:
    """A verified session's player, as the road knows them."""
    return Bettor(session.player_id, session.brand_id, session.lane)


async def seeds(tx: Tx, *, sealer: Sealer, bettor: Bettor) -> SeedPair:
    """The player's active seed pair with the nonce of the next bet; made on first sight."""
    pair = await fairness.current(
        tx, sealer=sealer, brand_id=bettor.brand_id, player_id=bettor.player_id
    )
    found = await hot.next_nonce(tx, bettor.player_id)
    nonce = found[1] if found is not None and found[0] == pair.id else 0
    return SeedPair(
        id=pair.id,
        player_id=pair.player_id,
        server_seed_hash=pair.server_seed_hash,
        client_seed=pair.client_seed,
        nonce=nonce,
        next_server_seed_hash=pair.next_server_seed_hash,
        server_seed=None,
        created_at=pair.created_at,
        rotated_at=None,
    )


async def bet(tx: Tx, *, bet_id: UUID, player_id: UUID | None) -> Bet:
    """One bet. With `player_id` only that player's; without, anybody's (the caller hides whose).

    Refuses with UnknownBet.
    """
    found = await _bets_of(tx, await reads.entries(tx, [bet_id]))
    if not found or (player_id is not None and found[0].player_id != player_id):
        raise UnknownBet("There is no such bet.", param="id")
    return found[0]


async def bets_by_id(tx: Tx, *, ids: Sequence[UUID]) -> list[Bet]:
    """Bets by id, whoever's, in no order; unknown ids are left out."""
    return await _bets_of(tx, await reads.entries(tx, ids))


async def bets(
    tx: Tx, *, bettor: Bettor, before: UUID | None, limit: int, game: str | None = None
) -> list[Bet]:
    """A player's bets, newest first; complete to the newest commit."""
    entries = await reads.first_entries_of(tx, bettor.player_id, before, game, min(limit, BETS_MAX))
    return await _bets_of(tx, entries)


async def feed(tx: Tx, *, brand_id: int, limit: int) -> list[Bet]:
    """The newest finished bets of a brand, newest first."""
    since = rules.oldest_of_feed(int(tx.now.timestamp() * 1000))
    entries = await reads.newest_entries(tx, brand_id, since, min(limit, BETS_MAX))
    return await _bets_of(tx, entries)


async def open_rounds(tx: Tx, *, player_id: UUID) -> list[Bet]:
    """The player's open rounds: what to go on with after a crash, or on another device."""
    return [bet_of_round(one) for one in await hot.open_rounds_of(tx, [player_id])]


async def expired_rounds(tx: Tx, *, limit: int) -> list[Round]:
    """Open rounds whose time is over: a game's job settles them by policy."""
    return await reads.expired_rounds(tx, limit)


async def open_of_game(
    tx: Tx,
    *,
    game: str,
    lanes: Sequence[int] = tuple(range(LANES)),
    having: Json | None = None,
    limit: int,
) -> list[Round]:
    """Open rounds of one game, of all players in these lanes, whose parameters have these values,
    the oldest first: for games in which many players share a round.
    """
    return await reads.open_of_game(tx, game, lanes, having or {}, limit)


async def staked_on(tx: Tx, *, game: str, having: Json) -> list[Staked]:
    """What is at stake in a game's open rounds whose parameters have these values."""
    return await reads.staked_on(tx, game, having)


async def journal(tx: Tx, *, lane: int, after: int, limit: int) -> list[Entry]:
    """A lane's entries beyond a sequence number, in the order of their commits."""
    return await reads.entries_after(tx, lane, after, limit)


async def history(tx: Tx, *, bet_id: UUID, player_id: UUID) -> list[Entry]:
    """All journal lines of one bet or round, in order. Refuses with UnknownBet."""
    first = next(iter(await reads.entries(tx, [bet_id])), None)
    if first is None or first.player_id != player_id:
        raise UnknownBet("There is no such bet.", param="id")
    if first.kind is EntryKind.INSTANT:
        return [first]
    return await reads.entries_of_round(tx, first)


async def grant_play_money(tx: Tx, *, brand_id: int, player_id: UUID) -> None:
    """Give a player 1000.00 PLAY, once; again it changes nothing."""
    cash = AccountKey(brand_id, AccountCode.PLAYER_CASH, PLAY, owner=player_id)
    source = AccountKey(brand_id, AccountCode.PLAY_ISSUANCE, PLAY)
    await ledger.post(
        tx,
        transfers=[
            Transfer(
                id=derived_id("betting.play_grant", str(player_id)),
                debit=source,
                credit=cash,
                amount=PLAY_GRANT_UNITS,
                reason="play_grant",
                ref=to_wire("ply", player_id),
            )
        ],
    )


async def _bets_of(tx: Tx, entries: Sequence[Entry]) -> list[Bet]:
    """Each entry's whole bet, in the same order."""
    ids = {entry.round_id for entry in entries if entry.kind is not EntryKind.INSTANT}
    rounds = await reads.rounds(tx, list(ids)) if ids else {}
    return [
        bet_of_entry(entry)
        if entry.kind is EntryKind.INSTANT
        else bet_of_round(rounds[entry.round_id])
        for entry in entries
    ]


def _check_no_round(player: HotPlayer) -> None:
    for found in player.rounds.values():
        wire = to_wire("bet", found.id)
        raise OpenRound(
            f"A round of {found.game} is open ({wire}): finish it, then rotate your seeds.",
            round_id=wire,
        )


def _expired() -> BetIdExpired:
    return BetIdExpired(
        "id is older than 24 hours and no bet of yours has it; make a new id.", param="id"
    )
