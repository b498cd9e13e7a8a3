"""The anomaly model over requests of withdrawal: its score is an observation, no decision."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from fairhouse.platform.database import Tx
from fairhouse.risk import model as models
from fairhouse.risk.store import observations
from fairhouse.risk.types.observations import Feature, Kind, Observation, Recorded
from fairhouse.risk.types.rules import Drift

DRIFT_WINDOW: Final = timedelta(days=7)
SCORES_MIN: Final = 100
"""Of fewer scores nothing is said about drift."""


async def scores(tx: Tx, recorded: Sequence[Recorded]) -> list[Observation]:
    """One for each new request; `ref` names what makes it look unusual."""
    asking = [one for one in recorded if one.fact.kind is Kind.WITHDRAWAL_REQUESTED]
    if not asking:
        return []
    model = models.champion()
    found: list[dict[Feature, int]] = [{} for _ in asking]
    for feature in model.features:
        for place, value in enumerate(await observations.values(tx, feature, asking)):
            found[place][feature] = value
    made: list[Observation] = []
    for one, values in zip(asking, found, strict=True):
        given = models.inputs(model, one.fact, values)
        made.append(
            Observation(
                key=f"anomaly:{model.version}:{one.fact.key}"[:200],
                kind=Kind.ANOMALY,
                at=one.fact.at,
                brand_id=one.fact.brand_id,
                player_id=one.fact.player_id,
                value=models.points(model, given),
                ref="; ".join(models.reasons(model, given)),
            )
        )
    return made


async def drift(tx: Tx, brand_id: int) -> Drift:
    """The stability of a brand's scores over seven days."""
    counts = await observations.tenths(tx, brand_id=brand_id, since=tx.now - DRIFT_WINDOW)
    index = models.stability(counts)
    is_enough = sum(counts) >= SCORES_MIN
    version = models.champion().version
    return Drift(version, tuple(counts), index, is_enough and index > models.DRIFTED)
