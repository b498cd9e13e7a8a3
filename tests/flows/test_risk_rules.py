"""Rules are tested on history, published by a second person, and decide with what they saw."""

from datetime import timedelta
from typing import Any

import pytest

from fairhouse.platform.database import Database
from fairhouse.risk import api as risk
from fairhouse.risk.types.checks import usd
from fairhouse.risk.types.observations import Kind
from fairhouse.risk.types.rules import (
    BackTestMissing,
    CaseUnknown,
    RuleInvalid,
    RuleNotDraft,
    SecondPersonNeeded,
)
from tests.conftest import SettableClock
from tests.flows.risk_kit import Teller, install, player, publish

MANY: dict[str, Any] = {
    "name": "many_deposits",
    "on": ["deposit"],
    "let": [["n", "count(deposit, 24 h)"], ["total", "sum(deposit.value, 24 h)"]],
    "when": "n >= 3",
    "action": "hold",
    "says": {"en": "{n} deposits, {total}.", "de": "{n} Einzahlungen, {total}."},
}
AWAY = timedelta(days=30)


async def test_a_rule_is_published_after_its_own_back_test_by_a_second_person(
    worker_db: Database,
):
    async with worker_db.tx() as tx:
        draft = await risk.draft_rule(
            tx, definition=MANY, brand_id=None, author="anna", reason="too many"
        )
        with pytest.raises(BackTestMissing):
            await risk.publish_rule(tx, version_id=draft.id, by="bela", reason="yes")
        await risk.back_test(
            tx, version_id=draft.id, since=tx.now - AWAY, until=tx.now, run_by="anna"
        )
        with pytest.raises(SecondPersonNeeded):
            await risk.publish_rule(tx, version_id=draft.id, by="anna", reason="yes")
        published = await risk.publish_rule(tx, version_id=draft.id, by="bela", reason="yes")
        with pytest.raises(RuleNotDraft):
            await risk.publish_rule(tx, version_id=draft.id, by="carl", reason="again")
        other = await risk.draft_rule(
            tx, definition={**MANY, "when": "n >= 4"}, brand_id=None, author="anna", reason="x"
        )
        # The test of version 1 is none of version 2.
        with pytest.raises(BackTestMissing):
            await risk.publish_rule(tx, version_id=other.id, by="bela", reason="yes")

    assert (published.state, published.version, other.version) == ("published", 1, 2)


async def test_not_even_sql_publishes_without_back_test_and_second_person(worker_db: Database):
    async with worker_db.tx() as tx:
        draft = await risk.draft_rule(
            tx, definition=MANY, brand_id=None, author="anna", reason="too many"
        )
        tested = await risk.back_test(
            tx, version_id=draft.id, since=tx.now - AWAY, until=tx.now, run_by="anna"
        )
    statement = (
        "insert into risk.publication values ($1, 'published', $2, 'anna', 'me alone', now())"
    )
    with pytest.raises(Exception, match="second person"):
        async with worker_db.tx() as tx:
            await tx.execute(statement, draft.id, tested.id)


async def test_what_does_not_type_check_is_refused_and_nothing_is_stored(worker_db: Database):
    async with worker_db.tx() as tx:
        with pytest.raises(RuleInvalid, match="line 1, column 3"):
            await risk.draft_rule(
                tx, definition={**MANY, "when": "n > 3 usd"}, brand_id=None, author="a", reason=""
            )
        assert [] == await risk.rule_versions(tx, states=("draft", "published"))


async def test_a_decision_keeps_version_features_and_words(
    worker_db: Database, clock: SettableClock
):
    rule = await publish(worker_db, MANY)
    teller = Teller(worker_db, clock)
    made = []
    for dollars in (10, 20, 30):
        clock.advance(minutes=1)
        made += await teller.tell(player(1), Kind.DEPOSIT, dollars)
    async with worker_db.tx() as tx:
        assert made == await risk.decided(tx, player_id=player(1))
        [mark] = await risk.marks(tx, player_id=player(1))
        [case] = await risk.cases(tx, brands=[1])

    [decision] = made
    assert (decision.version_id, decision.version) == (rule.id, 1)
    assert decision.features == {"n": 3, "total": usd(60)}
    assert decision.explanation == {
        "en": "3 deposits, $60.00.",
        "de": "3 Einzahlungen, 60,00 US-Dollar.",
    }
    assert (mark.rule, mark.due_at) == ("many_deposits", clock.time + timedelta(hours=24))
    assert (case.player_id, case.id) == (player(1), decision.case_id)


