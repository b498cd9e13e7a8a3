"""The command line of `fairhouse fairness`.

Exit codes: 0 what was asked for was found in order; 1 something does not verify, and the output
says what; 2 the request itself cannot be answered, and standard error names the field.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from typing import Final

from fairhouse.app.fairness import batch, chain, history, stream, verify
from fairhouse.kernel.refusals import Refusal

OK: Final = 0
MISMATCH: Final = 1
BAD_REQUEST: Final = 2

CHECKS: Final = {"verify": verify, "chain": chain, "history": history}


def main(argv: list[str]) -> int:
    """See the module."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except Refusal as error:
        where = f" [{error.param}]" if error.param else ""
        print(f"fairhouse fairness: {error.code}{where}: {error.message}", file=sys.stderr)
        return BAD_REQUEST
    except BrokenPipeError:
        # Whoever read us has seen enough; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fairhouse fairness", description=__doc__, formatter_class=_Plain
    )
    commands = parser.add_subparsers(dest="command", required=True)
    asked = commands.add_parser(
        "batch",
        help="answer JSON Lines on standard input",
        formatter_class=_Plain,
        description=batch.__doc__,
    )
    asked.set_defaults(run=_batch)
    for name, what in CHECKS.items():
        checked = commands.add_parser(
            name,
            help=(what.__doc__ or "").partition(": ")[2].partition(".")[0],
            formatter_class=_Plain,
            description=what.__doc__,
        )
        what.add_arguments(checked)
        checked.set_defaults(run=_checking(what.run))
    _add_stream(
        commands.add_parser(
            "stream",
            help="random bytes or outcomes for test batteries",
            formatter_class=_Plain,
            description=stream.__doc__,
        )
    )
    return parser


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Descriptions as they are written."""


def _batch(arguments: argparse.Namespace) -> int:
    batch.run(sys.stdin.fileno(), sys.stdout.fileno())
    return OK


def _checking(
    run: Callable[[argparse.Namespace], bool],
) -> Callable[[argparse.Namespace], int]:
    return lambda arguments: OK if run(arguments) else MISMATCH


def _add_stream(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--raw", action="store_true", help="bytes instead of numbers")
    parser.add_argument("--bytes", type=int, metavar="N", help="stop after so many bytes")
    parser.add_argument("--game", choices=sorted(stream.SCALES), help="outcomes of this game")
    parser.add_argument(
        "--outcomes",
        type=int,
        metavar="N",
        nargs="?",
        const=0,
        help="outcomes, one a line, for ever or N of them",
    )
    parser.add_argument("--seed", type=int, help="repeatable bytes, for tests of the tests")
    parser.set_defaults(run=_stream)


def _stream(arguments: argparse.Namespace) -> int:
    if not arguments.raw and arguments.game is None:
        print("fairhouse fairness stream: say --raw, or --game NAME --outcomes.", file=sys.stderr)
        return BAD_REQUEST
    bets = (
        stream.streams()
        if arguments.seed is None
        else stream.streams(stream.seeded(arguments.seed))
    )
    of = stream.SCALES.get(arguments.game)
    if arguments.raw:
        _write(stream.raw(bets) if of is None else stream.outcome_bytes(bets, of), arguments.bytes)
    elif of is not None:
        _print(stream.outcomes(bets, of), arguments.outcomes or None)
    return OK


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
