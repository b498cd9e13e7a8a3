"""A withdrawal that a rule holds waits for a person, with the same words for player and staff."""

from dataclasses import replace

from fairhouse.app.observing import Observing
from fairhouse.platform.database import Database
from fairhouse.platform.geo import Geo
from fairhouse.risk import api as risk
from fairhouse.risk.types import CheckCode, CheckState, usd
from fairhouse.risk.types.observations import Kind, Observation
from tests.conftest import SettableClock
from tests.flows.betting_kit import SEALER
from tests.flows.cashier_world import ETH, WALLET, a_world


async def test_pass_through_waits_until_a_person_has_looked(
    db: Database, worker_db: Database, clock: SettableClock
):
    world = await a_world(db, worker_db)
    await world.give(ETH, 10**9)
    await world.fill_hot(ETH, 10**19)
    observing = Observing(worker_db, SEALER, Geo())
    await observing.install()
    deposited = Observation(
        key="deposit:1",
        kind=Kind.DEPOSIT,
        at=clock.time,
        brand_id=1,
        player_id=world.player.id,
        value=usd(150),
    )
    async with worker_db.tx() as tx:
        await risk.observe(tx, facts=[deposited])
    jobs = replace(world.jobs, before_verdict=observing.before_verdict)
    clock.advance(seconds=5)
    asked = await world.ask(40_000_000)
    clock.advance(seconds=2)
    await jobs.step_withdrawals()
    held = await world.withdrawal(asked.id)
    # Its news comes after the verdict, and changes nothing.
    while await observing.step_news():
        pass
    async with worker_db.tx() as tx:
        decisions = await risk.decided(tx, player_id=world.player.id)
        [case] = await risk.cases(tx, brands=[1])
        await risk.close_case(tx, case_id=case.id, verdict="harmless", by="carl", note="fine")
    clock.advance(seconds=2)
    await jobs.step_withdrawals()
    freed = await world.withdrawal(asked.id)

    [check] = [one for one in held.checks if one.code is CheckCode.PASS_THROUGH]
    assert held.state.value == "WAITING"
    assert check.state is CheckState.NEEDS_REVIEW
    assert (check.reason, check.fields) == ("pass_through.review", {"rules": "pass_through v1"})
    assert check.due_at is not None
    assert [one.rule for one in decisions if one.case_id] == ["pass_through"]
    assert decisions[-1].ref is not None
    assert all(one.state is CheckState.PASSED for one in freed.checks if "pass" in one.code)
    assert WALLET not in str(decisions[0].features)
