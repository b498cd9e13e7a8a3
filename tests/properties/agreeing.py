"""Random bets for every game, and the TypeScript verifier as a process that plays them again."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

from fairhouse.fairness.types import Stream
from fairhouse.games.original import Ended, Json, Original, Stake, Standing
from fairhouse.kernel.money import format_units
from fairhouse.kernel.refusals import Refusal

ROOT: Final = Path(__file__).resolve().parent.parent.parent
ESBUILD: Final = ROOT / "web/node_modules/esbuild"
SCALES: Final = (2, 6, 8, 9)
STAKE_MAX: Final = 10**11
STEPS_MAX: Final = 60
LUCKY: Final = 0.2
"""The share of rounds whose player knows what comes, and so climbs high."""

Params = Callable[[Random, Stake], Mapping[str, Any]]
Move = Callable[[Random, Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""A choice from what is shown and the parameters; may be one that cannot be made."""


def _cents(rng: Random, least: int, most: int) -> str:
    return format_hundredths(int(least * (most / least) ** rng.random()))


def format_hundredths(value: int) -> str:
    """Hundredths as decimal text."""
    return f"{value // 100}.{value % 100:02d}"


def _dice(rng: Random, stake: Stake) -> Mapping[str, Any]:
    chance = rng.randint(1, 9_800)
    over = rng.random() < 0.5
    target = 10_000 - chance if over else chance
    return {"target": format_hundredths(target), "direction": "over" if over else "under"}


def _shares(rng: Random, stake: Stake, places: Sequence[str]) -> list[tuple[str, str]]:
    """The stake split over places in random parts."""
    cuts = sorted(rng.randint(1, stake.units - 1) for _ in places[1:]) if stake.units > 1 else []
    ends = [0, *cuts, stake.units]
    parts = [after - before for before, after in pairwise(ends)]
    return [
        (place, format_units(part, stake.scale))
        for place, part in zip(places, parts, strict=False)
        if part > 0
    ]


ROULETTE_NAMES: Final = (
    *("red", "black", "even", "odd", "low", "high", "basket:0", "trio:0-1-2", "trio:0-2-3"),
    *(f"straight:{number}" for number in range(37)),
    *(f"split:{number}-{number + 3}" for number in range(1, 34)),
    *(f"split:{number}-{number + 1}" for number in range(1, 36) if number % 3),
    *("split:0-1", "split:0-2", "split:0-3"),
    *(f"street:{number}" for number in range(1, 35, 3)),
    *(f"line:{number}" for number in range(1, 32, 3)),
    *(f"corner:{n}-{n + 1}-{n + 3}-{n + 4}" for n in range(1, 33) if n % 3),
    *(f"{kind}:{number}" for kind in ("column", "dozen") for number in (1, 2, 3)),
)


def _roulette(rng: Random, stake: Stake) -> Mapping[str, Any]:
    places = rng.sample(ROULETTE_NAMES, rng.randint(1, 12))
    return {
        "bets": [{"place": place, "amount": part} for place, part in _shares(rng, stake, places)]
    }


def _baccarat(rng: Random, stake: Stake) -> Mapping[str, Any]:
    places = rng.sample(("player", "banker", "tie"), rng.randint(1, 3))
    return {"bets": dict(_shares(rng, stake, places))}


def _of(name: str, *allowed: str) -> Params:
    return lambda rng, _stake: {name: rng.choice(allowed)}


def _none(_rng: Random, _stake: Stake) -> Mapping[str, Any]:
    return {}


_FOUR: Final = ("easy", "medium", "hard", "expert")

VECTOR_FILES: Final = {"scarab": "slots_scarab"}
"""Where the file of vectors is not named like the game."""

PARAMS: Final[Mapping[str, Params]] = {
    "dice": _dice,
    "limbo": lambda rng, _: {"target": _cents(rng, 101, 100_000_000)},
    "plinko": lambda rng, _: {
        "rows": rng.randint(8, 16),
        "risk": rng.choice(("low", "medium", "high", "expert")),
    },
    "keno": lambda rng, _: {
        "risk": rng.choice(("classic", "low", "medium", "high")),
        "numbers": rng.sample(range(1, 41), rng.randint(1, 10)),
    },
    "roulette": _roulette,
    "wheel": lambda rng, _: {
        "segments": rng.choice((10, 20, 30, 40, 50)),
        "risk": rng.choice(("low", "medium", "high")),
    },
    "baccarat": _baccarat,
    "scarab": lambda rng, _: {"lines": rng.randint(1, 20)},
    "diamonds": _none,
    "cases": _of("difficulty", *_FOUR),
    "drill": lambda rng, _: {
        "drill": rng.randint(0, 2),
        "target": _cents(rng, 101, 100_000_000),
    },
    "snakes": _of("difficulty", *_FOUR, "master"),
    "mines": lambda rng, _: {"mines": rng.randint(1, 24)},
    "hilo": _none,
    "blackjack": _none,
    "videopoker": _none,
    "flip": _none,
    "rps": _none,
    "dragontower": _of("difficulty", *_FOUR, "master"),
    "pump": _of("difficulty", *_FOUR),
    "chicken": _of("difficulty", *_FOUR),
}


