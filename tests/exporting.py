"""Exported histories of random bets, signed, in the columns of docs/fairness/history-format.md."""

import hashlib
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, Final

from fairhouse.fairness.codecs import receipts
from fairhouse.fairness.types import Stream
from fairhouse.games.catalogue import Game
from fairhouse.kernel.money import format_units
from tests.properties.agreeing import rounds

CURRENCY: Final = "USDT"
SCALE: Final = 6
PRIVATE_KEY: Final = hashlib.sha256(b"the receipt key of the tests").digest()
PUBLIC_KEY: Final = receipts.public_of(PRIVATE_KEY)
AT: Final = "2026-11-22T19:25:00.123Z"


def _closed(game: Game, stream: Stream, rng: Random) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """A round that came to its end, as it was asked for and as it ended."""
    while True:
        *_, last = rounds(game.original, game.info.table_hash, rng, stream=stream, scale=SCALE)
        if last.answer.get("ended"):
            return last.line, last.answer


def row(game: Game, stream: Stream, rng: Random) -> dict[str, Any]:
    """One line of the export: a bet of this game, closed, revealed and signed."""
    line, answer = _closed(game, stream, rng)
    shown = answer["shown"]
    params: dict[str, Any] = dict(line["params"])
    if game.original.has_steps:
        params["payout_max"] = format_units(int(line["most"]), SCALE)
    found: dict[str, Any] = {
        "bet_id": f"bet_{game.info.slug}_{stream.nonce}",
        "game": game.info.slug,
        "game_version": game.info.version,
        "table_hash": game.info.table_hash,
        "currency": CURRENCY,
        "stake": format_units(int(answer["staked"]), SCALE),
        "opening_stake": format_units(int(line["stake"]), SCALE),
        "payout": format_units(int(answer["payout"]), SCALE),
        "multiplier": shown["multiplier"],
        "state": "settled",
        "params": params,
        "choices": line["choices"],
        "outcome": shown,
        "seed_pair_id": "sed_of_the_tests",
        "server_seed": stream.server_seed,
        "server_seed_hash": hashlib.sha256(stream.server_seed.encode()).hexdigest(),
        "client_seed": stream.client_seed,
        "nonce": stream.nonce,
        "at": AT,
        "closed_at": AT,
        "round_proof": None,
        "receipt_key": receipts.key_id(PUBLIC_KEY),
        "receipt_signature": None,
    }
    found["receipt_signature"] = receipts.sign(PRIVATE_KEY, receipts.signed_bytes(found))
    return found


def history(games: Iterable[Game], bets: int, rng: Random) -> list[dict[str, Any]]:
    """A player's whole history: `bets` of every game in turn under one pair of seeds."""
    seed = rng.randbytes(32).hex()
    wanted = [game for _ in range(bets) for game in games]
    return [row(game, Stream(seed, "my own, seed", n), rng) for n, game in enumerate(wanted)]
