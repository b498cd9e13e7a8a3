"""Ids, fingerprints, limits and values: decided without any IO."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fairhouse.betting.types import (
    FRESH_MS,
    FUTURE_TOLERANCE_MS,
    BetIdInFuture,
    Limits,
    ProfitTooLarge,
    StakeOutOfRange,
)
from fairhouse.kernel.currencies import CurrencyCode, currency
from fairhouse.kernel.ids import derived_id, unix_ms_of, uuid7
from fairhouse.kernel.money import UNITS_MAX, Rounding, divide, format_units

_BASIS_POINTS: Final = 10_000
_FINGERPRINT_BYTES: Final = 16

FEED_MS: Final = 3_600_000
"""The lobby shows the bets of this long."""


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
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=_FINGERPRINT_BYTES).digest()


def step_id(round_id: UUID, step: int, now_ms: int) -> UUID:
    """The id of a step's entry: derived, so that the same step cannot be written twice at once."""
    return derived_id("betting.step", str(round_id), str(step), unix_ms=now_ms)


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """What one bet may stake and win, as data per currency."""

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


def limits(of: CurrencyCode, bankroll: int) -> Limits:
    """The limits of one bet against a bankroll in ledger units; an empty house takes no bets."""
    policy = POLICIES[of]
    base = max(policy.fixed_bankroll if policy.fixed_bankroll is not None else bankroll, 0)
    return Limits(
        stake_min=policy.stake_min,
        stake_max=_share(base, policy.stake_max_share_bp),
        profit_max=_share(base, policy.profit_max_share_bp),
    )


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
