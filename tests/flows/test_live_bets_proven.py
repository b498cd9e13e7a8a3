"""Bets on crash and slide, exported and linked to: proven offline by what comes with them."""

import json
from pathlib import Path

import pytest

from fairhouse.app.fairness.command import main
from fairhouse.games.crash import store
from fairhouse.games.crash.types import LIVE, State
from fairhouse.kernel.ids import to_wire
from tests.player_api import guest, new_bet_id, running
from tests.properties.agreeing import bundled, played_again
from tests.properties.test_typescript_agrees import needs_node


async def until(parts, clock, game, *states):
    """Turn the game's runner by hand until its newest round is in one of these states."""
    for _ in range(2_000):
        await parts.live.runners[game].turn()
        await parts.live.stage.refresh()
        async with parts.db.read() as tx:
            found = await store.newest_round(tx, game)
        if found is not None and found.state in states:
            return found
        clock.advance(milliseconds=500)
    raise AssertionError(f"the round never became {states}")


async def bet_on(parts, client, db, clock, game, order):
    """A bet on the next round, settled; as the platform shows it."""
    found = await until(parts, clock, game, State.BETTING)
    params = {"round": to_wire("crd", found.id), "auto_cash_out": order}
    body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "2", "params": params}
    answer = await client.post(f"/v1/games/{game}/bets", json=body)
    assert answer.status_code == 200, answer.text
    await until(parts, clock, game, State.CRASHED)
    while await parts.live.settler.step():
        pass
    return body["id"]


@pytest.fixture
async def taken(db, clock, tmp_path: Path):
    """A folder with both exports, the keys, and the permalink of one bet."""
    async with running(db) as parts, guest(parts) as client:
        ids = [
            await bet_on(parts, client, db, clock, game, order)
            for order in ("1.01", "50")
            for game in LIVE
        ]
        open_one = await until(parts, clock, "crash", State.BETTING)
        params = {"round": to_wire("crd", open_one.id), "auto_cash_out": None}
        body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "2", "params": params}
        assert (await client.post("/v1/games/crash/bets", json=body)).status_code == 200
        for form in ("csv", "jsonl"):
            exported = await client.get("/v1/bets/export", params={"format": form})
            (tmp_path / f"bets.{form}").write_bytes(exported.content)
        link = await client.get(f"/v1/bets/{ids[0]}")
        (tmp_path / "link.json").write_bytes(link.content)
        (tmp_path / "keys.json").write_bytes((await client.get("/v1/fairness/keys")).content)
    return tmp_path


def lines_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "bets.jsonl").read_text().splitlines()]


def verified(folder: Path, name: str, capsys) -> dict:
    code = main(["history", str(folder / name), "--keys", str(folder / "keys.json"), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["good"] is (code == 0)
    return found


def forgeries(rows: list[dict]) -> dict[str, list[dict]]:
    """Histories of which one thing of one line was altered, by what was."""
    proof, other = rows[0]["round_proof"], rows[2]["round_proof"]
    assert rows[0]["game"] == rows[2]["game"]

    def altered(**changes):
        return [rows[0] | changes, *rows[1:]]

    def flipped(text):
        return ("0" if text[40] != "0" else "1").join((text[:40], text[41:]))

    made = {
        name: altered(round_proof=proof | {name: flipped(proof[name])})
        for name in ("hash", "signature", "beacon_public_key", "chain_end_hash", "digest")
    }
    made |= {
        name: altered(round_proof=proof | {name: proof[name] + 1})
        for name in ("chain_number", "beacon_round")
    }
    made["point"] = altered(round_proof=proof | {"point": "1234.56"})
    made["round"] = altered(round_proof=proof | {"round": other["round"]})
    made["swapped"] = altered(round_proof=other)
    made["renamed"] = altered(round_proof=other | {"round": proof["round"]})
    made["crashed_at"] = altered(outcome=rows[0]["outcome"] | {"crashed_at": "1234.56"})
    made["late bet"] = altered(at=rows[0]["closed_at"])
    made["no proof"] = altered(round_proof={})
    return made


@pytest.mark.parametrize("name", ["bets.csv", "bets.jsonl"])
async def test_an_export_proves_its_rounds(taken, name, capsys):
    found = verified(taken, name, capsys)
    assert found["games"]["slide"] == {"verified": 2, "signed": 2}
    assert found["games"]["crash"] == {"verified": 2, "unproven": 1, "signed": 2}
    assert found["differences"] == 0


async def test_one_altered_byte_is_found_by_python(taken, capsys):
    rows = lines_of(taken)
    assert rows[-1]["round_proof"] is None
    (taken / "keys.json").write_text('{"keys": []}')
    for what, forged in forgeries(rows).items():
        (taken / "forged.jsonl").write_text("".join(json.dumps(row) + "\n" for row in forged))
        code = main(["history", str(taken / "forged.jsonl"), "--json"])
        found = json.loads(capsys.readouterr().out)
        assert (code, found["games"]["crash"].get("different")) == (1, 1), (what, found)


async def test_an_export_of_before_is_read_as_it_was(taken, capsys):
    rows = [{k: v for k, v in row.items() if k != "round_proof"} for row in lines_of(taken)]
    (taken / "old.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = verified(taken, "old.jsonl", capsys)
    assert found["games"]["slide"] == {"unproven": 2, "signed": 2}
    assert found["differences"] == 0


@needs_node
async def test_typescript_finds_the_same(taken):
    rows, keys = lines_of(taken), (taken / "keys.json").read_text()
    forged = forgeries(rows)
    asked = [
        {"op": "history", "text": (taken / name).read_text(), "keys": keys}
        for name in ("bets.csv", "bets.jsonl")
    ]
    asked += [
        {"op": "history", "text": "".join(json.dumps(row) + "\n" for row in one), "keys": ""}
        for one in forged.values()
    ]
    link = json.loads((taken / "link.json").read_text())
    asked.append({"op": "round", "round": link})
    *answers, told = played_again(bundled(taken), asked)

    for whole in answers[:2]:
        assert whole["wrong"] == []
        assert whole["total"] == {"bets": 5, "proven": 4, "wrong": 0, "unproven": 1}
        assert whole["receipts"] == {"good": 4, "unknown": 0, "none": 1}
    for what, found in zip(forged, answers[2:], strict=True):
        assert [one["bet_id"] for one in found["wrong"]] == [rows[0]["bet_id"]], (what, found)
    proof = link["round_proof"]
    assert proof == rows[0]["round_proof"]
    assert (told["signed"], told["steps"]) == (True, proof["chain_number"])
    assert told["point"] == proof["point"] == link["bet"]["outcome"]["crashed_at"]
