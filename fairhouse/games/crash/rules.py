"""Crash and slide as mathematics: growth, judging, limits, verdicts. Pure, in exact integers.

A multiplier is counted in hundredths. It grows as m(t) = floor(100 * e^(6t / 100000)), t in
milliseconds of the run (bustabit's curve): 2x after 11.6 s, 10x after 38.4 s. Logarithms and powers
are taken with 60 decimal digits, and none of them lies on a whole number, so that every machine
gets the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final
from uuid import UUID

from fairhouse.games.crash.types import (
    CRASH,
    ROUND_PREFIX,
    SLIDE,
    Asked,
    CashOut,
    Ended,
    Entrant,
    Round,
    State,
    Timing,
    Verdict,
)
from fairhouse.games.types import InvalidGameParams
from fairhouse.kernel.ids import from_wire
from fairhouse.kernel.money import parse_units
from fairhouse.kernel.refusals import Refusal

ONE: Final = 100
"""1.00x."""
LEAST: Final = 101
"""The least multiplier that is ever paid."""
MOST: Final = 100_000_000
"""1,000,000.00x: the highest target, and where everybody leaves by themselves."""
MOST_TEXT_CHARS: Final = 16

RETURN_BP: Final[Mapping[str, int]] = {CRASH: 9_900, SLIDE: 9_800}
"""Basis points, the same at every target."""

ROUND_PROFIT_TIMES: Final = 5
"""A round may win, in one brand and currency, this many times what one bet may win."""

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.BETTING: frozenset({State.LOCKED, State.VOID}),
    State.LOCKED: frozenset({State.RUNNING, State.VOID}),
    State.RUNNING: frozenset({State.CRASHED}),
    State.CRASHED: frozenset({State.SETTLED}),
    State.SETTLED: frozenset(),
    State.VOID: frozenset(),
}
"""A void round stays void; `settled_at` says when the last stake went back."""

_EXACT: Final = Context(prec=60)
_PER_MS: Final = (6, 100_000)
_RATE: Final = Decimal(_PER_MS[0]).scaleb(-5)


@lru_cache(maxsize=65_536)
def multiplier_at(at_ms: int) -> int:
    """What the run stands at in its millisecond `at_ms`, in hundredths."""
    assert at_ms >= 0
    grown = _EXACT.exp(_EXACT.multiply(_RATE, Decimal(at_ms)))
    return int(_EXACT.multiply(grown, Decimal(ONE)).to_integral_value(ROUND_FLOOR))


@lru_cache(maxsize=65_536)
def reached_ms(multiplier: int) -> int:
    """The first millisecond in which the run stands at this multiplier or above."""
    if multiplier <= ONE:
        return 0
    grown = _EXACT.ln(_EXACT.divide(Decimal(multiplier), Decimal(ONE)))
    return int(_EXACT.divide(grown, _RATE).to_integral_value(ROUND_CEILING))


def ends_ms(game: str, point: int, timing: Timing) -> int:
    """The millisecond in which the run ends: the first one that would stand above the point."""
    return timing.slide_ms if game == SLIDE else reached_ms(point + 1)


def payout_units(stake: int, multiplier: int) -> int:
    """`floor(stake * hundredths / 100)`, in ledger units."""
    return stake * multiplier // ONE


def shown(multiplier: int) -> str:
    """Hundredths as text: "1.53"."""
    whole, rest = divmod(multiplier, ONE)
    return f"{whole}.{rest:02d}"


def parse_target(text: object, *, param: str) -> int:
    """ "2", "2.5" or "2.50" as hundredths. Refuses with InvalidGameParams."""
    wrong = InvalidGameParams(
        f"{param} must be a number from {shown(LEAST)} to {shown(MOST)} with at most two decimals, "
        "as text.",
        param=param,
        minimum=shown(LEAST),
        maximum=shown(MOST),
    )
    if not isinstance(text, str) or len(text) > MOST_TEXT_CHARS:
        raise wrong
    try:
        found = parse_units(text, 2, param=param)
    except Refusal:
        raise wrong from None
    if not LEAST <= found <= MOST:
        raise wrong
    return found


def parse_params(game: str, params: Mapping[str, object]) -> Asked:
    """A player's parameters. Refuses with InvalidGameParams and Malformed, naming the field."""
    unknown = sorted(params.keys() - {"round", "auto_cash_out"})
    if unknown:
        raise InvalidGameParams(
            f"params.{unknown[0][:32]} is no parameter; give round and auto_cash_out.",
            param=f"params.{unknown[0][:32]}",
        )
    named = params.get("round")
    if not isinstance(named, str):
        raise InvalidGameParams(
            "params.round must be the id of the round that takes bets.", param="params.round"
        )
    target = params.get("auto_cash_out")
    if target is None and game == SLIDE:
        raise InvalidGameParams(
            "params.auto_cash_out is the target of slide: give a number from 1.01, as text.",
            param="params.auto_cash_out",
        )
    auto = None if target is None else parse_target(target, param="params.auto_cash_out")
    return Asked(from_wire(ROUND_PREFIX, named, param="params.round"), auto)


def auto_of(params: Mapping[str, object]) -> int | None:
    """The order in a bet's stored parameters, in hundredths."""
    text = params["auto_cash_out"]
    return None if text is None else parse_units(str(text), 2)


