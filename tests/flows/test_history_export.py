"""Receipts and the exported history: complete, signed, the same twice, and never a live seed."""

import argparse
import csv
import io
import json
from datetime import timedelta

import pytest

from fairhouse.app import receipt_key
from fairhouse.app.settings import DatabaseSettings
from fairhouse.fairness import api as fairness
from fairhouse.fairness.codecs import receipts
from fairhouse.fairness.codecs.receipts import COLUMNS
from fairhouse.fairness.receipts import NOTICE
from fairhouse.fairness.rules import commitment
from fairhouse.fairness.types import ReceiptKeyRevoked, UnknownReceiptKey
from tests.player_api import SEALER, guest, new_bet_id, running, settings_for_tests


async def play(client, db):
    body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1.5"}
    params = {"target": "50.50", "direction": "over"}
    answer = await client.post("/v1/games/dice/bets", json={**body, "params": params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def open_mines(client, db):
    body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1", "params": {"mines": 3}}
    answer = await client.post("/v1/games/mines/bets", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def exported(client, form="jsonl"):
    answer = await client.get("/v1/bets/export", params={"format": form})
    assert answer.status_code == 200, answer.text
    return answer.text


async def public_keys(client):
    found = (await client.get("/v1/fairness/keys")).json()["keys"]
    return {key["id"]: bytes.fromhex(key["public_key"]) for key in found}


async def test_every_bet_is_exported_signed_and_verifies(db):
    async with running(db) as parts, guest(parts) as client, guest(parts) as other:
        made = [await play(client, db) for _ in range(205)]
        await play(other, db)
        rotated = (await client.post("/v1/seeds/rotate", json={})).json()["revealed"]
        made.append(await play(client, db))
        made.append(await open_mines(client, db))
        lines = (await exported(client)).splitlines()
        keys = await public_keys(client)

    found = [json.loads(line) for line in lines]
    assert sorted(bet["id"] for bet in made) == [row["bet_id"] for row in found]
    by_id = {row["bet_id"]: row for row in found}
    rows = [by_id[bet["id"]] for bet in made]
    for row, bet in zip(rows, made, strict=True):
        assert list(COLUMNS) == list(row)
        assert row["opening_stake"] == bet["stake"]
        assert row["outcome"] == {k: v for k, v in bet["outcome"].items() if k != "choices"}
    for row in rows[:-1]:
        signed = receipts.signed_bytes(row)
        assert receipts.verifies(keys[row["receipt_key"]], signed, row["receipt_signature"])
        for name, altered in (("payout", "9"), ("outcome", {}), ("nonce", 999), ("at", "x")):
            forged = receipts.signed_bytes({**row, name: altered})
            assert not receipts.verifies(keys[row["receipt_key"]], forged, row["receipt_signature"])
    assert {rotated["server_seed"]} == {row["server_seed"] for row in rows[:205]}
    assert commitment(rotated["server_seed"]) == rows[0]["server_seed_hash"]
    assert [None, None] == [row["server_seed"] for row in rows[205:]]
    assert (rows[-1]["state"], rows[-1]["receipt_signature"]) == ("open", None)


async def test_csv_says_the_same_as_json_lines(db):
    async with running(db) as parts, guest(parts) as client:
        await client.post("/v1/seeds/rotate", json={"client_seed": '=1+1,"ü☃"'})
        for _ in range(3):
            await play(client, db)
        await open_mines(client, db)
        lines = [json.loads(line) for line in (await exported(client)).splitlines()]
        answer = await client.get("/v1/bets/export?format=csv")

    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert answer.text.count("\r\n") == len(table) + 1
    for row, line in zip(table, lines, strict=True):
        read = {
            name: json.loads(cell)
            if name in {"params", "choices", "outcome"}
            else int(cell)
            if name == "nonce"
            else cell or None
            for name, cell in row.items()
        }
        assert read == line


async def test_an_export_without_bets_is_empty(db):
    async with running(db) as parts, guest(parts) as client:
        assert "" == await exported(client)
        assert ",".join(COLUMNS) + "\r\n" == await exported(client, "csv")
        refused = await client.get("/v1/bets/export?format=xml")

    assert refused.status_code == 422


async def test_a_receipt_is_the_same_twice_and_everybodys(db):
    async with running(db) as parts, guest(parts) as client, guest(parts) as other:
        bet = await play(client, db)
        first = await client.get(f"/v1/bets/{bet['id']}/receipt")
        again = await other.get(f"/v1/bets/{bet['id']}/receipt")
        open_round = await open_mines(client, db)
        mine = await client.get(f"/v1/bets/{open_round['id']}/receipt")
        others = await other.get(f"/v1/bets/{open_round['id']}/receipt")
        keys = await public_keys(client)

    receipt = first.json()
    assert receipt == again.json()
    assert keys[receipt["key_id"]].hex() == receipt["public_key"]
    assert receipts.verifies(
        keys[receipt["key_id"]], receipt["signed"].encode(), receipt["signature"]
    )
    facts = json.loads(receipt["signed"])
    assert (facts["bet_id"], facts["payout"]) == (bet["id"], bet["payout"])
    assert "server_seed" not in facts
    assert (mine.status_code, mine.json()["error"]["code"]) == (409, "round_still_open")
    assert (others.status_code, others.json()["error"]["code"]) == (404, "unknown_bet")


async def test_keys_rotate_and_old_receipts_stay(db, clock):
    async with running(db) as parts, guest(parts) as client:
        old = await play(client, db)
        before = (await client.get(f"/v1/bets/{old['id']}/receipt")).json()
        async with db.tx() as tx:
            made = await fairness.rotate_receipt_key(tx, sealer=SEALER)
        # Published at once, signing only when everybody can know it.
        assert made.id in await public_keys(client)
        soon = await play(client, db)
        assert (await client.get(f"/v1/bets/{soon['id']}/receipt")).json()["key_id"] != made.id
        clock.advance(seconds=121)
        new = await play(client, db)
        assert (await client.get(f"/v1/bets/{new['id']}/receipt")).json()["key_id"] == made.id
        assert before == (await client.get(f"/v1/bets/{old['id']}/receipt")).json()


async def test_a_revoked_key_signs_no_more(db, clock):
    async with running(db) as parts, guest(parts) as client:
        bet = await play(client, db)
        before = (await client.get(f"/v1/bets/{bet['id']}/receipt")).json()
        clock.advance(seconds=1)
        async with db.tx() as tx:
            made = await fairness.revoke_receipt_key(
                tx, sealer=SEALER, key_id=before["key_id"], because="A backup was lost."
            )
        after = (await client.get(f"/v1/bets/{bet['id']}/receipt")).json()
        shown = {key["id"]: key for key in (await client.get("/v1/fairness/keys")).json()["keys"]}

    assert after["key_id"] == made.id
    assert shown[before["key_id"]]["revoked_because"] == "A backup was lost."
    for key_id, refusal in ((before["key_id"], ReceiptKeyRevoked), ("0" * 16, UnknownReceiptKey)):
        with pytest.raises(refusal):
            async with db.tx() as tx:
                await fairness.revoke_receipt_key(tx, sealer=SEALER, key_id=key_id, because="again")


async def test_a_receipt_given_is_given_again_or_explained(db, clock):
    """Through a revocation around the bet's end, and rotations long after."""

    async def receipt(client, bet):
        return (await client.get(f"/v1/bets/{bet['id']}/receipt")).json()

    async with running(db) as parts, guest(parts) as client:
        long_ago = await play(client, db)
        first = await receipt(client, long_ago)
        clock.advance(seconds=300)
        just_now = await play(client, db)
        assert first["key_id"] == (await receipt(client, just_now))["key_id"]
        assert first["replaces"] is None
        async with db.tx() as tx:
            made = await fairness.revoke_receipt_key(
                tx, sealer=SEALER, key_id=first["key_id"], because="A backup was lost."
            )
        # Whoever did not know of it yet has signed this one by the old key still.
        clock.advance(seconds=5)
        meanwhile = await play(client, db)
        given = {}
        for bet in (long_ago, just_now, meanwhile):
            given[bet["id"]] = found = await receipt(client, bet)
            assert (found["key_id"], found["replaces"]["key_id"]) == (made.id, first["key_id"])
            assert found["replaces"]["because"] == "A backup was lost."
        made_later = []
        for _ in range(2):
            clock.advance(seconds=600)
            async with db.tx() as tx:
                made_later.append(await fairness.rotate_receipt_key(tx, sealer=SEALER))
        clock.advance(seconds=600)
        for bet in (long_ago, just_now, meanwhile):
            assert given[bet["id"]] == await receipt(client, bet)
        after = await receipt(client, await play(client, db))
        assert (after["key_id"], after["replaces"]) == (made_later[-1].id, None)
        lines = {
            one["bet_id"]: one for one in map(json.loads, (await exported(client)).split("\n")[:-1])
        }
        assert given == {id_: given[id_] | {"row": lines[id_]} for id_ in given}


async def test_a_key_revoked_before_its_time_never_signs(db, clock):
    async with running(db) as parts, guest(parts) as client:
        bet = await play(client, db)
        before = (await client.get(f"/v1/bets/{bet['id']}/receipt")).json()
        async with db.tx() as tx:
            coming = await fairness.rotate_receipt_key(tx, sealer=SEALER)
        clock.advance(seconds=1)
        async with db.tx() as tx:
            made = await fairness.revoke_receipt_key(
                tx, sealer=SEALER, key_id=coming.id, because="Its backup was lost."
            )
        clock.advance(seconds=600)
        new = await play(client, db)
        after = (await client.get(f"/v1/bets/{new['id']}/receipt")).json()
        again = (await client.get(f"/v1/bets/{bet['id']}/receipt")).json()
        shown = (await client.get("/v1/fairness/keys")).json()["keys"]
    assert (after["key_id"], again["key_id"]) == (made.id, before["key_id"])
    untils = {one["id"]: one["active_until"] for one in shown}
    assert untils[made.id] is None
    assert untils[before["key_id"]] is not None


async def test_the_application_cannot_swap_a_key(db):
    async with db.tx() as tx:
        await fairness.receipt_signer(tx, sealer=SEALER)
    for statement in (
        "update fairness.receipt_key set public_key = private_key_sealed",
        "delete from fairness.receipt_key",
        "truncate fairness.receipt_key",
    ):
        with pytest.raises(Exception, match="permission denied"):
            async with db.tx() as tx:
                await tx.execute(statement)


def test_key_notice_is_longer_than_a_minute():
    assert timedelta(minutes=1) < NOTICE


async def test_a_permalink_shows_the_steps_once_the_seed_is_revealed(db):
    async with running(db) as parts, guest(parts) as client, guest(parts) as other:
        bet = await play(client, db)
        hidden = (await other.get(f"/v1/bets/{bet['id']}")).json()
        await client.post("/v1/seeds/rotate", json={})
        shown = (await other.get(f"/v1/bets/{bet['id']}")).json()

    assert (hidden["server_seed"], hidden["steps"]) == (None, None)
    steps = shown["steps"]
    assert commitment(shown["server_seed"]) == bet["server_seed_hash"] == steps["server_seed_hash"]
    assert [one["message"] for one in steps["rounds"]] == [f"{bet['client_seed']}:0:0"]
    assert [(draw["of"], draw["means"]) for draw in steps["draws"]] == [
        (10_001, bet["outcome"]["roll"])
    ]
    assert {**steps["outcome"]} == {k: v for k, v in bet["outcome"].items() if k != "choices"}


async def test_the_operator_rotates_and_revokes_on_the_command_line(db, database_urls, tmp_path):
    (tmp_path / "master.key").write_text("6b" * 32)
    settings = settings_for_tests(tmp_path).model_copy(
        update={
            "database": DatabaseSettings(owner_url="", app_url=database_urls.app, worker_url="")
        }
    )
    async with running(db) as parts, guest(parts) as client:
        first = next(iter(await public_keys(client)))

        said = await receipt_key.main(
            settings, argparse.Namespace(deed="rotate", key_id=None, because=None)
        )
        revoke = argparse.Namespace(deed="revoke", key_id=first, because="It was lost.")
        await receipt_key.main(settings, revoke)
        shown = (await client.get("/v1/fairness/keys")).json()["keys"]

    assert said.startswith("Key ")
    assert len(shown) == 3
    assert {"It was lost."} == {key["revoked_because"] for key in shown if key["id"] == first}
