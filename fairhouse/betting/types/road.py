"""The words of the road: commands, decisions, bets, entries, lanes, and what is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, final
from uuid import UUID

import msgspec

from fairhouse.brands.types import GameKind
from fairhouse.fairness.types import Stream
from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal, Unavailable

BetId = NewType("BetId", UUID)

LANES: Final = 16
"""Fixed: a player's lane is stored and never moves."""

BATCH_MAX: Final = 512
"""Items in one commit."""

FUTURE_TOLERANCE_MS: Final = 60_000
"""How far ahead of ours a client's clock may be when it makes an id."""

FRESH_MS: Final = 24 * 3_600_000
"""Older ids are only looked up, never accepted anew."""

ABANDONED_AFTER_DAYS: Final = 90
"""An open round is settled by policy after this time; published in the rules."""

Json = Mapping[str, object]
"""What a game stores: plain JSON data, integers and strings, never a float."""


class BetIdInFuture(Malformed):
    """The time inside the bet's id has not come yet."""

    code = "bet_id_in_future"


class BetIdExpired(Malformed):
    """The bet's id is older than 24 hours and no bet of yours has it."""

    code = "bet_id_expired"


class UnknownBet(NotFound):
    """No bet of yours has this id."""

    code = "unknown_bet"


class StakeOutOfRange(Malformed):
    """Below the least or above the most that one bet may stake; `fields` name both."""

    code = "stake_out_of_range"


class ProfitTooLarge(Malformed):
    """The possible win is more than the house pays on one bet."""

    code = "profit_too_large"


class RoundAlreadyOpen(Refusal):
    """A round of this game is open; `fields["round_id"]` names it. Finish it first."""

    code = "round_already_open"


class OpenRound(Refusal):
    """Seeds are not rotated while a round stands open on them."""

    code = "open_round"


class RoundClosed(Refusal):
    """The round has ended."""

    code = "round_closed"


class StepTaken(Refusal):
    """This step was taken already, another way; `fields["step"]` is the one to come."""

    code = "step_taken"


class Busy(Unavailable):
    """More bets wait than the road takes; `fields["retry_after_ms"]`."""

    code = "busy"


class LaneElsewhere(Unavailable):
    """Another process writes this player's lane, or a hand-over is under way."""

    code = "lane_elsewhere"


class Bettor(msgspec.Struct, frozen=True):
    """Who bets, as the verified session says."""

    player_id: UUID
    brand_id: int
    lane: int


@final
class Settled(msgspec.Struct, frozen=True):
    """The round is over: the stake is the house's, the payout the player's."""

    payout: int
    """Ledger units; 0 when lost."""
    outcome: Json
    stake: int = 0
    """Ledger units that the last step adds to the round's stake; 0 where a bet is placed."""


@final
class Continues(msgspec.Struct, frozen=True):
    """The round stays open."""

    outcome: Json
    """What the step showed, for its entry."""
    progress: Json
    """What the next step needs and the player may see. Nothing that is still secret."""
    stake: int = 0
    """Ledger units that this step adds to the round's stake; 0 where a round is opened."""


@final
class Voided(msgspec.Struct, frozen=True):
    """The round is undone: the whole stake goes back."""

    outcome: Json


Decision = Settled | Continues | Voided


class RoundState(StrEnum):
    """How a bet stands."""

    OPEN = "open"
    SETTLED = "settled"
    VOID = "void"


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A round of several steps as it stands."""

    id: BetId
    brand_id: int
    lane: int
    player_id: UUID
    currency: CurrencyCode
    game: str
    game_version: str
    table_hash: str
    seed_pair_id: UUID
    nonce: int
    params: Json
    stake: int
    """All of it: the opening's and what steps added."""
    payout: int
    state: RoundState
    step: int
    """The step that comes next; the number of steps taken."""
    progress: Json
    """While open what the last step left; when closed the outcome."""
    rate_id: UUID | None
    stake_value: int | None
    added: int
    """What of the stake came after the opening."""
    added_value: int
    """What of `stake_value` came after the opening, at the opening's rate."""
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    balance_after: int
    """Available cash after the newest entry of the round."""


