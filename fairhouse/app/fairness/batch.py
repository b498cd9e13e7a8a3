"""`fairhouse fairness batch`: JSON Lines in, one JSON object a line out.

Reads what is there and answers it at once, so that it can be asked line by line or by the million;
memory holds one read and its answers. A line that cannot be answered is answered with its error.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from fairhouse.app.fairness.answers import answer
from fairhouse.app.fairness.asking import InvalidRequest
from fairhouse.kernel.refusals import Refusal

READ_BYTES: Final = 1 << 16
LINE_BYTES_MAX: Final = 1 << 20

_decode: Final = msgspec.json.Decoder().decode
encode: Final = msgspec.json.Encoder(decimal_format="number").encode
"""Decimals as JSON numbers, never through a float."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none: everything comes on standard input."""


def run(arguments: argparse.Namespace) -> bool:
    """Answer standard input on standard output. Always true: a line's error is its answer."""
    serve(sys.stdin.fileno(), sys.stdout.fileno())
    return True


def serve(source: int, sink: int) -> None:
    """Answer every line of one file descriptor on another."""

    def read() -> bytes:
        return os.read(source, READ_BYTES)

    def write(answers: bytes) -> None:
        left = memoryview(answers)
        while left:
            left = left[os.write(sink, left) :]

    for lines in _chunks(read):
        answers = [_answered(line) for line in lines if line.strip()]
        if answers:
            write(b"\n".join(answers) + b"\n")


def refusal(error: Refusal) -> dict[str, object]:
    """A refusal as it is written: code, message, and the field at fault."""
    return {
        "code": error.code,
        "message": error.message,
        "param": error.param,
        "fields": dict(error.fields),
    }


def _answered(line: bytes) -> bytes:
    try:
        if len(line) > LINE_BYTES_MAX:
            raise InvalidRequest(f"A line has at most {LINE_BYTES_MAX} bytes.")
        return encode(answer(_read(line)))
    except Refusal as error:
        return encode({"error": refusal(error)})


def _read(line: bytes) -> object:
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"The line is not JSON: {error}.") from None


def _chunks(read: Callable[[], bytes]) -> Iterator[list[bytes]]:
    """Lists of whole lines; of a line that is too long only so much that it is seen to be."""
    rest = b""
    while chunk := read():
        *lines, last = chunk.split(b"\n")
        if lines:
            lines[0] = rest + lines[0]
            rest = b""
            yield lines
        if len(rest) <= LINE_BYTES_MAX:
            rest += last
    if rest:
        yield [rest]
