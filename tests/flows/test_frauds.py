"""The ten frauds that auditors report, each tried here; every one has to fail or to be seen.

1 paytable changed silently; 2 client seed unused; 3 server seed rotated for every bet; 4 commitment
swapped afterwards; 5 verifier unlike production; 6 hash only on request; 7 crashes known before;
8 modulo bias; 9 floats that change cents; 10 a hash pasted as a seed.
"""

import ast
import copy
import hashlib
import hmac
import json
from fractions import Fraction
from typing import Any

import asyncpg
import pytest

from fairhouse.fairness import store
from fairhouse.fairness.schemes import crash
from fairhouse.fairness.types import U32_RANGE, SeedPairId, Stream, choose, weight
from fairhouse.games import catalogue
from fairhouse.games.limbo.rules import Limbo
from fairhouse.kernel.ids import from_wire, uuid7
from tests import norms
from tests.player_api import guest, new_bet_id, running

EASY: dict[str, object] = {"difficulty": "easy"}
PARAMS: dict[str, dict[str, object]] = {
    "plinko": {"rows": 16, "risk": "high"},
    "wheel": {"segments": 50, "risk": "low"},
    "mines": {"mines": 3},
    **dict.fromkeys(("cases", "pump", "chicken", "dragontower"), EASY),
}
SEED = "5a67549451e56681727548bedf5c9361b0f750fc850ebd4462cea9a0fad7f4dc"


