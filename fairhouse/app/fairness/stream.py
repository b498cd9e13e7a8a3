"""`fairhouse fairness stream`: the platform's own randomness, for batteries of tests.

Raw: the bytes of the streams that decide bets, one nonce after the other, under server and client
seeds drawn as the platform draws them; a pair of seeds lasts a million bets. Outcomes: what a game
makes of them, scaled, one number a line, so that the scaling is examined too.
"""

import argparse
import os
import random
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from fairhouse.app.fairness.asking import InvalidRequest
from fairhouse.fairness.rules import SERVER_SEED_BYTES, server_seed_from
from fairhouse.fairness.types import Stream, choose

BETS_OF_A_PAIR: Final = 1_000_000
ROUNDS_OF_A_BET: Final = 4
NUMBERS_OF_A_BET: Final = 8
BLOCK_BETS: Final = 512

SCALES: Final = {
    "dice": 10_001,
    "limbo": 2**24,
    "plinko": 2,
    "roulette": 37,
    "wheel": 50,
    "keno": 40,
    "mines": 25,
    "hilo": 52,
    "diamonds": 7,
    "rps": 3,
    "snakes": 6,
}
"""How many equally likely choices a number picks from."""


def streams(entropy: Callable[[int], bytes] = os.urandom) -> Iterator[Stream]:
    """Every bet's stream, for ever."""
    while True:
        server_seed = server_seed_from(entropy(SERVER_SEED_BYTES))
        client_seed = entropy(8).hex()
        for nonce in range(BETS_OF_A_PAIR):
            yield Stream(server_seed, client_seed, nonce)


def seeded(seed: int) -> Callable[[int], bytes]:
    """Bytes that repeat: for tests that must. Decides nothing and no money."""
    return random.Random(seed).randbytes


def raw(bets: Iterator[Stream]) -> Iterator[bytes]:
    """Blocks of the very bytes that the numbers of the bets are cut from."""
    while True:
        yield b"".join(
            bet.digest(number)
            for bet in islice(bets, BLOCK_BETS)
            for number in range(ROUNDS_OF_A_BET)
        )


def outcomes(bets: Iterator[Stream], of: int) -> Iterator[int]:
    """What the numbers of each bet choose, 0 to `of` - 1."""
    for bet in bets:
        for number in bet.u32s(NUMBERS_OF_A_BET):
            yield choose(number, of)


def outcome_bytes(bets: Iterator[Stream], of: int) -> Iterator[bytes]:
    """Blocks of `packed` outcomes."""
    return packed(outcomes(bets, of), of)


def packed(scaled: Iterator[int], of: int) -> Iterator[bytes]:
    """Outcomes as bytes: uniform when the outcomes are, and uneven where they are uneven.

    As many outcomes as make at least 65,536 cases are read as one number, the first the highest
    digit; its leading part of 256 is kept when the number is below the largest multiple of 256, so
    that nothing is folded. The last part would not do: it mixes a bias away.
    """
    digits, cases = 1, of
    while cases < 2**16:
        digits, cases = digits + 1, cases * of
    part = cases // 256
    while True:
        block = bytearray()
        while len(block) < BLOCK_BETS:
            number = 0
            for _ in range(digits):
                number = number * of + next(scaled)
            if number < part * 256:
                block.append(number // part)
        yield bytes(block)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--raw", action="store_true", help="bytes instead of numbers")
    parser.add_argument("--bytes", type=int, metavar="N", help="stop after so many bytes")
    parser.add_argument("--game", choices=sorted(SCALES), help="outcomes of this game")
    parser.add_argument(
        "--outcomes",
        type=int,
        metavar="N",
        nargs="?",
        const=0,
        help="outcomes, one a line, for ever or N of them",
    )
    parser.add_argument("--seed", type=int, help="repeatable bytes, for tests of the tests")


def run(arguments: argparse.Namespace) -> bool:
    """Write until the limit, or until nobody reads. Refuses with InvalidRequest."""
    if not arguments.raw and arguments.game is None:
        raise InvalidRequest("Say --raw, or --game NAME --outcomes.", param="raw")
    bets = streams() if arguments.seed is None else streams(seeded(arguments.seed))
    of = SCALES.get(arguments.game)
    if arguments.raw:
        _write(raw(bets) if of is None else outcome_bytes(bets, of), arguments.bytes)
    elif of is not None:
        _print(outcomes(bets, of), arguments.outcomes or None)
    return True


def _write(blocks: Iterator[bytes], limit: int | None) -> None:
    left = limit
    for block in blocks:
        part = block if left is None else block[:left]
        sys.stdout.buffer.write(part)
        if left is not None:
            left -= len(part)
            if left <= 0:
                break
    sys.stdout.buffer.flush()


def _print(numbers: Iterator[int], limit: int | None) -> None:
    for count, number in enumerate(numbers, 1):
        sys.stdout.write(f"{number}\n")
        if count == limit:
            break
    sys.stdout.flush()
