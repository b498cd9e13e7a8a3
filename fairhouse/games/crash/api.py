"""What HTTP calls to play crash and slide, and to look at their rounds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

import msgspec

from fairhouse.betting import api as betting
from fairhouse.betting.api import Road
from fairhouse.betting.types import (
    Bet,
    Bettor,
    Continues,
    Decision,
    Limits,
    Place,
    RoundClosed,
    RoundState,
)
from fairhouse.betting.types import Round as OpenBet
from fairhouse.fairness import api as fairness
from fairhouse.fairness.types import Stream
from fairhouse.games.asking import Wish, wish
from fairhouse.games.crash import rules, store
from fairhouse.games.crash.beacons import Beacons
from fairhouse.games.crash.cash_desk import NotIn, crashed
from fairhouse.games.crash.info import INFO, live_game
from fairhouse.games.crash.runner import Runner
from fairhouse.games.crash.settling import Settler
from fairhouse.games.crash.stage import Stage, channel
from fairhouse.games.crash.store import Stakes
from fairhouse.games.crash.types import (
    LIVE,
    ROUND_PREFIX,
    SLIDE,
    Asked,
    BettingClosed,
    CashedOut,
    CashOut,
    Ended,
    Entrant,
    NoCashOut,
    NotRunning,
    Round,
    RunnerElsewhere,
    State,
    UnknownRound,
)
from fairhouse.games.crash.views import (
    HashChainView,
    ProofView,
    RoundView,
    SeatView,
    chain_view,
    proof_view,
    round_view,
    seat_of,
    seat_of_bet,
)
from fairhouse.games.original import CASH_OUT
from fairhouse.games.pace import Starts
from fairhouse.games.types import (
    GameInfo,
    InvalidChoice,
    Multiplier,
    StakeTooSmall,
)
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import from_wire, to_wire
from fairhouse.kernel.money import format_units, parse_positive
from fairhouse.kernel.refusals import Paused
from fairhouse.platform.database import Database, Tx

__all__ = [
    "INFO",
    "LIVE",
    "Beacons",
    "Crash",
    "Runner",
    "Settler",
    "Stage",
    "channel",
    "live_game",
    "monitor",
    "proofs_of",
]

HISTORY_MAX: Final = 100
SEATS_MAX: Final = 500
SEATS_READ_MAX: Final = 5_000
"""Of all brands, to choose the highest from while a round takes bets."""


@dataclass(frozen=True, slots=True)
class TableView:
    """A live game as it stands: what a page needs when it opens."""

    game: str
    now_ms: int
    """The server's clock, Unix milliseconds: what everything is judged by."""
    round: RoundView | None
    seats: Sequence[SeatView]
    """The highest stakes of the brand, at most 500."""
    history: Sequence[RoundView]


@dataclass(frozen=True, slots=True)
class Monitor:
    """A game for those who watch over it."""

    game: str
    owner: str | None
    """Which process runs it."""
    is_run: bool
    epoch: int
    round: Round | None
    stakes: Sequence[Stakes]
    unsettled: Sequence[Round]
    """Rounds that are over while bets may still be open."""
    recent: Sequence[Round]


