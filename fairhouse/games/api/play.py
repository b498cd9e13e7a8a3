"""What HTTP calls to play: text in, a command to the road, a wire-ready bet out."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from fairhouse.betting import api as betting
from fairhouse.betting.api import Road
from fairhouse.betting.types import (
    Bet,
    BetId,
    BetKey,
    Bettor,
    Decision,
    Limits,
    Place,
    Round,
    RoundState,
    Settled,
    Step,
    UnknownBet,
)
from fairhouse.fairness import api as fairness
from fairhouse.fairness.types import SeedPair, Stream
from fairhouse.games import catalogue, rounds
from fairhouse.games.api.offers import OfferBoard
from fairhouse.games.asking import KEPT, Wish, wish
from fairhouse.games.catalogue import Game
from fairhouse.games.original import Ended, Json, Stake
from fairhouse.games.pace import Starts, kind_of
from fairhouse.games.types import GameInfo, Multiplier, StakeTooSmall, TableChanged
from fairhouse.games.verification import Verification, recompute
from fairhouse.games.wire import BetView, encoded, view
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import UNITS_MAX, format_units, parse_positive
from fairhouse.kernel.refusals import Paused
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx

PAIRS_MAX: Final = 50_000

_plain: Final = msgspec.json.Decoder(dict[str, Any]).decode


class Terms(msgspec.Struct, frozen=True, gc=False):
    """A stake and its parameters on a release of a game: all that does not depend on the player."""

    game: Game
    currency: CurrencyCode
    scale: int
    stake: int
    params: Any
    written: Json
    win: Multiplier
    payout_top: int
    """Units that the house must be able to pay."""


class Games:
    """The games on one process's end of the road."""

    def __init__(
        self,
        db: Database,
        road: Road,
        *,
        sealer: Sealer,
        pauses: Callable[[int], Mapping[str, str]],
    ) -> None:
        """`pauses` gives a brand's closed switches with their reasons, from memory."""
        self._db = db
        self._road = road
        self._sealer = sealer
        self._pauses = pauses
        self.offers = OfferBoard()
        self.starts = Starts(road.jurisdiction, self._now)
        self._pairs: OrderedDict[UUID, SeedPair] = OrderedDict()

    def _now(self) -> datetime:
        return self._db.now()

    async def refresh(self) -> None:
        """Read what brands offer; a loop calls it every second."""
        await self.offers.refresh(self._db)

    async def place(
        self,
        slug: str,
        *,
        bettor: Bettor,
        bet_id: str,
        currency_code: str,
        stake: str,
        params: Json,
        table_hash: str | None = None,
        automatic: bool = False,
    ) -> BetView:
        """A bet, settled at once, or the opening of a round; the same id again answers the same.

        How much the round can pay is fixed here: there it ends by itself. `table_hash` is the table
        that the player was shown, and `automatic` that no hand started the game, if they say.
        Refuses with UnknownGame, InvalidGameParams, InvalidAmount, StakeTooSmall, TableChanged,
        TooSoon, AutoplayForbidden, and as `Road.place`.
        """
        asked = wish(
            bettor, bet_id=bet_id, game=slug, currency=currency_code, stake=stake, params=params
        )
        return await self._viewed(await self._place(asked, table_hash, automatic))

    async def place_as_json(
        self,
        slug: str,
        *,
        bettor: Bettor,
        bet_id: str,
        currency_code: str,
        stake: str,
        params: Json,
        table_hash: str | None = None,
        automatic: bool = False,
    ) -> bytes:
        """As `place`, and what JSON makes of its view."""
        asked = wish(
            bettor, bet_id=bet_id, game=slug, currency=currency_code, stake=stake, params=params
        )
        bet = await self._place(asked, table_hash, automatic)
        return encoded(bet, self._pairs.get(bet.seed_pair_id) or await self._pair_of(bet))

    async def _place(self, asked: Wish, table_hash: str | None, automatic: bool) -> Bet:
        bettor, slug = asked.key.bettor, asked.game

        async def make() -> Place:
            # CHECK
            chosen = self.offers.game(bettor.brand_id, slug)
            terms = _terms(chosen, asked)
            self._check_open(bettor.brand_id, terms, table_hash)
            self.starts.check_by_hand(bettor.brand_id, is_automatic=automatic)
            start.begin()
            # DECIDE: in the lane.
            alone = not self.starts.rules(bettor.brand_id).several_at_once
            if chosen.original.has_steps:
                return self._opening(asked.key, terms, alone=alone)
            return _instant(asked.key, terms, alone=alone)

        with self.starts.of(bettor, slug) as start:
            bet = await self._road.place(asked.key, make)
            start.accepted(bet.at)
        return bet

    def _opening(self, key: BetKey, terms: Terms, *, alone: bool) -> Place:
        """The opening of a round of several steps."""
        original, scale = terms.game.original, terms.scale
        within = self._road.limits(key.bettor.brand_id, terms.game.info.slug, terms.currency)
        most = min(terms.stake + within.profit_max, UNITS_MAX)
        written = {**terms.written, rounds.PAYOUT_MAX: format_units(most, scale)}

        def decide(stream: Stream) -> Decision:
            return rounds.opening(original.play(stream, terms.params, terms.stake, (), most), scale)

        return _command(key, terms, written, decide, opens_round=True, alone=alone)

    async def step(
        self, slug: str, *, bettor: Bettor, bet_id: str, step: int, choice: Json
    ) -> BetView:
        """Take step number `step` of an open round; the same again answers with the round.

        Refuses with UnknownGame, InvalidChoice, ChoiceNotOpen, and as `Road.step`.
        """
        # CHECK
        of = catalogue.game(slug).slug
        round_id = BetId(from_wire("bet", bet_id))

        # DECIDE: in the lane.
        def decide(stream: Stream, found: Round) -> Decision:
            _check_game(found, of)
            return rounds.chosen(stream, found, step, choice)

        def repeats(found: Round) -> bool:
            _check_game(found, of)
            return rounds.was_chosen(found, step, choice)

        bet = await self._road.step(Step(round_id, bettor, step, decide, repeats))
        return await self._viewed(bet)

    async def settle_abandoned(self, found: Round) -> BetView:
        """End a round that nobody came back to: the better of stake and winnings is paid."""
        bettor = Bettor(found.player_id, found.brand_id, found.lane)
        bet = await self._road.step(Step(found.id, bettor, None, rounds.abandoned, _is_closed))
        return await self._viewed(bet)

    async def bet(self, *, bet_id: str, reader: UUID | None) -> BetView:
        """A bet for its player, or a settled one for anybody who has the link.

        Refuses with UnknownBet; another player's open round is unknown.
        """
        async with self._db.read() as tx:
            found = await betting.bet(tx, bet_id=from_wire("bet", bet_id), player_id=None)
            is_owner = found.player_id == reader
            if not is_owner and found.state is RoundState.OPEN:
                raise UnknownBet("There is no such bet.", param="id")
            return (await self.views(tx, bets=[found], reader=reader))[0]

    async def views(self, tx: Tx, *, bets: Sequence[Bet], reader: UUID | None) -> list[BetView]:
        """Bets for the wire; what is private only for `reader`'s own."""
        missing = [bet.seed_pair_id for bet in bets if bet.seed_pair_id not in self._pairs]
        if missing:
            await self._read_pairs(tx, missing)
        seen = [
            view(bet, self._pairs[bet.seed_pair_id], is_owner=bet.player_id == reader)
            for bet in bets
        ]
        while len(self._pairs) > PAIRS_MAX:
            self._pairs.popitem(last=False)
        return seen

    async def _read_pairs(self, tx: Tx, ids: Sequence[UUID]) -> None:
        found = await fairness.pairs(tx, sealer=self._sealer, ids=ids)
        self._pairs.update((id_, _without_seed(pair)) for id_, pair in found.items())

    async def _pair_of(self, bet: Bet) -> SeedPair:
        async with self._db.read() as tx:
            await self._read_pairs(tx, [bet.seed_pair_id])
        if len(self._pairs) > PAIRS_MAX:
            self._pairs.popitem(last=False)
        return self._pairs[bet.seed_pair_id]

    async def _viewed(self, bet: Bet) -> BetView:
        pair = self._pairs.get(bet.seed_pair_id) or await self._pair_of(bet)
        return view(bet, pair, is_owner=True)

    def _check_open(self, brand_id: int, terms: Terms, table_hash: str | None) -> None:
        info = terms.game.info
        self.offers.check_runs(brand_id, info)
        if table_hash is not None and table_hash != info.table_hash:
            raise _table_changed(info)
        pauses = self._pauses(brand_id)
        if pauses:
            _check_not_paused(info, pauses)
        limits = self._road.limits(brand_id, info.slug, terms.currency)
        betting.check_stake(terms.stake, terms.currency, limits)
        _check_worth_it(terms)
        _check_profit(terms, limits)


