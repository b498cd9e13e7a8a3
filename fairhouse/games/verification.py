"""Any bet recomputed from its seeds, with every step between: what the calculator shows.

The same rules decide here and on the road; independent verifiers and the vectors hold them both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairhouse.betting.types import Bet
from fairhouse.fairness.api import check_client_seed, check_server_seed, commitment
from fairhouse.fairness.types import Stream
from fairhouse.games.catalogue import Game, of_bet
from fairhouse.games.crash.types import LIVE
from fairhouse.games.original import Draw, Ended, Json, Original, Stake, Standing
from fairhouse.games.params import bets_total
from fairhouse.games.rounds import (
    ABANDONED,
    CASH_OUT_NOW,
    CHOICES,
    PAYOUT_MAX,
    asked,
    payout_max,
    stored_choices,
)
from fairhouse.games.types import InvalidChoice, InvalidGameParams, UnknownGame
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.money import UNITS_MAX

_DIGEST_BYTES: Final = 32
NONCE_MAX: Final = 2**63 - 1
CHOICES_MAX: Final = 1_000

EXAMPLE: Final = Stake(units=10**12, scale=9)
"""What is staked where only the outcome matters, in the finest of scales."""


@dataclass(frozen=True, slots=True)
class HmacRound:
    """One HMAC of the stream."""

    message: str
    digest: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What the seeds decide, and how."""

    game: str
    game_version: str
    variant: str
    table_hash: str
    server_seed_hash: str
    rounds: list[HmacRound]
    draws: list[Draw]
    """The 32-bit numbers the game looks at, and what each of them chooses."""
    outcome: Mapping[str, object]
    """Empty when the parameters are not given: then only the draws are told."""
    payout: int | None
    """Units paid on the stake; None while the round stands open."""


def recompute(
    game: Game,
    server_seed: str,
    client_seed: str,
    nonce: int,
    params: Mapping[str, object],
    choices: Sequence[Json] = (),
    stake: Stake | None = None,
    most: int = UNITS_MAX,
) -> Verification:
    """What a bet with these parameters and choices comes to.

    Without parameters, what the numbers draw as far as that can be told; without a stake, as if the
    example were staked, or the sum of the bets in a game of several. Refuses with
    InvalidServerSeed, InvalidClientSeed, InvalidGameParams, InvalidChoice and ChoiceNotOpen.
    """
    original, info = game.original, game.info
    if not 0 <= nonce <= NONCE_MAX:
        raise InvalidGameParams("nonce must be a whole number from 0.", param="nonce")
    stream = Stream(check_server_seed(server_seed), check_client_seed(client_seed), nonce)
    told = asked(params)
    if stake is None:
        stake = Stake(bets_total(told, EXAMPLE.scale) or EXAMPLE.units, EXAMPLE.scale)
    read = original.read(told, stake) if told or not _needs_params(original, stake) else None
    taken = _choices(original, read, choices)
    result = None if read is None else _played(original, stream, read, stake, taken, most)
    draws = original.draws(stream, read, taken)
    return Verification(
        game=info.slug,
        game_version=info.version,
        variant=info.variant,
        table_hash=info.table_hash,
        server_seed_hash=commitment(server_seed),
        rounds=[
            HmacRound(f"{client_seed}:{nonce}:{number}", stream.digest(number).hex())
            for number in range(-(-len(draws) * 4 // _DIGEST_BYTES))
        ],
        draws=draws,
        outcome={} if result is None else result.shown,
        payout=result.payout if type(result) is Ended else None,
    )


def recompute_bet(bet: Bet, server_seed: str, client_seed: str) -> Verification:
    """What a stored bet comes to by the release it was made on: by its parameters and choices.

    Refuses with UnknownGame for a live game, whose bets no seeds decide.
    """
    if bet.game in LIVE:
        raise UnknownGame(
            f"No seeds decide {bet.game}: its round proves it, {bet.params['round']}.", param="game"
        )
    scale = currency(bet.currency).scale
    is_limited = PAYOUT_MAX in bet.params
    return recompute(
        of_bet(bet.game, bet.table_hash),
        server_seed,
        client_seed,
        bet.nonce,
        bet.params,
        stored_choices(bet.outcome),
        Stake(bet.stake - bet.added, scale),
        payout_max(bet.params, scale) if is_limited else UNITS_MAX,
    )


def differences(bet: Bet, found: Verification) -> list[str]:
    """Where a settled bet says otherwise than its seeds; empty when all is well.

    An abandoned round ended by policy: it pays the better of stake and winnings, and its outcome
    is that of the last choice but for how it ended.
    """
    by_policy = {"multiplier", "ended"} if bet.outcome.get("ended") == ABANDONED else set[str]()
    names = (found.outcome.keys() | bet.outcome.keys()) - by_policy - {CHOICES, CASH_OUT_NOW}
    wrong = [name for name in sorted(names) if bet.outcome.get(name) != found.outcome.get(name)]
    if not by_policy and found.payout != bet.payout:
        wrong.append("payout")
    return wrong


def _needs_params(original: Original, stake: Stake) -> bool:
    try:
        original.read({}, stake)
    except InvalidGameParams:
        return True
    return False


def _choices(original: Original, params: object, choices: Sequence[Json]) -> list[Json]:
    if len(choices) > CHOICES_MAX:
        raise InvalidChoice(f"At most {CHOICES_MAX} choices are replayed.", param="choices")
    if choices and params is None:
        raise InvalidGameParams("Choices need the parameters of their bet.", param="params")
    return [original.read_choice(params, choice) for choice in choices]


def _played(
    original: Original,
    stream: Stream,
    params: object,
    stake: Stake,
    choices: Sequence[Json],
    most: int,
) -> Standing | Ended:
    """Replayed choice by choice, as the road did: none of them may follow the end."""
    result = original.play(stream, params, stake.units, (), most)
    for count in range(1, len(choices) + 1):
        if type(result) is Ended:
            raise InvalidChoice(
                f"The round is over after {count - 1} of the {len(choices)} choices.",
                param="choices",
            )
        result = original.play(stream, params, stake.units, choices[:count], most)
    return result
