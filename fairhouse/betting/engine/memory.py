"""The lane owner's memory of players: loaded on their first command, dropped when in doubt."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from uuid import UUID

from fairhouse.betting.engine.work import HotPlayer, Work
from fairhouse.betting.store import hot, reads, upkeep
from fairhouse.betting.tables import PlayerAccounts
from fairhouse.betting.types import Bet, BetId, Bettor, Place, Round, Step
from fairhouse.brands.types import Jurisdiction
from fairhouse.fairness import api as fairness
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.ledger import api as ledger
from fairhouse.ledger.types import AccountCode, AccountKey
from fairhouse.platform.crypto import Sealer
from fairhouse.platform.database import Database, Tx
from fairhouse.protection import api as protection
from fairhouse.protection.types import Play

PLAYERS_MAX: Final = 200_000
ANSWERS_MAX: Final = 100_000
FRESH_MS: Final = 2_000
"""An id made this lately, and neither among the answers nor the openings, was not accepted before;
the primary key has the last word."""


class Memory:
    """Players, their open rounds and accounts, and the newest answers by bet id."""

    def __init__(self, sealer: Sealer, jurisdiction: Callable[[int], Jurisdiction]) -> None:
        """`jurisdiction` is a brand's."""
        self._sealer = sealer
        self._jurisdiction = jurisdiction
        self.players: OrderedDict[UUID, HotPlayer] = OrderedDict()
        self._answers: OrderedDict[UUID, tuple[bytes, Bet]] = OrderedDict()
        self.opened: OrderedDict[UUID, None] = OrderedDict()
        """The ids of the newest rounds, whose openings are not among the answers."""
        self.house_accounts: dict[tuple[int, CurrencyCode, int], int] = {}
        self.closed: dict[BetId, Round] = {}
        """Rounds that steps of the current batch ask for and that are not open any more."""
        self.folded: dict[int, int] = {}
        """By lane the lane_seq up to which `player_hot` is known to have the journal."""
        self.is_in_doubt = False
        """`player_hot` may lack bets that the players here have made: fold before loading."""
        self.unguarded: set[UUID] = set()
        """Players whose guard changed: it is read again before their next command."""
        self._complete_since_ms = 0
        """The answers are complete from here on: Unix milliseconds."""

    def forget_all(self) -> None:
        """Whatever the database holds is true; nothing here is."""
        self.players.clear()
        self._answers.clear()
        self.opened.clear()
        self.unguarded.clear()
        self._complete_since_ms = 0
        self.is_in_doubt = True

    def forget(self, player_id: UUID) -> None:
        """The player is loaded anew for the next command; their row must be whole."""
        self.players.pop(player_id, None)

    async def make_sure(self, db: Database, lanes: Iterable[int]) -> None:
        """Fold the journal of these lanes to its end; afterwards players may be loaded."""
        for lane in sorted(lanes):
            self.folded[lane] = await upkeep.fold_to_end(db, lane)
        self.is_in_doubt = False

    def fresh_since_ms(self, now_ms: int) -> int:
        """Ids made before this time (Unix milliseconds) may be in the journal unknown to us."""
        if self._complete_since_ms == 0:
            self._complete_since_ms = now_ms
        return max(now_ms - FRESH_MS, self._complete_since_ms)

    def answer_to(self, command: Place) -> tuple[bytes, Bet] | None:
        """The fingerprint and answer of an instant bet that was accepted lately."""
        return self._answers.get(command.bet_id)

    def is_ready_for(self, command: Place | Step, player: HotPlayer, house_lane: int) -> bool:
        """Whether `load` has nothing to do for this command of a player who is here."""
        of = _currency(command, player)
        return (
            player.player_id not in self.unguarded
            and of is not None
            and of in player.accounts
            and (player.brand_id, of, house_lane) in self.house_accounts
        )

    async def load(self, tx: Tx, work: Sequence[Work], house_lane: int) -> None:
        """Read what these commands need and is not here; make seeds and accounts on first use."""
        assert not self.is_in_doubt
        commands = [one.command for one in work]
        await self._load_players(
            tx, {command.bettor.player_id: command.bettor for command in commands}
        )
        await self._load_guards(tx, {one.bettor.player_id for one in commands} & self.unguarded)
        wanted: set[tuple[UUID, CurrencyCode]] = set()
        for command in commands:
            of = _currency(command, self.players[command.bettor.player_id])
            if of is not None:
                wanted.add((command.bettor.player_id, of))
        await self._open_accounts(tx, wanted, house_lane)
        asked = {
            command.round_id
            for command in commands
            if type(command) is not Place
            and command.round_id not in self.players[command.bettor.player_id].rounds
        }
        self.closed = await reads.rounds(tx, list(asked)) if asked else {}

    async def _load_players(self, tx: Tx, bettors: dict[UUID, Bettor]) -> None:
        missing = {id_: one for id_, one in bettors.items() if id_ not in self.players}
        if not missing:
            return
        self.unguarded |= missing.keys()
        rows = await hot.hot_rows(tx, list(missing))
        accounts = await hot.accounts_of(tx, list(missing))
        rounds = await hot.open_rounds_of(tx, list(missing))
        for brand_id in sorted({bettor.brand_id for bettor in missing.values()}):
            ids = [one.player_id for one in missing.values() if one.brand_id == brand_id]
            seeds = await fairness.active_seeds(
                tx, sealer=self._sealer, brand_id=brand_id, player_ids=ids
            )
            for player_id in ids:
                bettor = missing[player_id]
                row = rows.get(player_id)
                if row is None:
                    await hot.add_hot(tx, bettor, seeds[player_id].id)
                else:
                    assert row.seed_pair_id == seeds[player_id].id
                self.players[player_id] = HotPlayer(
                    player_id=player_id,
                    brand_id=brand_id,
                    lane=bettor.lane,
                    seeds=seeds[player_id],
                    nonce=row.nonce if row else 0,
                    accounts=accounts.get(player_id, {}),
                    rounds={one.id: one for one in rounds if one.player_id == player_id},
                )

    async def _load_guards(self, tx: Tx, player_ids: set[UUID]) -> None:
        """What binds these players now; none of them has anything under way."""
        if not player_ids:
            return
        # Before reading: a change that comes meanwhile is read once more.
        self.unguarded -= player_ids
        guards = await protection.guards(tx, player_ids=list(player_ids))
        plays = await hot.plays(tx, list(guards)) if guards else {}
        for player_id in player_ids:
            player = self.players[player_id]
            player.guard = guards.get(player_id)
            if caps := self._jurisdiction(player.brand_id).stake_caps:
                player.guard = await protection.capped(
                    tx, sealer=self._sealer, player_id=player_id, guard=player.guard, caps=caps
                )
            player.play = plays.get(player_id, Play()) if player.guard else None

    async def _open_accounts(
        self, tx: Tx, wanted: Iterable[tuple[UUID, CurrencyCode]], house_lane: int
    ) -> None:
        for player_id, of in sorted(wanted):
            player = self.players[player_id]
            if of not in player.accounts:
                player.accounts[of] = await self._player_accounts(tx, player, of)
            house = (player.brand_id, of, house_lane)
            if house not in self.house_accounts:
                key = AccountKey(player.brand_id, AccountCode.HOUSE_BANKROLL, of, lane=house_lane)
                self.house_accounts[house] = (await ledger.open_accounts(tx, keys=[key]))[key]

    async def _player_accounts(self, tx: Tx, player: HotPlayer, of: CurrencyCode) -> PlayerAccounts:
        cash, locked = (
            AccountKey(player.brand_id, code, of, owner=player.player_id)
            for code in (AccountCode.PLAYER_CASH, AccountCode.LOCKED_WAGER)
        )
        ids = await ledger.open_accounts(tx, keys=[cash, locked])
        accounts = PlayerAccounts(ids[cash], ids[locked])
        await hot.add_accounts(tx, player.player_id, of, accounts)
        return accounts

    async def player(self, tx: Tx, bettor: Bettor) -> HotPlayer:
        """One player, loaded when missing."""
        await self._load_players(tx, {bettor.player_id: bettor})
        return self.players[bettor.player_id]

    def remember(self, fingerprint: bytes, bet: Bet) -> None:
        """An instant bet was committed."""
        self._answers[bet.id] = (fingerprint, bet)

    def remember_opening(self, round_id: UUID) -> None:
        """A round was opened: under this id no bet is new."""
        self.opened[round_id] = None

    def trim(self) -> None:
        """Let the oldest go when there are too many."""
        while len(self.opened) > ANSWERS_MAX:
            self._forget_before(self.opened.popitem(last=False)[0])
        while len(self._answers) > ANSWERS_MAX:
            self._forget_before(self._answers.popitem(last=False)[0])
        for _ in range(len(self.players) - PLAYERS_MAX):
            self._let_oldest_go()

    def _forget_before(self, bet_id: UUID) -> None:
        self._complete_since_ms = max(self._complete_since_ms, (bet_id.int >> 80) + 1)

    def _let_oldest_go(self) -> None:
        """Only a player whose row has all their bets; another one stays a while longer."""
        player_id, player = self.players.popitem(last=False)
        if player.newest_seq > self.folded.get(player.lane, 0):
            self.players[player_id] = player


def _currency(command: Place | Step, player: HotPlayer) -> CurrencyCode | None:
    """The currency of a command; None for a step of a round that is not open."""
    if type(command) is Place:
        return command.currency
    found = player.rounds.get(command.round_id)
    return None if found is None else found.currency
