"""Games without steps over HTTP: bet, books, and the calculator after the seed is revealed."""

from decimal import Decimal

import pytest

from fairhouse.platform.database import Database
from tests.player_api import guest, new_bet_id, running

ROULETTE = [{"place": "red", "amount": "0.7"}, {"place": "straight:17", "amount": "0.3"}]
PLAYS = {
    "limbo": {"target": "1.50"},
    "plinko": {"rows": 16, "risk": "high"},
    "keno": {"risk": "low", "numbers": [3, 7, 11, 40]},
    "roulette": {"bets": ROULETTE},
    "wheel": {"segments": 30, "risk": "medium"},
    "baccarat": {"bets": {"player": "0.6", "tie": "0.4"}},
    "scarab": {"lines": 20},
    "diamonds": {},
    "cases": {"difficulty": "hard"},
    "drill": {"drill": 1, "target": "1.20"},
}


async def test_every_instant_game_is_played_and_proven(db: Database) -> None:
    async with running(db) as parts, guest(parts) as client:
        bets = []
        for slug, params in PLAYS.items():
            body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1", "params": params}
            answer = await client.post(f"/v1/games/{slug}/bets", json=body)
            assert answer.status_code == 200, (slug, answer.text)
            again = await client.post(f"/v1/games/{slug}/bets", json=body)
            assert again.json()["outcome"] == answer.json()["outcome"]
            bets.append(answer.json())
        assert (await client.post("/v1/seeds/rotate", json={})).status_code == 200
        for slug, bet in zip(PLAYS, bets, strict=True):
            paid = Decimal(bet["payout"])
            assert abs(paid - Decimal(bet["outcome"]["multiplier"])) < Decimal("0.0001")
            shown = (await client.get(f"/v1/bets/{bet['id']}")).json()
            asked = {
                "game": slug,
                "server_seed": shown["server_seed"],
                "client_seed": shown["bet"]["client_seed"],
                "nonce": shown["bet"]["nonce"],
                "params": PLAYS[slug],
            }
            found = await client.post("/v1/verify", json=asked)
            assert found.status_code == 200, (slug, found.text)
            assert bet["outcome"] == found.json()["outcome"], slug
            assert found.json()["draws"], slug


@pytest.mark.parametrize(
    ("slug", "params", "param"),
    [
        ("roulette", {"bets": [{"place": "red", "amount": "0.5"}]}, "bets"),
        ("roulette", {"bets": [{"place": "pink", "amount": "1"}]}, "bets[0].place"),
        ("baccarat", {"bets": {"player": "1", "tie": "1"}}, "bets"),
        ("keno", {"risk": "low", "numbers": [3, 3]}, "numbers[1]"),
        ("plinko", {"rows": 7, "risk": "low"}, "rows"),
        ("limbo", {"target": "1.00"}, "target"),
        ("drill", {"drill": 3, "target": "2"}, "drill"),
        ("diamonds", {"gems": 5}, "gems"),
    ],
)
async def test_wrong_parameters_cost_nothing(
    db: Database, slug: str, params: dict[str, object], param: str
) -> None:
    async with running(db) as parts, guest(parts) as client:
        before = (await client.get("/v1/balances")).json()
        body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1", "params": params}
        answer = await client.post(f"/v1/games/{slug}/bets", json=body)

        assert (answer.status_code, answer.json()["error"]["param"]) == (422, param)
        assert before == (await client.get("/v1/balances")).json()
