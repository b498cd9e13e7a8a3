"""Words that all games share: exact multipliers, decisions, limits, and their refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

import msgspec

from fairhouse.kernel.money import Rounding, divide, format_units
from fairhouse.kernel.refusals import Malformed, NotFound, Refusal

GameSlug = NewType("GameSlug", str)

MULTIPLIER_DECIMALS: Final = 4
"""A multiplier is shown with this many decimals, rounded down; money never uses the shown one."""


class UnknownGame(NotFound):
    """No game of ours has this name."""

    code = "unknown_game"


class InvalidGameParams(Malformed):
    """A parameter of the game is outside what the game offers; the message names the range."""

    code = "invalid_game_params"


class InvalidChoice(Malformed):
    """A choice the game does not know, or out of its range; the message names what it knows."""

    code = "invalid_choice"


class ChoiceNotOpen(Refusal):
    """The game knows the choice, but it cannot be made as the round stands."""

    code = "choice_not_open"


class StakeTooSmall(Malformed):
    """So small a stake that a win would round to no profit; `fields["minimum"]` works."""

    code = "stake_too_small"


class UnknownOfferWish(NotFound):
    """There is no such wish about what a brand offers."""

    code = "unknown_offer_wish"


class OfferPending(Refusal):
    """A wish about the same game waits for a second person."""

    code = "offer_pending"


class OfferDecided(Refusal):
    """The wish was approved or rejected before."""

    code = "offer_decided"


class OfferUnchanged(Refusal):
    """What is wished holds already."""

    code = "offer_unchanged"


class OfferChanged(Refusal):
    """What is offered is no longer what the wish was to replace."""

    code = "offer_changed"


class GameStopped(Refusal):
    """This version of the game is stopped already, or not any more."""

    code = "game_stopped"


class ApprovalByAnother(Refusal):
    """Nobody approves their own wish."""

    code = "second_person_needed"


class TableChanged(Refusal):
    """The game is played on another table than the player was shown; `fields` name the new one."""

    code = "table_changed"


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A payout per stake as an exact ratio; the only rounding is the payout's, downwards."""

    numerator: int
    denominator: int

    def payout_units(self, stake_units: int) -> int:
        """`floor(stake * numerator / denominator)`, in ledger units."""
        return divide(stake_units * self.numerator, self.denominator, Rounding.DOWN)

    def least_stake_units(self) -> int:
        """The smallest stake whose win is more than the stake itself, in ledger units."""
        profit = self.numerator - self.denominator
        assert profit > 0, "a win must be worth more than its stake"
        return divide(self.denominator, profit, Rounding.UP)

    def shown(self) -> str:
        """Four decimals, rounded down, trailing zeros kept: "1.9800"."""
        return shown_multiplier(self.numerator, self.denominator)


def shown_multiplier(numerator: int, denominator: int) -> str:
    """A ratio as a screen shows it: four decimals, rounded down."""
    units = divide(numerator * 10**MULTIPLIER_DECIMALS, denominator, Rounding.DOWN)
    whole, fraction = divmod(units, 10**MULTIPLIER_DECIMALS)
    return f"{whole}.{fraction:0{MULTIPLIER_DECIMALS}d}"


def shown_share(numerator: int, denominator: int, decimals: int) -> str:
    """A probability or return as a decimal, rounded down: "0.989901"."""
    return format_units(divide(numerator * 10**decimals, denominator, Rounding.DOWN), decimals)


class Kind(StrEnum):
    """How a game is played."""

    INSTANT = "instant"
    """A bet is settled at once."""
    STEPS = "steps"
    """A round stays open between choices."""
    LIVE = "live"
    """Everybody plays the same round at the same time."""


@dataclass(frozen=True, slots=True)
class GameInfo:
    """What the catalogue says of a release; the hash covers every number that decides money."""

    slug: GameSlug
    name: str
    version: str
    variant: str
    """Which of a version's tables: its return in percent where the return can be chosen."""
    kind: Kind
    table: Mapping[str, object]
    """The full paytable and mapping as canonical data; anyone can hash it again."""
    table_hash: str
    rtp: str
    """Theoretical return as a share, rounded down: the least over all the game's settings."""
    edge: str
    """1 - rtp."""
    rtp_most: str
    """The return of the game's best setting, rounded down."""
    max_multiplier: str
    """The largest payout per stake over all settings, rounded down."""

    @property
    def multi_step(self) -> bool:
        """A round stays open between steps; otherwise a bet is settled at once."""
        return self.kind is not Kind.INSTANT


@dataclass(frozen=True, slots=True)
class Offer:
    """Which table of a game a brand's new bets are made on."""

    brand_id: int
    game: GameSlug
    version: str
    variant: str | None
    """None only where a wish is about the end of a stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A version that takes no new bets in a brand; its open rounds finish."""

    id: UUID
    brand_id: int
    game: GameSlug
    version: str
    stopped_by: UUID | None
    """None: the platform itself."""
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferWish:
    """Another table, or the end of a stop: what somebody wished and another decided."""

    id: UUID
    brand_id: int
    game: GameSlug
    version: str
    variant: str | None
    """The wished table; None when the wish is about a stop."""
    replaces: UUID | None
    stop_id: UUID | None
    proposed_by: UUID
    reason: str
    at: datetime
    is_approved: bool | None
    """None: it waits."""
    decided_by: UUID | None
    decided_reason: str | None
    decided_at: datetime | None


class VoidWish(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's wish that an open round is undone, and what another decided about it."""

    id: UUID
    bet_id: UUID
    brand_id: int
    player_id: UUID
    lane: int
    proposed_by: UUID
    reason: str
    at: datetime
    is_approved: bool | None = None
    """None: it waits."""
    decided_by: UUID | None = None
