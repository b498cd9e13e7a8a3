"""What waits in the queue of a lane owner, and what becomes of it in a batch."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from fairhouse.betting.tables import Line, Move, PlayerAccounts
from fairhouse.betting.types import Bet, BetId, Bettor, Place, Round, Step
from fairhouse.fairness.types import ActiveSeeds
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.platform.database import Tx
from fairhouse.protection.types import Guard, Play


class Work(msgspec.Struct, eq=False):
    """A command and who waits for its answer; who asked may be gone."""

    command: Place | Step
    answer: "asyncio.Future[Bet]"
    waiting_since_s: float
    """On the monotonic clock."""
    tries: int = 0
    """How often a database error has sent it back, alone."""

    def resolve(self, bet: Bet) -> None:
        """Answer."""
        if not self.answer.done():
            self.answer.set_result(bet)

    def fail(self, error: Exception) -> None:
        """Refuse."""
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(slots=True, eq=False)
class HotPlayer:
    """A player as the lane owner knows them, ahead of the database by the batches under way."""

    player_id: UUID
    brand_id: int
    lane: int
    seeds: ActiveSeeds
    nonce: int
    """The next bet's."""
    accounts: dict[CurrencyCode, PlayerAccounts] = field(
        default_factory=dict[CurrencyCode, PlayerAccounts]
    )
    rounds: dict[BetId, Round] = field(default_factory=dict[BetId, Round])
    """All open ones."""
    guard: Guard | None = None
    """What binds their bets; None: nothing."""
    play: Play | None = None
    """What they staked and got back in the running periods, when something binds them."""
    newest_seq: int = 0
    """The newest lane_seq given to a line of this player's."""
    forming: "Group | None" = None
    """What they have in the batch that forms now."""
    flying: "Group | None" = None
    """What they have in the batch that is being written now."""


class Group(msgspec.Struct, eq=False):
    """All that one player has in a batch: written together or not at all."""

    player: HotPlayer
    currency: CurrencyCode
    cash_account: int
    nonce_before: int
    play_before: Play | None
    works: list[Work] = []
    lines: list[Line] = []
    """One per work."""
    added: list[Line] = []
    """Lines that take more stake for a round which ends with the same work."""
    rounds: list[Round] = []
    """As they stand afterwards, `balance_after` still relative to what is available before."""
    moves: list[Move] = []
    need: int = 0
    """What must be available beforehand: the sum of the stakes, whatever is won meanwhile."""
    delta: int = 0


@dataclass(slots=True, eq=False)
class Exclusive:
    """Something else that must not meet a batch: it runs alone, in a fenced transaction."""

    bettor: Bettor
    job: Callable[[Tx, HotPlayer], Awaitable[None]]
    done: asyncio.Future[None]

    def finish(self) -> None:
        """It is committed."""
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        """It was undone, or its outcome is unknown."""
        if not self.done.done():
            self.done.set_exception(error)
