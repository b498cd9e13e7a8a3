"""A version against stored history: what it would have said, knowing only what was known then.

Each observation is judged with windows that end at its own time and see only what had been
recorded before it, exactly as when rules are live.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fairhouse.platform.database import Tx
from fairhouse.risk.engine.deciding import features_of, is_quiet, rule_of
from fairhouse.risk.language.evaluate import explain, judge
from fairhouse.risk.store import decisions, observations
from fairhouse.risk.types.observations import Recorded
from fairhouse.risk.types.rules import BackTest, Hit, Rule, RuleVersion

CHUNK: Final = 500
JUDGED_MAX: Final = 50_000
EXAMPLES_MAX: Final = 20


async def run(
    tx: Tx, version: RuleVersion, *, since: datetime, until: datetime, run_by: str
) -> BackTest:
    """At most JUDGED_MAX observations of [since, until), in the order of recording."""
    rule = rule_of(version)
    judged, hits = await hits_of(tx, rule, version.brand_id, since=since, until=until)
    players = {hit.player_id for hit in hits}
    labels = await decisions.labels(tx, players)
    return BackTest(
        id=tx.new_id(),
        version_id=version.id,
        digest=version.digest,
        since=since,
        until=until,
        judged=judged,
        hits=len(hits),
        players=len(players),
        labelled_bad=sum(verdict == "fraud" for verdict in labels.values()),
        labelled_good=sum(verdict == "harmless" for verdict in labels.values()),
        examples=tuple(_example(rule, hit) for hit in hits[:EXAMPLES_MAX]),
        run_by=run_by,
        run_at=tx.now,
    )


async def hits_of(
    tx: Tx, rule: Rule, brand_id: int | None, *, since: datetime, until: datetime
) -> tuple[int, list[Hit]]:
    """How many observations were judged, and those that the rule hit."""
    judged, place = 0, 0
    hits: list[Hit] = []
    last: dict[UUID, datetime] = {}
    while judged < JUDGED_MAX:
        chunk = await observations.history(
            tx,
            kinds=[kind.value for kind in rule.on],
            after_seq=place,
            since=since,
            until=until,
            limit=CHUNK,
        )
        if not chunk:
            break
        place = chunk[-1].seq
        mine = [one for one in chunk if brand_id in {None, one.fact.brand_id}]
        judged += len(mine)
        hits += await _judged(tx, rule, mine, last)
    return judged, hits


async def _judged(
    tx: Tx, rule: Rule, chunk: Sequence[Recorded], last: dict[UUID, datetime]
) -> list[Hit]:
    found = await features_of(tx, [(rule, one) for one in chunk])
    hits: list[Hit] = []
    for one in chunk:
        fact = one.fact
        is_hit, named = judge(rule, fact, found.get(one.seq, {}))
        if is_hit and not is_quiet(rule, last.get(fact.player_id), fact.at):
            last[fact.player_id] = fact.at
            hits.append(Hit(seq=one.seq, player_id=fact.player_id, at=fact.at, values=named))
    return hits


def _example(rule: Rule, hit: Hit) -> Mapping[str, Any]:
    return {
        "player_id": str(hit.player_id),
        "at": hit.at.isoformat(),
        "seq": hit.seq,
        "says": explain(rule, hit.values)["en"],
    }
