"""The platform's own windows, rules and links over everybody's lives, in the order of happening."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from fairhouse.risk.engine.built_in import definitions
from fairhouse.risk.engine.deciding import CASE_POINTS, is_quiet
from fairhouse.risk.language.definition import read_rule
from fairhouse.risk.language.evaluate import judge
from fairhouse.risk.links import LinkGraph, sightings_of
from fairhouse.risk.types.observations import Kind, Observation, Recorded
from fairhouse.risk.types.rules import Action, Rule
from fairhouse.risk.windows import History
from tools.players.life import BRAND, Life

GRAPH_RULES = frozenset({"linked_accounts"})
MODEL_RULES = frozenset({"anomaly"})


@dataclass
class Found:
    """What was decided about one account."""

    rules: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """First time each rule spoke."""
    reached: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """By who reached a person: "rules", "graph"; holds, asks, or points enough."""
    points: dict[str, int] = field(default_factory=dict[str, int])


@dataclass
class Court:
    """Judges as `risk.api.observe` does, without a database."""

    score: Callable[[History, Recorded], int | None] | None = None
    history: History = field(default_factory=History)
    graph: LinkGraph = field(default_factory=LinkGraph)
    found: defaultdict[UUID, Found] = field(default_factory=lambda: defaultdict(Found))
    asked: list[Recorded] = field(default_factory=list[Recorded])
    """Requests of withdrawal, for models."""
    _last: dict[tuple[str, UUID], datetime] = field(
        default_factory=dict[tuple[str, UUID], datetime]
    )
    _rules: Sequence[Rule] = field(
        default_factory=lambda: [read_rule(one) for one in definitions()]
    )
    _links: int = 0

    def hear(self, lives: Sequence[Life]) -> None:
        """Everything that happened, in order."""
        facts = [fact for life in lives for fact in life.facts]
        for fact in sorted(facts, key=lambda one: (one.at, one.key)):
            self._observe(fact)

    def _observe(self, fact: Observation) -> None:
        changed = {p for one in sightings_of(fact) for p in self.graph.see(one)}
        for player in sorted(changed):
            self._tell_link(player, fact.at)
        recorded = self.history.record(fact)
        if recorded is None:
            return
        if fact.kind is Kind.WITHDRAWAL_REQUESTED:
            self.asked.append(recorded)
        self._decide(recorded)
        points = self.score(self.history, recorded) if self.score else None
        if points is not None and fact.kind is Kind.WITHDRAWAL_REQUESTED:
            self._tell(f"anomaly:{fact.key}", Kind.ANOMALY, fact.player_id, fact.at, points, 0)

    def _tell_link(self, player: UUID, at: datetime) -> None:
        self._links += 1
        cluster = self.graph.cluster_of.get(player)
        size, points = (len(cluster.players), cluster.points) if cluster else (1, 0)
        self._tell(f"link:{self._links}", Kind.LINK, player, at, size, points)

    def _tell(
        self, key: str, kind: Kind, player: UUID, at: datetime, value: int, moved: int
    ) -> None:
        fact = Observation(
            key=key, kind=kind, at=at, brand_id=BRAND, player_id=player, value=value, moved=moved
        )
        recorded = self.history.record(fact)
        if recorded is not None:
            self._decide(recorded)

    def _decide(self, recorded: Recorded) -> None:
        fact = recorded.fact
        for rule in self._rules:
            if fact.kind not in rule.on:
                continue
            values = {one: self.history.value(one, recorded) for one in rule.features}
            is_hit, _ = judge(rule, fact, values)
            key = (rule.name, fact.player_id)
            if is_hit and not is_quiet(rule, self._last.get(key), fact.at):
                self._last[key] = fact.at
                self._enter(rule, fact)

    def _enter(self, rule: Rule, fact: Observation) -> None:
        found = self.found[fact.player_id]
        found.rules.setdefault(rule.name, fact.at)
        by = "graph" if rule.name in GRAPH_RULES else "rules"
        if rule.action in {Action.HOLD, Action.ASK}:
            found.reached.setdefault(by, fact.at)
        if rule.action is Action.SCORE:
            found.points[rule.name] = rule.points
            if sum(found.points.values()) >= CASE_POINTS:
                found.reached.setdefault("rules", fact.at)