async def play(client, db, target="50.50"):
    body = {"id": new_bet_id(db), "currency": "PLAY", "stake": "1.5"}
    params = {"target": target, "direction": "over"}
    answer = await client.post("/v1/games/dice/bets", json={**body, "params": params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused_by_the_database(db, statement: str, *values: object) -> None:
    """The application itself tries."""
    errors = (asyncpg.InsufficientPrivilegeError, asyncpg.IntegrityConstraintViolationError)
    with pytest.raises(errors):
        async with db.tx() as tx:
            await tx.execute(statement, *values)


# 1. The paytable changed silently, with the verifier updated to match.


def numbers_of(table: Any) -> list[tuple[Any, Any]]:
    """Places of a table that hold a number or a text, as (container, key)."""
    found: list[tuple[Any, Any]] = []
    items = table.items() if isinstance(table, dict) else enumerate(table)
    for key, value in items:
        if isinstance(value, dict | list):
            found += numbers_of(value)
        else:
            found.append((table, key))
    return found


def test_a_changed_number_anywhere_is_another_table():
    for game in catalogue.ALL:
        table = json.loads(json.dumps(game.info.table))
        assert catalogue.table_hash(game.info.version, table) == game.info.table_hash
        for place in range(len(numbers_of(table))):
            altered = copy.deepcopy(table)
            container, key = numbers_of(altered)[place]
            container[key] = f"{container[key]}1"
            assert catalogue.table_hash(game.info.version, altered) != game.info.table_hash


async def test_a_bet_names_the_table_that_decided_it_for_ever(db):
    async with running(db) as parts, guest(parts) as client:
        bet = await play(client, db)
        shown = (await client.get("/v1/games/dice/table")).json()
    text = json.dumps(
        {"table": shown["table"], "version": shown["version"]},
        sort_keys=True,
        separators=(",", ":"),
    )

    assert hashlib.sha256(text.encode()).hexdigest() == bet["table_hash"] == shown["table_hash"]
    for column in ("table_hash", "game_version", "outcome"):
        await refused_by_the_database(db, f"update betting.entry set {column} = {column}")


# 2. The client seed is accepted but not used.


@pytest.mark.parametrize("slug", sorted(catalogue.USUAL))
def test_the_client_seed_decides_in_every_game(slug: str):
    original = catalogue.usual(slug).original
    outcomes = {
        json.dumps(original.facts(Stream(SEED, client, 0), PARAMS.get(slug, {})), default=str)
        for client in map(str, range(40))
    }

    assert len(outcomes) > 2


async def test_the_client_seed_on_record_is_the_one_that_decides(db):
    async with running(db) as parts, guest(parts) as client:
        await client.post("/v1/seeds/rotate", json={"client_seed": "chosen by me ☃"})
        bet = await play(client, db)
        revealed = (await client.post("/v1/seeds/rotate", json={})).json()["revealed"]

    assert bet["client_seed"] == "chosen by me ☃"
    assert bet["outcome"]["roll"] == roll_by_hand(revealed["server_seed"], bet)


# 3. The server seed is rotated for every bet, each with nonce 0, so that it can be selected.


async def test_a_seed_pair_lasts_until_its_player_rotates(db):
    async with running(db) as parts, guest(parts) as client:
        bets = [await play(client, db) for _ in range(20)]

    assert [bet["nonce"] for bet in bets] == list(range(20))
    assert len({bet["server_seed_hash"] for bet in bets}) == 1


async def test_the_application_cannot_slip_another_pair_in(db):
    async with running(db) as parts, guest(parts) as client:
        bet = await play(client, db)
        pair_id = from_wire("sed", bet["seed_pair_id"])
        async with db.read() as tx:
            player = (await store.pairs_by_id(tx, [pair_id]))[0].pair.player_id
        another = store.NewSeed(SeedPairId(uuid7(1, bytes(10))), b"sealed", "0" * 64)
        with pytest.raises(asyncpg.UniqueViolationError):
            async with db.tx() as tx:
                await store.commit_to(tx, 1, player, another)
        for statement in (
            "update fairness.seed_pair set state = 'next' where id = $1",
            "update fairness.seed_pair set state = 'active' where id = $1",
        ):
            await refused_by_the_database(db, statement, pair_id)
        await refused_by_the_database(db, "delete from fairness.seed_pair where id = $1", pair_id)


# 4. The commitment is swapped once the client seed is known.


async def test_the_next_commitment_stands_before_the_client_seed_is_chosen(db):
    async with running(db) as parts, guest(parts) as client:
        before = (await client.get("/v1/seeds")).json()["active"]
        rotated = await client.post("/v1/seeds/rotate", json={"client_seed": "mine"})
        after = rotated.json()["active"]

    assert before["next_server_seed_hash"] == after["server_seed_hash"]
    assert (after["client_seed"], after["nonce"]) == ("mine", 0)


async def test_neither_seed_nor_hash_can_be_changed(db, owner_db):
    async with running(db) as parts, guest(parts) as client:
        await play(client, db)
    for column in ("server_seed_hash", "server_seed_sealed"):
        await refused_by_the_database(db, f"update fairness.seed_pair set {column} = {column}")
    # Not even the owner of the tables changes the client seed of a pair in use.
    for one in (db, owner_db):
        await refused_by_the_database(
            one, "update fairness.seed_pair set client_seed = 'other' where state = 'active'"
        )


# 5. The verifier is other code than production.


def roll_by_hand(server_seed: str, bet: dict[str, Any]) -> str:
    """Dice from its public description, with nothing of ours."""
    message = f"{bet['client_seed']}:{bet['nonce']}:0"
    digest = hmac.new(server_seed.encode(), message.encode(), hashlib.sha256).digest()
    hundredths = int(Fraction(int.from_bytes(digest[:4], "big"), 2**32) * 10_001)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


async def test_what_was_paid_is_what_strangers_compute(db):
    async with running(db) as parts, guest(parts) as client:
        bets = [await play(client, db) for _ in range(30)]
        revealed = (await client.post("/v1/seeds/rotate", json={})).json()["revealed"]
        answers = [
            (
                await client.post(
                    "/v1/verify",
                    json={
                        "game": "dice",
                        "server_seed": revealed["server_seed"],
                        "client_seed": bet["client_seed"],
                        "nonce": bet["nonce"],
                        "params": bet["params"],
                    },
                )
            ).json()
            for bet in bets
        ]

    for bet, answer in zip(bets, answers, strict=True):
        rolled = roll_by_hand(revealed["server_seed"], bet)
        assert rolled == bet["outcome"]["roll"] == answer["outcome"]["roll"]
        assert bet["payout"] == ("3" if Fraction(rolled) > Fraction("50.50") else "0")


# 6. The hash is shown only to those who ask, so that others can be cheated.


async def test_every_bet_carries_the_hash_that_was_shown_before_it(db):
    async with running(db) as parts, guest(parts) as client, guest(parts) as careless:
        shown = (await client.get("/v1/seeds")).json()["active"]["server_seed_hash"]
        asked, unasked = await play(client, db), await play(careless, db)
        after = (await careless.get("/v1/seeds")).json()["active"]["server_seed_hash"]

    assert asked["server_seed_hash"] == shown
    assert unasked["server_seed_hash"] == after


# 7. Who owns the chain knows the crashes to come.


def test_the_chain_alone_tells_nothing_of_a_crash():
    """Whoever has the hash still needs a signature that is published after betting closed."""
    game_hash = bytes(range(32))
    points = [crash.ours(game_hash, number.to_bytes(48, "big"), 9_900) for number in range(4_000)]
    doubled = sum(point >= 200 for point in points)

    assert len(set(points)) > 500
    assert abs(doubled - 4_000 * 0.495) < 5 * (4_000 * 0.25) ** 0.5


# 8. Modulo bias.


def test_every_choice_has_its_share_of_the_numbers():
    """Exhaustively over all sizes in use: no choice has more than one number of 2^32 too many."""
    for of in (*range(1, 60), 1_000, 10_001, 2**24):
        places = range(of) if of < 20_000 else (0, 1, of // 3, of - 2, of - 1)
        weights = {weight(choice, of) for choice in places}
        assert max(weights) - min(weights) <= 1
        assert abs(min(weights) - U32_RANGE / of) <= 1
        first = -(-U32_RANGE // of)
        assert (choose(first - 1, of), choose(U32_RANGE - 1, of)) == (0, of - 1)


def test_no_game_takes_a_number_of_the_stream_by_modulo():
    """In the games a remainder is taken of places and cards, never of what a stream draws."""
    found: list[str] = []
    for source in norms.sources():
        if source.module == "games":
            found += [
                source.at(node, ast.unparse(node))
                for node in source.nodes
                if isinstance(node, ast.BinOp)
                and isinstance(node.op, ast.Mod)
                and any(word in ast.unparse(node.left) for word in ("u32", "number", "digest"))
            ]
    assert [] == found


# 9. The order of float operations changes cents.


def test_games_know_no_float():
    games = [source for source in norms.sources() if source.module in {"games", "fairness"}]

    assert [] == [finding for one in games for finding in norms.money_knows_no_float(one)]


def test_a_cent_that_floats_lose_is_kept():
    """Numbers for which two float formulas disagree: ours gives what the exact ratio gives."""
    disagree = [n for n in range(1, 200_000) if int(2**24 / n * 0.99 * 100) != int(99 * 2**24 / n)]
    assert len(disagree) > 10
    limbo = Limbo(9_900)
    for n in disagree[:200]:
        number = (n - 1) * 2**8
        exact = 99 * 2**24 // n
        assert limbo._result_of(number) == exact


# 10. A seed's hash is pasted where the seed belongs.


async def test_a_hash_in_the_seeds_place_is_recognised(db):
    async with running(db) as parts, guest(parts) as client:
        bet = await play(client, db)
        answer = await client.post(
            "/v1/verify",
            json={
                "game": "dice",
                "server_seed": bet["server_seed_hash"],
                "client_seed": bet["client_seed"],
                "nonce": bet["nonce"],
                "params": bet["params"],
            },
        )

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("seed_hash_pasted", "server_seed")
    assert "rotate" in error["message"].lower()
