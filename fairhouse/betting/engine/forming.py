"""How a batch forms: commands and memory in, journal lines out. Without any IO.

Nonce and outcome are decided here, at batch time. What one player has in a batch is one group, in
one currency, written whole or not at all; whatever does not fit into it waits for the next batch,
and everything of that player behind it too, so that a player's commands keep their order.

A batch forms while the one before it is being written: memory stands as if that were committed
already. Should it be refused to some players, what they have here is taken back
(`drop`) before anything is sent.
"""

from collections.abc import Callable, Collection, Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from fairhouse.betting import rules
from fairhouse.betting.engine import rounds
from fairhouse.betting.engine.house import House
from fairhouse.betting.engine.memory import Memory
from fairhouse.betting.engine.work import Group, HotPlayer, Work
from fairhouse.betting.tables import (
    INSTANT,
    OPEN,
    SETTLE,
    STEP,
    VOID,
    Batch,
    Line,
    What,
)
from fairhouse.betting.types import (
    Bet,
    BetId,
    Continues,
    Json,
    Place,
    Round,
    RoundClosed,
    RoundState,
    Settled,
    Step,
    StepTaken,
    UnknownBet,
    Voided,
    bet_of_round,
)
from fairhouse.brands.types import GameKind
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.protection.api import check_bet, count
from fairhouse.protection.types import Play

_KINDS = {Settled: SETTLE, Continues: STEP, Voided: VOID}


