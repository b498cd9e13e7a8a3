"""What HTTP calls to play: text in, a command to the road, a wire-ready bet out."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from fairhouse.betting import api as betting
from fairhouse.betting.api import Road
from fairhouse.betting.types import (
    Bet,
    BetId,
    Bettor,
    Continues,
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
from fairhouse.games import catalogue
from fairhouse.games.catalogue import game
from fairhouse.games.dice import rules as dice
from fairhouse.games.mines import rules as mines
from fairhouse.games.mines.types import MinesField, MinesParams, NothingToCashOut
from fairhouse.games.types import GameInfo, Multiplier, StakeTooSmall, shown_multiplier
from fairhouse.games.verification import Verification, recompute
from fairhouse.games.wire import BetView, encoded, view
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import format_units, parse_positive
from fairhouse.kernel.refusals import Paused
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx

__all__ = ["GAMES", "BetView", "GameInfo", "Games", "Verification", "game", "verify"]

GAMES: Final = catalogue.GAMES

PAIRS_MAX: Final = 50_000

_ABANDONED: Final = "abandoned"


class Stake(msgspec.Struct, frozen=True, gc=False):
    """The part of a request that all games share, read and checked for form."""

    bet_id: BetId
    bettor: Bettor
    currency: CurrencyCode
    units: int


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
        self._pairs: OrderedDict[UUID, SeedPair] = OrderedDict()

    async def play_dice(
        self,
        *,
        bettor: Bettor,
        bet_id: str,
        currency_code: str,
        stake: str,
        target: str,
        direction: str,
    ) -> BetView:
        """One roll. Refuses with InvalidGameParams, InvalidAmount, StakeTooSmall, and as `place`.

        A stake so small that the win rounds to no profit is refused with the least that works.
        """
        bet = await self._roll(bettor, bet_id, currency_code, stake, (target, direction))
        return await self._viewed(bet)

    async def play_dice_as_json(
        self,
        *,
        bettor: Bettor,
        bet_id: str,
        currency_code: str,
        stake: str,
        target: str,
        direction: str,
    ) -> bytes:
        """As `play_dice`, and what JSON makes of its view."""
        bet = await self._roll(bettor, bet_id, currency_code, stake, (target, direction))
        return encoded(bet, self._pairs.get(bet.seed_pair_id) or await self._pair_of(bet))

    async def _roll(
        self,
        bettor: Bettor,
        bet_id: str,
        currency_code: str,
        stake: str,
        chosen: tuple[str, str],
    ) -> Bet:
        # CHECK
        staked = _read_stake(bettor, bet_id, currency_code, stake)
        params = dice.parse_params(*chosen)
        paid = dice.multiplier(params)
        info = catalogue.GAMES[catalogue.DICE]

        # DECIDE: in the lane.
        def decide(stream: Stream) -> Decision:
            outcome = dice.decide(stream, params, staked.units)
            return Settled(outcome.payout_units, dice.shown_outcome(params, outcome))

        def check() -> None:
            limits = self._check_open(info, staked)
            _check_worth_it(staked, paid)
            _check_profit(staked, paid.payout_units(staked.units), limits)

        command = _place(staked, info, dice.shown_params(params), decide, opens_round=False)
        return await self._road.place(command, check)

    async def open_mines(
        self, *, bettor: Bettor, bet_id: str, currency_code: str, stake: str, mines_count: int
    ) -> BetView:
        """Stake on a field. Refuses with InvalidGameParams, StakeTooSmall, and as `place`.

        How far the round can go is fixed here: the whole field, or as many reveals as the house
        can pay; there it is cashed out by itself.
        """
        # CHECK
        staked = _read_stake(bettor, bet_id, currency_code, stake)
        params = mines.parse_params(mines_count)
        first = mines.multiplier(params, 1)
        info = catalogue.GAMES[catalogue.MINES]

        within = self._road.limits(bettor.brand_id, info.slug, staked.currency)
        most = mines.reveals_within(params, staked.units, within.profit_max)
        field = mines.shown(params, MinesField((), max(most, 1)))

        # DECIDE: in the lane. The mines are not looked at before a tile is turned.
        def decide(stream: Stream) -> Decision:
            return Continues(field, field)

        def check() -> None:
            limits = self._check_open(info, staked)
            _check_worth_it(staked, first)
            _check_profit(staked, first.payout_units(staked.units), limits)

        command = _place(staked, info, {"mines": params.mines}, decide, opens_round=True)
        return await self._viewed(await self._road.place(command, check))

    async def reveal_mines(self, *, bettor: Bettor, bet_id: str, step: int, tile: int) -> BetView:
        """Turn a tile over as step number `step`; the same again answers with the round.

        Refuses with InvalidTile, TileTaken, and as `Road.step`.
        """
        # CHECK
        round_id = BetId(from_wire("bet", bet_id))
        mines.parse_tile(tile)

        # DECIDE: in the lane.
        def decide(stream: Stream, found: Round) -> Decision:
            params, field = _mines(found)
            shown = mines.reveal(stream, params, field, tile)
            if shown.hit_mine:
                return _ended(stream, params, field, found.stake, 0, ended="mine", hit=tile)
            if shown.complete:
                won = mines.payout_units(params, len(shown.field.revealed), found.stake)
                return _ended(stream, params, shown.field, found.stake, won, ended="complete")
            progress = mines.shown(params, shown.field)
            return Continues({"tile": tile, **progress}, progress)

        def repeats(found: Round) -> bool:
            return mines.tiles_turned(found.progress)[step : step + 1] == [tile]

        bet = await self._road.step(Step(round_id, bettor, step, decide, repeats))
        return await self._viewed(bet)

    async def cash_out_mines(self, *, bettor: Bettor, bet_id: str) -> BetView:
        """Take what is won; again it answers with the round, however that ended.

        Refuses with NothingToCashOut before the first reveal, and as `Road.step`.
        """
        round_id = BetId(from_wire("bet", bet_id))

        def decide(stream: Stream, found: Round) -> Decision:
            params, field = _mines(found)
            if not field.revealed:
                raise NothingToCashOut("Reveal a tile first; then there is something to take.")
            won = mines.payout_units(params, len(field.revealed), found.stake)
            return _ended(stream, params, field, found.stake, won, ended="cash_out")

        bet = await self._road.step(Step(round_id, bettor, None, decide, _is_closed))
        return await self._viewed(bet)

    async def settle_abandoned(self, found: Round) -> BetView:
        """End a round that nobody came back to: the better of stake and winnings is paid."""
        bettor = Bettor(found.player_id, found.brand_id, found.lane)

        def decide(stream: Stream, now: Round) -> Decision:
            params, field = _mines(now)
            won = mines.abandoned_payout_units(params, field, now.stake)
            return _ended(stream, params, field, now.stake, won, ended=_ABANDONED)

        bet = await self._road.step(Step(found.id, bettor, None, decide, _is_closed))
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

    def _check_open(self, info: GameInfo, staked: Stake) -> Limits:
        pauses = self._pauses(staked.bettor.brand_id)
        if pauses:
            _check_not_paused(info, pauses)
        limits = self._road.limits(staked.bettor.brand_id, info.slug, staked.currency)
        betting.check_stake(staked.units, staked.currency, limits)
        return limits


async def verify(
    tx: Tx,
    *,
    slug: str,
    server_seed: str,
    client_seed: str,
    nonce: int,
    params: Mapping[str, object],
) -> Verification:
    """Any bet recomputed from its seeds, with every step between.

    Refuses with UnknownGame, InvalidServerSeed, SeedHashPasted, InvalidClientSeed,
    InvalidGameParams.
    """
    await fairness.explain_pasted(tx, text=server_seed)
    return recompute(slug, server_seed, client_seed, nonce, params)


def _check_not_paused(info: GameInfo, pauses: Mapping[str, str]) -> None:
    for switch in ("betting", f"game:{info.slug}"):
        reason = pauses.get(switch)
        if reason is not None:
            raise Paused(
                f"{info.name} is paused: {reason}. Open rounds can be finished.",
                reason=reason,
                switch=switch,
            )


def _read_stake(bettor: Bettor, bet_id: str, currency_code: str, stake: str) -> Stake:
    of = currency(currency_code)
    units = parse_positive(stake, of, param="stake")
    return Stake(BetId(from_wire("bet", bet_id)), bettor, of.code, units)


def _place(
    staked: Stake,
    info: GameInfo,
    params: Mapping[str, object],
    decide: Callable[[Stream], Decision],
    *,
    opens_round: bool,
) -> Place:
    asked = {"game": info.slug, "currency": staked.currency, "stake": staked.units}
    return Place(
        bet_id=staked.bet_id,
        bettor=staked.bettor,
        currency=staked.currency,
        stake=staked.units,
        game=info.slug,
        game_version=info.version,
        table_hash=info.table_hash,
        params=params,
        decide=decide,
        fingerprint=betting.fingerprint(**asked, params=params),
        opens_round=opens_round,
    )


def _check_worth_it(staked: Stake, paid: Multiplier) -> None:
    """A win must be more than its stake after the payout is rounded down."""
    least = paid.least_stake_units()
    if staked.units >= least:
        return
    scale = currency(staked.currency).scale
    minimum = format_units(least, scale)
    raise StakeTooSmall(
        f"stake is so small that a win at {paid.shown()}x would round to no profit; stake at least "
        f"{minimum} {staked.currency}.",
        param="stake",
        minimum=minimum,
        currency=staked.currency,
    )


def _check_profit(staked: Stake, payout: int, limits: Limits) -> None:
    betting.check_profit(staked.units, payout, staked.currency, limits)


def _mines(found: Round) -> tuple[MinesParams, MinesField]:
    return MinesParams(mines.mines_of(found.params)), mines.field_of(found.progress)


def _ended(
    stream: Stream,
    params: MinesParams,
    field: MinesField,
    stake: int,
    won: int,
    *,
    ended: str,
    hit: int | None = None,
) -> Settled:
    """The round is over: now the mines are shown."""
    outcome = mines.shown(params, field)
    if ended == "mine":
        outcome["multiplier"] = "0.0000"
    elif ended == _ABANDONED:
        outcome["multiplier"] = shown_multiplier(won, stake)
    return Settled(
        won,
        {**outcome, "mines": sorted(mines.positions(stream, params)), "hit": hit, "ended": ended},
    )


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
