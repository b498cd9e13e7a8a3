"""A game's answer as the road books it. Pure: the road calls these in the lane.

A round is stored as its choices and what they showed, and replayed from them at every step.
"""

from collections.abc import Sequence
from typing import cast

from fairhouse.betting.types import Continues, Decision, Round, Settled
from fairhouse.fairness.types import Stream
from fairhouse.games.catalogue import Game, of_bet
from fairhouse.games.original import Ended, Json, Stake, Standing
from fairhouse.games.types import shown_multiplier
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.money import format_units, parse_units

PAYOUT_MAX = "payout_max"
"""In a stored round's parameters: what the house can pay on it, as an amount."""

ABANDONED = "abandoned"
CHOICES = "choices"
CASH_OUT_NOW = "cash_out"
"""In an open round's progress: what a cash-out would pay, as an amount."""


def opening(result: Standing | Ended, scale: int) -> Decision:
    """What the opening of a round decides; it may be over before anything was chosen."""
    if type(result) is Ended:
        return Settled(result.payout, {**result.shown, CHOICES: []})
    progress = _progress(result, [], scale)
    return Continues(progress, progress)


def chosen(stream: Stream, found: Round, step: int, choice: Json) -> Decision:
    """What one more choice decides. Refuses with InvalidChoice and ChoiceNotOpen."""
    game, params = _game(found)
    canonical = game.original.read_choice(params, choice)
    choices = [*stored_choices(found.progress), canonical]
    assert len(choices) == step + 1, "a round has taken as many choices as steps"
    result = _played(game, params, stream, found, choices)
    more = result.staked - found.stake
    if type(result) is Ended:
        return Settled(result.payout, {**result.shown, CHOICES: choices}, stake=more)
    progress = _progress(result, choices, currency(found.currency).scale)
    return Continues({"choice": canonical, **result.shown}, progress, stake=more)


def abandoned(stream: Stream, found: Round) -> Decision:
    """The round of somebody who did not come back: the better of stake and winnings."""
    game, params = _game(found)
    choices = stored_choices(found.progress)
    result = _played(game, params, stream, found, choices)
    assert type(result) is Standing, "an open round stands"
    payout = max(result.worth, result.staked)
    outcome = {
        **result.shown,
        CHOICES: choices,
        "multiplier": shown_multiplier(payout, result.staked),
        "ended": ABANDONED,
    }
    return Settled(payout, outcome)


def stored_choices(progress: Json) -> list[Json]:
    """The choices of a round, out of what the road stored of it; none for a game without steps."""
    return cast(list[Json], progress.get(CHOICES, []))


def was_chosen(found: Round, step: int, choice: Json) -> bool:
    """Whether the round's step of this number was this very choice. Refuses with InvalidChoice."""
    taken = stored_choices(found.progress)
    if step >= len(taken):
        return False
    game, params = _game(found)
    return taken[step] == game.original.read_choice(params, choice)


def payout_max(params: Json, scale: int) -> int:
    """What the house can pay on a stored round, in units."""
    return parse_units(str(params[PAYOUT_MAX]), scale)


def asked(params: Json) -> Json:
    """A stored round's parameters as its player chose them."""
    return {name: value for name, value in params.items() if name != PAYOUT_MAX}


def _game(found: Round) -> tuple[Game, object]:
    game = of_bet(found.game, found.table_hash)
    stake = Stake(found.stake - found.added, currency(found.currency).scale)
    return game, game.original.read(asked(found.params), stake)


def _played(
    game: Game, params: object, stream: Stream, found: Round, choices: Sequence[Json]
) -> Standing | Ended:
    most = payout_max(found.params, currency(found.currency).scale)
    return game.original.play(stream, params, found.stake - found.added, choices, most)


def _progress(standing: Standing, choices: Sequence[Json], scale: int) -> Json:
    return {
        **standing.shown,
        CHOICES: choices,
        CASH_OUT_NOW: format_units(standing.worth, scale),
    }
