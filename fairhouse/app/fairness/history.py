"""`fairhouse fairness history FILE`: every bet of an exported history verified.

Seeds against their commitments, outcomes and payouts played again by the release each bet names,
nonces of a pair without gap, client seed and commitment unchanged within it. With --keys (the
answer of /v1/fairness/keys, saved) the signature of every receipt. Bets of crash and slide are
proven by their round: with --rounds (answers of /v1/crash/GAME/rounds, saved) each round's hash,
chain, beacon signature and point are verified, and the bets against them; an export carries these
proofs itself.

Exit code 1 and the first differences by name when anything is not as it should be. Bets whose seeds
are not revealed yet, or whose rounds are not given, are counted apart: nothing is proven of them.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fairhouse.app.fairness import lines, rounds
from fairhouse.app.fairness.asking import InvalidRequest
from fairhouse.app.fairness.keys import read_keys
from fairhouse.app.fairness.lines import Row
from fairhouse.fairness.beacons import QUICKNET
from fairhouse.fairness.codecs import receipts
from fairhouse.fairness.rules import commitment
from fairhouse.games import catalogue
from fairhouse.games.original import Stake
from fairhouse.games.rounds import ABANDONED, CASH_OUT_NOW, CHOICES, PAYOUT_MAX, payout_max
from fairhouse.games.types import GameSlug
from fairhouse.games.verification import Verification, recompute
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.money import UNITS_MAX, format_units, parse_units
from fairhouse.kernel.refusals import Refusal

TOLD_MAX: Final = 20
LIVE: Final = frozenset({"crash", "slide"})
INTERRUPTED: Final = "interrupted"
"""Paid as it stood when nobody ran the round; the point may be below."""
NONCE_MAX: Final = 100_000_000


@dataclass(slots=True)
class Pair:
    """What the lines of one seed pair have in common."""

    server_seed_hash: str
    client_seed: str
    seed: str | None
    seen: bytearray = field(default_factory=bytearray)
    """One bit per nonce."""
    count: int = 0

    def take(self, nonce: int) -> bool:
        """Note a nonce; False when it was there before."""
        place, bit = divmod(nonce, 8)
        if place >= len(self.seen):
            self.seen.extend(bytes(place + 1 - len(self.seen)))
        if self.seen[place] >> bit & 1:
            return False
        self.seen[place] |= 1 << bit
        self.count += 1
        return True

    @property
    def has_gap(self) -> bool:
        """Whether nonces from 0 to the highest are missing."""
        highest = (len(self.seen) - 1) * 8 + self.seen[-1].bit_length() if self.seen else 0
        return self.count != highest


@dataclass(slots=True)
class Report:
    """What was found."""

    counts: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    """By game: verified, unproven, void, different; signed."""
    differences: list[str] = field(default_factory=list[str])
    total_differences: int = 0
    pairs: dict[str, Pair] = field(default_factory=dict[str, Pair])
    proofs: rounds.Proofs = field(default_factory=rounds.Proofs)

    def count(self, game: str, what: str) -> None:
        """One more."""
        self.counts.setdefault(game, Counter())[what] += 1

    def differ(self, where: str, what: str) -> None:
        """Something is not as it should be; the first are kept by name."""
        self.total_differences += 1
        if len(self.differences) < TOLD_MAX:
            self.differences.append(f"{where}: {what}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("file", type=Path, help="as exported, CSV or JSON Lines")
    parser.add_argument("--keys", type=Path, help="the answer of /v1/fairness/keys, saved")
    parser.add_argument("--rounds", type=Path, help="answers of /v1/crash/GAME/rounds, saved")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: argparse.Namespace) -> bool:
    """Whether all is in order. Refuses with InvalidRequest."""
    keys = read_keys(arguments.keys) if arguments.keys else None
    report = Report()
    if arguments.rounds:
        report.proofs = rounds.read(arguments.rounds)
        for round_id, what in report.proofs.wrong:
            report.differ(round_id, what)
    try:
        with arguments.file.open(encoding="utf-8", newline="") as file:
            for number, row in lines.rows(file):
                check(report, number, row, keys)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{arguments.file} cannot be read: {error}.", param="file") from None
    finish(report)
    print(json.dumps(_as_json(report)) if arguments.json else _as_text(report, keys is not None))
    return not report.total_differences


def check(report: Report, number: int, row: Row, keys: dict[str, bytes] | None) -> None:
    """One line."""
    where = f"line {number}, {row['bet_id']}"
    wrong = [*_of_pair(report, row), *_of_receipt(row, keys), *_of_seed(row)]
    verdict = _verdict(row, report.proofs)
    if verdict == "verified":
        wrong += _judged(row, report.proofs)
    report.count(row["game"], "different" if wrong else verdict)
    if keys is not None and row["receipt_signature"]:
        report.count(row["game"], "signed")
    for what in wrong:
        report.differ(where, what)


def _judged(row: Row, proofs: rounds.Proofs) -> Iterator[str]:
    """What its game, or its round, says against it; a number that is none is a difference, too."""
    try:
        yield from _of_round(row, proofs) if row["game"] in LIVE else _replayed(row)
    except Refusal as refused:
        yield f"cannot be read: {refused.message}"


def finish(report: Report) -> None:
    """What can only be said at the end: gaps."""
    for pair_id, pair in report.pairs.items():
        if pair.has_gap:
            report.differ(pair_id, "nonces are missing between 0 and the highest")


def _verdict(row: Row, proofs: rounds.Proofs) -> str:
    if row["state"] == "void":
        return "void"
    if row["game"] in LIVE:
        is_proven = row["round_proof"] is not None or row["outcome"].get("round") in proofs.points
        return "verified" if is_proven and row["state"] == "settled" else "unproven"
    return "verified" if row["server_seed"] and row["state"] == "settled" else "unproven"


def _of_pair(report: Report, row: Row) -> Iterator[str]:
    pair = report.pairs.get(row["seed_pair_id"])
    if pair is None:
        pair = Pair(row["server_seed_hash"], row["client_seed"], row["server_seed"])
        report.pairs[row["seed_pair_id"]] = pair
    if row["server_seed_hash"] != pair.server_seed_hash:
        yield "the commitment is another than that of the pair's other bets"
    if row["client_seed"] != pair.client_seed:
        yield "the client seed is another than that of the pair's other bets"
    if row["server_seed"] != pair.seed:
        yield "the server seed is another than that of the pair's other bets"
    if row["nonce"] > NONCE_MAX:
        yield f"the nonce is above {NONCE_MAX}"
    elif not pair.take(row["nonce"]):
        yield f"nonce {row['nonce']} of the pair was used before"


def _of_receipt(row: Row, keys: dict[str, bytes] | None) -> Iterator[str]:
    if keys is None or row["state"] == "open":
        return
    key = keys.get(row["receipt_key"] or "")
    if key is None:
        yield "the receipt names no key of the list"
    elif not receipts.verifies(key, receipts.signed_bytes(row), row["receipt_signature"] or ""):
        yield "the receipt's signature is not that of its key"


def _of_seed(row: Row) -> Iterator[str]:
    if row["server_seed"] and commitment(row["server_seed"]) != row["server_seed_hash"]:
        yield "the server seed does not hash to the commitment"


def _replayed(row: Row) -> Iterator[str]:
    try:
        found = _recomputed(row)
    except KeyError:
        yield "no release known here has this game and table hash"
        return
    except Refusal as refused:
        yield f"cannot be played again: {refused.message}"
        return
    shown = row["outcome"]
    by_policy = {"multiplier", "ended"} if shown.get("ended") == ABANDONED else set[str]()
    names = (found.outcome.keys() | shown.keys()) - by_policy - {CHOICES, CASH_OUT_NOW}
    for name in sorted(names):
        if shown.get(name) != found.outcome.get(name):
            yield f"{name} is {shown.get(name)!r}, the seeds give {found.outcome.get(name)!r}"
    if not by_policy:
        yield from _of_payout(row, found)


def _of_payout(row: Row, found: Verification) -> Iterator[str]:
    scale = currency(row["currency"]).scale
    if found.payout is None:
        yield "the round is not over after these choices"
    elif parse_units(row["payout"], scale) != found.payout:
        yield f"payout is {row['payout']}, the seeds give {format_units(found.payout, scale)}"


def _of_round(row: Row, proofs: rounds.Proofs) -> Iterator[str]:
    """Live games: who left at or below the point is paid by that multiplier, nobody else."""
    shown, scale = row["outcome"], currency(row["currency"]).scale
    round_id, proof = str(shown.get("round")), row["round_proof"]
    if row["params"].get("round") != round_id:
        yield "the outcome is of another round than the bet"
    if proof is not None:
        yield from proofs.of_bet(row["game"], round_id, proof)
        yield from _of_time(row, proof)
    if (point := proofs.points.get(round_id)) is None:
        return
    if parse_units(str(shown.get("crashed_at")), 2) != point:
        yield f"crashed_at is {shown.get('crashed_at')}, the round's proof gives {point} hundredths"
    if shown.get("ended") == INTERRUPTED:
        return
    left = 0 if shown.get("cash_out") is None else parse_units(str(shown["cash_out"]), 2)
    order = shown.get("auto_cash_out")
    if left > point:
        yield f"cash_out is {shown['cash_out']}, above the point"
    if not left and order is not None and parse_units(str(order), 2) <= point:
        yield f"auto_cash_out {order} was reached, and nothing was paid"
    paid = parse_units(row["opening_stake"], scale) * left // 100
    if parse_units(row["payout"], scale) != paid:
        yield f"payout is {row['payout']}, {left} hundredths give {format_units(paid, scale)}"


def _of_time(row: Row, proof: Row) -> Iterator[str]:
    """The beacon's round was still to come when the bet was placed, and known when it was paid."""
    try:
        published_ms = QUICKNET.published_ms(int(proof["beacon_round"]))
        placed_ms, paid_ms = _unix_ms(row["at"]), _unix_ms(str(row["closed_at"]))
    except (KeyError, TypeError, ValueError):
        yield "the times of bet and beacon cannot be told"
        return
    if not placed_ms < published_ms <= paid_ms:
        yield "the beacon's round was not published between the bet and its end"


