"""Who may stake now: not too fast, and guests with play money only."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Self
from uuid import UUID

from fairhouse.betting.types import Bettor
from fairhouse.brands.types import GameKind, Jurisdiction, PlayRules
from fairhouse.identity.types import PlayerKind, Session
from fairhouse.kernel.currencies import CurrencyKind, currency
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.http import RateLimiter

PLAYERS_MAX: Final = 200_000
"""Whose last start is remembered; more would have to bet within seconds."""


class RealMoneyNeedsAccount(Refusal):
    """A guest tried to bet real money."""

    code = "account_needed"
    status = 403


def pace_limiter() -> RateLimiter:
    """Bets and steps per player: far above any hand and most scripts, below a flood."""
    return RateLimiter(burst=200, per_minute=6_000)


def check_may_stake(pace: RateLimiter, session: Session, code: str) -> None:
    """Refuses with TooManyRequests, UnknownCurrency and RealMoneyNeedsAccount."""
    pace.take(session.player_id.int)
    if session.kind is PlayerKind.GUEST and currency(code).kind is CurrencyKind.REAL:
        raise RealMoneyNeedsAccount(
            "Guests play with play money: choose PLAY, or register.", param="currency"
        )


class TooSoon(Refusal):
    """The last game began too short a time ago; `fields["remaining_ms"]` says how long to wait."""

    code = "too_soon"
    status = 429


class AutoplayForbidden(Refusal):
    """The client said that nobody's hand started this game, which the jurisdiction asks for."""

    code = "autoplay_forbidden"


SLOTS: Final = frozenset({"scarab"})
"""Games that the rules of pace and of stakes count as slots."""


def least_ms(rules: PlayRules, slug: str) -> int:
    """Between the starts of two rounds of a game; 0: no time is set."""
    return rules.slot_cycle_ms if slug in SLOTS else rules.cycle_ms


def kind_of(slug: str) -> GameKind:
    """What the law takes a game for."""
    return GameKind.SLOT if slug in SLOTS else GameKind.OTHER


class Start:
    """One game about to begin: `begin` it where a new bet is checked, then say when it did.

    A context: what was begun and did not come to a bet of its own is taken back, so that neither
    a refusal nor the answer to a repetition makes anybody wait.
    """

    __slots__ = ("_apart_ms", "_before", "_began", "_is_kept", "_player_id", "_starts")

    def __init__(self, starts: "Starts", player_id: UUID, apart_ms: int) -> None:
        self._starts = starts
        self._player_id = player_id
        self._apart_ms = apart_ms
        self._before: datetime | None = None
        self._began: datetime | None = None
        self._is_kept = False

    def begin(self) -> None:
        """Refuses with TooSoon."""
        if self._apart_ms:
            self._before, self._began = self._starts.note(self._player_id, self._apart_ms)

    def accepted(self, at: datetime) -> None:
        """The bet that is answered with was accepted then; an earlier one is a repetition."""
        if self._began is not None:
            self._is_kept = at >= self._began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._began is not None and not self._is_kept:
            self._starts.take_back(self._player_id, self._began, self._before)


class Starts:
    """What a brand's jurisdiction says of starting games, and when each player's last one began.

    In memory of the process that owns the player's lane: all starts of a player pass through it.
    """

    def __init__(
        self, jurisdiction: Callable[[int], Jurisdiction], clock: Callable[[], datetime]
    ) -> None:
        """`jurisdiction` is a brand's; `clock` tells the time."""
        self._jurisdiction = jurisdiction
        self._clock = clock
        self._began: OrderedDict[UUID, datetime] = OrderedDict()
        self._free = Start(self, UUID(int=0), 0)
        """Keeps nothing: for all starts that no time is set for."""

    def rules(self, brand_id: int) -> PlayRules:
        """What the brand's jurisdiction says."""
        return self._jurisdiction(brand_id).play

    def of(self, bettor: Bettor, slug: str) -> Start:
        """A game of a player's; what follows inside a round is no start."""
        apart_ms = least_ms(self.rules(bettor.brand_id), slug)
        return Start(self, bettor.player_id, apart_ms) if apart_ms else self._free

    def check_by_hand(self, brand_id: int, *, is_automatic: bool) -> None:
        """Refuses with AutoplayForbidden.

        A client's word: nobody can tell a script that keeps silent from a hand. What a script
        cannot do is play faster than the least time between two games.
        """
        if is_automatic and not self.rules(brand_id).autoplay:
            raise AutoplayForbidden(
                "Here every game is started by hand: switch autoplay off.", param="automatic"
            )

    def note(self, player_id: UUID, apart_ms: int) -> tuple[datetime | None, datetime]:
        """A game begins now: the start before it, and now. Refuses with TooSoon."""
        now, before = self._clock(), self._began.get(player_id)
        if before is not None:
            remaining_ms = apart_ms - (now - before) // timedelta(milliseconds=1)
            if remaining_ms > 0:
                raise TooSoon(
                    f"Games of this kind begin at least {apart_ms} ms apart; wait {remaining_ms} "
                    "ms.",
                    remaining_ms=remaining_ms,
                    retry_after_s=-(-remaining_ms // 1000),
                )
        self._began[player_id] = now
        self._began.move_to_end(player_id)
        if len(self._began) > PLAYERS_MAX:
            self._began.popitem(last=False)
        return before, now

    def take_back(self, player_id: UUID, began: datetime, before: datetime | None) -> None:
        """Nothing began then."""
        if self._began.get(player_id) is not began:
            return
        if before is None:
            del self._began[player_id]
        else:
            self._began[player_id] = before
