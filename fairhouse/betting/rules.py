"""Ids, fingerprints, limits and values: decided without any IO."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from fairhouse.betting.types import (
    ANY_GAME,
    FRESH_MS,
    FUTURE_TOLERANCE_MS,
    BetIdInFuture,
    Effective,
    HouseLimit,
    HouseLimitOutOfRange,
    Limits,
    ProfitTooLarge,
    Sitting,
    Source,
    StakeOutOfRange,
)
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import derived_id, unix_ms_of, uuid7
from fairhouse.kernel.money import UNITS_MAX, Rounding, divide, format_units

_BASIS_POINTS: Final = 10_000
_FINGERPRINT_BYTES: Final = 16
_canonical: Final = msgspec.json.Encoder(order="sorted").encode
"""Sorted keys, no spaces, UTF-8."""

FEED_MS: Final = 3_600_000
"""The lobby shows the bets of this long."""

SITTING_PAUSE: Final = timedelta(minutes=30)
"""So long without a bet, and the next one begins another sitting."""
SITTING_MOST: Final = timedelta(days=1)
"""How far a sitting is looked back at."""
NO_SITTING: Final = Sitting(since=None, last=None, nets={})


def is_running(sitting: Sitting, now: datetime) -> bool:
    """Whether a bet at this moment would belong to it."""
    return sitting.last is not None and now - sitting.last <= SITTING_PAUSE


def is_whole(sitting: Sitting, now: datetime) -> bool:
    """It began no longer ago than is looked back at: nothing of it has to be left out yet."""
    return sitting.since is not None and now - sitting.since <= SITTING_MOST


def continued(sitting: Sitting, more: Sitting) -> Sitting | None:
    """A sitting with what came after; None where a pause lies between and it must be read anew."""
    if sitting.last is None or more.since is None or more.last is None:
        return None
    if more.since - sitting.last > SITTING_PAUSE or more.last - more.since > SITTING_PAUSE:
        return None
    nets = Counter(sitting.nets)
    nets.update(more.nets)
    return Sitting(since=sitting.since, last=more.last, nets=dict(nets))


def is_fresh(bet_id: UUID, now_ms: int) -> bool:
    """Whether the id may be accepted anew; an old one is only looked up.

    Refuses with BetIdInFuture, and with Malformed when it is no uuid7.
    """
    made_ms = unix_ms_of(bet_id)
    if made_ms > now_ms + FUTURE_TOLERANCE_MS:
        raise BetIdInFuture(
            "The time inside id is still to come; set the clock that makes it and try again.",
            param="id",
        )
    return now_ms - made_ms <= FRESH_MS


def oldest_of_feed(now_ms: int) -> UUID:
    """The smallest id that the lobby still looks at."""
    return uuid7(max(now_ms - FEED_MS, 0), bytes(10))


def fingerprint(**asked: object) -> bytes:
    """16 bytes that stand for everything the player asked for."""
    return hashlib.blake2b(_canonical(asked), digest_size=_FINGERPRINT_BYTES).digest()


def returned_value(is_void: bool, stake: int, payout: int, stake_value: int) -> int:
    """What of a stake's value comes back, in micro-units of the reference currency, rounded down.

    The same as the database's `betting.returned_value`.
    """
    if stake == 0:
        return 0
    return stake_value if is_void else stake_value * payout // stake


def wagered_value(takes_stake: bool, stake: int, stake_value: int) -> int:
    """What a line counts as wagered, in micro-units of the reference currency.

    The same as the database's `betting.wagered_value`.
    """
    return stake_value if takes_stake and stake > 0 else 0


def step_id(round_id: UUID, step: int, now_ms: int) -> UUID:
    """The id of a step's entry: derived, so that the same step cannot be written twice at once."""
    return derived_id("betting.step", str(round_id), str(step), unix_ms=now_ms)


def added_id(round_id: UUID, step: int, now_ms: int) -> UUID:
    """The id of the entry that takes the stake which a round's last step adds."""
    return derived_id("betting.added", str(round_id), str(step), unix_ms=now_ms)


def value_of_added(added: int, stake: int, stake_value: int | None) -> int | None:
    """Of a stake added to a round, in micro-units at the rate of its opening, rounded down."""
    return None if stake_value is None else stake_value * added // stake


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """What one bet may stake and win where staff have set nothing, as data per currency."""

    stake_min: int
    """Ledger units."""
    stake_max_share_bp: int
    """Of the bankroll summed over its lanes, in basis points."""
    profit_max_share_bp: int
    fixed_bankroll: int | None = None
    """Play money has no bankroll: its limits are shares of this."""


POLICIES: Final[Mapping[CurrencyCode, LimitPolicy]] = {
    CurrencyCode("BTC"): LimitPolicy(1, 100, 100),
    CurrencyCode("ETH"): LimitPolicy(1, 100, 100),
    CurrencyCode("USDT"): LimitPolicy(1, 100, 100),
    CurrencyCode("PLAY"): LimitPolicy(1, 100, 1_000, fixed_bankroll=1_000_000 * 10**6),
}


PROFIT_SHARE_MAX_BP: Final = 1_000
"""Staff may not let one bet win more than a tenth of the bankroll."""


def rows_for(game: str, of: CurrencyCode, rows: Iterable[HouseLimit]) -> list[HouseLimit]:
    """Of a brand's limits those that hold for a game: for every game, and its own."""
    return [row for row in rows if row.currency == of and row.game in (ANY_GAME, game)]


