"""What seeds and hashes decide, in the names and formats of the field's independent vectors.

A scheme is named like its file in `tests/vectors/fairness`. What our own games decide comes from
the very rules that decide bets; other houses' published schemes stand in `fairness.schemes`.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Protocol, cast

from fairhouse.app.fairness import chains
from fairhouse.app.fairness.asking import (
    FIELDS,
    InvalidRequest,
    no_params,
    params_of,
    plain,
    stream_of,
)
from fairhouse.fairness.rules import commitment
from fairhouse.fairness.schemes import bcgame_2020, primedice
from fairhouse.fairness.types import Stream
from fairhouse.games import catalogue
from fairhouse.games.bars.rules import Bars
from fairhouse.games.moles import Moles
from fairhouse.games.original import Json
from fairhouse.games.types import UnknownGame

FLOATS: Final = 40


class HasFacts(Protocol):
    """What answers in the words of the vectors."""

    @property
    def slug(self) -> str:
        """The name of its vector file."""
        ...

    def facts(self, stream: Stream, params: Json) -> Json:
        """See `games.original`."""
        ...


SLUGS: Final = {"slots_scarab": "scarab"}
"""Files that are named otherwise than the game of ours that answers them."""

Answer = Callable[[Json], Json]


def answer(request: object) -> Json:
    """The outcome fields. Refuses with InvalidRequest, UnknownGame, InvalidServerSeed,
    SeedHashPasted, InvalidClientSeed, InvalidGameParams, and as the scheme says.
    """
    if type(request) is not dict:
        raise InvalidRequest("A request is a JSON object.")
    asked = cast(dict[str, Any], request)
    game = asked.get("game")
    if type(game) is not str:
        raise InvalidRequest("game must be the name of a game, as text.", param="game")
    if not FIELDS.issuperset(asked):
        odd = next(name for name in asked if name not in FIELDS)
        raise InvalidRequest(
            f"{odd[:40]!r} is not a field of a request; parameters belong into params.",
            param=odd[:40],
        )
    found = _OTHERS.get(game)
    return _played(game, asked) if found is None else found(asked)


def games() -> list[str]:
    """Every name that `answer` knows."""
    return sorted({*_ORIGINALS, *SLUGS, *_OTHERS})


def _played(game: str, request: Json) -> Json:
    found = _ORIGINALS.get(SLUGS.get(game, game))
    if found is None:
        raise UnknownGame(
            f"{game[:40]!r} is no game or scheme we know; choose one of {', '.join(games())}.",
            param="game",
        )
    stream = stream_of(request)
    facts = found.facts(stream, params_of(request))
    return _with_hash(stream, {name: plain(value) for name, value in facts.items()})


def _with_hash(stream: Stream, outcome: dict[str, object]) -> Json:
    outcome["serverSeedHash"] = commitment(stream.server_seed)
    return outcome


def _floats(request: Json) -> Json:
    no_params(request)
    stream = stream_of(request)
    numbers = stream.u32s(FLOATS)
    return _with_hash(stream, {"first40Floats": [number / 2**32 for number in numbers]})


def _primedice(request: Json) -> Json:
    no_params(request)
    bet = stream_of(request)
    lucky = primedice.lucky_number(bet.server_seed, bet.client_seed, bet.nonce)
    roll = Decimal(primedice.roll_of(lucky)) / 100
    return _with_hash(bet, {"lucky": lucky, "roll": plain(roll)})


def _bcgame(request: Json) -> Json:
    no_params(request)
    bet = stream_of(request)
    seeds = (bet.server_seed, bet.client_seed, bet.nonce)
    lucky = bcgame_2020.lucky_number(*seeds)
    whole, hundredths = divmod(bcgame_2020.classic_dice(*seeds), 100)
    return {
        "limbo": plain(Decimal(bcgame_2020.limbo(*seeds)) / 100),
        "classicDice": f"{whole}.{hundredths:02d}",
        "hashDice": lucky % 100_000,
        "plinko16": bcgame_2020.plinko16(*seeds),
        "hiloFirst5": bcgame_2020.hilo_cards(*seeds, count=5),
        "rouletteFromHash": bcgame_2020.roulette_pocket(bcgame_2020.joined_hash(*seeds)),
        "wheel50": bcgame_2020.wheel50_from_float(*seeds),
        "slots": lucky,
        "videoPoker5": bcgame_2020.poker_cards(*seeds, count=5),
    }


_ORIGINALS: Final[dict[str, HasFacts]] = {
    **{slug: usual.original for slug, usual in catalogue.USUAL.items()},
    **{one.slug: one for one in (Bars(), Moles())},
}

_OTHERS: Final[Mapping[str, Answer]] = {
    "floats": _floats,
    "dice_primedice_sha512": _primedice,
    "bcgame_2020": _bcgame,
    **chains.answers(),
}