class Crash:
    """The live games on one process's end of the road."""

    def __init__(
        self,
        db: Database,
        road: Road,
        *,
        stage: Stage,
        runners: Mapping[str, Runner],
        pauses: Callable[[int], Mapping[str, str]],
        check_runs: Callable[[int, GameInfo], None],
        starts: Starts,
    ) -> None:
        """`pauses` gives a brand's closed switches with their reasons, from memory; `check_runs`
        refuses what a brand has stopped; `starts` are those of all games."""
        self._db = db
        self._road = road
        self._stage = stage
        self._runners = runners
        self._pauses = pauses
        self._check_runs = check_runs
        self._starts = starts

    async def place(
        self,
        *,
        game: str,
        bettor: Bettor,
        bet_id: str,
        currency_code: str,
        stake: str,
        params: Mapping[str, object],
        automatic: bool = False,
    ) -> Bet:
        """Stake on the round that takes bets; the same id again answers with the bet as it stands.

        `automatic`: the client says that no hand started it. Refuses with UnknownGame,
        InvalidGameParams, InvalidAmount, UnknownRound, BettingClosed, Paused, StakeTooSmall,
        StakeOutOfRange, ProfitTooLarge, AutoplayForbidden, TooSoon, RoundAlreadyOpen, and as
        `Road.place`.
        """
        asked = wish(
            bettor, bet_id=bet_id, game=game, currency=currency_code, stake=stake, params=params
        )

        async def make() -> Place:
            made = await self._opening(asked)
            self._starts.check_by_hand(bettor.brand_id, is_automatic=automatic)
            start.begin()
            return made

        with self._starts.of(bettor, game) as start:
            bet = await self._road.place(asked.key, make)
            start.accepted(bet.at)
        return bet

    async def _opening(self, asked: Wish) -> Place:
        """What the road is asked for; refuses as `place`."""
        # CHECK
        info = live_game(asked.game)
        bettor = asked.key.bettor
        of = currency(asked.currency)
        units = parse_positive(asked.stake, of, param="stake")
        ordered = rules.parse_params(asked.game, asked.params)
        self._check_open(asked.game, await self._known(asked.game, ordered.round_id))
        limits = self._check_limits(info, bettor, units, of.code)
        _check_worth(ordered, units, of.code, limits)
        shown = rules.progress(ordered, to_wire(ROUND_PREFIX, ordered.round_id))
        most = format_units(units + limits.profit_max, of.scale)

        # DECIDE: in the lane. Nothing is decided before the round ends.
        def decide(stream: Stream) -> Decision:
            return Continues(shown, shown)

        return Place(
            bet_id=asked.key.bet_id,
            bettor=bettor,
            currency=of.code,
            stake=units,
            game=asked.game,
            game_version=info.version,
            table_hash=info.table_hash,
            params={**shown, "payout_max": most},
            decide=decide,
            fingerprint=asked.key.fingerprint,
            opens_round=True,
            alone=not self._starts.rules(bettor.brand_id).several_at_once,
        )

    async def step(
        self, *, game: str, bettor: Bettor, bet_id: str, step: int, choice: Mapping[str, object]
    ) -> Bet:
        """Cash out, judged by the time now; only in the process that runs the round.

        What is written then is paid when the round ends, together with all others.

        The same step again answers with the bet. Refuses with UnknownGame, InvalidChoice,
        NoCashOut, UnknownBet, NotRunning, NothingToTake, Crashed, CashedOut, RoundClosed,
        RunnerElsewhere, DatabaseUnavailable.
        """
        # CHECK
        live_game(game)
        id_ = from_wire("bet", bet_id)
        _check_choice(game, choice)
        if step != 0:
            return await self._second(bettor, id_)
        # DECIDE and RECORD: by the runner.
        try:
            taken = await self._runners[game].cash_out(id_, bettor.player_id)
        except NotIn:
            return await self._not_in(game, bettor, id_)
        except RunnerElsewhere:
            if self._stage.runner_address(game) is not None:
                raise
            # Nobody runs it, but what was taken before can be told from the books.
            return await self._not_in(game, bettor, id_)
        async with self._db.read() as tx:
            bet = await betting.bet(tx, bet_id=id_, player_id=bettor.player_id)
        return with_cash_out(bet, taken) if bet.state is RoundState.OPEN else bet

    async def bet_of(self, *, bet_id: str) -> Bet:
        """A bet by its wire id, whoever's. Refuses with UnknownBet."""
        async with self._db.read() as tx:
            return await betting.bet(tx, bet_id=from_wire("bet", bet_id), player_id=None)

    # --- Looking

    async def table(self, *, game: str, brand_id: int) -> TableView:
        """The game as it stands. Refuses with UnknownGame."""
        live_game(game)
        async with self._db.read() as tx:
            found = await store.newest_round(tx, game)
            past = await store.past_rounds(tx, game, None, HISTORY_MAX)
            seats = [] if found is None else await _seats(tx, found, brand_id)
        return TableView(
            game=game,
            now_ms=int(self._db.now().timestamp() * 1000),
            round=None if found is None else round_view(found, brand_id),
            seats=seats,
            history=[round_view(one, brand_id) for one in past],
        )

    async def history(
        self, *, game: str, brand_id: int, before: int | None, limit: int
    ) -> list[tuple[RoundView, ProofView]]:
        """Rounds that are over with their proofs, newest first. Refuses with UnknownGame."""
        live_game(game)
        async with self._db.read() as tx:
            found = await store.past_rounds(tx, game, before, min(limit, HISTORY_MAX))
            chains = await fairness.chains_by_id(tx, ids=[one.chain_id for one in found])
        return [(round_view(one, brand_id), proof_view(one, chains[one.chain_id])) for one in found]

    async def round(
        self, *, game: str, brand_id: int, round_id: str
    ) -> tuple[RoundView, ProofView, list[SeatView]]:
        """One round with its proof and the brand's seats. Refuses with UnknownRound."""
        live_game(game)
        id_ = from_wire(ROUND_PREFIX, round_id, param="round")
        async with self._db.read() as tx:
            found = (await store.rounds_by_id(tx, [id_])).get(id_)
            if found is None or found.game != game:
                raise UnknownRound(f"There is no such round of {game}.", param="round")
            chains = await fairness.chains_by_id(tx, ids=[found.chain_id])
            seats = await _seats(tx, found, brand_id)
        return round_view(found, brand_id), proof_view(found, chains[found.chain_id]), seats

    async def chains(self, *, game: str) -> list[HashChainView]:
        """The game's hash chains in the order of their use. Refuses with UnknownGame."""
        live_game(game)
        async with self._db.read() as tx:
            return [chain_view(one) for one in await fairness.chains(tx, purpose=game)]

    # --- Checks

    async def _known(self, game: str, round_id: UUID) -> Round:
        """The round that a bet names: as heard, or, when not heard of, as written."""
        found = self._stage.newest(game)
        if found is not None and found.id == round_id:
            return found
        async with self._db.read() as tx:
            rounds = await store.rounds_by_id(tx, [round_id])
        found = rounds.get(round_id)
        if found is None or found.game != game:
            raise UnknownRound(f"There is no such round of {game}.", param="params.round")
        return found

    def _check_open(self, game: str, found: Round) -> None:
        newest = self._stage.newest(game)
        if newest is not None and newest.id == found.id:
            found = newest
        if found.state is State.BETTING and self._db.now() < found.closes_at:
            return
        open_one = newest is not None and newest.state is State.BETTING and newest.id != found.id
        raise BettingClosed(
            f"Round {found.number} takes no bets any more; bet on the next one.",
            param="params.round",
            round=to_wire(ROUND_PREFIX, newest.id) if newest is not None and open_one else None,
        )

    def _check_limits(self, info: GameInfo, bettor: Bettor, units: int, of: CurrencyCode) -> Limits:
        self._check_runs(bettor.brand_id, info)
        pauses = self._pauses(bettor.brand_id)
        for switch in ("betting", f"game:{info.slug}"):
            reason = pauses.get(switch)
            if reason is not None:
                raise Paused(f"{info.name} is paused: {reason}.", reason=reason, switch=switch)
        limits = self._road.limits(bettor.brand_id, info.slug, of)
        betting.check_stake(units, of, limits)
        return limits

    # --- Cash-outs

    async def _not_in(self, game: str, bettor: Bettor, bet_id: UUID) -> Bet:
        """Why a bet cannot be cashed out, or the bet when it was cashed out before."""
        async with self._db.read() as tx:
            bet = await betting.bet(tx, bet_id=bet_id, player_id=bettor.player_id)
            id_ = rules.round_of(bet.params)
            found = (await store.rounds_by_id(tx, [id_]))[id_]
            taken = (await store.cash_outs(tx, [bet_id])).get(bet_id)
        if taken is not None:
            return with_cash_out(bet, taken) if bet.state is RoundState.OPEN else bet
        if bet.state is RoundState.VOID or found.state is State.VOID:
            raise RoundClosed("The round is void: the stake goes back.", param="id")
        if found.state in {State.BETTING, State.LOCKED}:
            raise NotRunning("The round has not begun; cash out once it runs.", param="choice")
        if bet.state is RoundState.SETTLED and bet.payout > 0:
            raise _cashed_out(bet)
        if found.point is None:
            # It runs, and not here: or the bet came too late and goes back.
            raise store.elsewhere(game)
        raise crashed(found.point)

    async def _second(self, bettor: Bettor, bet_id: UUID) -> Bet:
        """A step behind the only one there is."""
        async with self._db.read() as tx:
            bet = await betting.bet(tx, bet_id=bet_id, player_id=bettor.player_id)
            taken = (await store.cash_outs(tx, [bet_id])).get(bet_id)
        if taken is not None:
            raise _cashed_out(with_cash_out(bet, taken))
        raise InvalidChoice("step must be 0: a bet is cashed out once.", param="step")


