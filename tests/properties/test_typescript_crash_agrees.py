"""Crash points of every scheme, in Python and in TypeScript, written apart, agree."""

from decimal import ROUND_FLOOR, Context, Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

from fairhouse.fairness.schemes.crash import PARENTS, Mixed, Scheme, point
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
