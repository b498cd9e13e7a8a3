"""Training and judging models: an isolation forest (shipped) and a boosted challenger.

scikit-learn is used here alone.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
from sklearn import ensemble, metrics

from fairhouse.risk.language.parse import parse
from fairhouse.risk.model import Model, inputs
from fairhouse.risk.types.observations import Recorded
from fairhouse.risk.windows import History

EXPRESSIONS: Final = (
    "count(login, 7 d)",
    "distinct(login.device, 30 d)",
    "fresh(login.device, 3 d)",
    "distinct(login.country, 7 d)",
    "count(credential_changed, 3 d)",
    "oldest(registration, 400 d)",
    "count(deposit, 24 h)",
    "sum(deposit.value, 7 d) / 1000000",
    "count(withdrawal_requested, 7 d)",
    "fresh(withdrawal_requested.address, 3 d)",
    "sum(withdrawal_requested.value, 7 d) / 1000000",
    "ratio(sum(bet.moved, 7 d), sum(bet.value, 7 d))",
    "ratio(sum(bet.moved, 7 d), sum(deposit.value, 7 d))",
    "distinct(bet.minute, 24 h)",
    "count(bonus, 30 d)",
    "distinct(withdrawal_requested.player, 30 d by address)",
    "latest(link.points, 400 d)",
    "age(deposit, 30 d)",
)
# The library has no types: it is used through these alone.
_ensemble: Final[Any] = ensemble
_metrics: Final[Any] = metrics
TREES: Final = 60
SAMPLE: Final = 256


@dataclass(frozen=True)
class Table:
    """A row per request of withdrawal."""

    rows: Any
    players: list[UUID]

    def of(self, wanted: frozenset[UUID]) -> Any:
        """The rows of these players."""
        return self.rows[[player in wanted for player in self.players]]


def table(history: History, asked: Sequence[Recorded]) -> Table:
    """What models see of each request."""
    bare = Model("", EXPRESSIONS, tuple(parse("model", e, {}) for e in EXPRESSIONS), (), 0, (), ())
    rows = [
        inputs(bare, one.fact, {f: history.value(f, one) for f in bare.features}) for one in asked
    ]
    return Table(np.array(rows, dtype=np.float64), [one.fact.player_id for one in asked])


def forest(rows: Any, seed: int) -> Any:
    """Trained without labels."""
    return _ensemble.IsolationForest(n_estimators=TREES, max_samples=SAMPLE, random_state=seed).fit(
        rows
    )


def boosted(rows: Any, labels: Any, seed: int) -> Any:
    """Trained with labels: the challenger."""
    return _ensemble.HistGradientBoostingClassifier(max_iter=80, random_state=seed).fit(
        rows, labels
    )


def export(trained: Any, rows: Any, version: str) -> str:
    """The forest as `fairhouse.risk.model` reads it."""
    raw = np.sort(-trained.score_samples(rows))
    trees = [_tree(one.tree_) for one in trained.estimators_]
    content: Mapping[str, Any] = {
        "version": version,
        "expressions": list(EXPRESSIONS),
        "sample": int(trained.max_samples_),
        "percentiles": [float(x) for x in np.percentile(raw, range(101))],
        "medians": [float(x) for x in np.median(rows, axis=0)],
        "trees": trees,
    }
    return json.dumps(content, separators=(",", ":"))


def _tree(found: Any) -> list[list[float]]:
    return [
        [int(x) if x >= 0 else -1 for x in found.feature],
        # Inputs are compared as 32-bit floats there: thresholds are kept to the last digit.
        [float(x) for x in found.threshold],
        [int(x) for x in found.children_left],
        [int(x) for x in found.children_right],
        [int(x) for x in found.n_node_samples],
    ]


@dataclass(frozen=True)
class Measured:
    """Average precision and precision at k, each with a 95 % interval by bootstrap."""

    ap: float
    ap_low: float
    ap_high: float
    at_k: float
    k_low: float
    k_high: float


def measured(scores: Sequence[float], truth: Sequence[bool], seed: int) -> Measured:
    """Over players; k is the number of frauds."""
    given, labels = np.array(scores), np.array(truth)
    chance = np.random.default_rng(seed)
    aps: list[float] = []
    ks: list[float] = []
    for _ in range(200):
        drawn = chance.integers(0, len(given), len(given))
        if labels[drawn].any():
            aps.append(float(_metrics.average_precision_score(labels[drawn], given[drawn])))
            ks.append(_at_k(given[drawn], labels[drawn]))
    low, high = np.percentile(aps, [2.5, 97.5])
    k_low, k_high = np.percentile(ks, [2.5, 97.5])
    return Measured(
        float(_metrics.average_precision_score(labels, given)),
        *(float(low), float(high)),
        *(_at_k(given, labels), float(k_low), float(k_high)),
    )


def _at_k(scores: Any, labels: Any) -> float:
    count = int(labels.sum())
    # Equal scores in an order of their own: nobody is first by number.
    order = np.random.default_rng(len(scores)).permutation(len(scores))
    best = order[np.argsort(-scores[order], kind="stable")[:count]]
    return float(labels[best].mean()) if count else math.nan


def by_player(scores: Any, players: Sequence[UUID]) -> dict[UUID, float]:
    """The highest of each."""
    best: dict[UUID, float] = {}
    for score, player in zip(scores, players, strict=True):
        best[player] = max(best.get(player, -math.inf), float(score))
    return best
