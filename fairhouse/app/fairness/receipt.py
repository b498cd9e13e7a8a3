"""`fairhouse fairness receipt FILE`: the signature of one bet's receipt.

FILE is the saved answer of /v1/bets/ID/receipt, or `-` for standard input; --keys is the saved
answer of /v1/fairness/keys: only a key that stands there is the house's. Without --keys the
signature is checked under the key that the receipt itself names, which could be anybody's.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from fairhouse.app.fairness.asking import InvalidRequest
from fairhouse.app.fairness.keys import read_keys
from fairhouse.fairness.codecs import receipts

TEXTS = ("signed", "signature", "key_id", "public_key")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("file", help="as answered, or - for standard input")
    parser.add_argument("--keys", type=Path, help="the answer of /v1/fairness/keys, saved")


def run(arguments: argparse.Namespace) -> bool:
    """Whether the receipt is good. Refuses with InvalidRequest."""
    receipt = _read(arguments.file)
    keys = read_keys(arguments.keys) if arguments.keys else None
    wrong = list(_wrong(receipt, keys))
    facts: dict[str, Any] = json.loads(receipt["signed"])
    for name in ("bet_id", "game", "currency", "stake", "payout", "state", "closed_at"):
        print(f"{name:12}{facts.get(name)}")
    for what in wrong:
        print(f"DIFFERENT   {what}")
    trusted = "a published key" if keys else "the key it names itself (give --keys)"
    print("verdict     NOT in order" if wrong else f"verdict     signed by {trusted}")
    return not wrong


def _read(file: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        found: dict[str, Any] = json.loads(text)
        is_whole = isinstance(json.loads(found["signed"]), dict)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidRequest(f"{file} is no receipt: {error!r}.", param="file") from None
    if not is_whole or not all(isinstance(found.get(name), str) for name in TEXTS):
        raise InvalidRequest(f"{file} is no receipt: {', '.join(TEXTS)} are texts.", param="file")
    return found


def _wrong(receipt: dict[str, Any], keys: dict[str, bytes] | None) -> Iterator[str]:
    try:
        key = bytes.fromhex(receipt["public_key"])
    except ValueError:
        key = b""
    if receipts.key_id(key) != receipt["key_id"]:
        yield "key_id is not that of public_key"
    if keys is not None and keys.get(receipt["key_id"]) != key:
        yield "the key is none of the published ones"
    if not receipts.verifies(key, receipt["signed"].encode(), receipt["signature"]):
        yield "the signature is not the key's over the signed text"
    facts = json.loads(receipt["signed"])
    if facts.get("type") != receipts.TYPE or facts.get("receipt_key") != receipt["key_id"]:
        yield f"the signed text is no receipt of this key and of type {receipts.TYPE}"
    row = receipt.get("row")
    if (
        isinstance(row, dict)
        and receipts.signed_bytes(cast("dict[str, Any]", row)) != receipt["signed"].encode()
    ):
        yield "the row says otherwise than the signed text"
