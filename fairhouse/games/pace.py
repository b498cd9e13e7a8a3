"""Who may stake now: not too fast, and guests with play money only."""

from fairhouse.identity.types import PlayerKind, Session
from fairhouse.kernel.currencies import CurrencyKind, currency
from fairhouse.kernel.refusals import Refusal
from fairhouse.platform.http import RateLimiter


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
