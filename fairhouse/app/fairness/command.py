"""The command line of `fairhouse fairness`.

Exit codes: 0 what was asked for was found in order; 1 something does not verify, and the output
says what; 2 the request itself cannot be answered, and standard error names the field.
"""

import argparse
import os
import sys
from pkgutil import resolve_name
from typing import Final, Protocol, cast

from fairhouse.kernel.refusals import Refusal

OK: Final = 0
MISMATCH: Final = 1
BAD_REQUEST: Final = 2

COMMANDS: Final = {
    "verify": "one bet, from its seeds to its outcome, every step shown",
    "batch": "JSON Lines in, one JSON object a line out",
    "chain": "a game's place in its hash chain, and its results",
    "history": "every bet of an exported history verified",
    "receipt": "the signature of one bet's receipt",
    "stream": "the platform's own randomness, for batteries of tests",
}
"""Each is a module of this package."""


class Command(Protocol):
    """What such a module has."""

    __doc__: str | None

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """What the command takes."""

    def run(self, arguments: argparse.Namespace) -> bool:
        """Whether everything is in order; refuses what cannot be answered."""
        ...


def main(argv: list[str]) -> int:
    """See the module."""
    asked = argv[0] if argv and argv[0] in COMMANDS else None
    # Only the command that is asked for is loaded: a batch should not wait for what others need.
    command = None if asked is None else cast(Command, resolve_name(f"{__package__}.{asked}"))
    arguments = _parser(asked, command).parse_args(argv)
    assert command is not None, "the parser takes no other command"
    try:
        return OK if command.run(arguments) else MISMATCH
    except Refusal as error:
        where = f" [{error.param}]" if error.param else ""
        print(f"fairhouse fairness: {error.code}{where}: {error.message}", file=sys.stderr)
        return BAD_REQUEST
    except BrokenPipeError:
        # Whoever read us has seen enough; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _parser(asked: str | None, command: Command | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fairhouse fairness", description=__doc__, formatter_class=_Plain
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in COMMANDS.items():
        described = command.__doc__ if command and name == asked else None
        of = commands.add_parser(name, help=what, formatter_class=_Plain, description=described)
        if command and name == asked:
            command.add_arguments(of)
    return parser


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Descriptions as they are written."""
