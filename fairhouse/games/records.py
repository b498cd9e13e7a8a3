"""A bet as a line of its player's history: the same columns in CSV, JSON Lines and receipts.

The format is a promise: docs/fairness/history-format.md.
"""

import csv
import io
from collections.abc import Iterable, Mapping

from fairhouse.betting.api import Taken
from fairhouse.betting.types import RoundState
from fairhouse.fairness.api import COLUMNS, JSON_COLUMNS, ReceiptSigner, canonical
from fairhouse.fairness.types import SeedPair
from fairhouse.games.wire import view
from fairhouse.kernel.currencies import currency
from fairhouse.kernel.money import format_units
from fairhouse.kernel.refusals import Refusal

Row = Mapping[str, object]


class RoundStillOpen(Refusal):
    """A receipt says how a bet ended: an open round has none yet."""

    code = "round_still_open"


def row(taken: Taken, pair: SeedPair, signer: ReceiptSigner, proof: Row | None = None) -> Row:
    """The line of one bet; signed when the bet is closed. `proof`: of a live game's round."""
    bet, closed_at = taken.bet, taken.bet.closed_at
    shown = view(bet, pair, is_owner=False)
    found: dict[str, object] = {
        "bet_id": shown.id,
        "game": shown.game,
        "game_version": shown.game_version,
        "table_hash": shown.table_hash,
        "currency": shown.currency,
        "stake": shown.stake,
        "opening_stake": format_units(taken.opening_stake, currency(bet.currency).scale),
        "payout": shown.payout,
        "multiplier": shown.multiplier,
        "state": shown.state,
        "params": shown.params,
        "choices": shown.outcome.get("choices", []),
        "outcome": {name: said for name, said in shown.outcome.items() if name != "choices"},
        "seed_pair_id": shown.seed_pair_id,
        "server_seed": pair.server_seed,
        "server_seed_hash": shown.server_seed_hash,
        "client_seed": shown.client_seed,
        "nonce": shown.nonce,
        "at": shown.at,
        "closed_at": shown.closed_at,
        "receipt_key": None,
        "receipt_signature": None,
        "round_proof": proof,
    }
    if closed_at is not None and bet.state is not RoundState.OPEN:
        found["receipt_key"] = signer.key_of(closed_at).id
        found["receipt_signature"] = signer.sign(found, closed_at)
    return found


def as_json_lines(rows: Iterable[Row]) -> bytes:
    """One object a line."""
    return b"".join(canonical(one, is_sorted=False) + b"\n" for one in rows)


def csv_head() -> bytes:
    """The line with the names."""
    return (",".join(COLUMNS) + "\r\n").encode()


def as_csv(rows: Iterable[Row]) -> bytes:
    """RFC 4180: absent values are empty, JSON columns compact JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_cell(name, one[name]) for name in COLUMNS] for one in rows)
    return text.getvalue().encode()


def _cell(name: str, value: object) -> object:
    if value is None:
        return ""
    return canonical(value).decode() if name in JSON_COLUMNS else value
