"""`fairhouse fairness verify GAME`: one bet, from its seeds to its outcome, every step shown.

HMAC digests, the 32-bit numbers cut from them, what each number chooses, and the outcome. Games of
several steps take --choices as a JSON list: [{"do": "reveal", "tile": 7}, {"do": "cash_out"}].
With --expect the outcome is compared, and a difference is exit code 1. The rules are those that
decide bets; other houses' schemes (see `batch`) are answered by name too, without the steps.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

from fairhouse.app.fairness import answers
from fairhouse.app.fairness.asking import InvalidRequest, check_hash
from fairhouse.app.fairness.batch import encode
from fairhouse.games import catalogue
from fairhouse.games.catalogue import Game
from fairhouse.games.types import GameSlug, InvalidGameParams, UnknownGame
from fairhouse.games.verification import Verification, recompute

Params = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("game", help="dice, mines, … or a public scheme, as in batch")
    parser.add_argument("--server-seed", required=True, help="as revealed after rotation")
    parser.add_argument("--client-seed", required=True)
    parser.add_argument("--nonce", required=True, type=int)
    parser.add_argument("--server-seed-hash", help="the commitment shown before the bet")
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--choices", metavar="JSON", help="of a game of several steps")
    parser.add_argument("--game-version", help="instead of the newest")
    parser.add_argument("--variant", help="which of the version's tables, such as 98")
    parser.add_argument("--table-hash", help="the release that the bet itself names")
    parser.add_argument("--expect", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> bool:
    """Whether the outcome is the expected one, as far as one is. Refuses as the game does."""
    if arguments.server_seed_hash is not None:
        check_hash(arguments.server_seed, arguments.server_seed_hash)
    params = read_pairs(arguments.param, "param")
    if arguments.game in catalogue.USUAL:
        found = _steps(arguments, params)
        told = _as_json(found)
        text = _as_text(found)
    else:
        told = {"game": arguments.game, "outcome": _scheme(arguments, params)}
        text = "\n".join(f"{name:18}{_said(value)}" for name, value in told["outcome"].items())
    wrong = _differences(told["outcome"], read_pairs(arguments.expect, "expect"))
    if arguments.json:
        print(encode({**told, "differences": wrong}).decode())
    else:
        print(text)
        for line in wrong:
            print(f"DIFFERENT         {line}")
    return not wrong


def read_pairs(given: Sequence[str], param: str) -> Params:
    """`key=value` arguments; whole numbers, booleans, lists and objects as JSON has them."""
    found: Params = {}
    for pair in given:
        name, is_pair, text = pair.partition("=")
        if not is_pair or not name:
            raise InvalidRequest(f"--{param} must look like KEY=VALUE.", param=param)
        found[name] = _value(text)
    return found


def replayed(game: Game, seeds: tuple[str, str, int], params: Params, choices: Any) -> Verification:
    """The bet; a number where the game wants text ("2" for a target) is taken as text."""
    given = dict(params)
    while True:
        try:
            return recompute(game, *seeds, given, choices)
        except InvalidGameParams as refused:
            name = refused.param or ""
            if type(given.get(name)) is not int:
                raise
            given[name] = str(given[name])


def _steps(arguments: argparse.Namespace, params: Params) -> Verification:
    seeds = (arguments.server_seed, arguments.client_seed, arguments.nonce)
    return replayed(_release(arguments), seeds, params, _choices(arguments.choices))


def _release(arguments: argparse.Namespace) -> Game:
    if arguments.table_hash is None:
        return catalogue.release(arguments.game, arguments.game_version, arguments.variant)
    try:
        return catalogue.of_bet(GameSlug(arguments.game), arguments.table_hash)
    except KeyError:
        raise UnknownGame(
            f"No release of {arguments.game} has this table hash.", param="table_hash"
        ) from None


def _choices(text: str | None) -> list[Any]:
    try:
        found = json.loads(text or "[]")
    except ValueError as error:
        raise InvalidRequest(f"--choices is not JSON: {error}.", param="choices") from None
    if not isinstance(found, list) or not all(
        isinstance(one, dict) for one in cast("list[object]", found)
    ):
        raise InvalidRequest("--choices must be a JSON list of objects.", param="choices")
    return cast("list[Any]", found)


def _value(text: str) -> Any:
    is_whole = text.lstrip("-").isdigit() and text == str(int(text))
    if is_whole or text in {"true", "false", "null"} or text[:1] in {"[", "{"}:
        try:
            return json.loads(text)
        except ValueError as error:
            raise InvalidRequest(f"{text[:40]} is not JSON: {error}.", param="param") from None
    return text


def _scheme(arguments: argparse.Namespace, params: Params) -> Mapping[str, Any]:
    seeds = {"serverSeed": arguments.server_seed, "clientSeed": arguments.client_seed}
    return answers.answer(
        {"game": arguments.game, **seeds, "nonce": arguments.nonce, "params": params}
    )


def _differences(outcome: Mapping[str, Any], expected: Params) -> list[str]:
    return [
        f"{name}: {_said(outcome.get(name))}, expected {_said(value)}"
        for name, value in expected.items()
        if _said(outcome.get(name)) != _said(value)
    ]


def _as_json(found: Verification) -> dict[str, Any]:
    told = asdict(found)
    # On a pretended stake: who verifies a bet's money verifies its line of the history.
    del told["payout"]
    told["draws"] = [{**draw, "float": draw["number"] / 2**32} for draw in told["draws"]]
    return told


def _as_text(found: Verification) -> str:
    lines = [
        f"game              {found.game} {found.game_version} ({found.variant})",
        f"table             {found.table_hash}",
        f"seed's hash       {found.server_seed_hash}",
    ]
    for number, one in enumerate(found.rounds):
        lines.append(f"HMAC {number:<12} {one.message}  →  {one.digest}")
    for number, draw in enumerate(found.draws):
        scaled = f" × {draw.of} → {draw.choice}" if draw.of else ""
        share = f"{draw.number:>10} / 2^32 = {draw.number / 2**32:.10f}"
        lines.append(f"number {number:<10} {share}{scaled}  {draw.means}")
    if not found.outcome:
        lines.append("outcome           give the parameters (--param) to see it")
    lines += [f"{name:18}{_said(value)}" for name, value in found.outcome.items()]
    return "\n".join(lines)


def _said(value: object) -> str:
    return value if isinstance(value, str) else encode(value).decode()
