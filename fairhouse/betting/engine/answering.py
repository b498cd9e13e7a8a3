"""What everybody is told once a batch has its result, and what of it is to be tried again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import structlog

from fairhouse.betting.engine.memory import Memory
from fairhouse.betting.engine.work import Group, Work
from fairhouse.betting.store import reads
from fairhouse.betting.tables import OPEN, BatchResult, Line, What
from fairhouse.betting.types import (
    Bet,
    BetId,
    BetKey,
    EntryKind,
    Place,
    RoundState,
    bet_of_entry,
    bet_of_round,
)
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.money import format_units
from fairhouse.kernel.refusals import IdempotencyConflict, Refusal
from fairhouse.ledger.types import InsufficientFunds
from fairhouse.platform.database import Database, Tx

_log = structlog.get_logger("betting")

OnCommitted = Callable[[Sequence[Bet]], None]


class Answers:
    """Resolves what waits for a batch, and keeps memory in step."""

    def __init__(self, db: Database, memory: Memory, on_committed: OnCommitted | None) -> None:
        self._db = db
        self._memory = memory
        self._on_committed = on_committed
        self.cautious: dict[UUID, int] = {}
        """Players whose last group was not covered: how many of their commands go one by one."""

    def from_memory(self, work: Work) -> bool:
        """Answer a repetition of what was accepted lately."""
        command = work.command
        if type(command) is not Place:
            return False
        found = self._memory.answer_to(command)
        if found is None:
            return False
        fingerprint, bet = found
        try:
            check_same(command, bet.player_id, fingerprint)
        except IdempotencyConflict as refusal:
            work.fail(refusal)
        else:
            work.resolve(bet)
        return True

    async def give(
        self, groups: Sequence[Group], whats: Sequence[What], at: datetime, result: BatchResult
    ) -> list[Work]:
        """Tell everybody; returns what is to be tried again."""
        again: list[Work] = []
        known: list[Work] = []
        committed: list[Bet] = []
        for group in groups:
            available = result.accepted.get(group.cash_account)
            if available is not None:
                self._accepted(group, whats, at, available, committed)
            elif group.cash_account in result.known:
                known += group.works
            elif len(group.works) > 1:
                self.cautious[group.player.player_id] = len(group.works)
                again += group.works
                continue
            else:
                group.works[0].fail(_insufficient(group, result.refused[group.cash_account]))
            if self.cautious:
                self._less_cautious(group)
        self._memory.trim()
        self._tell(committed)
        if known:
            again += await self._answer_known(known)
        return again

    async def refuse(self, refused: Sequence[tuple[Work, Exception]]) -> None:
        """A refusal; but what was accepted before answers as it did then."""
        places = [work.command for work, _ in refused if type(work.command) is Place]
        found: Mapping[UUID, Bet | Refusal] = {}
        if places:
            async with self._db.tx() as tx:
                found = await accepted_bets(tx, places)
        for work, error in refused:
            answer = found.get(work.command.bet_id) if type(work.command) is Place else None
            if isinstance(answer, Bet):
                work.resolve(answer)
            else:
                if not isinstance(error, Refusal):
                    _log.error("a command fails alone", exc_info=error)
                work.fail(answer or error)

    def _accepted(
        self,
        group: Group,
        whats: Sequence[What],
        at: datetime,
        available: int,
        committed: list[Bet],
    ) -> None:
        rounds = self._moved_on(group, available) if group.rounds else {}
        for line, work in zip(group.lines, group.works, strict=True):
            if line.round_id is None:
                bet = _instant(line, whats[line.what - 1], at, available)
                self._memory.remember(line.fingerprint, bet)
            else:
                bet = rounds[line.round_id]
                if line.kind == OPEN:
                    self._memory.remember_opening(line.id)
            committed.append(bet)
            work.resolve(bet)

    @staticmethod
    def _moved_on(group: Group, available: int) -> dict[UUID, Bet]:
        """The player's rounds as they stand now, as bets."""
        rounds: dict[UUID, Bet] = {}
        for relative in group.rounds:
            after = msgspec.structs.replace(
                relative, balance_after=available + relative.balance_after
            )
            rounds[after.id] = bet_of_round(after)
            if after.state is RoundState.OPEN:
                group.player.rounds[after.id] = after
            else:
                group.player.rounds.pop(after.id, None)
        return rounds

    def _less_cautious(self, group: Group) -> None:
        left = self.cautious.pop(group.player.player_id, 0) - len(group.works)
        if left > 0:
            self.cautious[group.player.player_id] = left

    def _tell(self, committed: Sequence[Bet]) -> None:
        """Whoever listens must not stand in the way of what is committed."""
        if self._on_committed is None or not committed:
            return
        try:
            self._on_committed(committed)
        except Exception as error:  # noqa: BLE001 - a listener's fault
            _log.error("a listener of committed bets failed", exc_info=error)

    async def _answer_known(self, works: list[Work]) -> list[Work]:
        """Some ids are in the journal already: answer those, try the others again."""
        places = {work.command.bet_id: work for work in works if type(work.command) is Place}
        async with self._db.tx() as tx:
            found = await accepted_bets(tx, [work.command for work in places.values()])  # type: ignore[misc]
        left: list[Work] = []
        for work in works:
            answer = found.get(work.command.bet_id) if type(work.command) is Place else None
            if isinstance(answer, Bet):
                work.resolve(answer)
            elif answer is not None:
                work.fail(answer)
            else:
                left.append(work)
        assert len(left) < len(works), "a group is known by one of its ids"
        return left


