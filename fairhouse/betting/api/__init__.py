"""The use cases of the betting module: the road and reading from it."""

from fairhouse.betting.api.road import (
    Road,
    bet,
    bets,
    bets_by_id,
    bettor_of,
    expired_rounds,
    feed,
    grant_play_money,
    history,
    journal,
    open_rounds,
    seeds,
)
from fairhouse.betting.engine import WriterSettings
from fairhouse.betting.rules import check_profit, check_stake, fingerprint

__all__ = [
    "Road",
    "WriterSettings",
    "bet",
    "bets",
    "bets_by_id",
    "bettor_of",
    "check_profit",
    "check_stake",
    "expired_rounds",
    "feed",
    "fingerprint",
    "grant_play_money",
    "history",
    "journal",
    "open_rounds",
    "seeds",
]