def _do(*words: str, rarely: str = "cash_out") -> Move:
    def choose(
        rng: Random, _shown: Mapping[str, Any], _params: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {"do": rarely if rng.random() < 0.12 else rng.choice(words)}

    return choose


def _tile(word: str, tiles: int) -> Move:
    def choose(
        rng: Random, _shown: Mapping[str, Any], _params: Mapping[str, Any]
    ) -> dict[str, Any]:
        if rng.random() < 0.12:
            return {"do": "cash_out"}
        return {"do": word, "tile": rng.randrange(tiles)}

    return choose


def _blackjack(rng: Random, shown: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    # Mostly what is offered, now and then anything: both must refuse the same.
    offered = shown.get("actions") or ["hit"]
    words = ("hit", "stand", "double", "split", "insurance", "no_insurance")
    return {"do": rng.choice(offered if rng.random() < 0.9 else words)}


def _hold(rng: Random, _shown: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    return {"do": "draw", "hold": rng.sample(range(5), rng.randint(0, 5))}


MOVES: Final[Mapping[str, Move]] = {
    "snakes": _do("roll"),
    "mines": _tile("reveal", 25),
    "hilo": _do("higher", "lower", "skip"),
    "blackjack": _blackjack,
    "videopoker": _hold,
    "flip": _do("heads", "tails"),
    "rps": _do("rock", "paper", "scissors"),
    "dragontower": _tile("climb", 4),
    "pump": _do("pump"),
    "chicken": _do("cross"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A line for the verifier, and what our own rules answer to it."""

    line: Mapping[str, Any]
    answer: Mapping[str, Any]


def _answer(standing: Standing | Ended) -> dict[str, Any]:
    is_over = isinstance(standing, Ended)
    paid = {"payout": str(standing.payout)} if is_over else {"worth": str(standing.worth)}
    shown = _plain(standing.shown)
    return {"ended": is_over, "staked": str(standing.staked), **paid, "shown": shown}


def rounds(
    original: Original,
    table_hash: str,
    rng: Random,
    *,
    stream: Stream | None = None,
    scale: int | None = None,
) -> list[Asked]:
    """One random bet, at every choice on its way; both must refuse what one refuses."""
    stake = Stake(int(STAKE_MAX ** rng.random()) + 1, scale or rng.choice(SCALES))
    asked = PARAMS[original.slug](rng, stake)
    stream = stream or _random_stream(rng)
    line: dict[str, Any] = {
        "op": "play",
        "game": original.slug,
        "table_hash": table_hash,
        **_seeds(stream),
        "stake": str(stake.units),
        "scale": stake.scale,
        "most": None,
        "choices": [],
    }
    try:
        params = original.read(asked, stake)
    except Refusal:
        return [Asked({**line, "params": asked}, {"refused": True})]
    top = original.top(params)
    most = int(stake.units * top.numerator / top.denominator * rng.choice((1, 3, 30, 10**6))) + 1
    line |= {"params": _plain(original.written(params)), "most": str(most)}

    def play(choices: Sequence[Json]) -> Standing | Ended:
        return original.play(stream, params, stake.units, choices, most)

    def canonical(choice: Json) -> Json:
        return original.read_choice(params, choice)

    return list(_walk(original.slug, rng, line, play, canonical))


def _walk(
    slug: str,
    rng: Random,
    line: Mapping[str, Any],
    play: Callable[[Sequence[Json]], Standing | Ended],
    canonical: Callable[[Json], Json],
) -> Iterator[Asked]:
    """A round from its opening to its end by random choices, or by ones that know the seeds."""
    choices: list[Json] = []
    is_lucky = rng.random() < LUCKY
    standing = play(choices)
    for _ in range(STEPS_MAX):
        yield Asked({**line, "choices": list(choices)}, _answer(standing))
        if isinstance(standing, Ended):
            return
        move = MOVES[slug](rng, standing.shown, line["params"])
        try:
            choice = canonical(move)
            following = play([*choices, choice])
        except Refusal:
            yield Asked({**line, "choices": [*choices, move]}, {"refused": True})
            continue
        if is_lucky and isinstance(following, Ended) and following.shown["ended"] != "complete":
            # Neither lost nor taken while there is a way on: the tops of ladders are seen so.
            continue
        choices.append(choice)
        standing = following


def _random_stream(rng: Random) -> Stream:
    return Stream(rng.randbytes(32).hex(), f"client {rng.random()}", rng.randrange(10**6))


def _seeds(stream: Stream) -> dict[str, Any]:
    return {
        "server_seed": stream.server_seed,
        "client_seed": stream.client_seed,
        "nonce": stream.nonce,
    }


def _plain(value: object) -> Any:
    """As it comes back from JSON."""
    return json.loads(json.dumps(value, default=float))


def facts_asked(original: Original, rng: Random) -> Asked:
    """The outcome in the vectors' names, for random seeds and parameters that are allowed."""
    stake = Stake(10**6, 8)
    params = PARAMS[original.slug](rng, stake)
    stream = _random_stream(rng)
    name = VECTOR_FILES.get(original.slug, original.slug)
    line = {"op": "facts", "game": name, **_seeds(stream), "params": params}
    return Asked(line, _plain(original.facts(stream, params)))


def bundled(folder: Path) -> Path:
    """The verifier's command line as one file for node."""
    made = folder / "verifier.mjs"
    options = {
        "entryPoints": ["src/verifier/cli.ts"],
        "outfile": str(made),
        "bundle": True,
        "platform": "node",
        "format": "esm",
    }
    # esbuild's own command is a script or a binary, as it was installed; its library is always one.
    script = f'require("esbuild").buildSync({json.dumps(options)})'
    node = [sys.executable, "-m", "tools.node", "node"]
    whole = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*node, "-e", script], cwd=ROOT / "web", env=whole, check=True)
    return made


def played_again(verifier: Path, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the verifier answers to each line."""
    asked = "".join(f"{json.dumps(line)}\n" for line in lines)
    done = subprocess.run(
        [sys.executable, "-m", "tools.node", "node", str(verifier)],
        cwd=ROOT,
        input=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
