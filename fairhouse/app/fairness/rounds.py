"""Rounds of crash and slide with their proofs, as `/v1/crash/{game}/rounds` gives them.

A proof is good when hashing the round's hash `chain_number` times gives the published end of the
chain, the signature is the beacon's of that beacon round, and both together give the crash point.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from fairhouse.app.fairness.asking import InvalidRequest
from fairhouse.fairness import beacons
from fairhouse.fairness.codecs import bls
from fairhouse.fairness.codecs.receipts import canonical
from fairhouse.fairness.schemes import crash

CHAIN_MAX: Final = 10_000_000
RETURNS_BP: Final = {"crash": 9_900, "slide": 9_800}

Json = Mapping[str, Any]


class Proofs:
    """Rounds by id; what was verified of a chain once is not walked again."""

    def __init__(self) -> None:
        self.points: dict[str, int] = {}
        """Hundredths, of the rounds whose proof is good."""
        self.wrong: list[tuple[str, str]] = []
        """Rounds, and what is wrong with their proof."""
        self._known: dict[tuple[str, int], bytes] = {}
        self._of_bets: dict[tuple[str, str], list[str]] = {}

    def add(self, found: Json) -> None:
        """Check one round. Refuses with InvalidRequest what is no proven round."""
        try:
            round_, proof = found["round"], found["proof"]
            id_, game = str(round_["id"]), str(round_["game"])
            if proof["point"] is None or proof["hash"] is None or proof["signature"] is None:
                return
            wrong = list(self._check(game, proof))
            point = _hundredths(proof["point"])
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRequest(
                f"This is no round with its proof: {error!r}.", param="rounds"
            ) from None
        if wrong:
            self.wrong += [(id_, what) for what in wrong]
        else:
            self.points[id_] = point

    def of_bet(self, game: str, round_id: str, proof: Json) -> list[str]:
        """What is wrong with the proof that came with a bet; a good one gives the round's point."""
        key = (round_id, canonical(proof).decode())
        wrong = self._of_bets.get(key)
        if wrong is None:
            wrong = self._of_bets[key] = list(self._given(game, round_id, proof))
        return wrong

    def _given(self, game: str, round_id: str, proof: Json) -> Iterator[str]:
        try:
            if proof["round"] != round_id:
                yield "the proof is of another round"
            wrong = list(self._check(game, proof))
            point = _hundredths(proof["point"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield f"the round's proof is none: {error!r}"
            return
        yield from wrong
        if self.points.setdefault(round_id, point) != point:
            yield "another proof of the same round gives another point"

    def _check(self, game: str, proof: Json) -> Iterator[str]:
        game_hash, signature = bytes.fromhex(proof["hash"]), bytes.fromhex(proof["signature"])
        number, end = int(proof["chain_number"]), str(proof["chain_end_hash"])
        if not 0 < number <= CHAIN_MAX or not self._is_of_chain(game_hash, number, end):
            yield f"its hash, hashed {number} times, is not the published end {end}"
        key = bytes.fromhex(proof["beacon_public_key"])
        if proof["beacon"] == beacons.QUICKNET.name and key != beacons.QUICKNET.public_key:
            yield "the key is not that of quicknet"
        if not bls.verifies_short(key, beacons.message_of(int(proof["beacon_round"])), signature):
            yield f"the signature is not the beacon's of round {proof['beacon_round']}"
        if hmac.digest(game_hash, signature, "sha256").hex() != proof["digest"]:
            yield "the digest is not that of hash and signature"
        point = crash.ours(game_hash, signature, RETURNS_BP[game])
        if point != _hundredths(proof["point"]):
            yield f"the point is {proof['point']}, hash and signature give {point / 100:.2f}"

    def _is_of_chain(self, game_hash: bytes, number: int, end: str) -> bool:
        found, left = game_hash, number
        while left and self._known.get((end, left)) != found:
            found, left = hashlib.sha256(found).digest(), left - 1
        is_good = bool(left) or found.hex() == end
        if is_good:
            self._known[end, number] = game_hash
        return is_good


def read(file: Path) -> Proofs:
    """From saved answers: one page, a list of rounds, or one round; also a file of several lines.

    Refuses with InvalidRequest.
    """
    proofs = Proofs()
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{file} cannot be read: {error}.", param="rounds") from None
    for found in _rounds_in(text):
        proofs.add(found)
    return proofs


def _rounds_in(text: str) -> Iterator[Json]:
    try:
        parts: list[Any] = [json.loads(text)]
    except ValueError:
        parts = [_line(line) for line in text.splitlines() if line.strip()]
    for part in parts:
        if isinstance(part, dict) and "rounds" in part:
            yield from cast("list[Json]", part["rounds"])
        elif isinstance(part, list):
            yield from cast("list[Json]", part)
        else:
            yield cast(Json, part)


def _line(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidRequest(f"The rounds are not JSON: {error}.", param="rounds") from None


def _hundredths(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int(f"{rest}00"[:2])