def effective(of: CurrencyCode, bankroll: int, rows: Sequence[HouseLimit]) -> Effective:
    """The limits of one bet against a bankroll in ledger units, under what staff have set.

    What is set stands instead of the default; the highest minimum and the lowest maximum bind, and
    no stake is above its share of the bankroll. An empty house takes no bets.
    """
    policy = POLICIES[of]
    base = max(policy.fixed_bankroll if policy.fixed_bankroll is not None else bankroll, 0)
    least, least_by = max(
        [(policy.stake_min, Source.DEFAULT), *_set(rows, lambda row: row.stake_min)],
        key=lambda item: item[0],
    )
    share = (_share(base, policy.stake_max_share_bp), Source.BANKROLL)
    most, most_by = min([share, *_set(rows, lambda row: row.stake_max)], key=lambda item: item[0])
    profit_bp, profit_by = min(
        _set(rows, lambda row: row.profit_share_bp)
        or [(policy.profit_max_share_bp, Source.DEFAULT)],
        key=lambda item: item[0],
    )
    return Effective(
        limits=Limits(stake_min=least, stake_max=most, profit_max=_share(base, profit_bp)),
        profit_share_bp=profit_bp,
        stake_min_by=least_by,
        stake_max_by=most_by,
        profit_by=profit_by,
    )


def limits(of: CurrencyCode, bankroll: int, rows: Sequence[HouseLimit] = ()) -> Limits:
    """What one bet may stake and win; see `effective`."""
    return effective(of, bankroll, rows).limits


def check_wished(wished: HouseLimit, in_force: Iterable[HouseLimit]) -> None:
    """Whether a limit can be, beside those of the same brand and currency.

    Refuses with HouseLimitOutOfRange, also when it is what holds already.
    """
    share = wished.profit_share_bp
    if share is not None and not 1 <= share <= PROFIT_SHARE_MAX_BP:
        raise HouseLimitOutOfRange(
            "profit_share_bp must be from 0.01 to 10 % of the bankroll (1 to "
            f"{PROFIT_SHARE_MAX_BP} basis points).",
            param="profit_share_bp",
        )
    for name, units in (("stake_min", wished.stake_min), ("stake_max", wished.stake_max)):
        if units is not None and not 1 <= units <= UNITS_MAX:
            raise HouseLimitOutOfRange(f"{name} must be more than 0.", param=name)
    beside = [
        row
        for row in in_force
        if (row.brand_id, row.currency) == (wished.brand_id, wished.currency)
    ]
    same = next((row for row in beside if row.game == wished.game), None)
    nothing = (wished.stake_min, wished.stake_max, wished.profit_share_bp) == (None, None, None)
    if wished == same or (same is None and nothing):
        raise HouseLimitOutOfRange("This is what holds already; change a value.", param="stake_min")
    _check_room(wished, [row for row in beside if row is not same])


def _check_room(wished: HouseLimit, others: Sequence[HouseLimit]) -> None:
    """A stake must remain possible, in every game that the wish is about."""
    about = [row for row in others if ANY_GAME in (wished.game, row.game)]
    for row in [wished, *about]:
        together = [row, wished, *(one for one in about if one.game == ANY_GAME)]
        least = max((one.stake_min or 0 for one in together), default=0)
        most = min((one.stake_max for one in together if one.stake_max is not None), default=None)
        if most is None or least <= most:
            continue
        scale = currency(wished.currency).scale
        raise HouseLimitOutOfRange(
            f"No stake would be left: at least {format_units(least, scale)} and at most "
            f"{format_units(most, scale)} {wished.currency} in {_named(row.game)}.",
            param="stake_min" if wished.stake_min == least else "stake_max",
            minimum=format_units(least, scale),
            maximum=format_units(most, scale),
            currency=wished.currency,
        )


def _named(game: str) -> str:
    return "every game" if game == ANY_GAME else game


def _set(
    rows: Sequence[HouseLimit], value: Callable[[HouseLimit], int | None]
) -> list[tuple[int, Source]]:
    return [
        (found, Source.CURRENCY if row.game == ANY_GAME else Source.GAME)
        for row in rows
        if (found := value(row)) is not None
    ]


def check_stake(stake: int, of: CurrencyCode, within: Limits) -> None:
    """Refuses with StakeOutOfRange."""
    if within.stake_min <= stake <= within.stake_max:
        return
    scale = currency(of).scale
    least, most = format_units(within.stake_min, scale), format_units(within.stake_max, scale)
    if within.stake_max < within.stake_min:
        raise StakeOutOfRange(
            f"No bets in {of} are taken at the moment; choose another currency.",
            param="currency",
            minimum=least,
            maximum=most,
            currency=of,
        )
    raise StakeOutOfRange(
        f"stake must be from {least} to {most} {of}.",
        param="stake",
        minimum=least,
        maximum=most,
        currency=of,
    )


def check_profit(stake: int, payout_max: int, of: CurrencyCode, within: Limits) -> None:
    """Refuses with ProfitTooLarge when the best outcome wins more than the house pays."""
    if payout_max - stake <= within.profit_max and payout_max <= UNITS_MAX:
        return
    most = format_units(within.profit_max, currency(of).scale)
    raise ProfitTooLarge(
        f"This bet could win more than {most} {of}, the most one bet may win: lower the stake or "
        "the multiplier.",
        param="stake",
        maximum_profit=most,
        currency=of,
    )


def _share(base: int, basis_points: int) -> int:
    return divide(base * basis_points, _BASIS_POINTS, Rounding.DOWN)
