"""`fairhouse fairness batch` answers every vector of every file exactly, in every field."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "fairness"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
SEEDS = ("serverSeed", "clientSeed", "nonce")
PARAMS = {
    *("mines", "moles", "rows", "risk", "segments", "difficulty"),
    *("hash", "gameHash", "salt", "blsSignature"),
}
WRONG = {"legacyDocFormula_1e8"}
"""Published, and known to be wrong: the vectors' README says so."""


def ask(*lines: str) -> list[str]:
    command = [sys.executable, "-m", "fairhouse.app", "fairness", "batch"]
    done = subprocess.run(
        command, input="\n".join(lines).encode(), capture_output=True, timeout=120, check=True
    )
    assert b"" == done.stderr
    return done.stdout.decode().splitlines()


def request(name: str, vector: dict[str, object]) -> str:
    seeds = {key: vector[key] for key in SEEDS if key in vector}
    params = {key: value for key, value in vector.items() if key in PARAMS}
    return json.dumps({"game": name, **seeds, "params": params})


def outcome(vector: dict[str, object]) -> dict[str, object]:
    known = {*SEEDS, *PARAMS, *WRONG}
    return {key: value for key, value in vector.items() if key not in known}


def exact(text: str) -> object:
    """Numbers as they are written, so that 1.10 is not 1.1."""
    return json.loads(text, parse_float=lambda digits: ("float", digits), parse_int=Decimal)


def vectors(name: str) -> list[dict[str, object]]:
    return json.loads((FOLDER / f"{name}.json").read_text())["vectors"]


@pytest.mark.parametrize("name", NAMES)
def test_every_vector(name: str):
    found = vectors(name)
    answers = ask(*(request(name, vector) for vector in found))

    assert len(answers) == len(found)
    for vector, answer in zip(found, answers, strict=True):
        assert exact(json.dumps(outcome(vector))) == exact(answer)


GOOD = {"game": "floats", "serverSeed": "a" * 64, "clientSeed": "me", "nonce": 0}
BAD = [
    ("not json", "invalid_request", None),
    ("[]", "invalid_request", None),
    ('"floats"', "invalid_request", None),
    ("{}", "invalid_request", "game"),
    ({**GOOD, "game": "nosuch"}, "unknown_game", "game"),
    ({**GOOD, "rows": 8}, "invalid_request", "rows"),
    ({**GOOD, "serverSeed": 1}, "invalid_request", "serverSeed"),
    ({**GOOD, "serverSeed": ""}, "invalid_request", "serverSeed"),
    ({**GOOD, "clientSeed": None}, "invalid_request", "clientSeed"),
    ({**GOOD, "clientSeed": "x" * 1_025}, "invalid_request", "clientSeed"),
    ({**GOOD, "nonce": -1}, "invalid_request", "nonce"),
    ({**GOOD, "nonce": True}, "invalid_request", "nonce"),
    ({**GOOD, "nonce": 2**63}, "invalid_request", "nonce"),
    ({**GOOD, "nonce": 1.5}, "invalid_request", "nonce"),
    ({**GOOD, "params": []}, "invalid_request", "params"),
    ({**GOOD, "params": {"rows": 8}}, "invalid_game_params", "rows"),
    ({**GOOD, "game": "plinko"}, "invalid_game_params", "rows"),
    ({**GOOD, "game": "plinko", "params": {"rows": 7, "risk": "low"}}, "invalid_game_params", None),
    ({**GOOD, "serverSeedHash": "a" * 64}, "seed_hash_pasted", "server_seed"),
    ({**GOOD, "serverSeedHash": "b" * 64}, "invalid_server_seed", "serverSeed"),
    ({"game": "crash_stake"}, "invalid_request", "gameHash"),
    ({"game": "crash_bustabit_v1", "hash": "xyz"}, "invalid_request", "hash"),
    ({"game": "crash_bustabit_vx", "hash": "0" * 64}, "invalid_request", "blsSignature"),
    ({"game": "crash_stake", "hash": "0" * 64}, "invalid_game_params", "hash"),
]


def test_bad_lines_are_answered_in_their_place_and_the_stream_goes_on():
    lines = [line if isinstance(line, str) else json.dumps(line) for line, _, _ in BAD]
    mixed = [part for line in lines for part in (line, json.dumps(GOOD))]
    answers = [json.loads(answer) for answer in ask(*mixed)]

    assert len(answers) == len(mixed)
    assert all("first40Floats" in answer for answer in answers[1::2])
    for (line, code, param), answer in zip(BAD, answers[::2], strict=True):
        assert answer["error"]["code"] == code, line
        assert param is None or answer["error"]["param"] == param, line


def test_it_answers_line_by_line():
    """Somebody who waits for the answer before the next line is not kept waiting."""
    command = [sys.executable, "-m", "fairhouse.app", "fairness", "batch"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        for nonce in range(3):
            asked.stdin.write(json.dumps({**GOOD, "nonce": nonce}) + "\n")
            assert len(json.loads(asked.stdout.readline())["first40Floats"]) == 40
        asked.stdin.write(json.dumps(GOOD))
        asked.stdin.close()
        assert "first40Floats" in asked.stdout.readline()
    assert asked.returncode == 0


def test_a_line_without_end_is_refused_in_bounded_memory():
    endless = '{"game":"' + "x" * (3 << 20) + '"}'
    answers = [json.loads(answer) for answer in ask(endless, json.dumps(GOOD))]

    assert "invalid_request" == answers[0]["error"]["code"]
    assert "first40Floats" in answers[1]


def test_hash_fields_may_stand_at_the_top():
    vector = vectors("crash_stake")[0]
    top = {"game": "crash_stake", "gameHash": vector["gameHash"], "salt": vector["salt"]}

    assert {"result": vector["result"]} == json.loads(ask(json.dumps(top))[0])
