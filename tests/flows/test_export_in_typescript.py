"""What the platform exports, with its receipts and keys, is proven by the TypeScript verifier."""

from pathlib import Path

import pytest

from tests.flows.test_history_verified import GAMES, play
from tests.player_api import guest, running
from tests.properties.agreeing import bundled, played_again
from tests.properties.test_typescript_agrees import needs_node


@needs_node
@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_an_export_is_proven(db, tmp_path: Path, form: str):
    async with running(db) as parts, guest(parts) as client:
        await client.post("/v1/seeds/rotate", json={"client_seed": 'mine, "ü"'})
        for game in GAMES * 2:
            await play(client, db, *game)
        await client.post("/v1/seeds/rotate", json={})
        await play(client, db, *GAMES[0])
        exported = await client.get("/v1/bets/export", params={"format": form})
        keys = await client.get("/v1/fairness/keys")

    asked = {"op": "history", "text": exported.text, "keys": keys.text}
    [answer] = played_again(bundled(tmp_path), [asked])

    revealed = 2 * len(GAMES)
    assert [] == answer["wrong"]
    assert {
        "bets": revealed + 1,
        "proven": revealed,
        "wrong": 0,
        "unproven": 1,
    } == answer["total"]
    assert {"good": revealed + 1, "unknown": 0, "none": 0} == answer["receipts"]
