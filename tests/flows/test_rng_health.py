"""When the source of randomness fails, betting stops, and nothing half done is left behind."""

import os

from fairhouse.platform.crypto import Sealer
from fairhouse.platform.entropy import Entropy
from tests.player_api import guest, new_bet_id, running


class Failing:
    """Good bytes until told otherwise."""

    def __init__(self) -> None:
        self.is_stuck = False

    def __call__(self, count: int) -> bytes:
        return bytes(count) if self.is_stuck else os.urandom(count)


def body(bet_id):
    params = {"target": "50.50", "direction": "over"}
    return {"id": bet_id, "currency": "PLAY", "stake": "1", "params": params}


async def bet(client, db):
    return await client.post("/v1/games/dice/bets", json=body(new_bet_id(db)))


async def open_mines(client, db):
    asked = {**body(new_bet_id(db)), "params": {"mines": 1}}
    return await client.post("/v1/games/mines/bets", json=asked)


async def test_bets_are_refused_and_open_rounds_go_on(db):
    source = Failing()
    sealer = Sealer({1: b"k" * 32}, entropy=Entropy(source))
    async with running(db, sealer=sealer) as parts, guest(parts) as client:
        accepted = await bet(client, db)
        opened = (await open_mines(client, db)).json()
        before = (await client.get("/v1/seeds")).json()

        source.is_stuck = True
        await sealer.entropy.examine()
        refused = await bet(client, db)
        another = await open_mines(client, db)
        rotated = await client.post("/v1/seeds/rotate", json={})
        step = await client.post(
            f"/v1/games/mines/bets/{opened['id']}/steps",
            json={"step": 0, "choice": {"do": "reveal", "tile": 3}},
        )
        again = await client.post("/v1/games/dice/bets", json=body(accepted.json()["id"]))
        after = (await client.get("/v1/seeds")).json()

    for answer in (refused, another):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "rng_unhealthy")
    assert rotated.status_code in {409, 503}
    assert step.status_code == 200
    assert accepted.json() == again.json()
    assert before == after


async def test_no_seed_is_drawn_from_a_failed_source(db):
    source = Failing()
    sealer = Sealer({1: b"k" * 32}, entropy=Entropy(source))
    async with running(db, sealer=sealer) as parts, guest(parts) as client:
        before = (await client.get("/v1/seeds")).json()
        source.is_stuck = True
        refused = await client.post("/v1/seeds/rotate", json={})
        after = (await client.get("/v1/seeds")).json()

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "rng_unhealthy")
    assert before == after
