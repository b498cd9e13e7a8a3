"""Who may stake now: not too fast, and guests with play money only."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fairhouse.brands.types import PlayRules
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


SLOTS: Final = frozenset({"scarab"})
"""Games that the rules of pace count as slots."""


def least_ms(rules: PlayRules, slug: str) -> int:
    """Between the starts of two rounds of a game; 0: no time is set."""
    return rules.slot_cycle_ms if slug in SLOTS else rules.cycle_ms


class CycleClock:
    """When each player's last game began, where the law sets a least time between two.

    In memory of the process that owns the player's lane: all starts of a player pass through it.
    """

    def __init__(self, rules: Callable[[int], PlayRules], clock: Callable[[], datetime]) -> None:
        """`rules` of a brand; `clock` tells the time."""
        self._rules = rules
        self._clock = clock
        self._began: OrderedDict[UUID, datetime] = OrderedDict()

    def begin(self, brand_id: int, player_id: UUID, slug: str) -> Callable[[], None] | None:
        """A game begins; returns how to take that back. Refuses with TooSoon.

        None where no time is set. What follows inside a round is no start.
        """
        apart_ms = least_ms(self._rules(brand_id), slug)
        if not apart_ms:
            return None
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

        def undo() -> None:
            if self._began.get(player_id) is now:
                if before is None:
                    del self._began[player_id]
                else:
                    self._began[player_id] = before

        return undo
