"""Rounds of crash and the bets in them verified from saved answers; what is altered is named."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from fairhouse.app.fairness.command import main
from fairhouse.fairness import beacons, chains
from fairhouse.fairness.codecs import bls
from fairhouse.fairness.codecs.receipts import COLUMNS
from fairhouse.fairness.schemes import crash

SECRET = bls.secret_from(bytes(range(32)))
CHAIN = chains.make(hashlib.sha256(b"a seed for tests").digest(), 2_000)


def proven(number: int) -> dict[str, Any]:
    game_hash = CHAIN.hash_of(number)
    signature = bls.sign_short(SECRET, beacons.message_of(7_000 + number))
    point = crash.ours(game_hash, signature, 9_900)
    return {
        "round": {"id": f"crd_{number}", "game": "crash"},
        "proof": {
            "chain_end_hash": CHAIN.hash_of(0).hex(),
            "chain_number": number,
            "hash": game_hash.hex(),
            "beacon": "local",
            "beacon_public_key": bls.short_public_key(SECRET).hex(),
            "beacon_round": 7_000 + number,
            "signature": signature.hex(),
            "digest": hmac.digest(game_hash, signature, "sha256").hex(),
            "point": f"{point // 100}.{point % 100:02d}",
        },
    }


def saved(folder: Path, rounds: list[dict[str, Any]]) -> str:
    file = folder / "rounds.json"
    file.write_text(json.dumps({"rounds": rounds, "next": None}))
    return str(file)


def test_rounds_are_proven(tmp_path, capsys):
    running = proven(1_999)
    running["proof"] |= {"hash": None, "signature": None, "point": None, "digest": None}
    rounds = [running, *(proven(number) for number in range(1_998, 1_990, -1))]

    assert main(["chain", "fairhouse-crash", "--rounds", saved(tmp_path, rounds), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["good"]
    assert set(found["rounds"]) == {f"crd_{number}" for number in range(1_991, 1_999)}


ALTERED = [
    ("hash", "00" * 32, "is not the published end"),
    ("chain_number", 4, "is not the published end"),
    ("chain_end_hash", "00" * 32, "is not the published end"),
    ("beacon_round", 1, "not the beacon's of round 1"),
    ("beacon", "quicknet", "not that of quicknet"),
    ("signature", "00" * 48, "not the beacon's of round"),
    ("digest", "00" * 32, "the digest is not"),
    ("point", "1000.00", "the point is 1000.00"),
]


@pytest.mark.parametrize(("name", "value", "said"), ALTERED, ids=[one[0] for one in ALTERED])
def test_every_altered_part_is_named(tmp_path, capsys, name, value, said):
    altered = proven(5)
    altered["proof"][name] = value
    file = saved(tmp_path, [proven(6), altered])

    assert main(["chain", "fairhouse-crash", "--rounds", file]) == 1
    printed = capsys.readouterr().out
    assert said in printed
    assert "crd_6" in printed
    assert "proven" in printed


def line(number: int, **more: Any) -> dict[str, Any]:
    """A crash bet as it is exported: left at 1.01 where the point allows it."""
    point = proven(number)["proof"]["point"]
    outcome = {
        "round": f"crd_{number}",
        "auto_cash_out": None,
        "cash_out": "1.01",
        "crashed_at": point,
        "multiplier": "1.0100",
        "ended": "cash_out",
    }
    row = dict.fromkeys(COLUMNS, "x") | {
        "bet_id": "bet_1",
        "game": "crash",
        "currency": "PLAY",
        "stake": "2",
        "opening_stake": "2",
        "payout": "2.02",
        "state": "settled",
        "params": {"round": outcome["round"]},
        "choices": [],
        "outcome": outcome | more.pop("outcome", {}),
        "server_seed": None,
        "nonce": 0,
        "receipt_signature": None,
        "round_proof": None,
    }
    return row | more


def high() -> int:
    """A round that flew above 2.00."""
    return next(n for n in range(1, 99) if float(proven(n)["proof"]["point"]) > 2)


FORGED = [
    ({}, 0, "in order"),
    ({"payout": "3"}, 1, "payout is 3"),
    ({"outcome": {"crashed_at": "1.00"}}, 1, "crashed_at is 1.00"),
    ({"outcome": {"cash_out": "99999.00"}, "payout": "199998"}, 1, "above the point"),
    (
        {"outcome": {"cash_out": None, "auto_cash_out": "1.50"}, "payout": "0"},
        1,
        "auto_cash_out 1.50 was reached",
    ),
]


@pytest.mark.parametrize(("forged", "code", "said"), FORGED)
def test_bets_are_held_against_their_round(tmp_path, capsys, forged, code, said):
    number = high()
    (tmp_path / "bets.jsonl").write_text(json.dumps(line(number, **forged)) + "\n")
    file = saved(tmp_path, [proven(number)])

    assert main(["history", str(tmp_path / "bets.jsonl"), "--rounds", file]) == code
    assert said in capsys.readouterr().out


def test_without_its_round_a_bet_is_not_proven(tmp_path, capsys):
    (tmp_path / "bets.jsonl").write_text(json.dumps(line(high())) + "\n")

    assert main(["history", str(tmp_path / "bets.jsonl"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["games"] == {"crash": {"unproven": 1}}


@pytest.mark.parametrize("text", ["{", '{"rounds": [{}]}', "[1]"])
def test_a_file_that_holds_no_rounds_is_told_so(tmp_path, capsys, text):
    (tmp_path / "x").write_text(text)

    assert main(["chain", "fairhouse-slide", "--rounds", str(tmp_path / "x")]) == 2
    assert "[rounds]" in capsys.readouterr().err