@dataclass(slots=True, eq=False)
class Forming:
    """A batch while it forms."""

    memory: Memory
    house: House
    house_lane: int
    next_seq: Callable[[int], int]
    """Lane to its next sequence number."""
    at: datetime
    """The time of everything in this batch."""
    check_all: bool = False
    """Look every id up in the journal, not only those that memory may have forgotten."""
    groups: list[Group] = field(default_factory=list[Group])
    size: int = 0
    later: list[Work] = field(default_factory=list[Work])
    missing: list[Work] = field(default_factory=list[Work])
    """Commands that memory is not ready for: load, and add them again."""
    refused: list[tuple[Work, Exception]] = field(default_factory=list[tuple[Work, Exception]])
    answered: list[tuple[Work, Bet]] = field(default_factory=list[tuple[Work, Bet]])
    """Steps that were taken before."""
    _waiting: set[UUID] = field(default_factory=set[UUID])
    whats: list[What] = field(default_factory=list[What])
    _whats: dict[tuple[object, ...], int] = field(default_factory=dict[tuple[object, ...], int])

    def add(
        self, works: Iterable[Work], cautious: Collection[UUID], *, loaded: bool = False
    ) -> None:
        """Decide every command that fits; none of them is of a foreign lane.

        `cautious` are players whose last group was not covered: one command at a time. `loaded`:
        memory was just made ready for these commands.
        """
        unknown: set[UUID] = set()
        for work in works:
            command = work.command
            player_id = command.bettor.player_id
            player = self.memory.players.get(player_id)
            if player is None or player_id in unknown:
                unknown.add(player_id)
                self.missing.append(work)
                continue
            if (self._waiting and player_id in self._waiting) or not self._fits(
                command, player, cautious
            ):
                self._waiting.add(player_id)
                self.later.append(work)
                continue
            if not (loaded or self.memory.is_ready_for(command, player, self.house_lane)):
                unknown.add(player_id)
                self.missing.append(work)
                continue
            try:
                self._add(work, command, player)
            except Exception as error:  # noqa: BLE001 - a faulty command fails alone
                self.refused.append((work, error))

    def fly(self, fresh_ms: int) -> Batch:
        """What is sent; ids older than `fresh_ms` (Unix milliseconds) are suspected known."""
        self.groups.sort(key=_account_of)
        for group in self.groups:
            group.player.flying, group.player.forming = group, None
        lines = [line for group in self.groups for line in group.lines]
        lines += [line for group in self.groups if group.added for line in group.added]
        opened = self.memory.opened
        return Batch(
            accounts=[group.cash_account for group in self.groups],
            lines=lines,
            moves=[move for group in self.groups for move in group.moves],
            whats=self.whats,
            suspects=[
                line.id
                for line in lines
                if self.check_all or line.id.int >> 80 < fresh_ms or (opened and line.id in opened)
            ],
            at=self.at,
        )

    def release(self) -> list[Work]:
        """What waits for the batch after this one, in order: behind what is tried again now."""
        waiting, self.later = self.later, []
        self._waiting.clear()
        return waiting

    def drop(self, groups: Iterable[Group]) -> list[Work]:
        """Take these groups back; returns their commands in order."""
        dropped: list[Work] = []
        for group in groups:
            self.groups.remove(group)
            undo(group)
            self.size -= len(group.works)
            dropped += group.works
        return dropped

    def _fits(self, command: Place | Step, player: HotPlayer, cautious: Collection[UUID]) -> bool:
        """One currency per group, one change per round and batch, one use of an id."""
        flying, group = player.flying, player.forming
        if (flying or group) and player.player_id in self.memory.unguarded:
            return False
        if type(command) is Place:
            if flying is not None and (
                flying.moves or command.opens_round or _has_id(flying, command.bet_id)
            ):
                return False
            return group is None or (
                group.currency == command.currency
                and player.player_id not in cautious
                and not ((command.opens_round or command.alone) and group.moves)
                and not _has_id(group, command.bet_id)
            )
        if flying is not None:
            return False
        if group is None:
            return True
        found = player.rounds.get(command.round_id)
        return (
            (found is None or group.currency == found.currency)
            and player.player_id not in cautious
            and not group.moves
        )

    def _add(self, work: Work, command: Place | Step, player: HotPlayer) -> None:
        if type(command) is Place:
            self._place(work, command, player)
            return
        standing = self._standing(player, command)
        if standing is not None:
            self.answered.append((work, bet_of_round(standing)))
        else:
            self._step(work, command, player)

    def _group(self, player: HotPlayer, of: CurrencyCode) -> Group:
        group = player.forming
        if group is None:
            play = player.play
            group = Group(
                player=player,
                currency=of,
                cash_account=player.accounts[of].cash,
                nonce_before=player.nonce,
                play_before=None if play is None else copy(play),
            )
            player.forming = group
            self.groups.append(group)
        return group

    def _what(self, brand_id: int, rate_id: UUID | None, of: Place | Round) -> int:
        """The place of what the line shares with others, from 1."""
        key = (brand_id, of.currency, of.game, of.game_version, of.table_hash, rate_id)
        place = self._whats.get(key)
        if place is None:
            house = self.memory.house_accounts[brand_id, of.currency, self.house_lane]
            place = self._whats[key] = len(self._whats) + 1
            self.whats.append(
                What(
                    brand_id,
                    of.currency,
                    house,
                    of.game,
                    of.game_version,
                    of.table_hash,
                    rate_id,
                )
            )
        return place

    def _place(self, work: Work, command: Place, player: HotPlayer) -> None:
        """A bet, decided at once or left open as a round."""
        if command.opens_round or command.alone:
            rounds.check_none_open(player, command)
        rate_id, value = self.house.value(command.currency, command.stake)
        if player.guard is not None:
            self._check_guard(player, value, command.kind)
        decision = command.decide(player.seeds.stream(player.nonce))
        if type(decision) is Settled:
            self._play(work, command, player, decision, rate_id, value)
            return
        assert type(decision) is Continues, "a bet is not voided where it is placed"
        assert command.opens_round, "a game decides at once, or opens a round"
        self._open(work, command, player, decision, rate_id, value)

    def _play(
        self,
        work: Work,
        command: Place,
        player: HotPlayer,
        decision: Settled,
        rate_id: UUID | None,
        value: int | None,
    ) -> None:
        """A bet that is decided at once."""
        nonce, stake, payout = player.nonce, command.stake, decision.payout
        group = self._group(player, command.currency)
        group.need += stake
        group.delta += payout - stake
        line = Line(
            command.bet_id,
            None,
            INSTANT,
            self._what(player.brand_id, rate_id, command),
            player.lane,
            self.next_seq(player.lane),
            player.player_id,
            player.seeds.id,
            nonce,
            group.cash_account,
            None,
            stake,
            payout,
            group.delta,
            value,
            0,
            command.params,
            decision.outcome,
            command.fingerprint,
        )
        self._book(group, work, line)
        player.nonce = nonce + 1

    def _open(
        self,
        work: Work,
        command: Place,
        player: HotPlayer,
        decision: Continues,
        rate_id: UUID | None,
        value: int | None,
    ) -> None:
        """The opening of a round: the stake goes to the locked wager."""
        nonce = player.nonce
        group = self._group(player, command.currency)
        group.need += command.stake
        group.delta -= command.stake
        line = Line(
            command.bet_id,
            command.bet_id,
            OPEN,
            self._what(player.brand_id, rate_id, command),
            player.lane,
            self.next_seq(player.lane),
            player.player_id,
            player.seeds.id,
            nonce,
            group.cash_account,
            player.accounts[command.currency].locked,
            command.stake,
            0,
            group.delta,
            value,
            0,
            command.params,
            decision.outcome,
            command.fingerprint,
        )
        after = rounds.opened(command, player, line, decision, rate_id, self.at)
        self._book(group, work, line)
        rounds.move(group, after, None)
        player.nonce = nonce + 1

    def _step(self, work: Work, command: Step, player: HotPlayer) -> None:
        """The next step of an open round; the last one brings stake and payout home."""
        found = player.rounds[command.round_id]
        decision = command.decide(player.seeds.stream(found.nonce), found)
        more = 0 if type(decision) is Voided else decision.stake
        assert more >= 0, "a stake grows only"
        base = found.stake - found.added
        base_value = None if found.stake_value is None else found.stake_value - found.added_value
        more_value = rules.value_of_added(more, base, base_value)
        if more and player.guard is not None:
            self._check_guard(player, more_value)
        after = rounds.moved_on(found, decision, more, more_value, self.at)
        group = self._group(player, found.currency)
        group.need += more
        group.delta -= more
        milliseconds = int(self.at.timestamp() * 1000)
        kind = _KINDS[type(decision)]
        if kind == STEP:
            id_ = rules.step_id(found.id, found.step, milliseconds)
            value = more_value if more else found.stake_value
            line = self._line_of_round(group, after, id_, kind, more, value, decision.outcome)
        else:
            if more:
                self._add_stake(group, after, more, more_value, milliseconds)
            group.delta += after.stake if kind == VOID else after.payout
            id_ = rules.step_id(found.id, found.step, milliseconds)
            line = self._line_of_round(
                group, after, id_, kind, after.stake, after.stake_value, decision.outcome
            )
        self._book(group, work, line)
        rounds.move(group, msgspec.structs.replace(after, balance_after=group.delta), found.step)

    def _add_stake(
        self, group: Group, after: Round, more: int, value: int | None, milliseconds: int
    ) -> None:
        """A line of its own for a stake that the last step of a round adds."""
        id_ = rules.added_id(after.id, after.step, milliseconds)
        line = self._line_of_round(group, after, id_, STEP, more, value, {"added": str(more)})
        group.added.append(line)
        if group.player.play is not None:
            _count(group.player.play, line, self.at)

    def _line_of_round(
        self,
        group: Group,
        after: Round,
        id_: UUID,
        kind: int,
        stake: int,
        stake_value: int | None,
        outcome: Json,
    ) -> Line:
        """A line of an open round, standing at the group's balance as it is now."""
        player = group.player
        return Line(
            id_,
            after.id,
            kind,
            self._what(after.brand_id, after.rate_id, after),
            after.lane,
            self.next_seq(after.lane),
            player.player_id,
            after.seed_pair_id,
            after.nonce,
            group.cash_account,
            player.accounts[after.currency].locked,
            stake,
            after.payout if kind == SETTLE else 0,
            group.delta,
            stake_value,
            after.step,
            after.params,
            outcome,
            b"",
        )

    def _book(self, group: Group, work: Work, line: Line) -> None:
        group.works.append(work)
        group.lines.append(line)
        player = group.player
        player.newest_seq = line.lane_seq
        if player.play is not None:
            _count(player.play, line, self.at)
        self.size += 1

    def _check_guard(
        self, player: HotPlayer, value: int | None, kind: GameKind = GameKind.OTHER
    ) -> None:
        """What the player, staff or the law have set binds every new stake, exactly: all of a
        player's bets pass through here, those under way included.
        """
        assert player.guard is not None
        assert player.play is not None
        check_bet(player.guard, player.play, value, self.at, kind)

    def _standing(self, player: HotPlayer, command: Step) -> Round | None:
        """The round as it stands, when the step was taken before; None when it is to be taken.

        Nothing of this batch has changed the player's rounds: such steps wait for the next one.
        """
        found = player.rounds.get(command.round_id) or self.memory.closed.get(command.round_id)
        if found is None or found.player_id != player.player_id:
            raise UnknownBet("No round of yours has this id.", param="id")
        is_next = command.step is None or command.step == found.step
        if found.state is RoundState.OPEN and is_next:
            return None
        if command.repeats(found):
            return found
        if found.state is not RoundState.OPEN:
            raise RoundClosed("This round has ended; start another.", param="id")
        raise StepTaken(
            f"Step {command.step} is not the next one of this round, {found.step} is: load the "
            "round again.",
            param="step",
            step=found.step,
        )


def undo(group: Group) -> None:
    """The group is not written: its player stands as before."""
    player = group.player
    player.nonce = group.nonce_before
    player.play = group.play_before
    if player.forming is group:
        player.forming = None


def _count(play: Play, line: Line, at: datetime) -> None:
    """Staked and returned as `betting.returned_value` and the fold of the journal count them."""
    value = line.stake_value
    if value is None:
        return
    wagered = rules.wagered_value(line.kind in {INSTANT, OPEN, STEP}, line.stake, value)
    returned = rules.returned_value(line.kind == VOID, line.stake, line.payout, value)
    count(play, at.date(), wagered, returned)


def _account_of(group: Group) -> int:
    return group.cash_account


def _has_id(group: Group, bet_id: BetId) -> bool:
    return any(line.id == bet_id for line in group.lines)