def bet_cap(stake: int, payout_max: int) -> int:
    """Where a bet has won the most that one bet may, in hundredths."""
    return min(payout_max * ONE // stake, MOST)


def round_cap(entrants: Sequence[tuple[int, int]], profit_max: int) -> int | None:
    """Where everybody together has won the most that a round may; None where they never can.

    `entrants` are stakes with where each leaves by itself. The largest multiplier at which, if
    nobody leaves earlier, all payouts less all stakes are within `profit_max`; at least 1.01, which
    is what a stake is worth that was accepted at all.
    """
    staked = sum(stake for stake, _ in entrants)

    def profit(at: int) -> int:
        return sum(payout_units(stake, min(at, ends)) for stake, ends in entrants) - staked

    low, high = LEAST, max((ends for _, ends in entrants), default=LEAST)
    if profit(high) <= profit_max:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if profit(middle) <= profit_max:
            low = middle
        else:
            high = middle
    return low


def cap_key(brand_id: int, currency: str) -> str:
    """How a cap is named in a round."""
    return f"{brand_id}:{currency}"


def capped(entrant: Entrant, caps: Mapping[str, int]) -> int:
    """Where a bet leaves by itself, in hundredths."""
    cap = caps.get(cap_key(entrant.brand_id, entrant.currency))
    return entrant.ends_at if cap is None else min(entrant.ends_at, cap)


def caps_of(entrants: Iterable[Entrant], profit_max: Mapping[str, int]) -> dict[str, int]:
    """The caps of a round that begins; `profit_max` of a round by `cap_key`, in ledger units."""
    grouped: dict[str, list[tuple[int, int]]] = {}
    for one in entrants:
        key = cap_key(one.brand_id, one.currency)
        grouped.setdefault(key, []).append((one.stake, one.ends_at))
    found = {key: round_cap(group, profit_max[key]) for key, group in grouped.items()}
    return {key: cap for key, cap in found.items() if cap is not None}


def verdict(entrant: Entrant, taken: CashOut | None, ended: Round) -> Verdict:
    """What a bet of a crashed round is paid: the first of its own cash-out, its order, the cap.

    A bet that leaves at a multiplier is paid when the round crashed there or above.
    """
    assert ended.point is not None, "the round has crashed"
    if taken is not None:
        return Verdict(taken.multiplier, Ended.CASH_OUT)
    if entrant.ends_at <= ended.point:
        by_order = entrant.ends_at == entrant.auto
        return Verdict(entrant.ends_at, Ended.AUTO if by_order else Ended.FORCED)
    if ended.made_good is not None:
        return Verdict(ended.made_good, Ended.INTERRUPTED)
    return Verdict(0, Ended.CRASHED)


def made_good(found: Round, epoch: int, timing: Timing, ends: int) -> int | None:
    """What those still in are paid when nobody ran the round where it ended; None: it was run.

    `epoch` is whose hand writes the end, `ends` the run's last millisecond. A runner was there when
    it, or another one, left a sign of life after the end, or the same one shortly before.
    """
    if found.game == SLIDE or found.seen_ms >= ends:
        return None
    if found.seen_epoch == epoch and ends - found.seen_ms <= timing.silence_ms:
        return None
    return max(multiplier_at(found.seen_ms), ONE)


def exact_return(game: str, target: int) -> Fraction:
    """The return of leaving at a target in hundredths: chance times target, of all 2^52 digests."""
    wins = RETURN_BP[game] * (1 << 52) // (ONE * target)
    return Fraction(wins, 1 << 52) * Fraction(target, ONE)


def progress(asked: Asked, round_id: str) -> dict[str, object]:
    """An open bet as it is stored and shown."""
    return {
        "round": round_id,
        "auto_cash_out": None if asked.auto is None else shown(asked.auto),
    }


def outcome(
    params: Mapping[str, object], found: Verdict, ended: Round, taken: CashOut | None
) -> dict[str, object]:
    """A bet's outcome as it is stored and shown."""
    return {
        "round": params["round"],
        "auto_cash_out": params["auto_cash_out"],
        "cash_out": shown(found.multiplier) if found.multiplier else None,
        "at_ms": None if taken is None else taken.at_ms,
        "crashed_at": None if ended.point is None else shown(ended.point),
        "multiplier": f"{shown(found.multiplier)}00",
        "ended": found.ended.value,
    }


def table(game: str) -> dict[str, object]:
    """Every number and rule that decides money, as data to be hashed and published."""
    rules: dict[str, object] = {
        "game": game,
        "hash": "c(n - 1) = SHA-256(c(n)), raw bytes; c(0) published before game 1",
        "digest": "HMAC-SHA256(key = c(n), message = beacon signature), raw bytes",
        "point": "max(100, floor(return_bp * 2^52 / (100 * (2^52 - x)))) hundredths; "
        "x = first 52 bits of the digest",
        "return_bp": RETURN_BP[game],
        "least": LEAST,
        "most": MOST,
        "wins": "a bet that leaves at a multiplier is paid if the point is that or above",
        "payout": "floor(stake_units * hundredths / 100)",
        "bet_profit": "a bet leaves by itself at floor(100 * payout_max / stake)",
        "round_profit": "per brand and currency everybody leaves where all together would win "
        f"more than {ROUND_PROFIT_TIMES} times the maximum profit of one bet",
    }
    if game == CRASH:
        rules["growth"] = "floor(100 * e^(6 * ms / 100000)) hundredths"
    return rules


def round_of(params: Mapping[str, object]) -> UUID:
    """The round that a stored bet is in."""
    return from_wire(ROUND_PREFIX, str(params["round"]))
