"""Requirements on games and randomness that no other test names; see docs/compliance.md."""

import json
from decimal import Decimal
from typing import Any

import pytest

from fairhouse.brands import api as brands
from fairhouse.brands.types import BrandId
from fairhouse.fairness.types import Stream
from fairhouse.games import catalogue
from fairhouse.games.original import Ended, Stake
from tests import norms
from tests.player_api import guest, new_bet_id, running

SETTINGS: dict[str, dict[str, Any]] = {
    "dice": {"target": "50.50", "direction": "over"},
    "limbo": {"target": "2.00"},
    "plinko": {"rows": 16, "risk": "high"},
    "keno": {"risk": "high", "numbers": [1, 2, 3, 4]},
    "wheel": {"segments": 50, "risk": "medium"},
    "diamonds": {},
    "cases": {"difficulty": "hard"},
    "drill": {"drill": 1, "target": "2.00"},
    "scarab": {"lines": 20},
}


@pytest.mark.parametrize("slug", sorted(SETTINGS))
def test_the_stake_changes_no_outcome(slug: str):
    """GAM-09: the very same seeds and nonce, staked with little and with much."""
    original = catalogue.usual(slug).original
    for nonce in range(50):
        bet = Stream("5a" * 32, "anybody", nonce)
        shown = set()
        for units in (10**6, 10**9, 7 * 10**12):
            params = original.read(SETTINGS[slug], Stake(units, 6))
            ended = original.play(bet, params, units, (), 10**18)
            assert type(ended) is Ended
            shown.add(json.dumps(ended.shown, sort_keys=True))
        assert len(shown) == 1


def test_no_setting_returns_less_than_75_percent():
    """GAM-08: the least return over all settings of every release."""
    assert [] == [
        (one.info.slug, one.info.rtp)
        for one in catalogue.ALL
        if Decimal(one.info.rtp) < Decimal("0.75")
    ]


async def bet(client, db, game: str, params: dict[str, object]):
    body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1", "params": params}
    return await client.post(f"/v1/games/{game}/bets", json=body)


async def test_only_more_than_the_stake_is_celebrated(db):
    """GAM-14: plinko often pays less than it took; that is no win."""
    async with running(db) as parts, guest(parts) as client:
        bets = [
            (await bet(client, db, "plinko", {"rows": 8, "risk": "low"})).json() for _ in range(40)
        ]

    paid = {Decimal(one["payout"]) > Decimal(one["stake"]) for one in bets}
    assert {True, False} == paid
    for one in bets:
        assert one["celebrate"] is (Decimal(one["payout"]) > Decimal(one["stake"]))


async def test_a_paused_game_finishes_its_round_and_takes_no_new_bet(db):
    """GAM-11."""
    async with running(db) as parts, guest(parts) as client:
        opened = (await bet(client, db, "mines", {"mines": 1})).json()
        async with db.tx() as tx:
            await brands.pause(
                tx,
                brand_id=BrandId(1),
                switch="game:mines",
                reason="maintenance",
                actor="staff",
            )
        await parts.news.refresh_pauses()
        refused = await bet(client, db, "mines", {"mines": 1})
        other = await bet(client, db, "dice", SETTINGS["dice"])
        step = await client.post(
            f"/v1/games/mines/bets/{opened['id']}/steps",
            json={"step": 0, "choice": {"do": "reveal", "tile": 0}},
        )

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "paused")
    assert other.status_code == 200
    assert step.status_code == 200


def test_no_generator_of_a_library_decides_anything():
    """RNG-01: what `random` is used for, by name: waiting times, and repeatable test bytes."""
    users = {
        source.path
        for source in norms.sources()
        if source.module is not None
        for _, name in norms.imports_of(source)
        if name.split(".")[0] in {"random", "numpy"}
    }

    assert users == {
        "fairhouse/app/fairness/stream.py",
        "fairhouse/chains/adapters/evm/rpc.py",
        "fairhouse/platform/database.py",
        "fairhouse/platform/loops.py",
    }


def test_what_the_app_computes_is_verification_alone():
    """GAM-01: the code that computes outcomes in the browser has no chance of its own; boards use
    chance for how a wheel spins, and the API is all they know of where it stops."""
    found = {
        path.relative_to(norms.ROOT).as_posix()
        for folder in ("web/src/fairness", "web/verifier")
        for pattern in ("*.ts", "*.svelte")
        for path in (norms.ROOT / folder).rglob(pattern)
        if "node_modules" not in path.parts and "Math.random" in path.read_text()
    }

    assert found == set()