async def test_the_same_fact_again_decides_nothing_more(worker_db: Database, clock: SettableClock):
    await publish(worker_db, {**MANY, "when": "n >= 1"})
    teller = Teller(worker_db, clock)
    first = await teller.tell(player(1), Kind.DEPOSIT, 10)
    async with worker_db.tx() as tx:
        assert [] == await risk.observe(tx, facts=teller.facts)
    assert len(first) == 1


async def test_a_back_test_finds_what_live_decided_late_facts_and_all(
    worker_db: Database, clock: SettableClock
):
    """No look-ahead: a fact that arrives late is not seen by what was judged before."""
    since = clock.time
    await publish(worker_db, MANY)
    teller = Teller(worker_db, clock)
    live = []
    for number in range(40):
        clock.advance(hours=3)
        late = timedelta(hours=30) if number % 7 == 3 else timedelta(0)
        live += await teller.tell(player(number % 2), Kind.DEPOSIT, number, ago=late)
    async with worker_db.tx() as tx:
        again = await risk.draft_rule(
            tx, definition=MANY, brand_id=None, author="anna", reason="the same"
        )
        test = await risk.back_test(
            tx,
            version_id=again.id,
            since=since - timedelta(days=3),
            until=clock.time + timedelta(hours=1),
            run_by="anna",
        )

    assert test.judged == 40
    assert test.hits == len(live) > 5
    assert [one["seq"] for one in test.examples] == [one.seq for one in live][:20]


async def test_a_back_test_counts_labels(worker_db: Database, clock: SettableClock):
    await publish(worker_db, MANY)
    teller = Teller(worker_db, clock)
    for who, verdict in ((1, "fraud"), (2, "harmless"), (3, "fraud")):
        for _ in range(3):
            clock.advance(minutes=1)
            await teller.tell(player(who), Kind.DEPOSIT, 5)
        async with worker_db.tx() as tx:
            [case] = await risk.cases(tx, brands=[1])
            await risk.close_case(tx, case_id=case.id, verdict=verdict, by="anna", note="seen")
            assert () == await risk.marks(tx, player_id=player(who))
    async with worker_db.tx() as tx:
        with pytest.raises(CaseUnknown):
            await risk.close_case(tx, case_id=case.id, verdict="fraud", by="anna", note="again")
        draft = await risk.draft_rule(
            tx, definition={**MANY, "when": "n >= 2"}, brand_id=None, author="anna", reason="x"
        )
        test = await risk.back_test(
            tx, version_id=draft.id, since=tx.now - AWAY, until=tx.now + AWAY, run_by="anna"
        )
        [quality] = await risk.quality(tx, since=tx.now - AWAY)

    assert (test.labelled_bad, test.labelled_good, test.precision_percent) == (2, 1, 66)
    assert (quality.fraud, quality.harmless, quality.precision_percent) == (2, 1, 66)


async def test_a_rule_that_was_quiet_speaks_again(worker_db: Database, clock: SettableClock):
    await publish(worker_db, {**MANY, "when": "n >= 1", "quiet": "1 h"})
    teller = Teller(worker_db, clock)
    made = []
    for _ in range(4):
        made.append(len(await teller.tell(player(1), Kind.DEPOSIT, 1)))
        clock.advance(minutes=30)
    assert made == [1, 0, 1, 0]


async def test_points_open_a_case_and_a_person_ends_them(worker_db: Database, clock: SettableClock):
    for name, points in (("one_sign", 40), ("other_sign", 30)):
        scoring = {"name": name, "action": "score", "points": points, "when": "n >= 1"}
        await publish(worker_db, {**MANY, **scoring})
    await Teller(worker_db, clock).tell(player(1), Kind.DEPOSIT, 1)
    clock.advance(hours=1)
    async with worker_db.tx() as tx:
        points = await risk.points(tx, player_id=player(1))
        assert () == await risk.marks(tx, player_id=player(1))
        [case] = await risk.cases(tx, brands=[1])
        await risk.close_case(tx, case_id=case.id, verdict="harmless", by="anna", note="fine")
        after = await risk.points(tx, player_id=player(1))

    assert (points, after) == (70, 0)


async def test_a_new_version_ends_the_one_before_and_built_ins_come_once(worker_db: Database):
    await install(worker_db)
    async with worker_db.tx() as tx:
        first = await risk.rule_versions(tx, states=("published",))
        assert 0 == await risk.install_built_in(tx)
        changed = {**first[0].definition, "quiet": "2 h"}
        await risk.retire_rule(tx, version_id=first[1].id, by="anna", reason="too loud")
    await publish(worker_db, changed)
    async with worker_db.tx() as tx:
        now = await risk.rule_versions(tx, states=("published",))

    assert len(now) == len(first) - 1
    assert [one.version for one in now if one.name == first[0].name] == [2]
