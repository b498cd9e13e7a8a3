"""Any bet recomputed from its seeds, with every step between: what the calculator shows.

The same rules decide here and on the road; independent verifiers and the vectors hold them both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fairhouse.fairness.api import check_client_seed, check_server_seed, commitment
from fairhouse.fairness.types import Stream
from fairhouse.games import catalogue
from fairhouse.games.dice import rules as dice
from fairhouse.games.mines import rules as mines
from fairhouse.games.types import InvalidGameParams

_DIGEST_BYTES: Final = 32
NONCE_MAX: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Round:
    """One HMAC of the stream."""

    message: str
    digest: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What the seeds decide, and how."""

    game: str
    game_version: str
    table_hash: str
    server_seed_hash: str
    rounds: list[Round]
    numbers: list[int]
    """The 32-bit numbers the game looks at."""
    choices: list[int]
    """What each number chooses: the roll in hundredths, or the place among the tiles left."""
    outcome: Mapping[str, object]


def recompute(
    slug: str, server_seed: str, client_seed: str, nonce: int, params: Mapping[str, object]
) -> Verification:
    """Refuses with UnknownGame, InvalidServerSeed, InvalidClientSeed and InvalidGameParams."""
    info = catalogue.game(slug)
    if not 0 <= nonce <= NONCE_MAX:
        raise InvalidGameParams("nonce must be a whole number from 0.", param="nonce")
    stream = Stream(check_server_seed(server_seed), check_client_seed(client_seed), nonce)
    outcome, sizes = _dice(stream, params) if slug == catalogue.DICE else _mines(stream, params)
    numbers = stream.u32s(len(sizes))
    rounds = -(-len(numbers) * 4 // _DIGEST_BYTES)
    return Verification(
        game=slug,
        game_version=info.version,
        table_hash=info.table_hash,
        server_seed_hash=commitment(server_seed),
        rounds=[
            Round(f"{client_seed}:{nonce}:{number}", stream.digest(number).hex())
            for number in range(rounds)
        ],
        numbers=numbers,
        choices=[number * size >> 32 for number, size in zip(numbers, sizes, strict=True)],
        outcome=outcome,
    )


def _dice(stream: Stream, params: Mapping[str, object]) -> tuple[Mapping[str, object], list[int]]:
    rolled = dice.roll(stream)
    outcome: dict[str, object] = {"roll": dice.shown_hundredths(rolled)}
    if params:
        chosen = dice.parse_params(str(params.get("target")), str(params.get("direction")))
        outcome["won"] = dice.wins(chosen, rolled)
        outcome["win_multiplier"] = dice.multiplier(chosen).shown()
    return outcome, [dice.ROLLS]


def _mines(stream: Stream, params: Mapping[str, object]) -> tuple[Mapping[str, object], list[int]]:
    count = params.get("mines")
    if not isinstance(count, int):
        raise InvalidGameParams("params.mines must be a whole number.", param="mines")
    chosen = mines.parse_params(count)
    drawn = mines.positions(stream, chosen)
    sizes = [mines.TILES - taken for taken in range(len(drawn))]
    return {"mines": sorted(drawn), "drawn": drawn}, sizes