async def proofs_of(tx: Tx, *, bets: Sequence[Bet]) -> dict[UUID, Mapping[str, object]]:
    """By bet what proves the round that it was in: of live games, once the round is over."""
    asked = {bet.id: rules.round_of(bet.params) for bet in bets if bet.game in LIVE}
    if not asked:
        return {}
    rounds = await store.rounds_by_id(tx, list(set(asked.values())))
    over = {one.id: one for one in rounds.values() if one.point is not None}
    chains = await fairness.chains_by_id(tx, ids=list({one.chain_id for one in over.values()}))
    shown = {
        id_: {
            "round": to_wire(ROUND_PREFIX, id_),
            **asdict(proof_view(one, chains[one.chain_id])),
        }
        for id_, one in over.items()
    }
    return {bet_id: shown[id_] for bet_id, id_ in asked.items() if id_ in shown}


async def monitor(tx: Tx, *, game: str) -> Monitor:
    """A game for the back office. Refuses with UnknownGame."""
    live_game(game)
    lease = await store.lease(tx, game)
    found = await store.newest_round(tx, game)
    return Monitor(
        game=game,
        owner=lease.owner,
        is_run=lease.is_valid,
        epoch=lease.epoch,
        round=found,
        stakes=[] if found is None else await _stakes(tx, found),
        unsettled=await store.unsettled_rounds(tx, game),
        recent=await store.past_rounds(tx, game, None, HISTORY_MAX),
    )


