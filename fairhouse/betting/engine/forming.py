"""How a batch forms: commands and memory in, groups of journal lines out. Without any IO.

Nonce and outcome are decided here, at batch time. What one player has in a batch is one group, in
one currency, written whole or not at all; whatever does not fit into it waits for the next batch,
and everything of that player behind it too, so that a player's commands keep their order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from fairhouse.betting import rules
from fairhouse.betting.engine.house import House
from fairhouse.betting.engine.work import Work
from fairhouse.betting.tables import Group, HotPlayer, RoundChange
from fairhouse.betting.types import (
    ABANDONED_AFTER_DAYS,
    Bet,
    BetId,
    Continues,
    Decision,
    Entry,
    EntryKind,
    Place,
    Round,
    RoundAlreadyOpen,
    RoundClosed,
    RoundState,
    Settled,
    Step,
    StepTaken,
    UnknownBet,
    Voided,
    bet_of_round,
)
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.ids import to_wire

_KINDS = {Settled: EntryKind.SETTLE, Continues: EntryKind.STEP, Voided: EntryKind.VOID}
_STATES = {
    Settled: RoundState.SETTLED,
    Continues: RoundState.OPEN,
    Voided: RoundState.VOID,
}


@dataclass(slots=True)
class Formed:
    """A batch ready to be written, and what did not get into it."""

    groups: list[Group] = field(default_factory=list[Group])
    work: list[list[Work]] = field(default_factory=list[list[Work]])
    """Beside each group its commands, one per entry."""
    later: list[Work] = field(default_factory=list[Work])
    refused: list[tuple[Work, Exception]] = field(default_factory=list[tuple[Work, Exception]])
    answered: list[tuple[Work, Bet]] = field(default_factory=list[tuple[Work, Bet]])
    """Steps that were taken before."""


@dataclass(slots=True)
class Former:
    """Forms one batch."""

    players: Mapping[UUID, HotPlayer]
    closed: Mapping[BetId, Round]
    """Rounds that steps ask for and that are not open in memory."""
    house: House
    house_account: Callable[[int, CurrencyCode], int]
    """Brand and currency to the house's account in a lane of this owner's."""
    next_seq: Callable[[int], int]
    """Lane to its next sequence number."""
    cautious: frozenset[UUID]
    """Players whose last group was not covered: one command at a time."""
    now: datetime
    _result: Formed = field(default_factory=Formed)
    _index: dict[UUID, int] = field(default_factory=dict[UUID, int])
    _waiting: set[UUID] = field(default_factory=set[UUID])
    _ids: set[UUID] = field(default_factory=set[UUID])

    def form(self, queue: list[Work]) -> Formed:
        """Decide every command that fits; none of them is cancelled or of a foreign lane."""
        for work in queue:
            player_id = work.command.bettor.player_id
            if player_id in self._waiting or not self._fits(work):
                self._waiting.add(player_id)
                self._result.later.append(work)
                continue
            try:
                self._add(work)
            except Exception as error:  # noqa: BLE001 - a faulty command fails alone
                self._result.refused.append((work, error))
        return self._result

    def _group(self, player_id: UUID) -> Group | None:
        at = self._index.get(player_id)
        return None if at is None else self._result.groups[at]

    def _fits(self, work: Work) -> bool:
        """One currency per group, one change per round and batch, one use of an id."""
        command = work.command
        group = self._group(command.bettor.player_id)
        if isinstance(command, Place):
            if command.bet_id in self._ids:
                return False
            return group is None or (
                group.currency == command.currency
                and command.bettor.player_id not in self.cautious
                and not (command.opens_round and group.rounds)
            )
        if group is None:
            return True
        found = group.player.rounds.get(command.round_id)
        return (
            (found is None or group.currency == found.currency)
            and command.bettor.player_id not in self.cautious
            and not group.rounds
        )

    def _add(self, work: Work) -> None:
        command = work.command
        player = self.players[command.bettor.player_id]
        if isinstance(command, Place):
            line, change = self._placed(player, command)
        else:
            standing = self._standing(player, command)
            if standing is not None:
                self._result.answered.append((work, bet_of_round(standing)))
                return
            line, change = self._stepped(player, command)
        group = self._group(player.player_id)
        if group is None:
            group = Group(
                player=player,
                accounts=player.accounts[line.currency],
                currency=line.currency,
                house_account=line.house_account,
                nonce_after=player.nonce,
            )
            self._index[player.player_id] = len(self._result.groups)
            self._result.groups.append(group)
            self._result.work.append([])
        _book(group, line, change)
        self._ids.add(line.id)
        self._result.work[self._index[player.player_id]].append(work)

    def _placed(self, player: HotPlayer, command: Place) -> tuple[Entry, RoundChange | None]:
        group = self._group(player.player_id)
        if command.opens_round:
            _check_none_open(player, command)
        nonce = player.nonce if group is None else group.nonce_after
        decision = command.decide(player.seeds.stream(nonce))
        rate_id, stake_value = self.house.value(command.currency, command.stake)
        opens = isinstance(decision, Continues)
        assert opens is command.opens_round, "a game decides at once, or opens a round"
        assert not isinstance(decision, Voided)
        accounts = player.accounts[command.currency]
        line = Entry(
            id=command.bet_id,
            kind=EntryKind.OPEN if opens else EntryKind.INSTANT,
            round_id=command.bet_id,
            brand_id=player.brand_id,
            lane=player.lane,
            lane_seq=self.next_seq(player.lane),
            player_id=player.player_id,
            currency=command.currency,
            cash_account=accounts.cash,
            house_account=self.house_account(player.brand_id, command.currency),
            locked_account=accounts.locked if opens else None,
            stake=command.stake,
            payout=0 if isinstance(decision, Continues) else decision.payout,
            balance_after=0,
            game=command.game,
            game_version=command.game_version,
            table_hash=command.table_hash,
            seed_pair_id=player.seeds.id,
            nonce=nonce,
            step=0,
            params=command.params,
            outcome=decision.outcome,
            rate_id=rate_id,
            stake_value=stake_value,
            fingerprint=command.fingerprint,
            at=self.now,
        )
        if not isinstance(decision, Continues):
            return line, None
        return line, RoundChange(self._opened(line, decision), None)

    def _opened(self, line: Entry, decision: Continues) -> Round:
        return Round(
            id=BetId(line.id),
            brand_id=line.brand_id,
            lane=line.lane,
            player_id=line.player_id,
            currency=line.currency,
            game=line.game,
            game_version=line.game_version,
            table_hash=line.table_hash,
            seed_pair_id=line.seed_pair_id,
            nonce=line.nonce,
            params=line.params,
            stake=line.stake,
            payout=0,
            state=RoundState.OPEN,
            step=0,
            progress=decision.progress,
            rate_id=line.rate_id,
            stake_value=line.stake_value,
            opened_at=self.now,
            expires_at=self.now + timedelta(days=ABANDONED_AFTER_DAYS),
            closed_at=None,
            balance_after=0,
        )

    def _standing(self, player: HotPlayer, command: Step) -> Round | None:
        """The round as it stands, when the step was taken before; None when it is to be taken.

        Nothing of this batch has changed the player's rounds: such steps wait for the next one.
        """
        found = player.rounds.get(command.round_id) or self.closed.get(command.round_id)
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

    def _stepped(self, player: HotPlayer, command: Step) -> tuple[Entry, RoundChange]:
        found = player.rounds[command.round_id]
        decision = command.decide(player.seeds.stream(found.nonce), found)
        return self._step_line(player, found, decision), _moved_on(found, decision, self.now)

    def _step_line(self, player: HotPlayer, found: Round, decision: Decision) -> Entry:
        accounts = player.accounts[found.currency]
        return Entry(
            id=rules.step_id(found.id, found.step, int(self.now.timestamp() * 1000)),
            kind=_KINDS[type(decision)],
            round_id=found.id,
            brand_id=found.brand_id,
            lane=found.lane,
            lane_seq=self.next_seq(found.lane),
            player_id=found.player_id,
            currency=found.currency,
            cash_account=accounts.cash,
            house_account=self.house_account(found.brand_id, found.currency),
            locked_account=accounts.locked,
            stake=0 if isinstance(decision, Continues) else found.stake,
            payout=decision.payout if isinstance(decision, Settled) else 0,
            balance_after=0,
            game=found.game,
            game_version=found.game_version,
            table_hash=found.table_hash,
            seed_pair_id=found.seed_pair_id,
            nonce=found.nonce,
            step=found.step + 1,
            params=found.params,
            outcome=decision.outcome,
            rate_id=found.rate_id,
            stake_value=found.stake_value,
            fingerprint=b"",
            at=self.now,
        )


def _check_none_open(player: HotPlayer, command: Place) -> None:
    for found in player.rounds.values():
        if found.game == command.game and found.id != command.bet_id:
            wire = to_wire("bet", found.id)
            raise RoundAlreadyOpen(
                f"A round of {found.game} is open ({wire}): finish it before you start another.",
                param="game",
                round_id=wire,
            )


def _moved_on(found: Round, decision: Decision, now: datetime) -> RoundChange:
    is_open = isinstance(decision, Continues)
    after = msgspec.structs.replace(
        found,
        state=_STATES[type(decision)],
        step=found.step + 1,
        progress=decision.progress if isinstance(decision, Continues) else decision.outcome,
        payout=decision.payout if isinstance(decision, Settled) else 0,
        closed_at=None if is_open else now,
    )
    return RoundChange(after, found.step)


def _book(group: Group, line: Entry, change: RoundChange | None) -> None:
    """Add a line to its group: the legs are those of the view `betting.leg`."""
    if line.kind in {EntryKind.INSTANT, EntryKind.OPEN, EntryKind.STEP}:
        group.need += line.stake
        group.cash_debit += line.stake
    else:
        group.locked_debit += line.stake
    if line.kind is EntryKind.VOID:
        group.cash_credit += line.stake
    elif line.kind in {EntryKind.OPEN, EntryKind.STEP}:
        group.locked_credit += line.stake
    else:
        group.house_credit += line.stake
    group.house_debit += line.payout
    group.cash_credit += line.payout
    if line.kind in {EntryKind.INSTANT, EntryKind.OPEN}:
        group.nonce_after += 1
    _count_value(group, line)
    delta = group.cash_credit - group.cash_debit
    group.entries.append(msgspec.structs.replace(line, balance_after=delta))
    if change is not None:
        after = msgspec.structs.replace(change.after, balance_after=delta)
        group.rounds.append(RoundChange(after, change.step_before))


def _count_value(group: Group, line: Entry) -> None:
    """Counters in the reference currency; play money counts nothing."""
    if line.stake_value is None:
        return
    if line.kind in {EntryKind.INSTANT, EntryKind.OPEN}:
        group.wagered_value += line.stake_value
    if line.stake:
        group.returned_value += line.stake_value * line.payout // line.stake