@final
class BetKey(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What a bet is known by, before anything of it is read: enough to answer a repetition."""

    bet_id: BetId
    bettor: Bettor
    fingerprint: bytes
    """Hash of everything the player asked for: another one under the same id is a conflict."""


@final
class Place(msgspec.Struct, frozen=True, eq=False):
    """Stake on a game: decided at once, or the opening of a round."""

    bet_id: BetId
    bettor: Bettor
    currency: CurrencyCode
    stake: int
    game: str
    game_version: str
    table_hash: str
    params: Json
    decide: Callable[[Stream], Decision]
    """Pure. Called when the batch forms; called again when the batch has to be formed again."""
    fingerprint: bytes
    """As in its `BetKey`."""
    opens_round: bool
    """Decides to continue; where the game is over at once it decides `Settled` all the same."""
    kind: GameKind = GameKind.OTHER
    """The jurisdiction's caps on stakes are by kind."""
    alone: bool = False
    """Refused while any other round of the player's is open, whatever game it is of."""


@final
class Step(msgspec.Struct, frozen=True, eq=False):
    """Go on with an open round: reveal, cash out, or settle by policy."""

    round_id: BetId
    bettor: Bettor
    step: int | None
    """The step the player believes comes next; None: whatever comes next."""
    decide: Callable[[Stream, Round], Decision]
    """Pure; may refuse."""
    repeats: Callable[[Round], bool]
    """Pure: whether the round already took this very step, so that its standing is the answer."""


class EntryKind(StrEnum):
    """What a line of the bet journal does; see the README for its legs."""

    INSTANT = "instant"
    OPEN = "open"
    STEP = "step"
    SETTLE = "settle"
    VOID = "void"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the bet journal, as committed. Field for field the table `betting.entry`."""

    id: UUID
    kind: EntryKind
    round_id: BetId
    brand_id: int
    lane: int
    lane_seq: int
    player_id: UUID
    currency: CurrencyCode
    cash_account: int
    house_account: int
    locked_account: int | None
    stake: int
    payout: int
    balance_after: int
    game: str
    game_version: str
    table_hash: str
    seed_pair_id: UUID
    nonce: int
    step: int
    params: Json
    outcome: Json
    rate_id: UUID | None
    stake_value: int | None
    fingerprint: bytes
    at: datetime


class Bet(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A bet as its player sees it: one instant entry, or a round with all its steps."""

    id: BetId
    player_id: UUID
    brand_id: int
    currency: CurrencyCode
    game: str
    game_version: str
    table_hash: str
    state: RoundState
    stake: int
    payout: int
    params: Json
    outcome: Json
    seed_pair_id: UUID
    nonce: int
    step: int
    balance_after: int
    rate_id: UUID | None
    stake_value: int | None
    at: datetime
    closed_at: datetime | None
    expires_at: datetime | None
    added: int = 0
    """What of the stake steps added to the opening's."""


class Staked(msgspec.Struct, frozen=True):
    """What is at stake in open rounds, per brand and currency."""

    brand_id: int
    currency: CurrencyCode
    bets: int
    staked: int
    """Ledger units."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """As much of a journal line as a push needs; named like a `Bet`'s."""

    id: BetId
    lane: int
    brand_id: int
    player_id: UUID
    currency: CurrencyCode
    balance_after: int


class PlaySum(msgspec.Struct, frozen=True, gc=False):
    """Real-money bets of a player that finished within a minute; values in reference units."""

    player_id: UUID
    brand_id: int
    first_seq: int
    last_seq: int
    at: datetime
    """Of the newest."""
    bets: int
    """0 when the lines read were no finished bets."""
    staked: int
    returned: int
    moved: int
    """Of each stake the part that was at risk: min(stake, |payout - stake|)."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """A player's bets without a long pause between them: what UKGC RTS 13C calls a session."""

    since: datetime | None
    """When its first bet was committed; None: there is none."""
    last: datetime | None
    """When its newest line was."""
    nets: Mapping[CurrencyCode, int]
    """Ledger units won less those staked; the stakes of open rounds count as staked."""


def bet_of_entry(entry: Entry) -> Bet:
    """An instant entry is a whole bet."""
    assert entry.kind is EntryKind.INSTANT
    return Bet(
        id=entry.round_id,
        player_id=entry.player_id,
        brand_id=entry.brand_id,
        currency=entry.currency,
        game=entry.game,
        game_version=entry.game_version,
        table_hash=entry.table_hash,
        state=RoundState.SETTLED,
        stake=entry.stake,
        payout=entry.payout,
        params=entry.params,
        outcome=entry.outcome,
        seed_pair_id=entry.seed_pair_id,
        nonce=entry.nonce,
        step=0,
        balance_after=entry.balance_after,
        rate_id=entry.rate_id,
        stake_value=entry.stake_value,
        at=entry.at,
        closed_at=entry.at,
        expires_at=None,
    )


def bet_of_round(found: Round) -> Bet:
    """A round, open or closed, as one bet."""
    return Bet(
        id=found.id,
        player_id=found.player_id,
        brand_id=found.brand_id,
        currency=found.currency,
        game=found.game,
        game_version=found.game_version,
        table_hash=found.table_hash,
        state=found.state,
        stake=found.stake,
        payout=found.payout,
        params=found.params,
        outcome=found.progress,
        seed_pair_id=found.seed_pair_id,
        nonce=found.nonce,
        step=found.step,
        balance_after=found.balance_after,
        rate_id=found.rate_id,
        stake_value=found.stake_value,
        at=found.opened_at,
        closed_at=found.closed_at,
        expires_at=found.expires_at,
        added=found.added,
    )
