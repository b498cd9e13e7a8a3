"""The use cases of the betting module: the road, reading from it, and the house's limits."""

from fairhouse.betting.api.export import BEFORE_ALL, Taken, bet_to_take, bets_to_take
from fairhouse.betting.api.limits import (
    decide_house_limit,
    effective_limits,
    house_limits,
    limit_change,
    limit_changes,
    propose_house_limit,
)
from fairhouse.betting.api.played import played
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
    open_of_game,
    open_rounds,
    seeds,
    staked_on,
)
from fairhouse.betting.api.sittings import lanes_of, moved, sitting
from fairhouse.betting.api.tail import newest_seqs, play_sums, told
from fairhouse.betting.engine import WriterSettings
from fairhouse.betting.rules import check_profit, check_stake, continued, fingerprint, is_whole
from fairhouse.betting.store.pulse import SIZES as PULSE_SIZES
from fairhouse.betting.store.pulse import TIMES_US as PULSE_TIMES_US

__all__ = [
    "BEFORE_ALL",
    "PULSE_SIZES",
    "PULSE_TIMES_US",
    "Road",
    "Taken",
    "WriterSettings",
    "bet",
    "bet_to_take",
    "bets",
    "bets_by_id",
    "bets_to_take",
    "bettor_of",
    "check_profit",
    "check_stake",
    "continued",
    "decide_house_limit",
    "effective_limits",
    "expired_rounds",
    "feed",
    "fingerprint",
    "grant_play_money",
    "history",
    "house_limits",
    "is_whole",
    "journal",
    "lanes_of",
    "limit_change",
    "limit_changes",
    "moved",
    "newest_seqs",
    "open_of_game",
    "open_rounds",
    "play_sums",
    "played",
    "propose_house_limit",
    "seeds",
    "sitting",
    "staked_on",
    "told",
]
