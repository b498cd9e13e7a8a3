"""Games of several steps over HTTP: rounds, refusals, and the calculator once seeds are known."""

from fairhouse.platform.database import Database
from tests.player_api import guest, new_bet_id, running

EASY = {"difficulty": "easy"}
PLAYS = {
    "mines": ({"mines": 3}, [{"do": "reveal", "tile": tile} for tile in range(3)]),
    "hilo": ({}, [{"do": "skip"}, {"do": "skip"}]),
    "blackjack": ({}, []),
    "videopoker": ({}, [{"do": "draw", "hold": [4, 0]}]),
    "flip": ({}, [{"do": "heads"}, {"do": "tails"}]),
    "rps": ({}, [{"do": "rock"}, {"do": "paper"}]),
    "dragontower": (EASY, [{"do": "climb", "tile": tile} for tile in (0, 3)]),
    "pump": (EASY, [{"do": "pump"}, {"do": "pump"}]),
    "chicken": (EASY, [{"do": "cross"}, {"do": "cross"}]),
    "snakes": (EASY, [{"do": "roll"}, {"do": "roll"}]),
}
"""Parameters, and the choices to begin with; then the round is ended in the way of the game."""
NO_INSURANCE = {"do": "no_insurance"}


def the_way_out(slug, outcome):
    if slug == "blackjack":
        return {"do": outcome["actions"][-1 if "no_insurance" in outcome["actions"] else 1]}
    if slug == "hilo" and outcome["multiplier"] == "0.0000":
        sides = [side for side in ("higher", "lower") if outcome[side]]
        return {"do": max(sides, key=lambda side: float(outcome[side]["chance"]))}
    if slug == "rps" and outcome["multiplier"] == "0.0000":
        return {"do": "rock"}
    return {"do": "cash_out"}


async def opened(client, db, slug):
    body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1", "params": PLAYS[slug][0]}
    answer = await client.post(f"/v1/games/{slug}/bets", json=body)
    assert answer.status_code == 200, (slug, answer.text)
    return answer.json()


async def stepped(client, slug, bet, choice):
    number = len(bet["outcome"]["choices"])
    return await client.post(
        f"/v1/games/{slug}/bets/{bet['id']}/steps", json={"step": number, "choice": choice}
    )


def without_amounts(outcome):
    """The calculator does not know the stake: hands are compared without theirs."""
    hands = [{**hand, "stake": "any"} for hand in outcome.get("hands", [])]
    return {**outcome, "hands": hands}


async def played(client, db, slug):
    """A round to its end."""
    bet = await opened(client, db, slug)
    begin = list(PLAYS[slug][1])
    while bet["state"] == "open":
        choice = begin.pop(0) if begin else the_way_out(slug, bet["outcome"])
        answer = await stepped(client, slug, bet, choice)
        assert answer.status_code == 200, (slug, choice, answer.text)
        bet = answer.json()
    assert bet["outcome"]["ended"]
    over = await stepped(client, slug, bet, {"do": "cash_out"})
    assert over.status_code in {409, 422}
    return bet


async def check_proof(client, slug, bet):
    """The calculator comes to the same, from the revealed seeds."""
    shown = (await client.get(f"/v1/bets/{bet['id']}")).json()
    asked = {
        "game": slug,
        "server_seed": shown["server_seed"],
        "client_seed": shown["bet"]["client_seed"],
        "nonce": shown["bet"]["nonce"],
        "params": PLAYS[slug][0],
        "choices": bet["outcome"]["choices"],
    }
    found = await client.post("/v1/verify", json=asked)
    assert found.status_code == 200, (slug, found.text)
    assert found.json()["draws"], slug
    proven, told = (without_amounts(one["outcome"]) for one in (found.json(), bet))
    # How far the house can pay is the round's own; the calculator's has no end.
    names = proven.keys() - {"reveals_max", "choices"}
    assert {name: told[name] for name in names} == {name: proven[name] for name in names}, slug


async def test_every_game_of_steps_is_played_to_its_end_and_proven(db: Database) -> None:
    async with running(db) as parts, guest(parts) as client:
        bets = {slug: await played(client, db, slug) for slug in PLAYS}
        assert (await client.post("/v1/seeds/rotate", json={})).status_code == 200
        for slug, bet in bets.items():
            await check_proof(client, slug, bet)


REFUSED = [
    ("flip", {"do": "cash_out"}, 409, "do"),
    ("flip", {"do": "edge"}, 422, "do"),
    ("rps", {"do": "well"}, 422, "do"),
    ("hilo", {"do": "cash_out"}, 409, "do"),
    ("hilo", {"do": "higher", "by": 2}, 422, "by"),
    ("pump", {"do": "cash_out"}, 409, "do"),
    ("chicken", {}, 422, "do"),
    ("snakes", {"do": 6}, 422, "do"),
    ("dragontower", {"do": "climb", "tile": 4}, 422, "tile"),
    ("dragontower", {"do": "climb"}, 422, "tile"),
    ("videopoker", {"do": "draw", "hold": [2, 2]}, 422, "hold"),
    ("videopoker", {"do": "draw", "hold": [5]}, 422, "hold"),
    ("videopoker", {"do": "cash_out"}, 422, "do"),
]


async def test_a_choice_that_cannot_be_made_changes_nothing(db: Database) -> None:
    async with running(db) as parts, guest(parts) as client:
        bets = {slug: await opened(client, db, slug) for slug in {slug for slug, *_ in REFUSED}}
        before = (await client.get("/v1/balances")).json()
        for slug, choice, status, param in REFUSED:
            answer = await stepped(client, slug, bets[slug], choice)
            assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
            shown = (await client.get(f"/v1/bets/{bets[slug]['id']}")).json()["bet"]
            assert (shown["state"], shown["step"]) == ("open", 0)
        assert before == (await client.get("/v1/balances")).json()


async def test_blackjack_adds_its_stakes_and_refuses_what_is_not_open(db: Database) -> None:
    async with running(db) as parts, guest(parts) as client:
        bet = await opened(client, db, "blackjack")
        while "double" not in bet["outcome"]["actions"]:
            is_open = bet["state"] == "open"
            answer = await stepped(client, "blackjack", bet, NO_INSURANCE) if is_open else None
            bet = answer.json() if answer else await opened(client, db, "blackjack")
        refused = await stepped(client, "blackjack", bet, {"do": "insurance"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "choice_not_open")
        doubled = (await stepped(client, "blackjack", bet, {"do": "double"})).json()

        assert (doubled["stake"], doubled["added"]) == ("2", "1")
        assert doubled["outcome"]["hands"][0]["stake"] == "2"
        assert len(doubled["outcome"]["hands"][0]["cards"]) == 3
