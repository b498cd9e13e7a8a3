"""What published rules say of new observations, in the transaction that recorded them."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.risk.language.definition import canonical, read_rule
from fairhouse.risk.language.evaluate import Value, explain, judge
from fairhouse.risk.store import decisions as store
from fairhouse.risk.store import observations, versions
from fairhouse.risk.types.observations import Feature, Recorded
from fairhouse.risk.types.rules import Action, CaseId, Decision, Rule, RuleVersion

SCORE_WINDOW: Final = timedelta(days=30)
CASE_POINTS: Final = 60
"""So many points open a case by themselves."""
DUE_IN: Final[Mapping[Action, timedelta]] = {
    Action.HOLD: timedelta(hours=24),
    Action.ASK: timedelta(days=14),
}


@dataclass(frozen=True, slots=True)
class _Verdict:
    version: RuleVersion
    rule: Rule
    recorded: Recorded
    named: Mapping[str, Value]


async def decide(tx: Tx, recorded: Sequence[Recorded]) -> list[Decision]:
    """Judge each new observation by every published rule for it; open cases where rules hold."""
    published = await versions.versions(tx, states=("published",))
    active = [(version, rule_of(version)) for version in published]
    jobs = [
        (version, rule, one)
        for one in recorded
        for version, rule in active
        if one.fact.kind in rule.on and version.brand_id in {None, one.fact.brand_id}
    ]
    if not jobs:
        return []
    found = await features_of(tx, [(rule, one) for _, rule, one in jobs])
    verdicts: list[_Verdict] = []
    for version, rule, one in jobs:
        is_hit, named = judge(rule, one.fact, found[one.seq])
        if is_hit:
            verdicts.append(_Verdict(version, rule, one, named))
    return await _record(tx, verdicts)


async def features_of(
    tx: Tx, jobs: Sequence[tuple[Rule, Recorded]]
) -> Mapping[int, Mapping[Feature, int]]:
    """Every window that is needed, one statement each, by the observation's number."""
    wanted: defaultdict[Feature, dict[int, Recorded]] = defaultdict(dict)
    for rule, one in jobs:
        for feature in rule.features:
            wanted[feature][one.seq] = one
    found: defaultdict[int, dict[Feature, int]] = defaultdict(dict)
    for feature, asking in wanted.items():
        given = await observations.values(tx, feature, list(asking.values()))
        for seq, value in zip(asking, given, strict=True):
            found[seq][feature] = value
    return found


def rule_of(version: RuleVersion) -> Rule:
    """The stored definition, read once per process."""
    return _read(canonical(version.definition))


@lru_cache(maxsize=512)
def _read(text: str) -> Rule:
    return read_rule(json.loads(text))


async def _record(tx: Tx, verdicts: Sequence[_Verdict]) -> list[Decision]:
    quiet = await store.last_decided(
        tx,
        {one.version.id for one in verdicts},
        {one.recorded.fact.player_id for one in verdicts},
    )
    made: list[Decision] = []
    for verdict in verdicts:
        fact = verdict.recorded.fact
        key = (UUID(str(verdict.version.id)), fact.player_id)
        if is_quiet(verdict.rule, quiet.get(key), fact.at):
            continue
        decision = await _decision(tx, verdict)
        if await store.insert(tx, decision):
            quiet[key] = fact.at
            made.append(decision)
            await _open_by_points(tx, decision)
    return made


def is_quiet(rule: Rule, last: datetime | None, at: datetime) -> bool:
    """Whether the rule spoke about this player too recently to speak again."""
    return bool(rule.quiet) and last is not None and last <= at < last + rule.quiet


async def _decision(tx: Tx, verdict: _Verdict) -> Decision:
    fact, rule, version = verdict.recorded.fact, verdict.rule, verdict.version
    case_id: CaseId | None = None
    if rule.action in DUE_IN:
        case_id = await store.open_case(
            tx, brand_id=fact.brand_id, player_id=fact.player_id, due_in=DUE_IN[rule.action]
        )
    return Decision(
        id=tx.new_id(),
        version_id=version.id,
        rule=rule.name,
        version=version.version,
        seq=verdict.recorded.seq,
        kind=fact.kind,
        at=fact.at,
        brand_id=fact.brand_id,
        player_id=fact.player_id,
        action=rule.action,
        points=rule.points,
        check=rule.check,
        features=verdict.named,
        explanation=explain(rule, verdict.named),
        ref=fact.ref,
        case_id=case_id,
    )


async def _open_by_points(tx: Tx, decision: Decision) -> None:
    if decision.action is not Action.SCORE:
        return
    if await store.points(tx, decision.player_id, tx.now - SCORE_WINDOW) >= CASE_POINTS:
        await store.open_case(
            tx,
            brand_id=decision.brand_id,
            player_id=decision.player_id,
            due_in=DUE_IN[Action.HOLD],
        )