def _unix_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _recomputed(row: Row) -> Verification:
    game = catalogue.of_bet(GameSlug(row["game"]), row["table_hash"])
    scale = currency(row["currency"]).scale
    params: dict[str, object] = row["params"]
    return recompute(
        game,
        row["server_seed"],
        row["client_seed"],
        row["nonce"],
        params,
        row["choices"],
        Stake(parse_units(row["opening_stake"], scale), scale),
        payout_max(params, scale) if PAYOUT_MAX in params else UNITS_MAX,
    )


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "good": not report.total_differences,
        "games": {game: dict(counts) for game, counts in sorted(report.counts.items())},
        "pairs": len(report.pairs),
        "differences": report.total_differences,
        "first": report.differences,
    }


def _as_text(report: Report, has_keys: bool) -> str:
    names = ("verified", "unproven", "void", "different", *(("signed",) * has_keys))
    head = f"{'game':14}" + "".join(f"{name:>11}" for name in names)
    lines = [head]
    for game, counts in sorted(report.counts.items()):
        lines.append(f"{game:14}" + "".join(f"{counts[name]:>11,}" for name in names))
    lines += [f"DIFFERENT  {what}" for what in report.differences]
    left = report.total_differences - len(report.differences)
    if left:
        lines.append(f"… and {left:,} more")
    lines.append(
        f"verdict    NOT in order: {report.total_differences:,} differences"
        if report.total_differences
        else f"verdict    in order: {len(report.pairs):,} seed pairs"
    )
    return "\n".join(lines)
