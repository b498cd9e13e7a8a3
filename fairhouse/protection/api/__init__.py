"""What other modules may ask of protection, grouped by theme in this package's files."""

from fairhouse.protection.api.deposits import (
    check_deposits_open,
    count_deposit,
    flagged_deposits,
    reverse_deposit,
)
from fairhouse.protection.api.exclusions import (
    ask_return,
    carry_over,
    check_not_excluded,
    cool_off,
    exclusion,
    self_exclude,
    terms,
)
from fairhouse.protection.api.guarding import capped, changed_since, guards
from fairhouse.protection.api.limits import (
    cancel_change,
    confirm_change,
    history,
    limit_facts,
    protection,
    set_limit,
    set_reality_check,
)
from fairhouse.protection.api.staff import (
    exclude_player,
    excluded_players,
    exclusions_of,
    readmit,
    set_operator_limit,
)
from fairhouse.protection.engine.minutes import PlayClock
from fairhouse.protection.rules import (
    amount_text,
    check_bet,
    count,
    parse_amount,
    period_start,
    roll,
)

__all__ = [
    "PlayClock",
    "amount_text",
    "ask_return",
    "cancel_change",
    "capped",
    "carry_over",
    "changed_since",
    "check_bet",
    "check_deposits_open",
    "check_not_excluded",
    "confirm_change",
    "cool_off",
    "count",
    "count_deposit",
    "exclude_player",
    "excluded_players",
    "exclusion",
    "exclusions_of",
    "flagged_deposits",
    "guards",
    "history",
    "limit_facts",
    "parse_amount",
    "period_start",
    "protection",
    "readmit",
    "reverse_deposit",
    "roll",
    "self_exclude",
    "set_limit",
    "set_operator_limit",
    "set_reality_check",
    "terms",
]
