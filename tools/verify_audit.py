"""Verify an exported audit log with nothing but Python: no library, no database, no code of ours.

    python tools/verify_audit.py FILE [--public-key HEX]

Says how many entries of how many chains hold, or names the first broken entry of each. Name the
public key when you have it from elsewhere (a regulator, a former export): a file that was made anew
by somebody else carries their own. Ed25519 follows RFC 8032, section 6, with affine arithmetic.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int]


def _add(one: Point, other: Point) -> Point:
    (a, b), (c, d) = one, other
    product = D * a * c * b * d % P
    x = (a * d + b * c) * pow(1 + product, P - 2, P)
    y = (b * d + a * c) * pow(1 - product, P - 2, P)
    return x % P, y % P


def _times(point: Point, factor: int) -> Point:
    result = (0, 1)
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result


def _point(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return (P - x if x & 1 != sign else x), y


BASE = _point(bytes.fromhex("58" + "66" * 31))


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032, 5.1.7."""
    if len(key) != 32 or len(signature) != 64 or BASE is None:
        return False
    public, r, s = _point(key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if public is None or r is None or s >= L:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % L
    return _times(BASE, s) == _add(r, _times(public, challenge))


class Chain:
    """One chain as it is read."""

    def __init__(self) -> None:
        self.count = 0
        self.seq = 0
        self.hash = bytes(32)
        self.hashes: dict[int, bytes] = {}
        self.checkpoints = 0
        self.flaw: str | None = None

    def add(self, entry: dict[str, Any], line: dict[str, Any]) -> None:
        """The next entry; the first flaw stays."""
        text: str = line["entry"]
        given, previous = bytes.fromhex(line["hash"]), bytes.fromhex(line["previous_hash"])
        if self.flaw is None and (entry["seq"] != self.seq + 1 or previous != self.hash):
            number = min(int(entry["seq"]), self.seq + 1)
            self.flaw = f"#{number} unlinked: something was removed, added or moved"
        if self.flaw is None and hashlib.sha256(previous + text.encode()).digest() != given:
            self.flaw = f"#{entry['seq']} altered"
        self.count, self.seq, self.hash = self.count + 1, int(entry["seq"]), given
        self.hashes[self.seq] = given

    def check(self, made: dict[str, Any], key: bytes) -> None:
        """A checkpoint: the chain must pass it, and it must be signed."""
        self.checkpoints += 1
        seq, hash_, signature = int(made["seq"]), bytes.fromhex(made["hash"]), made["signature"]
        if self.flaw is not None or not signature:
            return
        message = f"fairhouse.audit\x1f{made['stream']}\x1f{seq}\x1f".encode() + hash_
        if not is_signed(key, message, bytes.fromhex(signature)):
            self.flaw = f"#{seq} forged: the checkpoint is not signed with the key"
        elif seq > self.seq:
            self.flaw = f"#{self.seq + 1} cut: the chain ends before a checkpoint"
        elif self.hashes.get(seq) != hash_:
            self.flaw = f"#{seq} rewritten: the chain passes the checkpoint with another hash"


def verify(lines: Iterable[str], key: bytes | None) -> Iterator[str]:
    """What is wrong, chain by chain; nothing when all of it holds."""
    chains: dict[str, Chain] = {}
    totals: dict[str, Any] | None = None
    for text in lines:
        line: dict[str, Any] = json.loads(text)
        if "format" in line:
            key = key or bytes.fromhex(line["public_key"])
        elif "entry" in line:
            entry: dict[str, Any] = json.loads(line["entry"])
            chains.setdefault(entry["stream"], Chain()).add(entry, line)
        elif "checkpoint" in line:
            made: dict[str, Any] = line["checkpoint"]
            chains.setdefault(made["stream"], Chain()).check(made, key or b"")
        else:
            totals = line.get("totals")
    yield from (f"{name} {chain.flaw}" for name, chain in chains.items() if chain.flaw)
    if totals is None:
        yield "the file has no last line: it was cut"
        return
    yield from _miscounted(chains, totals)


def _miscounted(chains: dict[str, Chain], totals: dict[str, Any]) -> Iterator[str]:
    for name, total in totals.items():
        chain = chains.get(name, Chain())
        counted = (chain.count, chain.checkpoints, chain.hash.hex())
        if chain.flaw is None and counted != tuple(
            total[part] for part in ("entries", "checkpoints", "hash")
        ):
            yield f"{name} does not have what the last line counts"
    yield from (f"{name} is not counted" for name in chains.keys() - totals.keys())


def main() -> int:
    """0 when every chain holds, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--public-key", help="64 hex characters")
    given = parser.parse_args()
    key = bytes.fromhex(given.public_key) if given.public_key else None
    with given.file.open(encoding="utf-8") as file:
        flaws = list(verify(file, key))
    for flaw in flaws:
        print(flaw)
    print("broken" if flaws else "every link and every signed checkpoint holds")
    return 1 if flaws else 0


if __name__ == "__main__":
    sys.exit(main())