async def verify(
    tx: Tx,
    *,
    slug: str,
    server_seed: str,
    client_seed: str,
    nonce: int,
    params: Mapping[str, object],
    choices: Sequence[Json] = (),
    version: str | None = None,
    variant: str | None = None,
) -> Verification:
    """Any bet recomputed from its seeds, with every step between.

    Refuses with UnknownGame, InvalidServerSeed, SeedHashPasted, InvalidClientSeed,
    InvalidGameParams, InvalidChoice, ChoiceNotOpen.
    """
    await fairness.explain_pasted(tx, text=server_seed)
    played = catalogue.release(slug, version, variant)
    return recompute(played, server_seed, client_seed, nonce, params, choices)


def _terms(chosen: Game, asked: Wish) -> Terms:
    """Read and checked; remembered, because most bets are like the one before."""
    if asked.plain is None:
        return _read(chosen, asked.currency, asked.stake, asked.params)
    return _remembered(chosen, asked.currency, asked.stake, asked.plain)


@lru_cache(maxsize=KEPT)
def _remembered(chosen: Game, currency_code: str, stake: str, params: bytes) -> Terms:
    return _read(chosen, currency_code, stake, _plain(params))


def _read(chosen: Game, currency_code: str, stake: str, params: Json) -> Terms:
    of = currency(currency_code)
    units = parse_positive(stake, of, param="stake")
    original = chosen.original
    read = original.read(params, Stake(units, of.scale))
    return Terms(
        game=chosen,
        currency=of.code,
        scale=of.scale,
        stake=units,
        params=read,
        written=original.written(read),
        win=original.win(read),
        payout_top=original.top(read).payout_units(units),
    )


