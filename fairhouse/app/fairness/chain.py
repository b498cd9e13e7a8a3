"""`fairhouse fairness chain SCHEME HASH`: a game's place in its hash chain, and its results.

Hashes walk back from the game to the terminating hash that was published before the first game:
meeting it proves that the game was fixed then. Results of the last games are shown on the way.
Schemes that mix a signature into each game (bustabit-vx, fairhouse-crash, fairhouse-slide) give the
result of the one game whose --signature is given. Our own rounds are verified whole, chain, beacon
and point, from their proofs: `--rounds FILE` with saved answers of /v1/crash/GAME/rounds.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fairhouse.app.fairness import rounds
from fairhouse.app.fairness.asking import plain
from fairhouse.app.fairness.batch import encode
from fairhouse.app.fairness.chains import PUBLISHED, Published, read_hash, read_signature, walk
from fairhouse.fairness.schemes import crash
from fairhouse.fairness.schemes.crash import Mixed, Scheme
from fairhouse.kernel.refusals import Malformed

TOLD_EVERY: Final = 500_000
SIGNED: Final = frozenset({Scheme.BUSTABIT_VX, Scheme.OURS_CRASH, Scheme.OURS_SLIDE})


class InvalidArgument(Malformed):
    """An argument of the command that cannot be; `param` names it."""

    code = "invalid_argument"


@dataclass(frozen=True, slots=True)
class Result:
    """One game of the chain."""

    hash: str
    outcome: dict[str, object]


@dataclass(frozen=True, slots=True)
class Found:
    """What the walk met."""

    scheme: str
    end: str | None
    """None: no terminating hash is known here, and none was given."""
    games: int | None
    """The game's number in its chain; None when the end was not met."""
    results: list[Result]

    @property
    def is_good(self) -> bool:
        """The end was met, as far as one is known, and every signature is the oracle's."""
        signed = all(one.outcome.get("verified", True) for one in self.results)
        return signed and (self.end is None or self.games is not None)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("scheme", choices=sorted(PUBLISHED))
    parser.add_argument("hash", nargs="?", help="a game's hash, 64 hexadecimal characters")
    parser.add_argument("--rounds", type=Path, help="answers of /v1/crash/GAME/rounds, saved")
    parser.add_argument("--terminating", metavar="HASH", help="instead of the published one")
    parser.add_argument("--salt", help="instead of the published one")
    parser.add_argument("--signature", help="hexadecimal; of schemes that mix one in")
    parser.add_argument("--last", type=int, default=10, metavar="N", help="games to show (10)")
    parser.add_argument("--most", type=int, metavar="N", help="hash back so many games at most")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> bool:
    """Whether everything is in order. Refuses with InvalidRequest and InvalidArgument."""
    published = PUBLISHED[arguments.scheme]
    if arguments.rounds is not None:
        return _rounds(arguments)
    found = look(
        published,
        name=arguments.scheme,
        game_hash=read_hash(arguments.hash, "hash"),
        end=arguments.terminating or published.end or None,
        mixed=_mixed(published, arguments),
        last=arguments.last,
        most=arguments.most or published.games,
    )
    print(encode(_as_json(found)).decode() if arguments.json else _as_text(found))
    return found.is_good


def _rounds(arguments: argparse.Namespace) -> bool:
    proofs = rounds.read(arguments.rounds)
    if arguments.json:
        wrong = [{"round": id_, "wrong": what} for id_, what in proofs.wrong]
        print(encode({"good": not wrong, "rounds": proofs.points, "wrong": wrong}).decode())
        return not wrong
    for id_, point in proofs.points.items():
        print(f"round      {id_}  {point // 100}.{point % 100:02d}  proven")
    for id_, what in proofs.wrong:
        print(f"DIFFERENT  {id_}: {what}")
    print("verdict    NOT in order" if proofs.wrong else "verdict    in order")
    return not proofs.wrong


def look(
    published: Published,
    *,
    name: str,
    game_hash: bytes,
    end: str | None,
    mixed: Mixed,
    last: int,
    most: int,
) -> Found:
    """Walk the chain back."""
    stop = None if end is None else read_hash(end, "terminating")
    results: list[Result] = []
    games = None
    shown = min(last, 1) if published.scheme in SIGNED else last
    for steps, found in walk(published, game_hash, stop, most if stop else shown - 1):
        if found == stop:
            games = steps
            break
        if steps < shown and (mixed.signature or published.scheme not in SIGNED):
            results.append(_result(published, found, mixed))
        if steps and steps % TOLD_EVERY == 0:
            print(f"… {steps:,} games back", file=sys.stderr)
    return Found(name, end, games, results)


def _result(published: Published, game_hash: bytes, mixed: Mixed) -> Result:
    key = bytes.fromhex(published.public_key)
    facts = crash.facts(published.scheme, game_hash, mixed, key)
    return Result(game_hash.hex(), {name: plain(value) for name, value in facts.items()})


def _mixed(published: Published, arguments: argparse.Namespace) -> Mixed:
    if arguments.last < 0:
        raise InvalidArgument("--last must not be negative.", param="last")
    if arguments.signature is None:
        return Mixed(salt=arguments.salt or published.salt)
    if published.scheme not in SIGNED:
        raise InvalidArgument(
            f"--signature is not mixed into games of {arguments.scheme}.", param="signature"
        )
    signature = read_signature(arguments.signature, "signature")
    return Mixed(salt=arguments.salt or published.salt, signature=signature)


def _as_json(found: Found) -> dict[str, object]:
    return {
        "scheme": found.scheme,
        "terminatingHash": found.end,
        "gamesSinceTerminating": found.games,
        "good": found.is_good,
        "results": [{"hash": one.hash, **one.outcome} for one in found.results],
    }


def _as_text(found: Found) -> str:
    lines = [f"scheme     {found.scheme}"]
    for one in found.results:
        said = "  ".join(f"{name} {value}" for name, value in one.outcome.items())
        lines.append(f"game       {one.hash}  {said}")
    if found.end is None:
        lines.append("chain      no terminating hash is known here: give --terminating HASH")
    elif found.games is None:
        lines.append(f"chain      NOT of this chain: {found.end} was not met")
    else:
        lines.append(f"chain      game {found.games:,} after the published end {found.end}")
    lines.append("verdict    in order" if found.is_good else "verdict    NOT in order")
    return "\n".join(lines)
