"""A history exported from the platform and verified on the command line; every forgery is named."""

import asyncio
import json
from pathlib import Path

import pytest

from fairhouse.app.fairness.command import main
from fairhouse.fairness.rules import commitment
from fairhouse.games import catalogue
from tests.player_api import guest, new_bet_id, running

GAMES = [
    ("dice", {"target": "2.00", "direction": "over"}, ()),
    ("limbo", {"target": "2.00"}, ()),
    ("plinko", {"rows": 8, "risk": "high"}, ()),
    ("keno", {"risk": "classic", "numbers": [1, 7, 40]}, ()),
    ("wheel", {"segments": 10, "risk": "low"}, ()),
    ("mines", {"mines": 1}, ({"do": "reveal", "tile": 3}, {"do": "cash_out"})),
    ("mines", {"mines": 24}, ({"do": "reveal", "tile": 3},)),
]


CHIPS = [{"place": "straight:17", "amount": "0.5"}, {"place": "red", "amount": "1"}]
HARD = {"difficulty": "hard"}
ALL_GAMES = [
    ("roulette", {"bets": CHIPS}, ()),
    ("baccarat", {"bets": {"banker": "1", "tie": "0.5"}}, ()),
    ("scarab", {"lines": 20}, ()),
    ("diamonds", {}, ()),
    ("cases", HARD, ()),
    ("drill", {"drill": 2, "target": "2.00"}, ()),
    ("hilo", {}, ("skip", "higher", "cash_out")),
    ("blackjack", {}, ("double", "split", "insurance", "no_insurance", "hit", "stand")),
    ("videopoker", {}, ({"do": "draw", "hold": [0, 4]},)),
    ("flip", {}, ("heads", "cash_out")),
    ("rps", {}, ("rock", "paper", "cash_out")),
    ("dragontower", {"difficulty": "easy"}, ({"do": "climb", "tile": 0}, "cash_out")),
    ("pump", {"difficulty": "easy"}, ("pump", "pump", "cash_out")),
    ("chicken", {"difficulty": "easy"}, ("cross", "cash_out")),
    ("snakes", {"difficulty": "easy"}, ("roll", "cash_out")),
]


async def play(client, db, game, params, choices):
    """A bet with as many of the choices as the round lives to see."""
    body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1.5", "params": params}
    answer = await client.post(f"/v1/games/{game}/bets", json=body)
    while answer.status_code == 429:  # A fast machine is told to wait, as every player.
        await asyncio.sleep(answer.json()["error"]["fields"]["retry_after_s"])
        answer = await client.post(f"/v1/games/{game}/bets", json=body)
    assert answer.status_code == 200, answer.text
    bet = answer.json()
    for choice in choices * 12:
        if bet["state"] != "open":
            break
        said = {"do": choice} if isinstance(choice, str) else choice
        step = {"step": bet["step"], "choice": said}
        answer = await client.post(f"/v1/games/{game}/bets/{bet['id']}/steps", json=step)
        if answer.status_code == 200:
            bet = answer.json()
    return bet


@pytest.fixture
async def taken(db, tmp_path: Path):
    """A folder with both exports and the keys; one pair is revealed, one is in use."""
    async with running(db) as parts, guest(parts) as client:
        await client.post("/v1/seeds/rotate", json={"client_seed": 'mine, "ü"'})
        for game in GAMES * 3:
            await play(client, db, *game)
        await client.post("/v1/seeds/rotate", json={})
        await play(client, db, *GAMES[0])
        for form in ("csv", "jsonl"):
            exported = await client.get("/v1/bets/export", params={"format": form})
            (tmp_path / f"bets.{form}").write_bytes(exported.content)
        bet = await play(client, db, *GAMES[0])
        receipt = await client.get(f"/v1/bets/{bet['id']}/receipt")
        (tmp_path / "receipt.json").write_bytes(receipt.content)
        (tmp_path / "keys.json").write_bytes((await client.get("/v1/fairness/keys")).content)
    return tmp_path


def verify(folder: Path, name: str, *more: str) -> tuple[int, list[str]]:
    code = main(["history", str(folder / name), "--keys", str(folder / "keys.json"), *more])
    return code, []


def lines_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "bets.jsonl").read_text().splitlines()]


