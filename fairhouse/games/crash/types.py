"""The words of crash and slide: rounds, who is in, cash-outs, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from fairhouse.kernel.currencies import CurrencyCode
from fairhouse.kernel.refusals import NotFound, Refusal, Unavailable

CRASH: Final = "crash"
SLIDE: Final = "slide"
LIVE: Final = (CRASH, SLIDE)
"""The games of this package."""

ROUND_PREFIX: Final = "crd"
CHAIN_PREFIX: Final = "chn"


class UnknownRound(NotFound):
    """No round of this game has this id."""

    code = "unknown_round"


class BettingClosed(Refusal):
    """The round takes no bets any more, or is past; `fields["round"]` is the one that does."""

    code = "betting_closed"


class NotRunning(Refusal):
    """The round has not begun: there is nothing to cash out yet."""

    code = "round_not_running"


class NothingToTake(Refusal):
    """The multiplier still stands at 1.00: the first one that is paid is 1.01."""

    code = "nothing_to_take"


class Crashed(Refusal):
    """The round crashed before the cash-out arrived; `fields["multiplier"]` says where."""

    code = "crashed"


class CashedOut(Refusal):
    """The bet was cashed out before; `fields["multiplier"]` says at what."""

    code = "cashed_out"


class NoCashOut(Refusal):
    """Slide pays by the target chosen beforehand: nothing can be cashed out."""

    code = "no_cash_out"


class RunnerElsewhere(Unavailable):
    """Another process runs the round, or none does at the moment: nothing was done;
    `fields["game"]` is which game's."""

    code = "runner_elsewhere"


class State(StrEnum):
    """Where a round stands; `rules.TRANSITIONS` says what follows what."""

    BETTING = "betting"
    LOCKED = "locked"
    RUNNING = "running"
    CRASHED = "crashed"
    SETTLED = "settled"
    VOID = "void"


class Ended(StrEnum):
    """How a bet ended; the `ended` of its outcome."""

    CASH_OUT = "cash_out"
    AUTO = "auto"
    FORCED = "forced"
    """At the most that the house pays, which was fixed when the round began."""
    INTERRUPTED = "interrupted"
    """No process ran the round where it crashed: paid as it stood at the last sign of life."""
    CRASHED = "crashed"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How a round passes; milliseconds."""

    betting_ms: int = 8_000
    """At least; betting ends a beacon's margin before one of its rounds."""
    beacon_margin_ms: int = 1_000
    """From the end of betting until the beacon's round is published: no clock is that wrong."""
    beacon_patience_ms: int = 30_000
    """From the end of betting; then the round is void."""
    beacon_again_ms: int = 400
    """Between two questions to a beacon that does not answer."""
    lead_ms: int = 400
    """From the decision to run until the run begins: so that every process can tell in time."""
    slide_ms: int = 3_000
    """How long a slide takes."""
    pause_ms: int = 4_000
    """From a crash to the next round."""
    sign_of_life_ms: int = 1_000
    """How often a running round is marked as seen alive."""
    silence_ms: int = 3_000
    """A runner that left no sign of life for longer than this before the crash was not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round as it is stored. Nothing in it is secret: the hash comes with the crash."""

    id: UUID
    game: str
    number: int
    """Of the game, from 1."""
    state: State
    chain_id: UUID
    chain_number: int
    """Which game of its chain it is."""
    opened_at: datetime
    closes_at: datetime
    """No bet is taken from here on."""
    beacon: str
    beacon_key: bytes
    """Public key of the beacon, as named when betting opened."""
    beacon_round: int
    signature: bytes | None = None
    """The beacon's, once published: with the hash it makes the crash point."""
    started_at: datetime | None = None
    """Millisecond 0 of the run."""
    caps: Mapping[str, int] = field(default_factory=dict[str, int])
    """Brand and currency ("1:USDT") to the multiplier where everybody is cashed out, hundredths."""
    entrants: int = 0
    seen_ms: int = 0
    """The newest millisecond of the run at which its runner was alive, as far as is written."""
    seen_epoch: int = 0
    point: int | None = None
    """Where it crashed, in hundredths."""
    hash: bytes | None = None
    """c(chain_number): with the beacon's signature it proves the point."""
    made_good: int | None = None
    """What bets still in are paid, in hundredths, when nobody ran the round where it crashed."""
    ended_at: datetime | None = None
    """When it crashed, or was given up."""
    reason: str | None = None
    """Why it is void."""
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A bet that was in when the round began."""

    bet_id: UUID
    round_id: UUID
    brand_id: int
    lane: int
    player_id: UUID
    currency: CurrencyCode
    stake: int
    """Ledger units."""
    auto: int | None
    """Where it leaves by the player's order, in hundredths."""
    ends_at: int
    """Where it leaves by itself: the order, or the most that the house pays."""


@dataclass(frozen=True, slots=True)
class CashOut:
    """A cash-out as it was judged and written."""

    bet_id: UUID
    at_ms: int
    """Of the run, by the runner's clock, when it arrived."""
    multiplier: int
    """Hundredths: `rules.multiplier_at(at_ms)`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a bet is paid and why."""

    multiplier: int
    """Hundredths; 0 when lost."""
    ended: Ended


@dataclass(frozen=True, slots=True)
class Asked:
    """A bet's parameters in their own type."""

    round_id: UUID
    auto: int | None
    """Hundredths."""