async def _stakes(tx: Tx, found: Round) -> Sequence[Stakes]:
    """Of those who are in; before the run begins that is whoever has bet."""
    if found.state not in {State.BETTING, State.LOCKED}:
        return await store.stakes(tx, found.id)
    having = {"round": to_wire(ROUND_PREFIX, found.id)}
    staked = await betting.staked_on(tx, game=found.game, having=having)
    return [Stakes(one.brand_id, one.currency, one.bets, one.staked, 0) for one in staked]


def with_cash_out(bet: Bet, taken: CashOut) -> Bet:
    """An open bet as its player sees it once its cash-out is written."""
    multiplier = rules.shown(taken.multiplier)
    outcome = {
        **bet.outcome,
        "cash_out": multiplier,
        "at_ms": taken.at_ms,
        "multiplier": f"{multiplier}00",
        "ended": Ended.CASH_OUT.value,
    }
    return msgspec.structs.replace(bet, outcome=outcome)


async def _seats(tx: Tx, found: Round, brand_id: int) -> list[SeatView]:
    if found.state in {State.BETTING, State.LOCKED}:
        having = {"round": to_wire(ROUND_PREFIX, found.id)}
        bets = await betting.open_of_game(tx, game=found.game, having=having, limit=SEATS_READ_MAX)
        own = sorted((bet for bet in bets if bet.brand_id == brand_id), key=_stake, reverse=True)
        return [seat_of_bet(bet) for bet in own[:SEATS_MAX]]
    entrants = [one for one in await store.entrants(tx, found.id) if one.brand_id == brand_id]
    highest = sorted(entrants, key=_stake, reverse=True)[:SEATS_MAX]
    taken = await store.cash_outs(tx, [one.bet_id for one in highest])
    return [seat_of(one, _left_at(one, taken.get(one.bet_id), found)) for one in highest]


def _stake(one: OpenBet | Entrant) -> int:
    return one.stake


def _left_at(entrant: Entrant, taken: CashOut | None, found: Round) -> int | None:
    if found.point is not None:
        return rules.verdict(entrant, taken, found).multiplier or None
    return None if taken is None else taken.multiplier


def _check_choice(game: str, choice: Mapping[str, object]) -> None:
    if choice.get("do") != CASH_OUT or len(choice) != 1:
        raise InvalidChoice(f'choice must be {{"do": "{CASH_OUT}"}}.', param="choice.do")
    if game == SLIDE:
        raise NoCashOut("Slide pays by its target; nothing can be cashed out.", param="choice.do")


def _check_worth(asked: Asked, units: int, of: CurrencyCode, limits: Limits) -> None:
    """The least win is a profit, and what is ordered is within what the house pays."""
    least = rules.LEAST if asked.auto is None else asked.auto
    paid = Multiplier(least, rules.ONE)
    needed = paid.least_stake_units()
    if units < needed:
        minimum = format_units(needed, currency(of).scale)
        raise StakeTooSmall(
            f"stake is so small that a win at {rules.shown(least)}x would round to no profit; "
            f"stake at least {minimum} {of}.",
            param="stake",
            minimum=minimum,
            currency=of,
        )
    betting.check_profit(units, paid.payout_units(units), of, limits)


def _cashed_out(bet: Bet) -> CashedOut:
    multiplier = str(bet.outcome.get("cash_out"))
    return CashedOut(
        f"The bet was cashed out at {multiplier}x before.", param="step", multiplier=multiplier
    )
