"""Crash points of every scheme, in Python and in TypeScript, written apart, agree."""

import dataclasses
from decimal import ROUND_FLOOR, Context, Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

from fairhouse.fairness import beacons, chains
from fairhouse.fairness.codecs import bls
from fairhouse.fairness.schemes.crash import PARENTS, Mixed, Scheme, ours, point
from fairhouse.games.crash import rules
from fairhouse.games.crash.types import LIVE
from fairhouse.games.crash.views import ProofView
from tests.properties.agreeing import bundled, played_again
from tests.properties.test_typescript_agrees import needs_node

GAMES: Final = 300
NAMES: Final = {
    Scheme.OURS_CRASH: "fairhouse crash",
    Scheme.OURS_SLIDE: "fairhouse slide",
    Scheme.BUSTABIT_V1: "bustabit v1",
    Scheme.BUSTABIT_V2: "bustabit v2",
    Scheme.BUSTABIT_V3: "bustabit v3",
    Scheme.BUSTABIT_VX: "bustabit vx",
    Scheme.STAKE_CRASH: "Stake crash",
    Scheme.STAKE_SLIDE: "Stake slide",
}
SIGNED: Final = (Scheme.OURS_CRASH, Scheme.OURS_SLIDE, Scheme.BUSTABIT_VX)
EXACT: Final = Context(prec=60)
AN_HOUR_MS: Final = 3_600_000


def _grown(ms: int) -> int:
    """floor(100 * e^(6 * ms / 100000)), as the rules of crash say."""
    grown = EXACT.exp(Decimal(6 * ms) / 100_000) * 100
    return int(grown.to_integral_value(ROUND_FLOOR, EXACT))


def _asked(rng: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    scheme = rng.choice([*NAMES])
    game_hash = rng.randbytes(32)
    ms = int(AN_HOUR_MS ** rng.random()) // 10
    if scheme in SIGNED:
        signature = rng.randbytes(96 if scheme is Scheme.BUSTABIT_VX else 48)
        mixed, text = Mixed(signature=signature), signature.hex()
    else:
        text = rng.randbytes(32).hex()
        mixed = Mixed(salt=text)
    line = {"op": "crash", "scheme": NAMES[scheme], "hash": game_hash.hex(), "mixed": text}
    before = PARENTS[scheme](game_hash).hex()
    found = {"point": point(scheme, game_hash, mixed), "before": before, "grown": _grown(ms)}
    return {**line, "ms": ms}, found


@needs_node
def test_points_chains_and_growth_are_the_same(tmp_path: Path):
    rng = Random("crash")
    asked = [_asked(rng) for _ in range(GAMES)]

    answers = played_again(bundled(tmp_path), [line for line, _ in asked])

    assert [found for _, found in asked] == answers


def _shown(game: str, number: int) -> dict[str, Any]:
    """A round of ours that is over, as GET /v1/crash/{game}/rounds/{id} shows it."""
    chain = chains.make(bytes(range(32)), 40)
    secret = bls.secret_from(b"a beacon of the tests, 32 bytes!")
    beacon_round = 1_000_000 + number
    signature = bls.sign_short(secret, beacons.message_of(beacon_round))
    found = ours(chain.hash_of(number), signature, rules.RETURN_BP[game])
    proof = ProofView(
        chain_id="chn_1",
        chain_end_hash=chain.hash_of(0).hex(),
        chain_committed_at="2026-11-22T19:25:00.123Z",
        chain_number=number,
        hash=chain.hash_of(number).hex(),
        beacon="local",
        beacon_public_key=bls.short_public_key(secret).hex(),
        beacon_round=beacon_round,
        signature=signature.hex(),
        digest=None,
        return_bp=rules.RETURN_BP[game],
        point=rules.shown(found),
    )
    return {"round": {"game": game, "number": number}, "proof": dataclasses.asdict(proof)}


@needs_node
def test_rounds_as_they_are_shown_are_proven(tmp_path: Path):
    asked = [_shown(game, number) for game in LIVE for number in (1, 17, 40)]

    answers = played_again(bundled(tmp_path), [{"op": "round", "round": one} for one in asked])

    for shown, answer in zip(asked, answers, strict=True):
        assert f"fairhouse {shown['round']['game']}" == answer["scheme"]
        assert answer["signed"] is True
        assert shown["proof"]["chain_number"] == answer["steps"] == answer["number"]
        assert shown["proof"]["point"] == answer["point"] == answer["claimed"]
