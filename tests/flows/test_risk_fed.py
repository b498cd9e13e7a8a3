"""News and play reach risk once, whatever is repeated, and a request is judged before it passes."""

from datetime import timedelta
from uuid import uuid4

import psycopg
from psycopg import sql

from fairhouse.app.observing import Observing
from fairhouse.betting import api as betting
from fairhouse.betting.store import plays
from fairhouse.identity import api as identity
from fairhouse.identity.events import CredentialsChanged, PlayerRegistered
from fairhouse.identity.types import Client, PlayerId
from fairhouse.platform.database import Database
from fairhouse.platform.geo import Geo, Ranges
from fairhouse.platform.outbox import announce
from fairhouse.risk import api as risk
from fairhouse.risk.types.observations import Kind
from tests.flows.betting_kit import SEALER, USDT, Table, new_player
from tests.flows.identity_world import TestBrand
from tests.flows.test_drift import table

__all__ = ["table"]
GEO = Geo(
    v4=Ranges([(0x08080000, 0x0808FFFF, 0)]),
    countries=["US"],
    kinds=[(4, 0x08080800, 0x080808FF, "vpn")],
)


async def test_news_become_observations_once(worker_db: Database):
    player_id = PlayerId(uuid4())
    async with worker_db.tx() as tx:
        await announce(tx, PlayerRegistered(1, player_id, was_guest=False))
        await announce(tx, CredentialsChanged(1, player_id, "password"))
    observing = Observing(worker_db, SEALER, GEO)
    await observing.install()
    while await observing.step_news():
        pass
    again = Observing(worker_db, SEALER, GEO)
    assert 0 == await again.step_news()
    async with worker_db.tx() as tx:
        found = await risk.observed(tx, player_id=player_id)

    assert {one.fact.kind for one in found} == {Kind.REGISTRATION, Kind.CREDENTIAL_CHANGED}
    assert len(found) == 2


async def test_a_login_brings_device_network_and_country(db: Database, worker_db: Database):
    at_home, elsewhere = "8.8.4.4", "8.8.8.8"
    found = {}
    for ip in (at_home, elsewhere):
        client = Client(ip=ip, user_agent="Firefox")
        async with worker_db.tx() as tx:
            started = await identity.start_guest(
                tx, sealer=SEALER, brand=TestBrand(), language="en", client=client
            )
        observing = Observing(worker_db, SEALER, GEO)
        while await observing.step_news():
            pass
        async with worker_db.tx() as tx:
            [login] = [
                one.fact
                for one in await risk.observed(tx, player_id=started.player.id)
                if one.fact.kind is Kind.LOGIN
            ]
        found[ip] = login

    assert found[at_home].country == "US"
    # A VPN's exit says nothing of the person.
    assert found[elsewhere].country is None
    assert found[at_home].ip != found[elsewhere].ip
    assert found[at_home].network != found[elsewhere].network
    assert at_home.encode() not in bytes(found[at_home].ip or b"")


async def test_play_is_summed_once_whoever_reads(table: Table, worker_db: Database):
    observing = Observing(worker_db, SEALER, GEO)
    player = new_player(lane=3)
    await table.give(player, 10**11, USDT)
    for _ in range(3):
        for _ in range(4):
            await table.dice(player, currency_code="USDT", stake="2")
        await observing.step_play()
        await Observing(worker_db, SEALER, GEO).step_play()
    async with worker_db.tx() as tx:
        found = await risk.observed(tx, player_id=player.player_id)
        entries = await betting.journal(tx, lane=3, after=0, limit=100)

    facts = [one.fact for one in found]
    staked = [entry.stake_value or 0 for entry in entries]
    back = [value * e.payout // e.stake for value, e in zip(staked, entries, strict=True)]
    assert len(entries) == sum(fact.count for fact in facts) == 12
    assert 0 < sum(staked) == sum(fact.value for fact in facts)
    assert sum(back) == sum(fact.returned for fact in facts)
    moved = [min(value, abs(got - value)) for value, got in zip(staked, back, strict=True)]
    assert sum(moved) == sum(fact.moved for fact in facts)
    assert len(facts) <= 3


async def test_play_money_is_no_turnover(table: Table, worker_db: Database):
    player = new_player(lane=3)
    await table.give(player, 10**9)
    await table.dice(player)
    await Observing(worker_db, SEALER, GEO).step_play()
    async with worker_db.tx() as tx:
        assert [] == await risk.observed(tx, player_id=player.player_id)


def test_play_is_read_by_lane_and_number(database_urls):
    with psycopg.connect(database_urls.worker) as connection:
        connection.execute("set enable_seqscan = off")
        explained = sql.SQL("explain (generic_plan) {}").format(sql.SQL(plays.SUMS))
        plan = "\n".join(row[0] for row in connection.cursor().execute(explained))

    assert "Seq Scan" not in plan, plan
    assert "lane_lane_seq_idx" in plan, plan
    assert timedelta(hours=25) == plays._LATEST_ID_AGE