async def accepted_bets(tx: Tx, commands: Sequence[Place | BetKey]) -> dict[UUID, Bet | Refusal]:
    """What was accepted under these commands' ids: the bet, or a refusal when it was another."""
    by_id = {command.bet_id: command for command in commands}
    entries = await reads.entries(tx, list(by_id))
    opened = [entry.round_id for entry in entries if entry.kind is EntryKind.OPEN]
    rounds = await reads.rounds(tx, opened) if opened else {}
    found: dict[UUID, Bet | Refusal] = {}
    for entry in entries:
        command = by_id[entry.round_id] if entry.id == entry.round_id else None
        try:
            if command is None:
                raise id_conflict()
            check_same(command, entry.player_id, entry.fingerprint)
        except IdempotencyConflict as conflict:
            found[entry.id] = conflict
            continue
        is_instant = entry.kind is EntryKind.INSTANT
        found[entry.id] = (
            bet_of_entry(entry) if is_instant else bet_of_round(rounds[entry.round_id])
        )
    return found


def check_same(command: Place | BetKey, player_id: UUID, fingerprint: bytes) -> None:
    """Refuses with IdempotencyConflict; whose the other bet is, is not told."""
    if command.bettor.player_id != player_id or command.fingerprint != fingerprint:
        raise id_conflict()


def id_conflict() -> IdempotencyConflict:
    """The id belongs to another bet, whoever made it."""
    return IdempotencyConflict(
        "This id was used for another bet; make a new id for a new bet.", param="id"
    )


def _instant(line: Line, what: What, at: datetime, available: int) -> Bet:
    """An instant line is a whole bet: as `bet_of_entry` makes it from the journal."""
    return Bet(
        id=BetId(line.id),
        player_id=line.player_id,
        brand_id=what.brand_id,
        currency=what.currency,
        game=what.game,
        game_version=what.game_version,
        table_hash=what.table_hash,
        state=RoundState.SETTLED,
        stake=line.stake,
        payout=line.payout,
        params=line.params,
        outcome=line.outcome,
        seed_pair_id=line.seed_pair_id,
        nonce=line.nonce,
        step=0,
        balance_after=available + line.delta,
        rate_id=what.rate_id,
        stake_value=line.stake_value,
        at=at,
        closed_at=at,
        expires_at=None,
    )


def _insufficient(group: Group, available: int) -> InsufficientFunds:
    scale = currency(group.currency).scale
    assert group.need > available, "only a stake can be uncovered"
    return InsufficientFunds(
        f"stake is {format_units(group.need, scale)} {group.currency} but only "
        f"{format_units(available, scale)} is available.",
        param="stake",
        currency=group.currency,
        available=format_units(available, scale),
    )
