"""An isolation forest, exported as data and scored here: no learning library where money moves.

The forest is trained by `python -m tools.players train` (scikit-learn) and read from `model.json`;
a test holds both scores equal. Source: Liu, Ting, Zhou, "Isolation Forest", ICDM 2008.
A score is a number of points from 0 to 100: how many per cent of the training's requests are less
unusual. It is an observation like others; the rule `anomaly` makes a few points of it.
"""

import json
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from fairhouse.risk.language.evaluate import value_of
from fairhouse.risk.language.parse import parse
from fairhouse.risk.types.observations import Feature, Observation
from fairhouse.risk.types.rules import Arithmetic, Ask, Node

EULER: Final = 0.5772156649015329
REASONS: Final = 3
DECILES: Final = 10
DRIFTED: Final = 0.25
"""A population stability index above this: the population is another one. The field's custom."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Parallel lists by node; a leaf has feature -1."""

    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    samples: Sequence[int]


@dataclass(frozen=True, slots=True)
class Model:
    """A forest with the expressions it is asked about."""

    version: str
    expressions: tuple[str, ...]
    nodes: tuple[Node, ...]
    trees: tuple[Tree, ...]
    sample: int
    percentiles: Sequence[float]
    """Raw scores of the training, at 0, 1, … 100 per cent."""
    medians: Sequence[float]

    @property
    def features(self) -> tuple[Feature, ...]:
        """The windows that it needs."""
        return tuple(dict.fromkeys(one for node in self.nodes for one in _asks(node)))


def read_model(text: str) -> Model:
    """From its JSON."""
    given: Mapping[str, Any] = json.loads(text)
    expressions = tuple(str(one) for one in given["expressions"])
    return Model(
        version=given["version"],
        expressions=expressions,
        nodes=tuple(parse("model", one, {}) for one in expressions),
        trees=tuple(Tree(*tree) for tree in given["trees"]),
        sample=given["sample"],
        percentiles=given["percentiles"],
        medians=given["medians"],
    )


@lru_cache(maxsize=1)
def champion() -> Model:
    """The one that is shipped."""
    return read_model(files("fairhouse.risk").joinpath("model.json").read_text("utf-8"))


def inputs(model: Model, fact: Observation, found: Mapping[Feature, int]) -> list[float]:
    """What the trees are asked about: logarithms, for amounts spread over magnitudes."""
    return [math.log2(1 + max(int(value_of(node, fact, found, {})), 0)) for node in model.nodes]


def raw_score(model: Model, given: Sequence[float]) -> float:
    """Between 0 and 1; higher is more unusual."""
    depth = sum(_depth(tree, given) for tree in model.trees) / len(model.trees)
    return 2 ** (-depth / average_path(model.sample))


def points(model: Model, given: Sequence[float]) -> int:
    """Per cent of the training that is less unusual."""
    return min(bisect_left(model.percentiles, raw_score(model, given)), 100)


def reasons(model: Model, given: Sequence[float]) -> list[str]:
    """The expressions whose usual value would make it look most usual."""
    whole = raw_score(model, given)
    gains: list[tuple[float, str]] = []
    for place, median in enumerate(model.medians):
        usual = [*given[:place], median, *given[place + 1 :]]
        gains.append((whole - raw_score(model, usual), model.expressions[place]))
    return [name for gain, name in sorted(gains, reverse=True)[:REASONS] if gain > 0]


def stability(counts: Sequence[int]) -> float:
    """Population stability index of scores by tenths, against even tenths; 0: as in training."""
    total = sum(counts)
    if not total:
        return 0.0
    even = 1 / len(counts)
    shares = [max(count / total, 1e-4) for count in counts]
    return sum((share - even) * math.log(share / even) for share in shares)


def average_path(n: int) -> float:
    """Mean depth of an unsuccessful search in a binary tree of n."""
    if n <= 1:
        return 0.0
    if n == 2:
        return 1.0
    return 2 * (math.log(n - 1) + EULER) - 2 * (n - 1) / n


def _depth(tree: Tree, given: Sequence[float]) -> float:
    node, depth = 0, 0
    while tree.feature[node] >= 0:
        goes_left = given[tree.feature[node]] <= tree.threshold[node]
        node = tree.left[node] if goes_left else tree.right[node]
        depth += 1
    return depth + average_path(tree.samples[node])


def _asks(node: Node) -> Sequence[Feature]:
    match node:
        case Ask():
            return [node.feature]
        case Arithmetic():
            return [*_asks(node.left), *_asks(node.right)]
        case _:
            return []