def write(folder: Path, rows: list[dict]) -> str:
    (folder / "forged.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return "forged.jsonl"


@pytest.mark.parametrize("name", ["bets.csv", "bets.jsonl"])
async def test_a_whole_history_is_in_order(taken, name, capsys):
    assert main(["history", str(taken / name), "--keys", str(taken / "keys.json"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["good"]
    assert found["pairs"] == 2
    assert found["games"]["dice"] == {"verified": 3, "unproven": 1, "signed": 4}
    assert found["games"]["mines"] == {"verified": 6, "signed": 6}
    assert main(["history", str(taken / name)]) == 0
    assert "verdict    in order: 2 seed pairs" in capsys.readouterr().out


async def test_every_game_s_history_is_in_order(db, tmp_path: Path, capsys):
    """Every game several times, with doubles and splits where the cards allow them."""
    async with running(db) as parts, guest(parts) as client:
        made = [await play(client, db, *game) for _ in range(6) for game in [*GAMES, *ALL_GAMES]]
        made += [await play(client, db, *ALL_GAMES[7]) for _ in range(20)]
        assert {"settled"} == {bet["state"] for bet in made}
        await client.post("/v1/seeds/rotate", json={})
        exported = await client.get("/v1/bets/export")
        (tmp_path / "bets.jsonl").write_bytes(exported.content)
        (tmp_path / "keys.json").write_bytes((await client.get("/v1/fairness/keys")).content)

    assert {bet["game"] for bet in made} == {str(slug) for slug in catalogue.USUAL}
    assert any(row["opening_stake"] != row["stake"] for row in lines_of(tmp_path))
    capsys.readouterr()
    code, _ = verify(tmp_path, "bets.jsonl", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (code, found["first"]) == (0, [])
    assert sum(counts["verified"] for counts in found["games"].values()) == len(made)


FORGERIES = [
    ("payout", lambda row: {**row, "payout": "7"}, "payout is 7"),
    ("outcome", lambda row: {**row, "outcome": {**row["outcome"], "roll": "1.00"}}, "roll is"),
    ("params", lambda row: {**row, "params": {**row["params"], "target": "10.00"}}, "the seeds"),
    ("seed", lambda row: {**row, "server_seed": "0" * 64}, "does not hash"),
    ("client seed", lambda row: {**row, "client_seed": "other"}, "client seed is another"),
    ("commitment", lambda row: {**row, "server_seed_hash": "0" * 64}, "commitment is another"),
    ("nonce", lambda row: {**row, "nonce": row["nonce"] + 1}, "was used before"),
    ("table", lambda row: {**row, "table_hash": "0" * 64}, "no release known here"),
    ("stake", lambda row: {**row, "opening_stake": "1"}, "payout is"),
    ("time", lambda row: {**row, "at": "2020-01-01T00:00:00.000Z"}, "signature is not"),
    ("key", lambda row: {**row, "receipt_key": "0" * 16}, "names no key"),
]


async def test_every_forgery_is_named(taken, capsys):
    rows = lines_of(taken)
    place = next(
        at
        for at, row in enumerate(rows)
        if row["game"] == "dice" and row["outcome"]["won"] and row["server_seed"]
    )
    for name, forge, said in FORGERIES:
        forged = [*rows[:place], forge(rows[place]), *rows[place + 1 :]]
        code, _ = verify(taken, write(taken, forged))
        printed = capsys.readouterr().out
        assert code == 1, name
        assert f"line {place + 1}, {rows[place]['bet_id']}" in printed, name
        assert said in printed, (name, printed)


async def test_a_bet_left_out_leaves_a_gap(taken, capsys):
    rows = lines_of(taken)
    first = next(row for row in rows if row["server_seed"] and row["nonce"] == 4)
    code, _ = verify(taken, write(taken, [row for row in rows if row is not first]))

    assert code == 1
    assert "nonces are missing" in capsys.readouterr().out


async def test_a_step_that_was_never_taken_is_found(taken, capsys):
    rows = lines_of(taken)
    place = next(at for at, row in enumerate(rows) if row["outcome"].get("ended") == "cash_out")
    more = [{"do": "reveal", "tile": 4}, *rows[place]["choices"]]
    code, _ = verify(
        taken, write(taken, [*rows[:place], {**rows[place], "choices": more}, *rows[place + 1 :]])
    )

    assert code == 1
    assert rows[place]["bet_id"] in capsys.readouterr().out


async def test_a_receipt_is_verified(taken, capsys):
    good, keys = json.loads((taken / "receipt.json").read_text()), ["--keys", f"{taken}/keys.json"]
    assert main(["receipt", str(taken / "receipt.json"), *keys]) == 0
    assert "signed by a published key" in capsys.readouterr().out

    altered = good["signed"].replace('"stake":"1.5"', '"stake":"9.5"')
    for name, value, said in (
        ("signed", altered, "signature is not the key's"),
        ("signature", "00" * 64, "signature is not the key's"),
        ("public_key", "11" * 32, "key_id is not that of public_key"),
        ("key_id", "0" * 16, "none of the published ones"),
        ("row", {**good["row"], "payout": "99"}, "row says otherwise"),
    ):
        (taken / "forged.json").write_text(json.dumps({**good, name: value}))
        assert main(["receipt", str(taken / "forged.json"), *keys]) == 1, name
        assert said in capsys.readouterr().out, name
    (taken / "forged.json").write_text("{}")
    assert main(["receipt", str(taken / "forged.json")]) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not,an,export\r\n1,2,3\r\n", "no exported history"),
        ('{"bet_id": 1}\n', "Line 1 has not the columns"),
        ("{nonsense\n", "Line 1 is not JSON"),
    ],
)
def test_a_file_that_is_no_export_is_told_so(tmp_path, capsys, text, said):
    (tmp_path / "x").write_text(text)

    assert main(["history", str(tmp_path / "x")]) == 2
    assert said in capsys.readouterr().err
    assert main(["history", str(tmp_path / "nothing")]) == 2
    assert "[file]" in capsys.readouterr().err


SEED = "5a67549451e56681727548bedf5c9361b0f750fc850ebd4462cea9a0fad7f4dc"
DICE = ["dice", "--server-seed", SEED, "--client-seed", "lab client 0", "--nonce", "0"]


def test_one_bet_with_every_step(capsys):
    params = ["--param", "target=50.50", "--param", "direction=over"]
    hashed = ["--server-seed-hash", commitment(SEED)]
    assert main(["verify", *DICE, *params, *hashed, "--expect", "roll=37.78", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["rounds"][0]["message"] == "lab client 0:0:0"
    assert found["rounds"][0]["digest"].startswith("60b845a1")
    assert found["draws"] == [
        {
            "number": 0x60B845A1,
            "float": 0x60B845A1 / 2**32,
            "of": 10_001,
            "choice": 3_778,
            "means": "37.78",
        }
    ]
    assert (found["outcome"]["roll"], found["differences"]) == ("37.78", [])
    assert main(["verify", *DICE, *params, "--expect", "roll=37.79"]) == 1
    assert "DIFFERENT         roll: 37.78, expected 37.79" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "param"),
    [
        ([*DICE, "--param", "target=0.00", "--param", "direction=over"], "invalid_game", "target"),
        ([*DICE, "--param", "target"], "invalid_request", "param"),
        ([*DICE, "--param", "mines=3"], "invalid_game_params", ""),
        ([*DICE, "--choices", "{"], "invalid_request", "choices"),
        ([*DICE, "--table-hash", "0" * 64], "unknown_game", "table_hash"),
        ([*DICE, "--game-version", "99"], "unknown_game", "game_version"),
        ([*DICE, "--server-seed-hash", SEED], "seed_hash_pasted", "server_seed"),
        ([*DICE, "--server-seed-hash", "0" * 64], "invalid_server_seed", "serverSeed"),
        (["nothing", *DICE[1:]], "unknown_game", "game"),
        ([*DICE[:2], "xyz", *DICE[3:]], "invalid_server_seed", "server_seed"),
        ([*DICE[:-1], "-5"], "invalid_game_params", "nonce"),
    ],
)
def test_bad_requests_name_the_field(arguments, code, param, capsys):
    assert main(["verify", *arguments]) == 2
    said = capsys.readouterr().err
    assert code in said
    assert f"[{param}" in said


def test_a_hash_and_its_seed_in_each_others_place_are_recognised(capsys):
    swapped = [DICE[0], "--server-seed", commitment(SEED), *DICE[3:]]
    assert main(["verify", *swapped, "--server-seed-hash", SEED]) == 2
    assert "seed_hash_pasted" in capsys.readouterr().err


V1_END = "c1cfa8e28fc38999eaa888487e443bad50a65e0b710f649affa6718cfbfada4d"
STAKE = "26f1f4cf47d669cc9e9302b51bb3701950d869c39f56310a03d123c7f4be1f5a"
STAKE_BACK = "952150c3eb45c95df2b1e9e9159114a8298d9cf20caf3322a318bcaf2755c5b9"


def test_a_chain_is_walked_to_its_end(capsys):
    end = ["--terminating", STAKE_BACK]
    assert main(["chain", "stake-crash", STAKE, *end, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["gamesSinceTerminating"] == 1
    assert [game["result"] for game in found["results"]] == [1.02]

    assert main(["chain", "bustabit-v1", V1_END]) == 0
    assert "game 0 after the published end" in capsys.readouterr().out
    assert main(["chain", "bustabit-v1", STAKE, "--most", "1000"]) == 1
    assert "NOT of this chain" in capsys.readouterr().out
    assert main(["chain", "bustabit-v1", "zz"]) == 2
    assert "[hash]" in capsys.readouterr().err


def test_the_last_games_of_a_chain(capsys):
    assert main(["chain", "stake-crash", STAKE, "--last", "3", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]

    assert [game["result"] for game in results] == [1.02, 1.96, 1.03]