def _instant(key: BetKey, terms: Terms, *, alone: bool) -> Place:
    """A bet that is settled at once."""
    play, params, stake, most = (
        terms.game.original.play,
        terms.params,
        terms.stake,
        terms.payout_top,
    )

    def decide(stream: Stream) -> Decision:
        result = play(stream, params, stake, (), most)
        assert type(result) is Ended, "a game without steps ends at once"
        return Settled(result.payout, result.shown)

    return _command(key, terms, terms.written, decide, opens_round=False, alone=alone)


def _command(
    key: BetKey,
    terms: Terms,
    written: Json,
    decide: Callable[[Stream], Decision],
    *,
    opens_round: bool,
    alone: bool,
) -> Place:
    info = terms.game.info
    return Place(
        bet_id=key.bet_id,
        bettor=key.bettor,
        currency=terms.currency,
        stake=terms.stake,
        game=info.slug,
        game_version=info.version,
        table_hash=info.table_hash,
        params=written,
        decide=decide,
        fingerprint=key.fingerprint,
        opens_round=opens_round,
        kind=kind_of(info.slug),
        alone=alone,
    )


def _table_changed(info: GameInfo) -> TableChanged:
    """Rules never change silently under a player."""
    return TableChanged(
        f"{info.name} is played on another table now: version {info.version}, {info.variant}. Look "
        "at its rules and bet again.",
        param="table_hash",
        game_version=info.version,
        variant=info.variant,
        table_hash=info.table_hash,
    )


def _check_not_paused(info: GameInfo, pauses: Mapping[str, str]) -> None:
    for switch in ("betting", f"game:{info.slug}"):
        reason = pauses.get(switch)
        if reason is not None:
            raise Paused(
                f"{info.name} is paused: {reason}. Open rounds can be finished.",
                reason=reason,
                switch=switch,
            )


def _check_worth_it(terms: Terms) -> None:
    """A win must be more than its stake after the payout is rounded down."""
    if terms.win.payout_units(terms.stake) > terms.stake:
        return
    minimum = format_units(terms.win.least_stake_units(), terms.scale)
    raise StakeTooSmall(
        f"stake is so small that a win at {terms.win.shown()}x would round to no profit; stake at "
        f"least {minimum} {terms.currency}.",
        param="stake",
        minimum=minimum,
        currency=terms.currency,
    )


def _check_profit(terms: Terms, limits: Limits) -> None:
    betting.check_profit(terms.stake, terms.payout_top, terms.currency, limits)


def _check_game(found: Round, slug: str) -> None:
    """A round is gone on with under its own game's address."""
    if found.game != slug:
        raise UnknownBet("No round of yours in this game has this id.", param="id")


def _is_closed(found: Round) -> bool:
    return found.state is not RoundState.OPEN


def _without_seed(pair: SeedPair) -> SeedPair:
    return SeedPair(
        id=pair.id,
        player_id=pair.player_id,
        server_seed_hash=pair.server_seed_hash,
        client_seed=pair.client_seed,
        nonce=pair.nonce,
        next_server_seed_hash=None,
        server_seed=None,
        created_at=pair.created_at,
        rotated_at=None,
    )
